/* SPDX-License-Identifier: MIT */
#ifndef DEEP_IN_H
#define DEEP_IN_H

#include <stdint.h>

#include "buf.h"
#include "deep.h"
#include "field.h"
#include "letter.h"

/* What the parts of deep.h share; for snapshots/deep*.c alone. */
struct deep {
	deep_fn *fn;
	void *ctx;
	uint64_t left; /* bytes that may still be unpacked */
	unsigned parts;
	unsigned level;
	unsigned line;  /* see struct deep_part */
	char name[512]; /* of the part at hand */
};

/* Hands a part on and looks into it. name is added to that of the part around
 * it; line 0: as around. */
int deep_give(struct deep *, const char *name, const char *p, size_t len,
    unsigned line, struct err *);
/* Says that the part `name` of the one at hand is not looked into, and why. */
int deep_refuse(struct deep *, const char *name, const char *why, struct err *);

/* The kinds of inside; each passes over what is not of its kind. */
int deep_archive(struct deep *, const char *p, size_t len, struct err *);
int deep_wide(struct deep *, const char *p, size_t len, struct err *);
int deep_words(struct deep *, const char *p, size_t len, struct err *);
int deep_escapes(struct deep *, const char *p, size_t len, struct err *);

/* A text whose words are looked at from start to end. */
struct deep_text {
	const char *p;
	size_t len;
	struct field_lines lines;
};

/*
 * The run of hex digits at `at`, with whatever divides its pairs; *end: where
 * it ends, so that nobody has to look at it again. 1: a part was made of it.
 * out is room for the bytes.
 */
int deep_hex(struct deep *, struct deep_text *, size_t at, size_t *end,
    struct bytes *out, struct err *);

/* Is it no character that people write? */
static inline bool
deep_odd(char c)
{
	return (c < ' ' || c > '~') && !letter_is(c, LETTER_BLANK | LETTER_END);
}

/* Could it be text that someone wrote, or something packed, or a key? What
 * was decoded on suspicion is given on only then. */
bool deep_sensible(const char *p, size_t len);

#endif
