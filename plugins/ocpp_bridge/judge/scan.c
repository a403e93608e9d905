/* SPDX-License-Identifier: MIT */
/*
 * What of a text is not plain ASCII, and numbers. The plain part of a text is
 * in scan.h, where it becomes part of those who need it.
 */
#include <stdio.h>
#include <string.h>

#include "scan.h"

/* --- strings ----------------------------------------------------------------
 */

/* Bytes of the UTF-8 character at p, 2 to 4; 0: none (RFC 3629: no overlong
 * form, no surrogate, nothing beyond U+10FFFF). */
static unsigned
utf8_len(const char *s, const char *end)
{
	const unsigned char *p = (const unsigned char *)s;
	ptrdiff_t left = end - s;
	unsigned n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || left < (ptrdiff_t)n)
		return 0;
	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* The value of four hexadecimal digits; -1: they are none. */
static int
hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = (char)(p[i] | 0x20);

		if (p[i] >= '0' && p[i] <= '9')
			v = v << 4 | (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* Bytes of the escape at the backslash p; 0: none, *why says it. */
static unsigned
escape_len(const char *p, const char *end, const char **why)
{
	int v, low;

	*why = "an escape that JSON does not have";
	if (end - p < 2)
		return 0;
	if (p[1] != 'u')
		return memchr("\"\\/bfnrt", p[1], 8) != NULL ? 2 : 0;
	v = hex4(p + 2, end);
	if (v == -1)
		return 0;
	*why = "\\u0000, which ends a text for some receivers";
	if (v == 0)
		return 0;
	*why = "half of a surrogate pair";
	if (v < 0xd800 || v > 0xdfff)
		return 6;
	if (v > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	low = hex4(p + 8, end);
	return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

static bool
odd_byte(struct walk *w, struct text *t)
{
	const char *why = "not UTF-8";
	unsigned n;

	if (w->p == w->end)
		return no_json(w, "a text without end");
	if (*w->p == '\\') {
		n = escape_len(w->p, w->end, &why);
		t->escaped = true;
	} else if ((signed char)*w->p < 0) {
		n = utf8_len(w->p, w->end);
	} else {
		return no_json(w, "a control character in a text");
	}
	if (n == 0)
		return no_json(w, why);
	w->p += n;
	t->points -= n - 1;
	return true;
}

bool
scan_text_on(struct walk *w, struct text *t)
{
	t->escaped = false;
	t->points = 0; /* wraps below zero by what bytes exceed characters */
	while (w->p == w->end || *w->p != '"') {
		if (!odd_byte(w, t))
			return false;
		w->p = plain_end(w->p, w->end);
	}
	t->len = (size_t)(w->p++ - t->p);
	t->points += t->len;
	return true;
}

static uint32_t
utf8_char(struct span *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	unsigned n = p[0] < 0x80 ? 1 : utf8_len(s->p, s->p + s->len);
	uint32_t c = n <= 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	/* Bytes that nobody has judged: at least it ends. */
	n += n == 0;
	for (unsigned i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	s->p += n;
	s->len -= n;
	return c;
}

uint32_t
scan_char(struct span *s)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *why, *in;
	unsigned n;
	uint32_t c;

	if (s->len == 0)
		return 0;
	n = *s->p == '\\' ? escape_len(s->p, s->p + s->len, &why) : 0;
	if (n == 0)
		return utf8_char(s);
	c = (unsigned char)s->p[1];
	in = strchr(from, (int)c);
	if (n == 2 && in != NULL)
		c = (unsigned char)to[in - from];
	if (n >= 6)
		c = (uint32_t)hex4(s->p + 2, s->p + s->len);
	if (n == 12)
		c = 0x10000 + ((c - 0xd800) << 10) +
		    ((uint32_t)hex4(s->p + 8, s->p + s->len) - 0xdc00);
	s->p += n;
	s->len -= n;
	return c;
}

/* UTF-8 of c; its length. */
static unsigned
utf8_put(uint32_t c, char out[4])
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (unsigned i = n; i > 1; i--) {
		out[i - 1] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(first[n] | c);
	return n;
}

bool
scan_decode(const struct text *t, char *buf, size_t size, struct span *out)
{
	struct span s = { t->p, t->len };
	size_t used = 0;

	while (s.len > 0) {
		char one[4];
		unsigned n = utf8_put(scan_char(&s), one);

		if (used + n > size)
			return false;
		memcpy(buf + used, one, n);
		used += n;
	}
	*out = (struct span){ buf, used };
	return true;
}

/* --- numbers ----------------------------------------------------------------
 */

static const char *
digits_end(const char *p, const char *end)
{
	while (p < end && (unsigned char)(*p - '0') < 10)
		p++;
	return p;
}

/* Takes digits into n; a leading zero of the whole number only moves the
 * point. */
static void
take_digits(struct number *n, const char *p, const char *end, bool fraction)
{
	for (; p < end; p++) {
		if (*p == '0' && n->digit_count == 0) {
			n->point -= fraction;
			continue;
		}
		n->point += !fraction;
		n->digits[n->digit_count++] = *p;
	}
}

/* The exponent at p ("+12"), held where a sum with it cannot overflow. */
static int
exponent(const char *p, const char *end)
{
	bool negative = *p == '-';
	int v = 0;

	p += *p == '-' || *p == '+';
	for (; p < end; p++)
		v = v < 100000 ? v * 10 + (*p - '0') : v;
	return negative ? -v : v;
}

/* Behind the whole part: fraction and exponent, then what receivers bear. */
static bool
decimal(struct walk *w, struct number *n, const char *whole)
{
	const char *dot = w->p, *e;

	n->digit_count = n->point = 0;
	if (*dot == '.') {
		w->p = digits_end(dot + 1, w->end);
		if (w->p == dot + 1)
			return no_json(w, "no digit behind the point");
	}
	e = w->p;
	if (peek(w) == 'e' || peek(w) == 'E') {
		w->p++;
		w->p += peek(w) == '-' || peek(w) == '+';
		if ((unsigned char)(peek(w) - '0') >= 10)
			return no_json(w, "no digit in the exponent");
		w->p = digits_end(w->p, w->end);
	}
	n->text.len = (size_t)(w->p - n->text.p);
	if (n->text.len > SCAN_NUMBER_MAX)
		return no_json(w, "a number of more than 64 characters");
	take_digits(n, whole, dot, false);
	if (e > dot)
		take_digits(n, dot + 1, e, true);
	while (n->digit_count > 0 && n->digits[n->digit_count - 1] == '0')
		n->digit_count--;
	if (w->p > e)
		n->point += exponent(e + 1, w->p);
	if (n->digit_count > 0 && n->point > 308)
		return no_json(w, "a number of 1e308 or more");
	return true;
}

bool
scan_number(struct walk *w, struct number *n, int64_t *small)
{
	const char *whole;
	uint64_t v = 0;
	size_t count;

	n->text.p = w->p;
	n->negative = *w->p == '-';
	w->p += n->negative;
	for (whole = w->p; (unsigned char)(peek(w) - '0') < 10; w->p++)
		v = v * 10 + (uint64_t)(*w->p - '0');
	count = (size_t)(w->p - whole);
	if (count == 0 || (count > 1 && *whole == '0'))
		return no_json(w, "a number that JSON does not know");
	n->text.len = (size_t)(w->p - n->text.p);
	n->plain = peek(w) != '.' && (peek(w) | 0x20) != 'e';
	if (!n->plain)
		return decimal(w, n, whole);
	if (count > 19 ||
	    (count == 19 && memcmp(whole, "9223372036854775807", 19) > 0))
		return no_json(w, "an integer beyond 64 bits");
	*small = n->negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool
scan_word(struct walk *w)
{
	static const struct span words[] = { { "true", 4 }, { "false", 5 },
		{ "null", 4 } };

	for (size_t i = 0; i < 3; i++)
		if ((size_t)(w->end - w->p) >= words[i].len &&
		    memcmp(w->p, words[i].p, words[i].len) == 0) {
			w->p += words[i].len;
			return true;
		}
	return no_json(w,
	    w->p == w->end ? "the text ends too early" : "not a value of JSON");
}
