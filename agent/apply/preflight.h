/* SPDX-License-Identifier: MIT */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include <sys/quota.h>

#include "applied.h"
#include "err.h"
#include "json.h"
#include "settings.h"

/*
 * What stands in the way of a snapshot, found before anything is changed, and
 * all of it at once: unknown users and groups, another type of file in the
 * way, a file system that is missing, read-only or full, flags and quotas that
 * forbid the write. Each is a finding { by, id, place, passed: false, why,
 * remedy }.
 */
#define OBSTACLES_MAX 100 /* findings; more are only counted */

/* Adds one; a second with the same id and reason is not told twice. */
void obstacle_add(json_t *list, const char *id, const char *place,
    const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The list as one sentence, for an error. */
int obstacles_say(const json_t *list, struct err *);

/*
 * Looks at every path that target would write and at every one whose original
 * it would put back. before: what is live now; settings: NULL leaves the
 * folder of the audit trail alone. -1: it could not look.
 */
int preflight_files(const struct applied *target, const struct applied *before,
    const struct settings *, int state, json_t *list, struct err *);

/* Sums of what will be written, by file system and by owner: preflight_room.c.
 * Sizes in bytes; an inode each. */
struct room;
struct room *room_new(void);
void room_free(struct room *);
/* One file of this size into folder, for uid and gid; place names it. -1: no
 * memory. */
int room_need(struct room *, int folder, const char *place, uint64_t size,
    unsigned inodes, uid_t uid, gid_t gid);
/* What is short. */
void room_judge(const struct room *, json_t *list);
/* Does a quota (of the kernel's, limits in KiB) refuse so much more? */
bool quota_short(const struct dqblk *, uint64_t bytes, uint64_t inodes);

#endif
