/* SPDX-License-Identifier: MIT */
#ifndef PAIRS_H
#define PAIRS_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Could one of many words begin here? The first two bytes of each are in a set
 * of 1,024 bits, so that nearly every place of a text is answered without a
 * look at the words. It errs to yes only.
 */
struct pairs {
	uint64_t bits[16];
};

static inline unsigned
pairs_bit(char a, char b)
{
	return ((unsigned char)a * 33u + (unsigned char)b) & 1023;
}

static inline void
pairs_set(struct pairs *s, int a, int b)
{
	unsigned bit = pairs_bit((char)a, (char)b);

	s->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* word: of two bytes or more, to be met in this case. */
static inline void
pairs_add(struct pairs *s, const char *word)
{
	pairs_set(s, word[0], word[1]);
}

/* The same in any case. */
static inline void
pairs_add_any_case(struct pairs *s, const char *word)
{
	int a = (unsigned char)word[0], b = (unsigned char)word[1];

	pairs_set(s, tolower(a), tolower(b));
	pairs_set(s, tolower(a), toupper(b));
	pairs_set(s, toupper(a), tolower(b));
	pairs_set(s, toupper(a), toupper(b));
}

/* p: of two bytes at least. */
static inline bool
pairs_begin(const struct pairs *s, const char *p)
{
	unsigned bit = pairs_bit(p[0], p[1]);

	return (s->bits[bit / 64] >> bit % 64 & 1) != 0;
}

#endif
