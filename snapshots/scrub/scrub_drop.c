/* SPDX-License-Identifier: MIT */
/*
 * Files that never travel still say something: what must not turn up in those
 * that do. Of a private key each line is remembered, of a text each word that
 * looks like a key or stands where a password does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scrub.h"
#include "suspect.h"

struct dropping {
	struct scrub *s;
	const char *path;
	const struct bytes *in;
};

static int
keep(struct dropping *d, const char *p, size_t len, struct err *e)
{
	int rc = residue_add(d->s->residue, RESIDUE_SECRET, d->path, p, len, e);

	return rc == -1 ? -1 : 0;
}

static int
on_word(void *ctx, const char *text, size_t at, size_t len, struct err *e)
{
	return keep(ctx, text + at, len < 4096 ? len : 4096, e);
}

/* A field called like a secret: its value up to the next blank or quote. */
static int
on_suspect(void *ctx, const struct suspect *found, struct err *e)
{
	struct dropping *d = ctx;
	size_t end = found->at;

	if (found->id != FINDING_KEYWORD)
		return 0;
	while (
	    end < d->in->len && strchr(" \t\r\n\"'<;", d->in->p[end]) == NULL)
		end++;
	return keep(d, d->in->p + found->at, end - found->at, e);
}

/* The lines of a private key but for its frame and the last, short one, whose
 * bytes are its checks and paddings. */
static int
key_lines(struct dropping *d, const char *p, const char *stop, struct err *e)
{
	const char *newline;

	while (p < stop && (newline = memchr(p, '\n', (size_t)(stop - p)))) {
		if (newline - p >= 9 && memcmp(p, "-----END ", 9) == 0)
			return 0;
		if (newline - p >= 16 && p[0] != '-' &&
		    keep(d, p, (size_t)(newline - p), e) == -1)
			return -1;
		p = newline + 1;
	}
	return 0;
}

static const char *
behind_first_line(const char *p, const char *stop)
{
	const char *newline = memchr(p, '\n', (size_t)(stop - p));

	return newline == NULL ? stop : newline + 1;
}

static int
private_keys(struct dropping *d, struct err *e)
{
	const char *p = d->in->p, *stop = p + d->in->len;
	long at;

	while ((at = suspect_private_key(p, (size_t)(stop - p))) >= 0) {
		p = behind_first_line(p + at, stop);
		if (key_lines(d, p, stop, e) == -1)
			return -1;
	}
	return 0;
}

int
scrub_dropped(
    struct scrub *s, const char *path, const struct bytes *in, struct err *e)
{
	struct dropping d = { s, path, in };
	struct err why;

	if (in->len == 0)
		return 0;
	if (private_keys(&d, e) == -1)
		return -1;
	if (!suspect_is_text(in->p, in->len))
		return keep(&d, in->p, in->len < 4096 ? in->len : 4096, e);
	if (suspect_private_key(in->p, in->len) >= 0)
		return 0;
	if (suspect_words(in->p, in->len, on_word, &d, e) == -1)
		return -1;
	if (suspect_scan(field_guess(path, in->p, in->len), in->p, in->len,
		on_suspect, &d, &why) == 0)
		return 0;
	return suspect_scan(NULL, in->p, in->len, on_suspect, &d, e);
}
