/* SPDX-License-Identifier: MIT */
/*
 * What the bytes of a value mean to the program that owns the file. Needed
 * twice: what is taken out is searched for in that form too, and a value that
 * is a text of JSON is read on, with the way back to where each byte stood.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 3629. What is no character is a question mark. */
static size_t
utf8(unsigned long c, char out[4])
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return utf8('?', out);
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(first[n] | c);
	return n;
}

static const struct {
	const char *escape;
	const char *text;
} entities[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
	{ "&quot;", "\"" }, { "&apos;", "'" }, { "<![CDATA[", "" },
	{ "]]>", "" } };

/* XML 1.0, sections 2.5 to 2.7, 4.1 and 4.6. */
static size_t
xml_one(const char *p, size_t left, char out[4], size_t *n)
{
	const char *end;

	for (size_t i = 0; i < LENGTH(entities); i++) {
		size_t len = strlen(entities[i].escape);

		if (left < len || memcmp(p, entities[i].escape, len) != 0)
			continue;
		*n = strlen(entities[i].text);
		memcpy(out, entities[i].text, *n);
		return len;
	}
	if (left >= 7 && memcmp(p, "<!--", 4) == 0 &&
	    (end = memmem(p + 4, left - 4, "-->", 3)) != NULL) {
		*n = 0;
		return (size_t)(end - p) + 3;
	}
	if (left >= 4 && memcmp(p, "<?", 2) == 0 &&
	    (end = memmem(p + 2, left - 2, "?>", 2)) != NULL) {
		*n = 0;
		return (size_t)(end - p) + 2;
	}
	if (left >= 4 && memcmp(p, "&#", 2) == 0 &&
	    (end = memchr(p, ';', left < 12 ? left : 12)) != NULL) {
		*n = utf8(p[2] == 'x' ? strtoul(p + 3, NULL, 16)
				      : strtoul(p + 2, NULL, 10),
		    out);
		return (size_t)(end - p) + 1;
	}
	out[0] = *p;
	*n = 1;
	return 1;
}

/* "\u0041"; false: it is none. */
static bool
unicode(const char *p, size_t left, unsigned long *c)
{
	char hex[5] = "";

	if (left < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	memcpy(hex, p + 2, 4);
	*c = strtoul(hex, NULL, 16);
	return strspn(hex, "0123456789abcdefABCDEF") == 4;
}

static size_t
backslash_one(const char *p, size_t left, char out[4], size_t *n)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	unsigned long c, low;
	const char *at;

	*n = 1;
	out[0] = *p;
	if (*p != '\\' || left < 2)
		return 1;
	if (unicode(p, left, &c)) {
		/* RFC 8259 section 7: beyond the first plane, two of them. */
		if (c >= 0xd800 && c < 0xdc00 &&
		    unicode(p + 6, left - 6, &low) && low >= 0xdc00 &&
		    low < 0xe000) {
			*n = utf8(
			    0x10000 + ((c - 0xd800) << 10) + low - 0xdc00, out);
			return 12;
		}
		*n = utf8(c, out);
		return 6;
	}
	at = strchr(from, p[1]);
	out[0] = at == NULL || *at == '\0' ? p[1] : to[at - from];
	return 2;
}

/* How long "\" with a line's end behind it is; 0: it is none. */
static size_t
continued(const char *p, size_t left)
{
	if (left >= 2 && p[0] == '\\' && p[1] == '\n')
		return 2;
	return left >= 3 && memcmp(p, "\\\r\n", 3) == 0 ? 3 : 0;
}

/* Java drops the blanks that a continued line begins with. */
static size_t
java_one(const char *p, size_t left, char out[4], size_t *n)
{
	size_t gone = continued(p, left);

	*n = 0;
	if (gone == 0)
		return backslash_one(p, left, out, n);
	while (gone < left && line_blank(p[gone]))
		gone++;
	return gone;
}

static size_t
shell_one(const char *p, size_t left, char out[4], size_t *n)
{
	size_t gone = continued(p, left);

	*n = 0;
	if (gone > 0 || *p == '"' || *p == '\'')
		return gone > 0 ? gone : 1;
	*n = 1;
	gone = *p == '\\' && left >= 2 ? 2 : 1;
	out[0] = p[gone - 1];
	return gone;
}

size_t
decode_one(enum field_escape escape, const char *p, size_t left, char out[4],
    size_t *n)
{
	switch (escape) {
	case FIELD_BACKSLASH:
		return backslash_one(p, left, out, n);
	case FIELD_JAVA:
		return java_one(p, left, out, n);
	case FIELD_SHELL:
		return shell_one(p, left, out, n);
	case FIELD_XML:
		return xml_one(p, left, out, n);
	case FIELD_DOUBLED:
	case FIELD_PLAIN:
		break;
	}
	out[0] = *p;
	*n = 1;
	return escape == FIELD_DOUBLED && left >= 2 && *p == '\'' &&
		p[1] == '\''
	    ? 2
	    : 1;
}

static void
decode(enum field_escape escape, const char *p, size_t len, struct bytes *out)
{
	char c[4];
	size_t n;

	for (size_t i = 0; i < len;) {
		i += decode_one(escape, p + i, len - i, c, &n);
		bytes_add(out, c, n);
	}
	bytes_add(out, "", 0);
}

void
field_decode(const struct field *f, const char *text, struct bytes *out)
{
	own_bytes struct bytes level = { 0 };

	decode(f->escape, text + f->at, f->len, out);
	for (unsigned i = 0; i < f->nested; i++) {
		bytes_free(&level);
		bytes_add(&level, out->p, out->len);
		bytes_free(out);
		decode(FIELD_BACKSLASH, level.p, level.len, out);
		out->bad |= level.bad;
	}
}

/* A decoded text, and for each of its bytes where it stood. */
struct inner {
	const struct field *outer;
	struct bytes text;
	size_t *from; /* text.len + 1 of them */
	unsigned level;
	field_fn *fn;
	void *ctx;
};

static size_t
back(const struct inner *in, size_t at)
{
	return in->from[at < in->text.len ? at : in->text.len];
}

static int
on_inner(void *ctx, const struct field *f, struct err *e)
{
	/* A quote of JSON in a text of JSON, of JSON in that ... */
	static const char *const quotes[] = { "\"", "\\\"", "\\\\\\\"",
		"\\\\\\\\\\\\\\\"" };
	const struct inner *in = ctx;
	bool deeper = in->outer->escape == FIELD_BACKSLASH;
	char within[FIELD_WITHIN_MAX];
	struct field moved = *f;

	(void)snprintf(within, sizeof(within), "%s.%s%s%s", in->outer->within,
	    in->outer->name, f->within[0] == '\0' ? "" : ".", f->within);
	moved.within = within;
	moved.escape = in->outer->escape;
	moved.nested = f->nested + 1;
	moved.at = back(in, f->at);
	moved.len = back(in, f->at + f->len) - moved.at;
	moved.entry_at = back(in, f->entry_at);
	moved.entry_len = back(in, f->entry_at + f->entry_len) - moved.entry_at;
	if (f->open != NULL)
		moved.open = moved.close = quotes[f->nested + deeper];
	return in->fn(in->ctx, &moved, e);
}

static int
inner_read(struct inner *in, const char *text, struct err *e)
{
	const struct field *f = in->outer;
	size_t i = 0, n, took;
	char c[4];

	while (i < f->len) {
		took =
		    decode_one(f->escape, text + f->at + i, f->len - i, c, &n);
		for (size_t k = 0; k < n; k++)
			in->from[in->text.len + k] = f->at + i;
		bytes_add(&in->text, c, n);
		i += took;
	}
	in->from[in->text.len] = f->at + f->len;
	bytes_add(&in->text, "", 0);
	if (in->text.bad)
		return err_set(e, ENOMEM, "out of memory");
	return field_json_level(
	    in->text.p, in->text.len, in->level, on_inner, in, e);
}

static bool
looks_json(const struct field *f, const char *text)
{
	const char *p = text + f->at;
	char c[4] = "";
	size_t n = 0;

	for (size_t i = 0; i < f->len && n == 0;) {
		i += decode_one(f->escape, p + i, f->len - i, c, &n);
		n = n == 1 && isspace((unsigned char)c[0]) ? 0 : n;
	}
	return n == 1 && (c[0] == '{' || c[0] == '[');
}

int
field_nested(const char *text, const struct field *outer, unsigned level,
    field_fn *fn, void *ctx, struct err *e)
{
	struct inner in = {
		.outer = outer, .level = level + 1, .fn = fn, .ctx = ctx
	};
	int rc;

	if (outer->len < 2 || level == FIELD_NESTED_MAX ||
	    !looks_json(outer, text))
		return 0;
	/* No escape means more bytes than it is long. */
	if ((in.from = reallocarray(NULL, outer->len + 4, sizeof(size_t))) ==
	    NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = inner_read(&in, text, e);
	bytes_free(&in.text);
	free(in.from);
	return rc;
}
