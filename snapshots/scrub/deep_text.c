/* SPDX-License-Identifier: MIT */
/*
 * Text in another dress. Decoding is cheap and guessing is not: what comes out
 * is given on only if it looks like text, or packed, or like a key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deep_in.h"
#include "digest.h"
#include "field.h"
#include "own.h"
#include "suspect_in.h"

/* Shorter runs are words. */
#define BASE64_LEAST 16
#define RUN_MAX      (8u * 1024 * 1024)

/* 0 little, 1 big endian, -1: not UTF-16. */
static int
byte_order(const char *p, size_t len)
{
	size_t zeros[2] = { 0 }, most = len < 4096 ? len : 4096;

	if (len < 12)
		return -1;
	if (memcmp(p, "\xff\xfe", 2) == 0)
		return 0;
	if (memcmp(p, "\xfe\xff", 2) == 0)
		return 1;
	for (size_t i = 0; i < most; i++)
		zeros[i % 2] += p[i] == '\0';
	if (zeros[1] * 10 >= most * 4 && zeros[0] * 10 < most)
		return 0;
	return zeros[0] * 10 >= most * 4 && zeros[1] * 10 < most ? 1 : -1;
}

bool
deep_sensible(const char *p, size_t len)
{
	size_t odd = 0;

	if (len < 6)
		return false;
	if (deep_packed(p, len) || suspect_key_store(p, len))
		return true;
	for (size_t i = 0; i < len; i++)
		odd += deep_odd(p[i]);
	/* An umlaut is fine. */
	return odd * 8 <= len || byte_order(p, len) != -1;
}

static void
add_utf8(struct bytes *out, unsigned c)
{
	char u[3];

	if (c < 0x80) {
		u[0] = (char)c;
		bytes_add(out, u, 1);
	} else if (c < 0x800) {
		u[0] = (char)(0xc0 | c >> 6);
		u[1] = (char)(0x80 | (c & 0x3f));
		bytes_add(out, u, 2);
	} else {
		u[0] = (char)(0xe0 | c >> 12);
		u[1] = (char)(0x80 | (c >> 6 & 0x3f));
		u[2] = (char)(0x80 | (c & 0x3f));
		bytes_add(out, u, 3);
	}
}

int
deep_wide(struct deep *d, const char *p, size_t len, struct err *e)
{
	own_bytes struct bytes out = { 0 };
	int order = byte_order(p, len);

	if (order == -1)
		return 0;
	/* Of a pair of surrogates each half becomes three bytes: no UTF-8, but
	 * nothing that a secret is made of. */
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned c = (unsigned char)p[i + 1 - (size_t)order] << 8 |
		    (unsigned char)p[i + (size_t)order];

		if (c != 0xfeff && c != 0)
			add_utf8(&out, c);
	}
	if (out.bad)
		return err_set(e, ENOMEM, "out of memory");
	return out.len == 0 ? 0 : deep_give(d, "!utf-16", out.p, out.len, 0, e);
}

/* The digits of a run, and where it ends. */
struct run {
	struct bytes text;
	size_t end;
};

/* Past a line's end and what indents or comments the next. */
static size_t
next_row(const char *p, size_t len, size_t at)
{
	size_t from = at;

	if (at + 1 < len && p[at] == '\\' && (p[at + 1] == 'n'))
		return at + 2;
	if (at < len && p[at] == '\\') /* a shell's or properties' */
		at++;
	while (at < len && (p[at] == '\r' || p[at] == '\n'))
		at++;
	if (at == from)
		return from;
	while (at < len && (p[at] == ' ' || p[at] == '\t'))
		at++;
	return at;
}

/* A run of base64 that may be wrapped: rows but the last are of one length. */
static void
base64_run(const char *p, size_t len, size_t at, struct run *r)
{
	size_t row, first = 0, next;

	r->text.len = 0;
	for (;;) {
		row = letter_run(p + at, p + len, LETTER_WORD);
		bytes_add(&r->text, p + at, row);
		at += row;
		if (first == 0)
			first = row;
		next = next_row(p, len, at);
		if (row == 0 || row != first || row < 40 || next == at ||
		    r->text.len > RUN_MAX)
			break;
		at = next;
	}
	r->end = at;
}

static int
sextet(char c)
{
	if (letter_is(c, LETTER_UPPER))
		return c - 'A';
	if (letter_is(c, LETTER_LOWER))
		return c - 'a' + 26;
	if (letter_is(c, LETTER_DIGIT))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Both alphabets, padding or none; stops at what is neither. */
static void
base64_bytes(const char *p, size_t len, struct bytes *out)
{
	unsigned bits = 0;
	int have = 0, six;
	char c;

	out->len = 0;
	for (size_t i = 0; i < len && (six = sextet(p[i])) >= 0; i++) {
		bits = (bits << 6 | (unsigned)six) & 0xffffff;
		if ((have += 6) < 8)
			continue;
		have -= 8;
		c = (char)(bits >> have);
		bytes_add(out, &c, 1);
	}
}

/* name=YWJj...: the sign belongs to no run. Shortens it by what is before. */
static size_t
past_sign(const char *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (p[i] == '=' && p[i + 1] != '=')
			return i + 1;
	return 0;
}

static int
base64_at(struct deep *d, const struct run *r, struct deep_text *t, size_t at,
    struct bytes *out, struct err *e)
{
	size_t skip = past_sign(r->text.p, r->text.len);

	base64_bytes(r->text.p + skip, r->text.len - skip, out);
	if (out->bad)
		return err_set(e, ENOMEM, "out of memory");
	if (!deep_sensible(out->p == NULL ? "" : out->p, out->len))
		return 0;
	return deep_give(
	    d, "!base64", out->p, out->len, field_lines_at(&t->lines, at), e);
}

static bool
word_begins(const char *p, size_t at)
{
	/* The x of \x41 belongs to no word. */
	if (at >= 1 && p[at] == 'x' && p[at - 1] == '\\')
		return false;
	return at == 0 || !letter_is(p[at - 1], LETTER_ALNUM) ||
	    (at >= 2 && (p[at - 1] == 'x' || p[at - 1] == 'n') &&
		(p[at - 2] == '\\' || p[at - 2] == '0'));
}

/* The word at `at`, with its rows when it is wrapped; *next: behind it. */
static int
word(struct deep *d, struct deep_text *t, size_t at, size_t *next,
    struct run *r, struct bytes *out, struct err *e)
{
	const char *p = t->p;

	*next = at + letter_run(p + at, p + t->len, LETTER_WORD);
	if (*next - at < BASE64_LEAST)
		return 0;
	base64_run(p, t->len, at, r);
	*next = r->end;
	return r->text.bad ? err_set(e, ENOMEM, "out of memory")
			   : base64_at(d, r, t, at, out, e);
}

int
deep_words(struct deep *d, const char *p, size_t len, struct err *e)
{
	struct run r = { { 0 }, 0 };
	own_bytes struct bytes out = { 0 };
	struct deep_text t = { p, len, { .text = p } };
	size_t next, hex = 0;
	int rc = 0;

	for (size_t at = 0; rc != -1 && at < len; at = next) {
		next = at + 1;
		if (!letter_is(p[at], LETTER_WORD) || !word_begins(p, at))
			continue;
		/* A run of hex digits is looked at once, from its start. */
		rc = at >= hex && letter_is(p[at], LETTER_HEX)
		    ? deep_hex(d, &t, at, &hex, &out, e)
		    : 0;
		if (rc == 1)
			next = hex > at ? hex : next;
		else if (rc == 0 && p[at] != '=')
			rc = word(d, &t, at, &next, &r, &out, e);
	}
	bytes_free(&r.text);
	return rc == -1 ? -1 : 0;
}

/* A number of exactly n digits, or -1. */
static long
number(const char *p, size_t n, int base)
{
	char digits[8] = "", *end;
	long v;

	if (n == 0 || n >= sizeof(digits) || !letter_is(*p, LETTER_HEX))
		return -1;
	memcpy(digits, p, n);
	v = strtol(digits, &end, base);
	return *end == '\0' ? v : -1;
}

/* "&#39;", "&#x27;" */
static size_t
reference(const char *p, size_t left, char *c)
{
	size_t most = left < 10 ? left : 10, from;
	const char *end = memchr(p, ';', most);
	long v;

	if (end == NULL || end - p < 3 || p[1] != '#')
		return 0;
	from = p[2] == 'x' || p[2] == 'X' ? 3 : 2;
	v = number(p + from, (size_t)(end - p) - from, from == 3 ? 16 : 10);
	*c = (char)v;
	return v > 0 && v < 128 ? (size_t)(end - p) + 1 : 0;
}

/* One escape at p: its character, and how long it is; 0: there is none. Line
 * ends become carriage returns, so that lines stay where they were. */
static size_t
escape(const char *p, size_t left, char *c)
{
	static const struct {
		const char *text;
		char c;
	} table[] = { { "&quot;", '"' }, { "&apos;", '\'' }, { "&amp;", '&' },
		{ "&lt;", '<' }, { "&gt;", '>' }, { "\\\"", '"' },
		{ "\\/", '/' }, { "\\n", '\r' }, { "\\:", ':' }, { "\\=", '=' },
		{ "\\ ", ' ' } };
	size_t n = *p == '%' ? 1 : 2, k;
	long v;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		k = strlen(table[i].text);
		if (left >= k && memcmp(p, table[i].text, k) == 0) {
			*c = table[i].c;
			return k;
		}
	}
	if (*p == '&')
		return reference(p, left, c);
	k = p[0] == '\\' && left > 1 && p[1] == 'u' ? 4 : 2;
	if (left < n + k || (p[0] == '\\' && p[1] != 'u' && p[1] != 'x'))
		return 0;
	v = number(p + n, k, 16);
	*c = (char)v;
	return v > 0 && v < 256 ? n + k : 0;
}

int
deep_escapes(struct deep *d, const char *p, size_t len, struct err *e)
{
	own_bytes struct bytes out = { 0 };
	const char *stop = p + len, *done = p;
	size_t n;
	char c;

	for (; (p = letter_find(p, stop, LETTER_ESCAPE)) < stop; p += n) {
		n = escape(p, (size_t)(stop - p), &c);
		if (n == 0) {
			n = 1;
			continue;
		}
		c = c == '\n' ? '\r' : c;
		bytes_add(&out, done, (size_t)(p - done));
		bytes_add(&out, &c, 1);
		done = p + n;
	}
	if (out.len == 0)
		return 0;
	bytes_add(&out, done, (size_t)(stop - done));
	if (out.bad)
		return err_set(e, ENOMEM, "out of memory");
	return deep_give(d, "", out.p, out.len, 0, e);
}
