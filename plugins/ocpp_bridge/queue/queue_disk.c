/* SPDX-License-Identifier: MIT */
/*
 * The files: "<16 hex digits>.log", read in that order. Bytes are only ever
 * added to the newest, and a file that had any trouble gets none again. Files
 * go from the oldest on, so that what a newer one says about an older one's
 * records (done) is never lost before those are.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "queue_in.h"

#define NAME_LEN 32
/* Files set aside for a person to look at; of more, the oldest go. */
#define DAMAGED_KEPT 4
#define DAMAGED      "damaged-"

/* Of the whole: so much is copied at most to free one. */
uint64_t
disk_segment_size(const struct queue *q)
{
	uint64_t size = q->limits.bytes / 64;

	if (size < 32 * 1024)
		return 32 * 1024;
	return size > 32u << 20 ? 32u << 20 : size;
}

static void
name_of(uint64_t seq, char name[static NAME_LEN])
{
	(void)snprintf(name, NAME_LEN, "%016llx.log", (unsigned long long)seq);
}

/* Oldest first, wherever the folder lists it. */
static struct segment *
segment_add(struct queue *q, uint64_t seq, int fd, uint64_t size)
{
	struct segment *s = calloc(1, sizeof(*s)), **at = &q->oldest;

	if (s == NULL)
		return NULL;
	*s = (struct segment){ .seq = seq, .fd = fd, .size = size };
	while (*at != NULL && (*at)->seq < seq)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
	if (s->next == NULL)
		q->newest = s;
	if (seq > q->seq)
		q->seq = seq;
	q->segments++;
	q->disk += size;
	return s;
}

static int
segment_open(struct queue *q, const char *name, struct err *e)
{
	char again[NAME_LEN];
	uint64_t seq = strtoull(name, NULL, 16);
	own_fd int fd = -1;
	struct stat st;

	name_of(seq, again);
	if (strcmp(again, name) != 0)
		return 0; /* not ours */
	fd = openat(q->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		return err_sys(e, "queue: %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "queue: %s is no file", name);
	if (segment_add(q, seq, fd, (uint64_t)st.st_size) == NULL)
		return err_set(e, ENOMEM, "queue: no memory");
	(void)take_fd(&fd);
	return 0;
}

/* Their names sort as they came. */
static void
forget_damaged(const struct queue *q, DIR *d)
{
	char oldest[NAME_MAX + 1] = "";
	const struct dirent *de;
	unsigned n;

	do {
		n = 0;
		rewinddir(d);
		while ((de = readdir(d)) != NULL) {
			if (strncmp(de->d_name, DAMAGED, strlen(DAMAGED)) != 0)
				continue;
			if (n++ == 0 || strcmp(de->d_name, oldest) < 0)
				(void)snprintf(
				    oldest, sizeof(oldest), "%s", de->d_name);
		}
	} while (n > DAMAGED_KEPT && unlinkat(q->dir, oldest, 0) == 0);
}

int
disk_open(struct queue *q, const char *folder, struct err *e)
{
	const struct dirent *de;
	DIR *d;
	int fd, rc = 0;

	if (file_mkdirs(AT_FDCWD, folder, 0700, e) == -1)
		return -1;
	q->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->dir == -1)
		return err_sys(e, "queue: open %s", folder);
	if (flock(q->dir, LOCK_EX | LOCK_NB) == -1)
		return err_sys(e, "queue: %s belongs to another", folder);
	if ((fd = openat(q->dir, ".", O_RDONLY | O_CLOEXEC)) == -1 ||
	    (d = fdopendir(fd)) == NULL)
		return err_sys(e, "queue: read %s", folder);
	while (rc == 0 && (de = readdir(d)) != NULL)
		rc = segment_open(q, de->d_name, e);
	forget_damaged(q, d);
	(void)closedir(d);
	return rc;
}

/* A new file with its first record; it has no place in the list yet. */
static int
segment_begin(
    const struct queue *q, uint64_t seq, struct bytes *head, struct err *e)
{
	const struct record r = { .type = RECORD_FILE,
		.number = q->number + 1,
		.transaction = q->lowest,
		.mark = seq };
	char name[NAME_LEN];
	int fd;

	if (record_write(head, &r, e) == -1)
		return -1;
	name_of(seq, name);
	fd = openat(q->dir, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd == -1 ? err_sys(e, "queue: make %s", name) : fd;
}

/* What fails here leaves no file, or one whose records are taken back. */
static int
append_new(struct queue *q, const struct bytes *b, struct err *e)
{
	uint64_t seq = ++q->seq; /* a name that failed is not tried again */
	own_bytes struct bytes head = { 0 };
	own_fd int fd = segment_begin(q, seq, &head, e);
	char name[NAME_LEN];

	if (fd == -1)
		return -1;
	if (file_write_all(fd, head.p, head.len) == 0 &&
	    file_write_all(fd, b->p, b->len) == 0 && fdatasync(fd) == 0 &&
	    fsync(q->dir) == 0 &&
	    segment_add(q, seq, fd, head.len + b->len) != NULL) {
		(void)take_fd(&fd);
		q->shut = false;
		return 0;
	}
	(void)err_sys(e, "queue: write");
	name_of(seq, name);
	q->untaken = unlinkat(q->dir, name, 0) == -1 || fsync(q->dir) == -1;
	return -1;
}

static int
append_old(struct queue *q, const struct bytes *b, struct err *e)
{
	struct segment *s = q->newest;

	if (file_write_all(s->fd, b->p, b->len) == 0 && fdatasync(s->fd) == 0) {
		s->size += b->len;
		q->disk += b->len;
		return 0;
	}
	(void)err_sys(e, "queue: write");
	/* After an fsync that failed nobody knows what the next one would
	 * mean for the same pages: this file gets no more. */
	q->shut = true;
	q->untaken =
	    ftruncate(s->fd, (off_t)s->size) == -1 || fdatasync(s->fd) == -1;
	return -1;
}

int
disk_append(struct queue *q, const struct bytes *b, struct segment **at_segment,
    uint32_t *at, struct err *e)
{
	bool new = q->shut || q->newest == NULL ||
	    q->newest->size + b->len > disk_segment_size(q);

	q->untaken = false;
	if ((new ? append_new(q, b, e) : append_old(q, b, e)) == -1)
		return -1;
	*at_segment = q->newest;
	*at = (uint32_t)(q->newest->size - b->len);
	return 0;
}

int
disk_read(
    struct queue *q, const struct entry *en, struct record *r, struct err *e)
{
	ssize_t n;

	if (q->text.room < en->len) {
		bytes_free(&q->text);
		if ((q->text.p = malloc(en->len)) == NULL)
			return err_set(e, ENOMEM, "queue: no memory");
		q->text.room = en->len;
	}
	n = pread(en->segment->fd, q->text.p, en->len, en->at);
	if (n == -1)
		return err_sys(e, "queue: read record %llu",
		    (unsigned long long)en->number);
	if (record_read(q->text.p, (size_t)n, r) != en->len ||
	    r->type != RECORD_PUT || r->number != en->number)
		return err_set(e, EBADMSG, "queue: record %llu is damaged",
		    (unsigned long long)en->number);
	return 0;
}

int
disk_drop_oldest(struct queue *q, struct err *e)
{
	struct segment *s = q->oldest;
	char name[NAME_LEN], aside[NAME_LEN];
	int rc;

	/* With a name before this one that may come back, this one's records
	 * must stay: they say what is done in the other. */
	if (q->unsure && fsync(q->dir) == -1)
		return err_sys(e, "queue: sync");
	q->unsure = false;
	name_of(s->seq, name);
	(void)snprintf(aside, sizeof(aside), DAMAGED "%016llx",
	    (unsigned long long)s->seq);
	rc = s->damaged ? renameat(q->dir, name, q->dir, aside)
			: unlinkat(q->dir, name, 0);
	if (rc == -1)
		return err_sys(e, "queue: remove %s", name);
	q->oldest = s->next;
	if (q->newest == s)
		q->newest = NULL;
	q->segments--;
	q->disk -= s->size;
	(void)close(s->fd);
	free(s);
	if (fsync(q->dir) == -1) {
		q->unsure = true;
		return err_sys(e, "queue: sync");
	}
	return 0;
}
