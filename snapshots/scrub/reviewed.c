/* SPDX-License-Identifier: MIT */
/*
 * The reviewed file is a person's as much as ours: entries are added at the
 * end of its one list, and nothing else in it is touched.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "own.h"
#include "reviewed.h"

static const char *const classes[REVIEW_COUNT] = {
	[REVIEW_SHARED] = "shared",
	[REVIEW_PER_DEVICE] = "per-device",
	[REVIEW_SECRET] = "secret",
	[REVIEW_DERIVED] = "derived",
};

static const char head[] =
    "# What people decided about findings, one entry each. Added to by\n"
    "# `ingot scrub --classify`; may be edited. A capture reads it when its\n"
    "# policy says: reviewed = \"...\";\n"
    "reviewed = (\n);\n";

const char *review_class_name(enum review_class class)
{
	return classes[class];
}

enum review_class
review_class_by_name(const char *name)
{
	enum review_class i = 0;

	while (i < REVIEW_COUNT && strcmp(classes[i], name) != 0)
		i++;
	return i;
}

/* name = "text"; pattern: what fnmatch() would take for more than it is gets a
 * backslash, and that one its own. */
static void
add_text(struct bytes *out, const char *name, const char *text, bool pattern)
{
	bytes_fmt(out, " %s = \"", name);
	for (; *text != '\0'; text++) {
		if (pattern && strchr("*?[]\\", *text) != NULL)
			bytes_add(out, "\\\\", 2);
		if (strchr("\"\\", *text) != NULL)
			bytes_add(out, "\\", 1);
		bytes_add(out, text, 1);
	}
	bytes_add(out, "\";", 2);
}

static void
add_action(struct bytes *out, const struct decision *d)
{
	if (d->action == SCRUB_DROP) {
		bytes_fmt(out, " drop = true;");
		return;
	}
	add_text(out, "format", d->format, false);
	add_text(out, "key", d->finding->key, true);
	if (strcmp(d->within, "*") != 0)
		add_text(out, "within", d->within, true);
	if (d->action == SCRUB_SLOT)
		add_text(out, "slot", d->slot, false);
	else
		bytes_fmt(out, " empty = true;");
}

/* The file in which the finding is: of an archive the archive itself, for
 * nothing is ever taken out of the middle of one. */
static void
add_file(struct bytes *out, const struct decision *d)
{
	char path[SNAPSHOT_PATH_MAX];
	char *bang;

	(void)snprintf(path, sizeof(path), "%s", d->finding->path);
	if (d->class != REVIEW_SHARED && (bang = strchr(path, '!')) != NULL)
		*bang = '\0';
	add_text(out, "file", path, true);
}

static void
add_entry(struct bytes *out, const struct decision *d, long long now)
{
	time_t t = (time_t)now;
	struct tm tm;
	char when[16] = "";

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%d", &tm);
	bytes_fmt(out, "\t{ class = \"%s\";", classes[d->class]);
	add_file(out, d);
	if (d->class == REVIEW_SHARED) {
		add_text(out, "finding", finding_name(d->finding->id), false);
		add_text(out, "key", d->finding->key, true);
	} else {
		add_action(out, d);
	}
	if (d->class == REVIEW_DERIVED)
		add_text(out, "from", d->from, false);
	bytes_fmt(out, "\n\t ");
	add_text(out, "who", d->who, false);
	add_text(out, "when", when, false);
	bytes_fmt(out, "\n\t ");
	add_text(out, "why", d->why, false);
	bytes_add(out, " }", 2);
}

static int
decision_check(const struct decision *d, struct err *e)
{
	if (!finding_can_be_accepted(d->finding->id) &&
	    (d->class == REVIEW_SHARED || d->action != SCRUB_DROP))
		return err_set(e, EACCES,
		    "%s: %s can only be dropped, or the file excluded",
		    d->finding->path, finding_name(d->finding->id));
	if (d->who == NULL || *d->who == '\0' || d->why == NULL ||
	    *d->why == '\0')
		return err_set(e, EINVAL, "who and why must say something");
	if (d->class == REVIEW_DERIVED && (d->from == NULL || *d->from == '\0'))
		return err_set(e, EINVAL, "derived: say what it derives from");
	if (d->class != REVIEW_SHARED && d->action != SCRUB_DROP &&
	    d->format == NULL)
		return err_set(e, EINVAL,
		    "%s: no field called \"%s\" can be told there; drop the "
		    "file instead",
		    d->finding->path, d->finding->key);
	return 0;
}

/* Would a capture understand it? Counts its entries. */
static long
entries(const char *path, const char *text, size_t len, struct err *e)
{
	own_policy struct policy p = { .files = NULL };

	if ((p.files = calloc(1, sizeof(*p.files))) == NULL)
		return err_sys(e, "%s", path);
	if (policy_review(&p, path, text, len, e) == -1)
		return -1;
	return (long)(p.accept_count + p.rule_count);
}

/* The old text with the entries before the end of its list. */
static int
compose(const char *path, const struct bytes *old, const struct decision *d,
    size_t n, long long now, struct bytes *out, struct err *e)
{
	long had = entries(path, old->p, old->len, e), has;
	size_t end = old->len;

	if (had == -1)
		return -1;
	while (end > 0 && old->p[end - 1] != ')')
		end--;
	if (end == 0)
		return err_set(e, EINVAL, "%s: holds no list", path);
	end--;
	while (end > 0 && strchr(" \t\r\n", old->p[end - 1]) != NULL)
		end--;
	bytes_add(out, old->p, end);
	for (size_t i = 0; i < n; i++) {
		bytes_fmt(out, had == 0 && i == 0 ? "\n" : ",\n");
		add_entry(out, &d[i], now);
	}
	bytes_add(out, old->p + end, old->len - end);
	if (out->bad)
		return err_set(e, ENOMEM, "%s: too large", path);
	if ((has = entries(path, out->p, out->len, e)) == -1)
		return -1;
	/* A comment behind the list, say, that ends in a bracket. */
	if (has != had + (long)n)
		return err_set(e, EINVAL,
		    "%s: its list does not end the file; put what is behind "
		    "it in front",
		    path);
	return 0;
}

/* The folder, locked against another who adds at the same time. */
static int
lock_folder(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char folder[1024];
	own_fd int fd = -1;

	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path) + 1,
	    slash == NULL ? "." : path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return err_set(e, ENOENT,
		    "%s is not there; make it, or have the policy name another "
		    "file as \"reviewed\"",
		    folder);
	if (fd == -1 || flock(fd, LOCK_EX) == -1)
		return err_sys(e, "%s", folder);
	return take_fd(&fd);
}

int
reviewed_add(const char *path, const struct decision *d, size_t n,
    long long now, struct err *e)
{
	own_bytes struct bytes old = { 0 }, out = { 0 };
	own_fd int lock = -1;

	for (size_t i = 0; i < n; i++)
		if (decision_check(&d[i], e) == -1)
			return -1;
	if ((lock = lock_folder(path, e)) == -1)
		return -1;
	if (file_read(AT_FDCWD, path, CONF_SIZE_MAX, &old, e) == -1) {
		if (e->code != ENOENT)
			return -1;
		bytes_add(&old, head, sizeof(head) - 1);
	}
	if (compose(path, &old, d, n, now, &out, e) == -1)
		return -1;
	return file_write(AT_FDCWD, path, out.p, out.len, FILE_PUBLIC, e);
}
