/* SPDX-License-Identifier: MIT */
/*
 * What the CSMS did not take in all its attempts is not thrown away: a start, a
 * stop or a meter value is money. It goes into a file for people, a JSON object
 * a line, durable before the queue lets go of it:
 *
 *	undelivered.jsonl   the newest, at most DEAD_MAX bytes
 *	undelivered.old     what was there before, once
 *
 * A line that a power cut tore is the last of its file; the record is still in
 * the queue then, and is written again.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "store_in.h"

#define DEAD_MAX (1024 * 1024)
#define DEAD     "undelivered.jsonl"
#define DEAD_OLD "undelivered.old"

static char *
line_of(const char *who, const struct queue_record *r, const char *why)
{
	own_bytes struct bytes frame = { 0 };
	own_json json_t *o = NULL;

	bytes_add(&frame, r->text, r->len);
	if (frame.bad)
		return NULL;
	o = json_pack("{s:o, s:I, s:o, s:s, s:o}", "charger", json_text(who),
	    "at", (json_int_t)r->at, "frame", json_text(frame.p), "version",
	    ocpp_subprotocol((enum ocpp_version)r->version), "why",
	    json_text(why));
	return o == NULL ? NULL : json_line(o);
}

/* A torn last line is ended, so that the next one is its own. */
static int
append(int dir, const char *line, struct err *e)
{
	own_fd int fd = openat(dir, DEAD,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	off_t end = fd == -1 ? -1 : lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (end == -1)
		return err_sys(e, "%s", DEAD);
	if (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n' &&
	    file_write_all(fd, "\n", 1) == -1)
		return err_sys(e, "%s", DEAD);
	if (file_write_all(fd, line, strlen(line)) == -1 ||
	    file_write_all(fd, "\n", 1) == -1 || fdatasync(fd) == -1)
		return err_sys(e, "%s", DEAD);
	return 0;
}

static int
make_room(int dir, size_t len, struct err *e)
{
	struct stat st;

	if (fstatat(dir, DEAD, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(e, "%s", DEAD);
	if ((size_t)st.st_size + len + 2 <= DEAD_MAX)
		return 0;
	return renameat(dir, DEAD, dir, DEAD_OLD) == 0
	    ? 0
	    : err_sys(e, "%s", DEAD_OLD);
}

int
store_bury(const struct store *s, const char *who, const struct queue_record *r,
    const char *why, struct err *e)
{
	own_str char *line = line_of(who, r, why);
	own_fd int dir =
	    open(s->host.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (line == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (dir == -1)
		return err_sys(e, "%s", s->host.state);
	if (make_room(dir, strlen(line), e) == -1 || append(dir, line, e) == -1)
		return -1;
	/* Its name, when it is new. */
	return fsync(dir) == 0 ? 0 : err_sys(e, "%s", s->host.state);
}
