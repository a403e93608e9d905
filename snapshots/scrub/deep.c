/* SPDX-License-Identifier: MIT */
/*
 * Walking down: a part is handed on first and then looked into, so that what
 * is refused below it has at least been seen as it is.
 */
#include <stdio.h>
#include <string.h>

#include "deep_in.h"
#include "suspect.h"

/* A part of less than so many bytes holds no part of its own. */
#define LEAST 12

/* Text with zeros before and behind it, as blocks of a disk have them. */
static int
padded(struct deep *d, const char *p, size_t len, struct err *e)
{
	size_t from = 0, end = len;

	while (from < end && p[from] == '\0')
		from++;
	while (end > from && p[end - 1] == '\0')
		end--;
	if (end - from == len || end == from ||
	    !suspect_is_text(p + from, end - from))
		return 0;
	return deep_give(d, "!text", p + from, end - from, 0, e);
}

static int
inside(struct deep *d, const char *p, size_t len, struct err *e)
{
	if (len < LEAST)
		return 0;
	if (deep_packed(p, len)) {
		if (d->level >= DEEP_LEVELS)
			return deep_refuse(d, "",
			    "packed too often for all of it to be looked into",
			    e);
		return deep_archive(d, p, len, e);
	}
	if (d->level >= DEEP_LEVELS)
		return 0;
	if (!suspect_is_text(p, len))
		return padded(d, p, len, e) == -1 ? -1
						  : deep_wide(d, p, len, e);
	return deep_words(d, p, len, e) == -1 ||
		deep_escapes(d, p, len, e) == -1
	    ? -1
	    : 0;
}

int
deep_give(struct deep *d, const char *name, const char *p, size_t len,
    unsigned line, struct err *e)
{
	size_t before = strlen(d->name);
	unsigned around = d->line;
	struct deep_part part = { .name = d->name, .p = p, .len = len };
	int rc;

	if (++d->parts > DEEP_PARTS)
		return d->parts > DEEP_PARTS + 1
		    ? 0
		    : deep_refuse(
			  d, name, "has more parts than are looked at", e);
	(void)snprintf(d->name + before, sizeof(d->name) - before, "%s", name);
	d->line = around != 0 ? around : line;
	part.line = d->line;
	part.names = strcmp(name, "!names") == 0;
	d->level++;
	rc = d->fn(d->ctx, &part, e);
	if (rc == 0 && !part.names)
		rc = inside(d, p, len, e);
	d->level--;
	d->line = around;
	d->name[before] = '\0';
	return rc;
}

int
deep_refuse(struct deep *d, const char *name, const char *why, struct err *e)
{
	size_t before = strlen(d->name);
	struct deep_part part = {
		.name = d->name, .line = d->line, .refused = why
	};
	int rc;

	(void)snprintf(d->name + before, sizeof(d->name) - before, "%s", name);
	rc = d->fn(d->ctx, &part, e);
	d->name[before] = '\0';
	return rc;
}

int
deep_open(const char *p, size_t len, deep_fn *fn, void *ctx, struct err *e)
{
	struct deep d = { .fn = fn, .ctx = ctx };

	d.left = DEEP_FREE + (uint64_t)len * DEEP_RATIO;
	if (d.left > DEEP_TOTAL)
		d.left = DEEP_TOTAL;
	return inside(&d, p, len, e);
}
