/* SPDX-License-Identifier: MIT */
#ifndef SUSPECT_IN_H
#define SUSPECT_IN_H

#include "suspect.h"

/* What the parts of the heuristics share; for snapshots/suspect*.c alone. */
struct suspect_text {
	const char *text;
	size_t len;
	suspect_fn *fn;
	void *ctx;
	bool secret_next; /* the last field named one: its value may follow */
};

/* Calls fn; returns what it returns. */
int suspect_tell(const struct suspect_text *, enum finding_id, size_t at,
    const char *key, const char *text, struct err *);

/* Is it the name of a secret: "db_password", "wifi.psk", "PIN"? */
bool suspect_name(const char *name);
/* Could it be the value of such a name? A path, a flag, a slot could not. */
bool suspect_plausible(const char *, size_t len);

/*
 * Line by line: name = value and name: value anywhere, "password value" with
 * nothing but blanks between, and crypt(3) hashes.
 */
int suspect_lines(const struct suspect_text *, struct err *);

/* Is it a key in DER or a key store (PKCS #8, PKCS #12, JKS, JCEKS)? */
bool suspect_key_store(const char *, size_t len);

#endif
