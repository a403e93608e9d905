/* SPDX-License-Identifier: MIT */
#ifndef TEST_NOISE_H
#define TEST_NOISE_H

/*
 * A known value in the middle of bytes that are no text and no archive, as in
 * the dump of a disk or of a flash: nothing can be decoded around it, so that
 * the residue search has to know each spelling by itself. Written by other
 * code than that which searches.
 */
#include <ctype.h>

#include "dress.h"
#include "named.h"

typedef void noise_fn(struct dice *, const char *value, struct bytes *);

static inline void
noise_raw(struct dice *d, const char *value, struct bytes *o)
{
	(void)d;
	bytes_fmt(o, "%s", value);
}

/* With zero to two bytes before it, and some behind: as a part of more. */
static inline void
noise_base64(struct dice *d, const char *value, struct bytes *o)
{
	own_bytes struct bytes text = { 0 };
	own_str char *base64 = NULL;

	for (size_t n = upto(d, 9); n > 0; n--)
		bytes_add(&text, &(char){ (char)roll(d) }, 1);
	bytes_fmt(&text, "%s", value);
	for (size_t n = upto(d, 9); n > 0; n--)
		bytes_add(&text, &(char){ (char)roll(d) }, 1);
	base64 = base64_encode(text.p, text.len);
	bytes_fmt(o, "%s", base64);
}

static inline void
noise_base64url(struct dice *d, const char *value, struct bytes *o)
{
	noise_base64(d, value, o);
	for (size_t i = 0; i < o->len; i++)
		o->p[i] = o->p[i] == '+' ? '-' : o->p[i] == '/' ? '_' : o->p[i];
}

static inline void
noise_hex(struct dice *d, const char *value, struct bytes *o)
{
	static const char *const gaps[] = { "", ":", " ", "-", "\\x" };
	const char *gap = PICK(d, gaps);
	bool upper = upto(d, 2) == 0;

	for (; *value != '\0'; value++)
		bytes_fmt(o, upper ? "%02X%s" : "%02x%s", (unsigned char)*value,
		    value[1] == '\0' ? "" : gap);
}

static inline void
noise_url(struct dice *d, const char *value, struct bytes *o)
{
	size_t way = upto(d, 3);

	for (; *value != '\0'; value++)
		if (way < 2 &&
		    (isalnum((unsigned char)*value) ||
			strchr("-._~", *value) != NULL))
			bytes_add(o, value, 1);
		else
			bytes_fmt(o, way == 1 ? "%%%02x" : "%%%02X",
			    (unsigned char)*value);
}

static inline void
noise_xml(struct dice *d, const char *value, struct bytes *o)
{
	/* Quotes need no escape between tags. */
	escaped(o, value, upto(d, 2) == 0 ? "&<>\"'" : "&<>", xml_with);
}

static inline void
noise_json(struct dice *d, const char *value, struct bytes *o)
{
	static const char *const with[] = { "\\\"", "\\\\", "\\/" };

	escaped(o, value, upto(d, 2) == 0 ? "\"\\/" : "\"\\", with);
}

static inline void
noise_utf16(struct dice *d, const char *value, struct bytes *o)
{
	struct bytes in = { .p = strdup(value), .len = strlen(value) };

	wide(&in, o, upto(d, 2) == 0, false);
	free(in.p);
}

static const struct {
	const char *name;
	noise_fn *write;
} noises[] = {
	{ "raw in noise", noise_raw },
	{ "base64 in noise", noise_base64 },
	{ "base64url in noise", noise_base64url },
	{ "hex in noise", noise_hex },
	{ "URL in noise", noise_url },
	{ "XML in noise", noise_xml },
	{ "JSON in noise", noise_json },
	{ "UTF-16 in noise", noise_utf16 },
};

#define NOISES (sizeof(noises) / sizeof(noises[0]))

/* The first byte is that of nothing that could be unpacked. */
static inline void
noise_file(struct dice *d, size_t i, const char *value, struct bytes *o)
{
	own_bytes struct bytes text = { 0 };

	noises[i].write(d, value, &text);
	bytes_add(o, "\xff", 1);
	for (size_t n = 40 + upto(d, 200); n > 0; n--)
		bytes_add(o, &(char){ (char)(roll(d) | 0x80) }, 1);
	bytes_add(o, text.p, text.len);
	for (size_t n = 40 + upto(d, 200); n > 0; n--)
		bytes_add(o, &(char){ (char)(roll(d) | 0x80) }, 1);
	assert(!o->bad);
}

#endif
