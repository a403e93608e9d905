/* SPDX-License-Identifier: MIT */
#ifndef TEST_DRESS_H
#define TEST_DRESS_H

/*
 * The dresses of a text: packed, encoded, escaped. Made by other code than
 * that which undoes them (libarchive's writer aside).
 */
#include <archive.h>
#include <archive_entry.h>

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "own.h"

typedef void dress_fn(const struct bytes *in, struct bytes *out);

static inline void
dress_none(const struct bytes *in, struct bytes *out)
{
	bytes_add(out, in->p, in->len);
}

/* Packs with libarchive: a filter, and a format by its name. */
static inline void
packed(
    const struct bytes *in, struct bytes *out, int filter, const char *format)
{
	size_t room = in->len * 2 + 64 * 1024, used = 0;
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char *p = malloc(room);

	assert(a != NULL && entry != NULL && p != NULL);
	assert(archive_write_add_filter(a, filter) == ARCHIVE_OK);
	assert(archive_write_set_format_by_name(a, format) == ARCHIVE_OK);
	if (filter == ARCHIVE_FILTER_XZ)
		(void)archive_write_set_options(a, "xz:compression-level=0");
	(void)archive_write_set_bytes_in_last_block(a, 1);
	assert(archive_write_open_memory(a, p, room, &used) == ARCHIVE_OK);
	archive_entry_set_pathname(entry, "x.conf");
	archive_entry_set_size(entry, (la_int64_t)in->len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	assert(archive_write_header(a, entry) == ARCHIVE_OK);
	assert(archive_write_data(a, in->p, in->len) == (la_ssize_t)in->len);
	assert(archive_write_close(a) == ARCHIVE_OK);
	bytes_add(out, p, used);
	archive_entry_free(entry);
	(void)archive_write_free(a);
	free(p);
}

#define PACKED(kind, filter, format)                                           \
	static inline void dress_##kind(                                       \
	    const struct bytes *in, struct bytes *out)                         \
	{                                                                      \
		packed(in, out, ARCHIVE_FILTER_##filter, format);              \
	}

PACKED(gzip, GZIP, "raw")
PACKED(zstd, ZSTD, "raw")
PACKED(xz, XZ, "raw")
PACKED(bzip2, BZIP2, "raw")
PACKED(tar, NONE, "ustar")
PACKED(tgz, GZIP, "paxr")
PACKED(zip, NONE, "zip")
PACKED(cpio, NONE, "odc")
PACKED(newc, NONE, "newc")
PACKED(ar, NONE, "arsvr4")

/* A tar.gz inside a zip inside a zst. */
static inline void
dress_nested(const struct bytes *in, struct bytes *out)
{
	own_bytes struct bytes one = { 0 }, two = { 0 };

	dress_tgz(in, &one);
	dress_zip(&one, &two);
	dress_zstd(&two, out);
}

static inline void
wide(const struct bytes *in, struct bytes *out, bool big, bool mark)
{
	if (mark)
		bytes_add(out, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (size_t i = 0; i < in->len; i++) {
		unsigned char c = (unsigned char)in->p[i];
		unsigned u = c;
		char pair[2];

		/* Two bytes of UTF-8 are all that is planted. */
		if (c >= 0xc0 && i + 1 < in->len)
			u = (c & 0x1fu) << 6 |
			    ((unsigned char)in->p[++i] & 0x3fu);
		pair[big] = (char)u;
		pair[!big] = (char)(u >> 8);
		bytes_add(out, pair, 2);
	}
}

static inline void
dress_utf16le(const struct bytes *in, struct bytes *out)
{
	wide(in, out, false, true);
}

static inline void
dress_utf16be(const struct bytes *in, struct bytes *out)
{
	wide(in, out, true, false);
}

static inline void
rows(const char *text, size_t width, struct bytes *out)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += width)
		bytes_fmt(out, "%.*s\n", (int)width, text + at);
}

static inline void
dress_base64(const struct bytes *in, struct bytes *out)
{
	own_str char *text = base64_encode(in->p, in->len);

	bytes_fmt(out, "content: %s\n", text);
}

static inline void
dress_base64_rows(const struct bytes *in, struct bytes *out)
{
	own_str char *text = base64_encode(in->p, in->len);

	rows(text, 76, out);
}

static inline void
dress_base64url(const struct bytes *in, struct bytes *out)
{
	own_str char *text = base64_encode(in->p, in->len);

	for (char *c = text; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	text[strcspn(text, "=")] = '\0';
	bytes_fmt(out, "q=%s", text);
}

static inline void
dress_base64_twice(const struct bytes *in, struct bytes *out)
{
	own_bytes struct bytes once = { 0 };

	dress_base64(in, &once);
	dress_base64(&once, out);
}

static inline void
dress_hex(const struct bytes *in, struct bytes *out)
{
	for (size_t i = 0; i < in->len; i++)
		bytes_fmt(out, "%02x", (unsigned char)in->p[i]);
}

static inline void
dress_hex_colons(const struct bytes *in, struct bytes *out)
{
	for (size_t i = 0; i < in->len; i++)
		bytes_fmt(
		    out, "%s%02X", i > 0 ? ":" : "", (unsigned char)in->p[i]);
}

static inline void
dress_c(const struct bytes *in, struct bytes *out)
{
	bytes_fmt(out, "char x[] = \"");
	for (size_t i = 0; i < in->len; i++)
		bytes_fmt(out, "\\x%02x", (unsigned char)in->p[i]);
	bytes_fmt(out, "\";\n");
}

/* All but letters and digits escaped; one line becomes one line. */
static inline void
dress_url(const struct bytes *in, struct bytes *out)
{
	for (size_t i = 0; i < in->len; i++)
		if (isalnum((unsigned char)in->p[i]) || in->p[i] == '\n')
			bytes_add(out, in->p + i, 1);
		else
			bytes_fmt(out, "%%%02X", (unsigned char)in->p[i]);
}

static inline void
dress_xml(const struct bytes *in, struct bytes *out)
{
	for (size_t i = 0; i < in->len; i++)
		if (strchr("<>&\"'", in->p[i]) != NULL)
			bytes_fmt(out, "&#%u;", (unsigned)in->p[i]);
		else
			bytes_add(out, in->p + i, 1);
}

/* A text within JSON: quotes and signs escaped as careful writers do. */
static inline void
dress_json(const struct bytes *in, struct bytes *out)
{
	for (size_t i = 0; i < in->len; i++)
		if (in->p[i] == '\n')
			bytes_add(out, "\n", 1);
		else if (strchr("\"\\", in->p[i]) != NULL)
			bytes_fmt(out, "\\%c", in->p[i]);
		else if (strchr("<>&='", in->p[i]) != NULL)
			bytes_fmt(out, "\\u%04x", (unsigned)in->p[i]);
		else
			bytes_add(out, in->p + i, 1);
}

static const struct {
	const char *name;
	dress_fn *put_on;
	bool lines; /* are those of the text still to be told? */
	bool text;  /* means nothing for what is no text */
} dresses[] = {
	{ "none", dress_none, true, false },
	{ "gzip", dress_gzip, true, false },
	{ "zstd", dress_zstd, true, false },
	{ "xz", dress_xz, true, false },
	{ "bzip2", dress_bzip2, true, false },
	{ "tar", dress_tar, true, false },
	{ "tar.gz", dress_tgz, true, false },
	{ "zip", dress_zip, true, false },
	{ "cpio", dress_cpio, true, false },
	{ "cpio newc", dress_newc, true, false },
	{ "ar", dress_ar, true, false },
	{ "tar.gz in zip in zst", dress_nested, true, false },
	{ "UTF-16LE", dress_utf16le, true, true },
	{ "UTF-16BE", dress_utf16be, true, true },
	{ "URL", dress_url, true, true },
	{ "XML", dress_xml, true, true },
	{ "JSON", dress_json, true, true },
	{ "base64", dress_base64, false, false },
	{ "base64 in rows", dress_base64_rows, false, false },
	{ "base64url", dress_base64url, false, false },
	{ "base64 twice", dress_base64_twice, false, false },
	{ "hex", dress_hex, false, false },
	{ "hex with colons", dress_hex_colons, false, false },
	{ "C", dress_c, false, false },
};

#define DRESSES (sizeof(dresses) / sizeof(dresses[0]))

#endif
