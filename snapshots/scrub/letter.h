/* SPDX-License-Identifier: MIT */
#ifndef LETTER_H
#define LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a byte is, by one look-up. The nets ask this of every byte of a capture,
 * many times; a strchr() over a set, or the locale's isalnum(), is most of what
 * they would cost. ASCII only: a byte above is in no class.
 */
enum {
	LETTER_DIGIT = 1 << 0,
	LETTER_UPPER = 1 << 1,
	LETTER_LOWER = 1 << 2,
	LETTER_HEX_UPPER = 1 << 3, /* A to F */
	LETTER_HEX_LOWER = 1 << 4, /* a to f */
	LETTER_SUM = 1 << 5,       /* + / = */
	LETTER_DASH = 1 << 6,      /* _ - */
	LETTER_DOT = 1 << 7,
	LETTER_BLANK = 1 << 8, /* blank, tab */
	LETTER_END = 1 << 9,   /* of a line: LF, CR */
	LETTER_QUOTE = 1 << 10,
	LETTER_SIGN = 1 << 11,    /* between a name and its value: = : > */
	LETTER_ESCAPE = 1 << 12,  /* that begins an escape: & % \ */
	LETTER_CONTROL = 1 << 13, /* that text has not */
	LETTER_HASH = 1 << 14,    /* that begins the hash of a password */

	LETTER_ALPHA = LETTER_UPPER | LETTER_LOWER,
	LETTER_ALNUM = LETTER_ALPHA | LETTER_DIGIT,
	LETTER_HEX = LETTER_DIGIT | LETTER_HEX_UPPER | LETTER_HEX_LOWER,
	/* What keys and tokens are written with: both alphabets of base64. */
	LETTER_WORD = LETTER_ALNUM | LETTER_SUM | LETTER_DASH
};

extern const uint16_t letter_classes[256];

static inline bool
letter_is(char c, unsigned classes)
{
	return (letter_classes[(unsigned char)c] & classes) != 0;
}

static inline char
letter_lower(char c)
{
	return letter_is(c, LETTER_UPPER) ? (char)(c + ('a' - 'A')) : c;
}

/* How many bytes from p on are of the classes. */
static inline size_t
letter_run(const char *p, const char *stop, unsigned classes)
{
	const char *from = p;

	while (p < stop && letter_is(*p, classes))
		p++;
	return (size_t)(p - from);
}

/* The first byte from p on that is of the classes, or stop. */
static inline const char *
letter_find(const char *p, const char *stop, unsigned classes)
{
	while (p < stop && !letter_is(*p, classes))
		p++;
	return p;
}

#endif
