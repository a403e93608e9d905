/* SPDX-License-Identifier: MIT */
/*
 * Append, fdatasync, then go on. An append that failed is cut off again, so
 * that the next one does not land behind half a line.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "daybook.h"
#include "file.h"
#include "json.h"
#include "own.h"

struct daybook {
	int fd;
	off_t size;
	char goal[SHA256_HEX];
};

static const struct unit *
unit_called(const struct units *l, const char *name, size_t *at)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->unit[i].name, name) == 0) {
			*at = i;
			return &l->unit[i];
		}
	return NULL;
}

/* A unit that has left the list stays in the book and out of the day. */
static int
read_line(const json_t *j, const char *goal, const struct units *l,
    struct outcome *outcomes, struct err *e)
{
	static const char *const known[] = { "at", "event", "goal", "outcome",
		"unit", NULL };
	const char *event, *unit, *of;
	struct outcome *o, read;
	int64_t at = 0;
	size_t i;

	if (json_known(j, known, e) == -1 ||
	    json_str(j, "event", 8, &event, e) == -1 ||
	    json_str(j, "unit", UNIT_HOST_MAX + 8, &unit, e) == -1 ||
	    json_str(j, "goal", SHA256_HEX - 1, &of, e) == -1)
		return -1;
	if (strcmp(event, "begin") == 0) {
		if (json_num(j, "at", 0, INT64_MAX, &at, e) == -1)
			return -1;
		if (unit_called(l, unit, &i) == NULL || strcmp(of, goal) != 0)
			return 0;
		o = &outcomes[i];
		*o = (struct outcome){ .how = OUTCOME_INTERRUPTED,
			.began = at,
			.tries = o->tries + 1,
			.why = "the station ended while it worked on this unit",
			.next = "run the same command again" };
		return 0;
	}
	if (strcmp(event, "end") != 0)
		return err_set(e, EBADMSG, "\"%s\" is no event", event);
	if (outcome_read(&read, json_object_get(j, "outcome"), e) == -1)
		return -1;
	if (unit_called(l, unit, &i) != NULL && strcmp(of, goal) == 0)
		outcomes[i] = read;
	return 0;
}

int
daybook_parse(const char *name, char *text, size_t len, const char *goal,
    const struct units *l, struct outcome *outcomes, size_t *whole,
    struct err *e)
{
	char *end;

	*whole = 0;
	for (unsigned n = 1; *whole < len; n++) {
		own_json json_t *j = NULL;
		char *line = text + *whole;

		if ((end = memchr(line, '\n', len - *whole)) == NULL)
			return 0;
		j = json_parse(
		    "line", line, (size_t)(end - line), DAYBOOK_LINE_MAX, e);
		if (j == NULL || read_line(j, goal, l, outcomes, e) == -1)
			return err_in(e,
			    "%s:%u: damaged; move the file away, then every "
			    "unit is asked again where it stands",
			    name, n);
		*whole = (size_t)(end + 1 - text);
	}
	return 0;
}

static int
read_book(struct daybook *b, const char *path, const struct units *l,
    struct outcome *outcomes, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char name[300];
	size_t whole;

	if (file_read_fd(b->fd, DAYBOOK_SIZE_MAX, &text, e) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%.250s/" DAYBOOK_NAME, path);
	if (daybook_parse(
		name, text.p, text.len, b->goal, l, outcomes, &whole, e) == -1)
		return -1;
	b->size = (off_t)whole;
	if (whole < text.len && ftruncate(b->fd, b->size) == -1)
		return err_sys(e, "%s", name);
	for (size_t i = 0; i < l->count; i++)
		outcomes[i].before = outcomes[i].how == OUTCOME_DONE;
	return 0;
}

struct daybook *
daybook_open(int dir, const char *path, const char *goal, const struct units *l,
    struct outcome *outcomes, struct err *e)
{
	struct daybook *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	(void)strcpy(b->goal, goal);
	b->fd = openat(
	    dir, DAYBOOK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (b->fd == -1 || fsync(dir) == -1)
		(void)err_sys(e, "%s/" DAYBOOK_NAME, path);
	else if (flock(b->fd, LOCK_EX | LOCK_NB) == -1)
		(void)err_set(e, EAGAIN,
		    "%s: another run uses this folder; wait for its end, or "
		    "give --out",
		    path);
	else if (read_book(b, path, l, outcomes, e) == 0)
		return b;
	daybook_close(b);
	return NULL;
}

void
daybook_close(struct daybook *b)
{
	if (b == NULL)
		return;
	if (b->fd != -1)
		(void)close(b->fd);
	free(b);
}

/* Takes o. */
static int
append_take(struct daybook *b, json_t *o, struct err *e)
{
	own_json json_t *owned = o;
	own_str char *line = o == NULL ? NULL : json_line(owned);
	own_bytes struct bytes text = { 0 };
	ssize_t n;

	if (line != NULL)
		bytes_fmt(&text, "%s\n", line);
	if (line == NULL || text.bad || text.len > DAYBOOK_LINE_MAX)
		return err_set(e, ENOMEM, "day book: no memory");
	errno = ENOSPC; /* what a short write stands for */
	n = pwrite(b->fd, text.p, text.len, b->size);
	if (n == (ssize_t)text.len && fdatasync(b->fd) == 0) {
		b->size += n;
		return 0;
	}
	(void)err_sys(e, "day book");
	if (ftruncate(b->fd, b->size) == -1)
		return err_in(e, "half a line stands in it");
	return -1;
}

int
daybook_begin(struct daybook *b, const struct unit *u, struct err *e)
{
	return append_take(b,
	    json_pack("{s:s, s:s, s:s, s:I}", "event", "begin", "unit", u->name,
		"goal", b->goal, "at", (json_int_t)time(NULL)),
	    e);
}

int
daybook_end(struct daybook *b, const struct unit *u, const struct outcome *o,
    struct err *e)
{
	return append_take(b,
	    json_pack("{s:s, s:s, s:s, s:o}", "event", "end", "unit", u->name,
		"goal", b->goal, "outcome", outcome_json(o)),
	    e);
}
