/* SPDX-License-Identifier: MIT */
/*
 * The audit trail. Each line is hashed into the next; the hash of the last one
 * is also kept in the state folder (the head), written after the line itself.
 * So the head is equal to the trail's end or, after a power cut, one line
 * behind. Any other relation means that lines were taken away: the trail then
 * goes on from the head, not from what is left of the file, and the gap stays
 * visible for ever.
 *
 * It does not stop root from rewriting everything; the uplink sends events
 * away for that. It does not rotate: a unit's trail is small, and EVENT is
 * rate-limited per plugin.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "audit_line.h"
#include "digest.h"
#include "file.h"
#include "log.h"
#include "own.h"

#define AUDIT_FILE "audit"
#define TORN_FILE  "audit.torn"
#define HEAD_FILE  "audit-head"
#define HEAD_MAX   128
#define TAIL_MAX   (2 * AUDIT_LINE_MAX)

struct audit {
	int fd; /* O_APPEND */
	int log;
	int state; /* borrowed */
	struct audit_end end;
	bool behind; /* the head could not be written */
	off_t cut;   /* from here on the file holds what failed; -1: nothing */
};

/* The head is "<sequence> <hash>\n". 1: read, 0: there is none, -1: failed. */
static int
head_read(int state, struct audit_end *end, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char extra;

	*end = (struct audit_end){ .hash = AUDIT_FIRST_HASH };
	if (file_read(state, HEAD_FILE, HEAD_MAX, &text, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	if (sscanf(text.p, "%llu %64[0-9a-f]%c", &end->sequence, end->hash,
		&extra) != 3 ||
	    extra != '\n' || strlen(end->hash) != SHA256_HEX - 1)
		return err_set(e, EBADMSG, HEAD_FILE " is damaged");
	return 1;
}

static int
head_write(struct audit *a, struct err *e)
{
	char line[HEAD_MAX];
	int n = snprintf(
	    line, sizeof(line), "%llu %s\n", a->end.sequence, a->end.hash);

	a->behind = file_write(a->state, HEAD_FILE, line, (size_t)n,
			FILE_SECRET, e) == -1;
	return a->behind ? -1 : 0;
}

/* All of the line or nothing: a part of one, or one that is not counted, would
 * spoil the next. A disk that does not even cut it off again is asked once
 * more before the next line. */
static int
write_line(struct audit *a, const char *line, struct err *e)
{
	off_t before = a->cut == -1 ? lseek(a->fd, 0, SEEK_END) : a->cut;

	if (before == -1 || (a->cut != -1 && ftruncate(a->fd, before) == -1))
		return err_sys(e, AUDIT_FILE);
	a->cut = -1;
	if (file_write_all(a->fd, line, strlen(line)) == 0 &&
	    fdatasync(a->fd) == 0)
		return 0;
	(void)err_sys(e, "write " AUDIT_FILE);
	if (ftruncate(a->fd, before) == -1)
		a->cut = before;
	return -1;
}

/* Adds what every line bears; the given fields can not pretend to be it. */
static char *
make_line(const struct audit *a, const char *who, const char *kind,
    json_t *fields, struct err *e)
{
	own_json json_t *j = fields == NULL ? json_object() : fields;
	own_str char *text = NULL;
	char when[40], *line = NULL;

	audit_time(when);
	if (json_object_set_new(j, "seq",
		json_integer((json_int_t)a->end.sequence + 1)) == -1 ||
	    json_object_set_new(j, "time", json_string(when)) == -1 ||
	    json_object_set_new(j, "who", json_string(who)) == -1 ||
	    json_object_set_new(j, "kind", json_string(kind)) == -1 ||
	    json_object_set_new(j, "prev", json_string(a->end.hash)) == -1 ||
	    (text = json_line(j)) == NULL ||
	    asprintf(&line, "%s\n", text) == -1)
		return (void)err_set(e, EINVAL, "audit line of kind %s", kind),
		       NULL;
	if (strlen(line) <= AUDIT_LINE_MAX)
		return line;
	free(line);
	return (void)err_set(e, EFBIG, "audit line of kind %s", kind), NULL;
}

int
audit_take(struct audit *a, const char *who, const char *kind, json_t *fields,
    struct err *e)
{
	own_str char *line = NULL;
	struct audit_end next;

	if ((line = make_line(a, who, kind, fields, e)) == NULL)
		return -1;
	/* Two lines behind would look like a trail that was cut. */
	if (a->behind && head_write(a, e) == -1)
		return -1;
	next.sequence = a->end.sequence + 1;
	if (audit_hash(line, strlen(line) - 1, next.hash, e) == -1 ||
	    write_line(a, line, e) == -1)
		return -1;
	a->end = next;
	return head_write(a, e);
}

void
audit_say(
    struct audit *a, const char *who, const char *kind, const char *fmt, ...)
{
	char text[1024];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	audit_clean(text);
	if (audit_take(a, who, kind, json_pack("{s:s}", "text", text), &e) ==
	    -1)
		log_error("audit trail: %s (%s: %s)", e.text, kind, text);
}

/* What stands after the last newline was being written when the power went:
 * it is kept beside, and cut off. */
static int
set_torn_aside(
    struct audit *a, const char *from, size_t len, off_t keep, struct err *e)
{
	log_warn("audit trail: %zu bytes of a torn last line set aside in "
		 "%s",
	    len, TORN_FILE);
	if (file_write(a->log, TORN_FILE, from, len, FILE_SECRET, e) == -1)
		return -1;
	if (ftruncate(a->fd, keep) == -1 || fsync(a->fd) == -1)
		return err_sys(e, "cut " AUDIT_FILE);
	return 0;
}

/* The last whole line of tail[0..len), which ends in a newline. */
static int
last_line(const char *tail, size_t len, struct audit_end *end,
    char prev[static SHA256_HEX], struct err *e)
{
	const char *p = tail + len - 1;
	struct audit_line l;

	while (p > tail && p[-1] != '\n')
		p--;
	if (audit_parse(p, (size_t)(tail + len - 1 - p), &l, e) == -1)
		return -1;
	*end = l.end;
	memcpy(prev, l.prev, SHA256_HEX);
	return 0;
}

/* Where the file ends, after a torn line was set aside. An end that is no line
 * of ours counts as none: the head decides, and the gap shows. */
static int
file_end(struct audit *a, struct audit_end *end, char prev[static SHA256_HEX],
    struct err *e)
{
	static char tail[TAIL_MAX];
	off_t size = lseek(a->fd, 0, SEEK_END), from;
	size_t len, whole;
	struct err bad;

	if (size == -1)
		return err_sys(e, AUDIT_FILE);
	from = size > TAIL_MAX ? size - TAIL_MAX : 0;
	len = (size_t)(size - from);
	if (pread(a->fd, tail, len, from) != (ssize_t)len)
		return err_sys(e, "read " AUDIT_FILE);
	for (whole = len; whole > 0 && tail[whole - 1] != '\n'; whole--)
		;
	if (whole < len &&
	    set_torn_aside(
		a, tail + whole, len - whole, from + (off_t)whole, e) == -1)
		return -1;
	*end = (struct audit_end){ .hash = AUDIT_FIRST_HASH };
	memcpy(prev, AUDIT_FIRST_HASH, SHA256_HEX);
	if (whole > 0 && last_line(tail, whole, end, prev, &bad) == -1)
		log_error("audit trail: last line: %s", bad.text);
	return 0;
}

static bool
same(const struct audit_end *x, const struct audit_end *y)
{
	return x->sequence == y->sequence && strcmp(x->hash, y->hash) == 0;
}

/* Compares the file's end with the head, and says where to go on. */
static int
settle(struct audit *a, struct err *e)
{
	struct audit_end head = { 0 }, file = { 0 };
	char prev[SHA256_HEX];
	struct err bad;
	int got;

	if (file_end(a, &file, prev, e) == -1)
		return -1;
	got = head_read(a->state, &head, &bad);
	a->end = file;
	if (got == 1 && same(&head, &file))
		return 0;
	if (got == 0 && file.sequence == 0)
		return 0; /* a new trail */
	if (got == 1 && file.sequence == head.sequence + 1 &&
	    strcmp(prev, head.hash) == 0)
		return head_write(a, e); /* the power went in between */
	if (got == 1)
		a->end = head;
	log_at(LOG_ALERT, "audit trail: its end is not where it was left: %s",
	    got == 1 ? "lines are missing" : HEAD_FILE " is missing");
	audit_say(a, "agent", "AuditTrailBroken",
	    "the file ends at line %llu, the head at %llu", file.sequence,
	    head.sequence);
	return 0;
}

struct audit *
audit_open(const char *log_dir, int state_dir, struct err *e)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (void)err_sys(e, "audit trail"), NULL;
	a->fd = -1;
	a->cut = -1;
	a->state = state_dir;
	a->log = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->log == -1)
		(void)err_sys(e, "audit trail: %s", log_dir);
	else if ((a->fd = openat(a->log, AUDIT_FILE,
		      O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0600)) == -1)
		(void)err_sys(e, "audit trail: %s/" AUDIT_FILE, log_dir);
	else if (settle(a, e) == 0)
		return a;
	audit_close(a);
	return NULL;
}

void
audit_close(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->fd != -1)
		(void)close(a->fd);
	if (a->log != -1)
		(void)close(a->log);
	free(a);
}

/* The trail against the head: all there, or one line ahead of it. */
static int
check_head(
    int state, const struct audit_end *end, const char *prev, struct err *e)
{
	struct audit_end head;
	int got = head_read(state, &head, e);

	if (got == -1)
		return -1;
	if (same(&head, end) ||
	    (got == 1 && end->sequence == head.sequence + 1 &&
		strcmp(prev, head.hash) == 0))
		return 0;
	if (got == 0)
		return err_set(e, EBADMSG, HEAD_FILE " is missing");
	return err_set(e, EBADMSG,
	    "the trail ends at line %llu, but line %llu was written: its end "
	    "was taken away",
	    end->sequence, head.sequence);
}

int
audit_verify(const char *log_dir, int state_dir, size_t *lines, struct err *e)
{
	own_fd int log = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct audit_end end = { .hash = AUDIT_FIRST_HASH };
	char prev[SHA256_HEX] = AUDIT_FIRST_HASH;
	own_fd int fd = -1;

	*lines = 0;
	if (log == -1)
		return err_sys(e, "%s", log_dir);
	fd = openat(
	    log, AUDIT_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		return err_sys(e, "%s/" AUDIT_FILE, log_dir);
	if (fd != -1 && audit_walk(fd, &end, prev, lines, e) == -1)
		return -1;
	return check_head(state_dir, &end, prev, e);
}
