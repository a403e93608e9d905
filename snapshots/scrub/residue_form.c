/* SPDX-License-Identifier: MIT */
/*
 * Each disguise is one row of a table: a function from bytes to bytes. Which
 * spellings of a value there are (case, separators, the bytes behind a hex
 * text) is settled before, and each spelling goes through the whole table.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "own.h"
#include "residue.h"
#include "residue_form.h"

typedef void
encode_fn(const uint8_t *p, size_t len, unsigned variant, struct bytes *out);

static void
as_is(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	(void)variant;
	bytes_add(out, p, len);
}

/* variant: even lower, odd upper; by pairs: nothing between, a colon, a blank,
 * a dash, and as C and Python write bytes */
static void
hex(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	static const char *const between[] = { "", ":", " ", "-", "\\x" };

	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			bytes_fmt(out, "%s", between[variant / 2]);
		bytes_fmt(out, variant % 2 == 0 ? "%02x" : "%02X", p[i]);
	}
}

/*
 * variant: 0 to 2, bytes before it in the encoded text; + 3: the URL alphabet.
 * Characters that depend on unknown neighbours are left out at both ends.
 */
static void
base64(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	static const size_t unknown[] = { 0, 2, 3 };
	size_t before = variant % 3, sure = (before + len) * 8 / 6;
	own_bytes struct bytes padded = { 0 };
	own_str char *text = NULL;

	bytes_add(&padded, "\0\0", before);
	bytes_add(&padded, p, len);
	if (padded.bad ||
	    (text = base64_encode(padded.p, padded.len)) == NULL) {
		out->bad = true;
		return;
	}
	for (char *c = text; variant >= 3 && *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	bytes_add(out, text + unknown[before], sure - unknown[before]);
	explicit_bzero(text, strlen(text));
}

/* variant: 0 upper, 1 lower, 2 all of them: %41%42 */
static void
url(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	for (size_t i = 0; i < len; i++)
		if (variant != 2 &&
		    (isalnum(p[i]) || strchr("-._~", p[i]) != NULL) &&
		    p[i] != '\0')
			bytes_add(out, &p[i], 1);
		else
			bytes_fmt(
			    out, variant == 1 ? "%%%02x" : "%%%02X", p[i]);
}

/* variant: 0 with, 1 without quotes escaped */
static void
xml(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	static const struct {
		char c;
		const char *escape;
	} table[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&apos;" } };
	const char *escape;

	for (size_t i = 0; i < len; i++) {
		escape = NULL;
		for (size_t k = 0; k < (variant == 0 ? 5 : 3); k++)
			if (table[k].c == (char)p[i])
				escape = table[k].escape;
		if (escape != NULL)
			bytes_add(out, escape, strlen(escape));
		else
			bytes_add(out, &p[i], 1);
	}
}

/* variant: 0 with, 1 without the slash escaped */
static void
json(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n') {
			bytes_add(out, "\\n", 2);
			continue;
		}
		if (strchr(variant == 0 ? "\"\\/" : "\"\\", p[i]) != NULL &&
		    p[i] != '\0')
			bytes_add(out, "\\", 1);
		bytes_add(out, &p[i], 1);
	}
}

/* variant: 0 little, 1 big endian */
static void
utf16(const uint8_t *p, size_t len, unsigned variant, struct bytes *out)
{
	for (size_t i = 0; i < len; i++) {
		if (variant == 1)
			bytes_add(out, "", 1);
		bytes_add(out, &p[i], 1);
		if (variant == 0)
			bytes_add(out, "", 1);
	}
}

static const struct {
	const char *name;
	encode_fn *encode;
	unsigned variants;
} disguises[] = {
	{ "plain", as_is, 1 },
	{ "hex", hex, 10 },
	{ "base64", base64, 6 },
	{ "URL-encoded", url, 3 },
	{ "XML-escaped", xml, 2 },
	{ "JSON-escaped", json, 2 },
	{ "UTF-16", utf16, 2 },
};

struct forming {
	residue_form_fn *fn;
	void *ctx;
};

static int
disguise(const struct forming *f, const uint8_t *p, size_t len, size_t d,
    unsigned variant, struct err *e)
{
	own_bytes struct bytes out = { 0 };

	disguises[d].encode(p, len, variant, &out);
	if (out.bad)
		return err_set(e, ENOMEM, "out of memory");
	return out.len == 0
	    ? 0
	    : f->fn(f->ctx, disguises[d].name, out.p, out.len, e);
}

static int
all_disguises(
    const struct forming *f, const uint8_t *p, size_t len, struct err *e)
{
	for (size_t d = 0; d < sizeof(disguises) / sizeof(disguises[0]); d++)
		for (unsigned v = 0; v < disguises[d].variants; v++)
			if (disguise(f, p, len, d, v, e) == -1)
				return -1;
	return 0;
}

/* A long value in pieces: a wrapped line breaks only some of them. */
static int
pieces(const struct forming *f, const uint8_t *p, size_t len, struct err *e)
{
	const size_t n = RESIDUE_PIECE;

	if (len <= 2 * n)
		return all_disguises(f, p, len, e);
	for (size_t at = 0; at + n <= len; at += n)
		if (all_disguises(f, p + at, n, e) == -1)
			return -1;
	return all_disguises(f, p + len - n, n, e);
}

/* "02:42:ac:11" and "02-42-.." and "0242ac11": the digits, at most max. */
static size_t
hex_digits(const uint8_t *p, size_t len, char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\0' && strchr(":-. ", p[i]) != NULL)
			continue;
		if (!isxdigit(p[i]) || n == max)
			return 0;
		out[n++] = (char)tolower(p[i]);
	}
	return n;
}

/* Digits in groups of `group`, divided by c. */
static void
grouped(struct bytes *out, const char *digits, size_t n, size_t group, char c)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % group == 0)
			bytes_add(out, &c, 1);
		bytes_add(out, digits + i, 1);
	}
}

/* way: 0 lower, 1 upper, 2 like a name */
static void
in_case(struct bytes *out, const struct bytes *text, int way)
{
	bytes_free(out);
	bytes_add(out, text->p, text->len);
	for (size_t i = 0; i < out->len; i++)
		out->p[i] = (char)(way == 1 || (way == 2 && i == 0)
			? toupper((unsigned char)out->p[i])
			: tolower((unsigned char)out->p[i]));
}

static int
in_cases(const struct forming *f, const struct bytes *text, struct err *e)
{
	own_bytes struct bytes other = { 0 };
	int rc = pieces(f, (const uint8_t *)text->p, text->len, e);

	for (int way = 0; way < 3 && rc == 0; way++) {
		in_case(&other, text, way);
		rc = other.bad
		    ? err_set(e, ENOMEM, "out of memory")
		    : pieces(f, (const uint8_t *)other.p, other.len, e);
	}
	return rc;
}

static int
separated(const struct forming *f, const char *digits, size_t n, struct err *e)
{
	static const struct {
		size_t group;
		char c;
	} ways[] = { { 64, ' ' }, { 2, ':' }, { 2, '-' }, { 4, '.' },
		{ 4, ':' } };
	own_bytes struct bytes text = { 0 };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bytes_free(&text);
		grouped(&text, digits, n, ways[i].group, ways[i].c);
		if (in_cases(f, &text, e) == -1)
			return -1;
	}
	if (n != 32)
		return 0;
	/* A machine-id is a UUID without its dashes. */
	bytes_free(&text);
	bytes_fmt(&text, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8,
	    digits + 12, digits + 16, digits + 20);
	return in_cases(f, &text, e);
}

/* A hardware address, last byte first: as Bluetooth and some registers have
 * it. */
static int
reversed(const struct forming *f, const char *digits, struct err *e)
{
	char back[13] = "";
	uint8_t raw[6];

	for (size_t i = 0; i < 12; i += 2) {
		back[i] = digits[10 - i];
		back[i + 1] = digits[11 - i];
	}
	(void)hex_decode(back, raw, sizeof(raw));
	return separated(f, back, 12, e) == -1
	    ? -1
	    : all_disguises(f, raw, sizeof(raw), e);
}

int
residue_forms_of(const void *value, size_t len, bool any_case,
    residue_form_fn *fn, void *ctx, struct err *e)
{
	struct forming f = { fn, ctx };
	own_bytes struct bytes text = { 0 };
	char digits[64] = "";
	uint8_t raw[32];
	size_t n;

	if (!any_case)
		return pieces(&f, value, len, e);
	bytes_add(&text, value, len);
	if (in_cases(&f, &text, e) == -1)
		return -1;
	n = hex_digits(value, len, digits, sizeof(digits) - 1);
	/* Six bytes at least: shorter ones stand in any binary file. */
	if (n < 12 || n % 2 != 0)
		return 0;
	if (separated(&f, digits, n, e) == -1 ||
	    (n == 12 && reversed(&f, digits, e) == -1))
		return -1;
	return all_disguises(
	    &f, raw, (size_t)hex_decode(digits, raw, sizeof(raw)), e);
}
