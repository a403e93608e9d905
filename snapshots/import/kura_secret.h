/* SPDX-License-Identifier: MIT */
#ifndef KURA_SECRET_H
#define KURA_SECRET_H

#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * Kura's AES/GCM texts, and the three meanings that one attribute,
 * encrypted="true", has in a snapshot:
 *
 *	on the unit's disk	base64 of a text as kura_open() takes it
 *	downloaded		base64 of the password itself
 *	written by hand		the same, or encrypted="false" and the password
 *
 * Kura tries one and falls back to the other, so to it a file means what it
 * happens to decode to. Here the origin is declared, or the value admits one
 * meaning only; else it is an error.
 */
enum kura_origin {
	KURA_UNSAID,
	KURA_DISK,
	KURA_DOWNLOAD,
	KURA_HAND,
	KURA_ORIGINS
};

/* "disk", "download", "hand-written"; 0, or -1. */
int kura_origin_read(const char *name, enum kura_origin *, struct err *);
const char *kura_origin_name(enum kura_origin);

#define KURA_KEY_MAX 32

struct kura_key {
	unsigned char bytes[KURA_KEY_MAX]; /* wiped by kura_key_wipe() */
	size_t len;                        /* 16, 24, 32; 0: no key */
};

/*
 * The key as it stands in a file: its bytes, and at most one line end behind
 * them. 16, 24 or 32 bytes, or it is refused.
 */
int kura_key_read(struct kura_key *, const char *text, size_t, struct err *);
void kura_key_wipe(struct kura_key *);
/* The key that stands in Kura's public source, for those who never set one. */
void kura_key_published(struct kura_key *);
/* Whoever has the source can open what this key closed. */
int kura_key_is_published(const struct kura_key *);

/* 1: the text has the form base64(IV of 12 bytes)-base64(ciphertext, tag). */
int kura_sealed(const char *text, size_t);
/*
 * 1: base64 of whole blocks, as Kura before 5 wrote (AES/ECB, padded, one key,
 * no check of any kind). Other texts look so as well: only what opens to a
 * text was one.
 */
int kura_sealed_old(const char *text, size_t);
/* Opens a text of either form. What the old one opens to has to be a text
 * without control characters. out is wiped when freed. */
int kura_open(const struct kura_key *, const char *text, size_t,
    struct bytes *out, struct err *);

/*
 * The length in bytes of the password that value stands for; -1: an error
 * that says what is wrong, or ambiguous, and what to do. *clear receives the
 * password; with origin disk and no key it stays empty and the length is
 * KURA_LENGTH_UNKNOWN. The literal "placeholder", which Kura's REST answers
 * put where a password was, is refused.
 */
#define KURA_LENGTH_UNKNOWN (-2)
long kura_password(enum kura_origin, const struct kura_key *, int encrypted,
    const char *value, struct bytes *clear, struct err *);

#endif
