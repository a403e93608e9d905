/* SPDX-License-Identifier: MIT */
#ifndef CERT_ASK_H
#define CERT_ASK_H

#include "store.h"

/* One question while it is answered. */
struct ask {
	struct store *s;
	const json_t *q;
	const char *purpose; /* checked; NULL when the verb has none */
	struct held held;    /* of purpose, when the verb wants it */
	json_t *reply;
};

/* Adds to the reply. value is eaten, NULL is "out of memory". */
int say(struct ask *, const char *key, json_t *value, struct err *);
int say_text(struct ask *, const char *key, const char *, struct err *);
int say_hex(struct ask *, const char *key, const void *, size_t, struct err *);
int
say_bytes(struct ask *, const char *key, const struct bytes *, struct err *);
/* origin, spki (hex SHA-256) and point (hex) of a->held. */
int say_key(struct ask *, struct err *);

/* Hex of the question; the number of bytes, or -1. */
long
asked_hex(struct ask *, const char *key, void *out, size_t max, struct err *);

/* The verbs, each for one row of the table in verbs.c. */
int verb_create(struct ask *, struct err *);
int verb_csr(struct ask *, struct err *);
int verb_ek(struct ask *, struct err *);
int verb_activate(struct ask *, struct err *);
int verb_unwrap(struct ask *, struct err *);
int verb_install(struct ask *, struct err *);
int verb_promote(struct ask *, struct err *);
int verb_chain(struct ask *, struct err *);
int verb_list(struct ask *, struct err *);
int verb_sign(struct ask *, struct err *);
int verb_agree(struct ask *, struct err *);
int verb_public(struct ask *, struct err *);
int verb_handles(struct ask *, struct err *);

#endif
