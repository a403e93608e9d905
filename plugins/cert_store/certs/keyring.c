/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "keyring.h"

#define LINE_BYTES 300

void
keyring_free(struct keyring *k)
{
	free(k->rows);
	memset(k, 0, sizeof(*k));
}

struct keyring_row *
keyring_find(const struct keyring *k, const char *file)
{
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->rows[i].file, file) == 0)
			return &k->rows[i];
	return NULL;
}

struct keyring_row *
keyring_add(struct keyring *k, const char *file)
{
	struct keyring_row *more;

	/* A foreign name that a line cannot hold. */
	if (k->count == KEYRING_MAX || *file == '\0' ||
	    strlen(file) >= sizeof(more->file) || strpbrk(file, "\t\n") != NULL)
		return NULL;
	more = realloc(k->rows, (k->count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	k->rows = more;
	memset(&more[k->count], 0, sizeof(*more));
	(void)strcpy(more[k->count].file, file);
	return &more[k->count++];
}

void
keyring_remove(struct keyring *k, const char *file)
{
	struct keyring_row *row = keyring_find(k, file);

	if (row != NULL)
		*row = k->rows[--k->count];
}

static bool
parse_number(const char *text, long long *out)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static int
parse_line(struct keyring *k, char *line, size_t number, struct err *e)
{
	char *rest = line, *file = strsep(&rest, "\t"),
	     *hash = strsep(&rest, "\t"), *born = strsep(&rest, "\t");
	struct keyring_row row = { 0 }, *added;

	if (hash != NULL && strcmp(hash, "-") != 0)
		row.known = true;
	if (hash == NULL ||
	    (row.known && hex_decode(hash, row.hash, 32) != 32) ||
	    !parse_number(born, &row.born) || !parse_number(rest, &row.age) ||
	    keyring_find(k, file) != NULL ||
	    (added = keyring_add(k, file)) == NULL)
		return err_set(e, EBADMSG, "%s:%zu: no row of a key",
		    KEYRING_FILE, number);
	(void)strcpy(row.file, file);
	*added = row;
	return 0;
}

int
keyring_parse(struct keyring *k, const char *text, size_t len, struct err *e)
{
	const char *p = text, *end = text + len, *nl;
	char line[LINE_BYTES];
	size_t number = 0, n;

	memset(k, 0, sizeof(*k));
	for (; p < end; p += n + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		n = nl == NULL ? sizeof(line) : (size_t)(nl - p);
		number++;
		if (n >= sizeof(line) || memchr(p, '\0', n) != NULL) {
			keyring_free(k);
			return err_set(e, EBADMSG, "%s:%zu: no line of it",
			    KEYRING_FILE, number);
		}
		memcpy(line, p, n);
		line[n] = '\0';
		if (parse_line(k, line, number, e) == -1) {
			keyring_free(k);
			return -1;
		}
	}
	return 0;
}

void
keyring_read(struct keyring *k, int root)
{
	own_bytes struct bytes b = { 0 };
	struct err ignored;

	memset(k, 0, sizeof(*k));
	if (file_read(root, KEYRING_FILE, (size_t)KEYRING_MAX * LINE_BYTES, &b,
		&ignored) == 0)
		(void)keyring_parse(k, b.p, b.len, &ignored);
}

void
keyring_write(const struct keyring *k, struct bytes *out)
{
	char hex[65];

	for (size_t i = 0; i < k->count; i++) {
		const struct keyring_row *row = &k->rows[i];

		(void)strcpy(hex, "-");
		if (row->known)
			hex_encode(row->hash, sizeof(row->hash), hex);
		bytes_fmt(out, "%s\t%s\t%lld\t%lld\n", row->file, hex,
		    row->born, row->age);
	}
}
