/* SPDX-License-Identifier: MIT */
/*
 * What is packed, by libarchive. Its own detection is asked only about what
 * begins like something packed: else every text would be a "raw" archive.
 */
#include <archive.h>
#include <archive_entry.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deep_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define CHUNK     ((size_t)64 * 1024)

/* How packed things begin: coats around one stream of bytes, and archives of
 * members. */
static const struct {
	size_t at;
	size_t len;
	const char *magic;
	bool coat;
} magics[] = {
	{ 0, 3, "\x1f\x8b\x08", true },     /* gzip */
	{ 0, 4, "\x28\xb5\x2f\xfd", true }, /* zstd */
	{ 1, 3, "\x2a\x4d\x18", true },     /* zstd, a frame to be skipped */
	{ 0, 6, "\xfd\x37zXZ\0", true },    /* xz */
	{ 0, 4, "\x04\x22\x4d\x18", true }, /* lz4 */
	{ 0, 2, "\x1f\x9d", true },         /* compress */
	{ 0, 13, "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff",
	    true },                            /* lzma */
	{ 0, 4, "PK\x03\x04", false },         /* zip, jar */
	{ 0, 4, "PK\x05\x06", false },         /* an empty one */
	{ 0, 6, "7z\xbc\xaf\x27\x1c", false }, /* 7z */
	{ 0, 8, "!<arch>\n", false },          /* ar, deb */
	{ 0, 5, "07070", false },              /* cpio */
	{ 257, 5, "ustar", false },            /* tar */
};

enum kind {
	PLAIN,
	COAT,
	MEMBERS
};

/* BZh, a level, and the magic of a block: three letters alone are a word. */
static bool
bzip2(const char *p, size_t len)
{
	return len > 10 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' &&
	    p[3] <= '9' && memcmp(p + 4, "1AY&SY", 6) == 0;
}

static enum kind
kind_of(const char *p, size_t len)
{
	for (size_t i = 0; i < LENGTH(magics); i++)
		if (len >= magics[i].at + magics[i].len &&
		    memcmp(p + magics[i].at, magics[i].magic, magics[i].len) ==
			0)
			return magics[i].coat ? COAT : MEMBERS;
	return bzip2(p, len) ? COAT : PLAIN;
}

bool
deep_packed(const char *p, size_t len)
{
	return kind_of(p, len) != PLAIN;
}

static bool
coats(struct archive *a)
{
	return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
	    archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
	    archive_read_support_filter_xz(a) == ARCHIVE_OK &&
	    archive_read_support_filter_lzma(a) == ARCHIVE_OK &&
	    archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
	    archive_read_support_filter_lz4(a) == ARCHIVE_OK &&
	    archive_read_support_filter_compress(a) == ARCHIVE_OK &&
	    archive_read_support_format_raw(a) == ARCHIVE_OK;
}

static bool
archives(struct archive *a)
{
	return archive_read_support_format_tar(a) == ARCHIVE_OK &&
	    archive_read_support_format_zip(a) == ARCHIVE_OK &&
	    archive_read_support_format_cpio(a) == ARCHIVE_OK &&
	    archive_read_support_format_ar(a) == ARCHIVE_OK &&
	    archive_read_support_format_7zip(a) == ARCHIVE_OK;
}

/*
 * A coat is taken off alone and what is in it looked at as a whole, before it
 * may be an archive: a kilobyte of zeros is the end of a tar, and whatever
 * stands behind would never be seen.
 */
static struct archive *
reader(const char *p, size_t len)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	if (!(kind_of(p, len) == COAT ? coats(a) : archives(a)) ||
	    archive_read_open_memory(a, p, len) != ARCHIVE_OK) {
		(void)archive_read_free(a);
		return NULL;
	}
	return a;
}

/* All of a member. What is wrong with it, or NULL. */
static const char *
unpack(struct deep *d, struct archive *a, struct bytes *out)
{
	char *chunk = malloc(CHUNK);
	const char *why = NULL;
	la_ssize_t n = 1;

	if (chunk == NULL)
		return "out of memory";
	out->limit = DEEP_PART_MAX + CHUNK;
	while (why == NULL && (n = archive_read_data(a, chunk, CHUNK)) > 0) {
		if (d->left < (uint64_t)n)
			why = "unpacks to far more than its size";
		else if (out->len + (size_t)n > DEEP_PART_MAX)
			why = "a part is too large to be looked into";
		else {
			d->left -= (uint64_t)n;
			bytes_add(out, chunk, (size_t)n);
		}
	}
	explicit_bzero(chunk, CHUNK);
	free(chunk);
	if (why == NULL && out->bad)
		why = "out of memory";
	return why == NULL && n < 0 ? "damaged: not all of it can be read"
				    : why;
}

/* "!data" is all that a plain gzip can say of what it holds. */
static void
member_name(struct archive *a, struct archive_entry *entry, char *out, size_t n)
{
	const char *path = archive_entry_pathname(entry);
	size_t i = 0;

	if (archive_format(a) == ARCHIVE_FORMAT_RAW || path == NULL)
		path = "data";
	(void)snprintf(out, n, "!%s", path);
	/* It goes into a report: no stranger's bytes there. */
	for (; out[i] != '\0'; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
}

static int
member(struct deep *d, struct archive *a, struct archive_entry *entry,
    struct bytes *names, bool *stop, struct err *e)
{
	own_bytes struct bytes content = { 0 };
	const char *path = archive_entry_pathname(entry), *why;
	char name[256];

	member_name(a, entry, name, sizeof(name));
	names->limit = DEEP_PART_MAX;
	if (path != NULL && archive_format(a) != ARCHIVE_FORMAT_RAW)
		bytes_fmt(names, "%s\n", path);
	if (archive_entry_is_encrypted(entry) != 0)
		return deep_refuse(d, name, "encrypted", e);
	if ((why = unpack(d, a, &content)) != NULL) {
		*stop = true; /* the rest would be no cheaper */
		return deep_refuse(d, name, why, e);
	}
	return content.len == 0
	    ? 0
	    : deep_give(d, name, content.p, content.len, 0, e);
}

static int
members(struct deep *d, struct archive *a, struct err *e)
{
	own_bytes struct bytes names = { 0 };
	struct archive_entry *entry;
	bool stop = false;
	int rc, done = 0;

	while (done == 0 && !stop &&
	    (rc = archive_read_next_header(a, &entry)) != ARCHIVE_EOF) {
		if (rc == ARCHIVE_RETRY)
			continue;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return deep_refuse(
			    d, "", "damaged: not all of it can be read", e);
		done = member(d, a, entry, &names, &stop, e);
		stop |= d->parts > DEEP_PARTS;
	}
	if (done == 0 && names.len > 0)
		done = deep_give(d, "!names", names.p, names.len, 0, e);
	return done;
}

/* What stands behind the end of a tar, which no tar would show. */
static int
behind(
    struct deep *d, struct archive *a, const char *p, size_t len, struct err *e)
{
	la_int64_t at = archive_filter_bytes(a, 0);

	if ((archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) !=
		ARCHIVE_FORMAT_TAR ||
	    at < 0)
		return 0;
	while ((size_t)at < len && p[at] == '\0')
		at++;
	return (size_t)at >= len
	    ? 0
	    : deep_give(d, "!behind", p + at, len - (size_t)at, 0, e);
}

static int
open_archive(struct deep *d, const char *p, size_t len, struct err *e)
{
	struct archive *a = reader(p, len);
	int rc;

	if (a == NULL)
		return deep_refuse(d, "", "damaged: it can not be unpacked", e);
	rc = members(d, a, e);
	if (rc == 0)
		rc = behind(d, a, p, len, e);
	(void)archive_read_free(a);
	return rc;
}

/* libarchive gives no name that the locale can not say, and a program that set
 * none has the one that can say the least. */
int
deep_archive(struct deep *d, const char *p, size_t len, struct err *e)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	int rc = open_archive(d, p, len, e);

	(void)uselocale(before);
	if (utf8 != (locale_t)0)
		freelocale(utf8);
	return rc;
}
