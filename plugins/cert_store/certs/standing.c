/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "own.h"
#include "standing.h"

#define LINE_MAX_ 100 /* kind, print, standing */

static const char *const words[STANDINGS] = { "worked", "trial", "refused" };

void
standings_free(struct standings *s)
{
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

static struct standing_row *
find(const struct standings *s, const char *kind, const uint8_t print[32])
{
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(s->rows[i].print, print, 32) == 0 &&
		    strcmp(s->rows[i].kind, kind) == 0)
			return &s->rows[i];
	return NULL;
}

enum standing
standings_of(
    const struct standings *s, const char *kind, const uint8_t print[32])
{
	const struct standing_row *row = find(s, kind, print);

	return row == NULL ? STANDING_WORKED : row->how;
}

static struct standing_row *
add(struct standings *s, struct err *e)
{
	struct standing_row *more;

	if (s->count == STANDING_MAX) {
		(void)err_set(e, E2BIG,
		    "%s: more than %d rows; delete certificates that are not "
		    "used",
		    STANDING_FILE, STANDING_MAX);
		return NULL;
	}
	more = realloc(s->rows, (s->count + 1) * sizeof(*more));
	if (more == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->rows = more;
	memset(&more[s->count], 0, sizeof(*more));
	return &more[s->count++];
}

int
standings_set(struct standings *s, const char *kind, const uint8_t print[32],
    enum standing how, struct err *e)
{
	struct standing_row *row = find(s, kind, print);

	if (strlen(kind) >= sizeof(row->kind))
		return err_set(e, EINVAL, "kind \"%s\"", kind);
	if (row == NULL && (row = add(s, e)) == NULL)
		return -1;
	(void)strcpy(row->kind, kind);
	memcpy(row->print, print, 32);
	row->how = how;
	return 0;
}

/* One line, cut out of the text and ended by NUL. */
static int
parse_line(struct standings *s, char *line, size_t number, struct err *e)
{
	char *rest = line, *kind = strsep(&rest, " "),
	     *hex = strsep(&rest, " ");
	uint8_t print[32];
	int how = 0;

	while (rest != NULL && how < STANDINGS && strcmp(rest, words[how]) != 0)
		how++;
	if (hex == NULL || rest == NULL || how == STANDINGS || *kind == '\0' ||
	    strlen(kind) >= sizeof(s->rows->kind) || strlen(hex) != 64 ||
	    hex_decode(hex, print, sizeof(print)) != (long)sizeof(print))
		return err_set(e, EBADMSG,
		    "%s:%zu: not \"kind fingerprint standing\"; take the line "
		    "away: its certificate then counts as one that has worked",
		    STANDING_FILE, number);
	if (find(s, kind, print) != NULL)
		return err_set(
		    e, EBADMSG, "%s:%zu: stands twice", STANDING_FILE, number);
	return standings_set(s, kind, print, (enum standing)how, e);
}

int
standings_parse(
    struct standings *s, const char *text, size_t len, struct err *e)
{
	const char *p = text, *end = text + len;
	char line[LINE_MAX_];
	size_t number = 0, n;

	memset(s, 0, sizeof(*s));
	for (; p < end; p += n + 1) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p);
		number++;
		if (nl == NULL || n >= sizeof(line) ||
		    memchr(p, '\0', n) != NULL) {
			standings_free(s);
			return err_set(e, EBADMSG,
			    "%s:%zu: no line of this file", STANDING_FILE,
			    number);
		}
		memcpy(line, p, n);
		line[n] = '\0';
		if (parse_line(s, line, number, e) == -1) {
			standings_free(s);
			return -1;
		}
	}
	return 0;
}

int
standings_read(struct standings *s, int root, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(s, 0, sizeof(*s));
	if (file_read(root, STANDING_FILE, (size_t)STANDING_MAX * LINE_MAX_,
		&text, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	return standings_parse(s, text.p, text.len, e);
}

void
standings_write(const struct standings *s, struct bytes *out)
{
	char hex[65];

	for (size_t i = 0; i < s->count; i++) {
		const struct standing_row *row = &s->rows[i];

		if (row->how == STANDING_WORKED)
			continue;
		hex_encode(row->print, sizeof(row->print), hex);
		bytes_fmt(out, "%s %s %s\n", row->kind, hex, words[row->how]);
	}
}
