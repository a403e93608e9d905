/* SPDX-License-Identifier: MIT */
/*
 * Room. Every file is written beside the one it replaces before that goes, so
 * what is needed is the sum of all that is new, in whole blocks; nothing that
 * will be freed is counted. Too careful by that, never too bold.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "preflight.h"

/* Left free on every file system we write to: logs, the other daemons. */
#define SPARE_BYTES  (1024 * 1024)
#define SPARE_INODES 32
#define BLOCK        UINT64_C(4096) /* what a file takes at least */

/* On one file system, for one owner. */
struct need {
	struct need *next;
	dev_t dev;
	uid_t uid;
	gid_t gid;
	int folder; /* O_PATH, somewhere on it */
	char place[SNAPSHOT_PATH_MAX + 1];
	uint64_t bytes;
	uint64_t inodes;
};

struct room {
	struct need *all;
};

struct room *
room_new(void)
{
	return calloc(1, sizeof(struct room));
}

void
room_free(struct room *r)
{
	struct need *n;

	while (r != NULL && (n = r->all) != NULL) {
		r->all = n->next;
		(void)close(n->folder);
		free(n);
	}
	free(r);
}

static struct need *
need_of(struct room *r, dev_t dev, uid_t uid, gid_t gid)
{
	for (struct need *n = r->all; n != NULL; n = n->next)
		if (n->dev == dev && n->uid == uid && n->gid == gid)
			return n;
	return NULL;
}

static struct need *
need_new(struct room *r, int folder, const struct stat *st, const char *place)
{
	struct need *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->folder = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n->folder == -1) {
		free(n);
		return NULL;
	}
	n->dev = st->st_dev;
	(void)snprintf(n->place, sizeof(n->place), "%s", place);
	n->next = r->all;
	r->all = n;
	return n;
}

int
room_need(struct room *r, int folder, const char *place, uint64_t size,
    unsigned inodes, uid_t uid, gid_t gid)
{
	struct stat st;
	struct need *n;

	if (fstat(folder, &st) == -1)
		return -1;
	n = need_of(r, st.st_dev, uid, gid);
	if (n == NULL && (n = need_new(r, folder, &st, place)) == NULL)
		return -1;
	n->uid = uid;
	n->gid = gid;
	n->bytes += (size + BLOCK - 1) / BLOCK * BLOCK;
	n->inodes += inodes;
	return 0;
}

bool
quota_short(const struct dqblk *q, uint64_t bytes, uint64_t inodes)
{
	/* A limit of 0 is none. */
	return ((q->dqb_valid & QIF_BLIMITS) != 0 && q->dqb_bhardlimit > 0 &&
		   q->dqb_curspace + bytes > q->dqb_bhardlimit * 1024) ||
	    ((q->dqb_valid & QIF_ILIMITS) != 0 && q->dqb_ihardlimit > 0 &&
		q->dqb_curinodes + inodes > q->dqb_ihardlimit);
}

static void
judge_quota(const struct need *n, int type, unsigned id, json_t *list)
{
	struct dqblk q = { 0 };

	/* A file system without quotas says so; so does an older kernel. */
	if (syscall(SYS_quotactl_fd, n->folder,
		QCMD((unsigned)Q_GETQUOTA, (unsigned)type), id, &q) == -1 ||
	    !quota_short(&q, n->bytes, n->inodes))
		return;
	obstacle_add(list, "preflight.quota", n->place,
	    "raise the quota (setquota), or free what this owner holds",
	    "the quota of %s %u has no room for %llu KiB in %llu files",
	    type == USRQUOTA ? "user" : "group", id,
	    (unsigned long long)n->bytes / 1024, (unsigned long long)n->inodes);
}

/* All owners on this file system together; n is the first of them. */
static void
sum(const struct room *r, const struct need *n, uint64_t *bytes,
    uint64_t *inodes)
{
	*bytes = SPARE_BYTES;
	*inodes = SPARE_INODES;
	for (const struct need *m = r->all; m != NULL; m = m->next)
		if (m->dev == n->dev) {
			*bytes += m->bytes;
			*inodes += m->inodes;
		}
}

static void
judge_room(const struct room *r, const struct need *n, json_t *list)
{
	uint64_t bytes, inodes, has;
	struct statvfs fs;

	if (fstatvfs(n->folder, &fs) == -1)
		return;
	sum(r, n, &bytes, &inodes);
	has = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (has < bytes)
		obstacle_add(list, "preflight.room", n->place,
		    "remove what is not needed there",
		    "too little room on the file system: %llu KiB are needed, "
		    "%llu KiB are free",
		    (unsigned long long)bytes / 1024,
		    (unsigned long long)has / 1024);
	/* A file system that makes inodes as it goes says it has none. */
	if (fs.f_files > 0 && fs.f_favail < inodes)
		obstacle_add(list, "preflight.inodes", n->place,
		    "remove small files that are not needed there",
		    "too few inodes on the file system: %llu are needed, %llu "
		    "are free",
		    (unsigned long long)inodes,
		    (unsigned long long)fs.f_favail);
}

/* All needs of one file system are judged with the first of them. */
static bool
is_first(const struct room *r, const struct need *n)
{
	for (const struct need *m = r->all; m != n; m = m->next)
		if (m->dev == n->dev)
			return false;
	return true;
}

void
room_judge(const struct room *r, json_t *list)
{
	for (const struct need *n = r->all; n != NULL; n = n->next) {
		if (is_first(r, n))
			judge_room(r, n, list);
		judge_quota(n, USRQUOTA, n->uid, list);
		judge_quota(n, GRPQUOTA, n->gid, list);
	}
}
