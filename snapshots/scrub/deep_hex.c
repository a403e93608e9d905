/* SPDX-License-Identifier: MIT */
/*
 * Bytes written as hex digits: together, or in pairs with something between
 * them, as hexdump, C and Python write them. Such a run may be megabytes, and
 * text may begin anywhere in it.
 */
#include <errno.h>
#include <string.h>

#include "deep_in.h"
#include "suspect.h"

#define BYTES_LEAST 8 /* fewer are words */
#define BYTES_MAX   (8u * 1024 * 1024)

/* Between two pairs: nothing, or one of ":- ," or "\x", "0x", ", 0x". */
static size_t
gap_at(const char *p, size_t left)
{
	static const char *const gaps[] = { "\\x", ", 0x", ",0x", " 0x", "0x",
		":", "-", " ", "," };

	if (left == 0 || letter_is(*p, LETTER_ALNUM & ~LETTER_DIGIT))
		return 0;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
		if (gaps[i][0] == *p && left > strlen(gaps[i]) &&
		    memcmp(p, gaps[i], strlen(gaps[i])) == 0)
			return strlen(gaps[i]);
	return 0;
}

static bool
pair_at(const char *p, size_t len, size_t at)
{
	return at + 1 < len && letter_is(p[at], LETTER_HEX) &&
	    letter_is(p[at + 1], LETTER_HEX);
}

/* How many pairs there are with the same gap always. *end: behind them, or
 * where another run of another gap may begin. */
static size_t
count_pairs(const char *p, size_t len, size_t at, size_t *between, size_t *end)
{
	size_t n = 0, gap;

	for (*between = 0, *end = at; n < BYTES_MAX && pair_at(p, len, at);) {
		gap = gap_at(p + at + 2, len - at - 2);
		if (n++ == 0)
			*between = gap;
		*end = gap == *between ? at + 2 : at;
		if (gap != *between)
			break;
		at += 2 + gap;
	}
	return n;
}

static unsigned
nibble(char c)
{
	return letter_is(c, LETTER_DIGIT)
	    ? (unsigned)(c - '0')
	    : (unsigned)(letter_lower(c) - 'a') + 10;
}

static void
decode(const char *p, size_t pairs, size_t gap, struct bytes *out)
{
	char c;

	out->len = 0;
	for (; pairs > 0; pairs--, p += 2 + gap) {
		c = (char)(nibble(p[0]) << 4 | nibble(p[1]));
		bytes_add(out, &c, 1);
	}
}

/* UTF-16 of plain letters, by its first two. */
static bool
wide(const char *p)
{
	return (p[0] == '\0') != (p[1] == '\0') &&
	    (p[2] == '\0') == (p[0] == '\0') &&
	    (p[3] == '\0') == (p[1] == '\0');
}

/* Where it begins to be something that was written or packed; n: nowhere. What
 * is odd in all of it is counted once. */
static size_t
sense_from(const char *p, size_t n)
{
	size_t odd = 0;

	for (size_t i = 0; i < n; i++)
		odd += deep_odd(p[i]);
	for (size_t i = 1; i + BYTES_LEAST <= n; i++) {
		odd -= deep_odd(p[i - 1]);
		if (odd * 8 <= n - i || deep_packed(p + i, n - i) ||
		    suspect_key_store(p + i, n - i) ||
		    (wide(p + i) && deep_sensible(p + i, n - i)))
			return i;
	}
	return n;
}

int
deep_hex(struct deep *d, struct deep_text *t, size_t at, size_t *end,
    struct bytes *out, struct err *e)
{
	const char *p = t->p;
	size_t first = at, gap, pairs, from = 0;

	/* The first of "0x41, 0x42" has no gap before it. */
	if (p[at] == '0' && at + 1 < t->len && p[at + 1] == 'x')
		first += 2;
	pairs = count_pairs(p, t->len, first, &gap, end);
	if (pairs < BYTES_LEAST)
		return 0;
	decode(p + first, pairs, gap, out);
	if (out->bad)
		return err_set(e, ENOMEM, "out of memory");
	if (!deep_sensible(out->p, out->len))
		from = gap == 0 ? out->len : sense_from(out->p, out->len);
	if (from == out->len)
		return 0;
	at = first + from * (2 + gap);
	return deep_give(d, "!hex", out->p + from, out->len - from,
		   field_lines_at(&t->lines, at), e) == -1
	    ? -1
	    : 1;
}
