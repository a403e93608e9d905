/* SPDX-License-Identifier: MIT */
#ifndef SUSPECT_H
#define SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "field.h"
#include "finding.h"

/*
 * What looks like a secret although no rule speaks of it: private keys, names
 * such as "password" with a value behind them, defaults that everybody knows,
 * web and cloud tokens, user:password@ in URLs, hashes of passwords, secrets
 * on command lines, numbers of SIM cards, hardware addresses (in an SSID also
 * half of one), and words too random for a person to have thought of. A net
 * below the rules, not in place of them.
 */
struct suspect {
	enum finding_id id;
	size_t at;
	size_t len;       /* of what was found; 0: the whole text */
	const char *key;  /* the field's name, or "" */
	const char *text; /* the reason */
};

typedef int suspect_fn(void *ctx, const struct suspect *, struct err *);

/*
 * Calls fn for each suspect, in no order. format: NULL, or the one whose
 * fields are judged by their names; a text that does not follow it fails.
 */
int suspect_scan(const struct field_format *format, const char *text,
    size_t len, suspect_fn *, void *ctx, struct err *);

/* Is it text, so that formats and heuristics mean something? */
bool suspect_is_text(const char *, size_t len);

/* Begins a private key in a text frame (PEM, OpenVPN, PuTTY)? Its offset, or
 * -1. */
long suspect_private_key(const char *, size_t len);

/* Is it a key in DER or a key store (PKCS #8, PKCS #12, JKS, JCEKS)? */
bool suspect_key_store(const char *, size_t len);

/* Calls fn for each word that is as random as a key; text: the word's. */
typedef int suspect_word_fn(
    void *ctx, const char *text, size_t at, size_t len, struct err *);
int suspect_words(
    const char *text, size_t len, suspect_word_fn *, void *ctx, struct err *);

#endif
