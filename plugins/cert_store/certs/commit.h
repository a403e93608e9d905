/* SPDX-License-Identifier: MIT */
#ifndef CERTS_COMMIT_H
#define CERTS_COMMIT_H

#include <stddef.h>
#include <sys/types.h>

#include "err.h"

/*
 * Several files changed as one. Each new file is written under a temporary
 * name beside its place and synced; then a journal (".ingot-commit" in the
 * root) names every rename, link and removal, is synced, and is what decides:
 * without it nothing happened, with it everything will. Then the changes are
 * done, their folders synced, the journal removed. Names are below the root,
 * never with "..", and their folders exist.
 *
 * ENOSPC, EIO: -1, what was written is taken away, the store is as before.
 */
#define COMMIT_MAX 64 /* changes in one */

struct commit;
struct commit *commit_begin(int root, struct err *);
/* mode: 0600 for keys (made with O_EXCL), 0644 for certificates. */
int commit_put(struct commit *, const char *name, const void *, size_t len,
    mode_t mode, struct err *);
int commit_remove(struct commit *, const char *name, struct err *);
int commit_link(
    struct commit *, const char *target, const char *name, struct err *);
int commit_count(const struct commit *); /* changes so far */
/* 0: done and durable. Frees the commit in any case. */
int commit_end(struct commit *, struct err *);
void commit_drop(struct commit *); /* nothing happened; NULL is fine */

/* At opening, under the lock: finishes a journal that is there, removes
 * temporary names. A damaged journal (it never is, by a power cut) is refused
 * with its name. */
int commit_recover(int root, struct err *);

/* The first half of it: whatever stands is finished. */
int commit_finish(int root, struct err *);

/* The lock over processes: flock of ".ingot-lock" in the root. A descriptor to
 * close, or -1; waits at most ms. */
int commit_lock(int root, int ms, struct err *);

#endif
