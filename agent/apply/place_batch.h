/* SPDX-License-Identifier: MIT */
#ifndef PLACE_BATCH_H
#define PLACE_BATCH_H

#include <stddef.h>

#include "err.h"
#include "file.h"

/*
 * Many managed files at the price of two syncs of each file system, where one
 * by one they cost two each: place_batch_add() writes beside the place, under
 * a temporary name, and syncs nothing; place_batch_commit() syncs, moves all of
 * them to their places, and syncs again. So a name is never seen with bytes
 * that a power cut could take, and when it returns all of them are durable.
 *
 * Killed in between, some files are the new ones and some the old, each whole;
 * temporary names are left for files_converge() to sweep.
 */
struct place_batch;

struct place_batch *place_batch_new(struct err *);
/* Takes the temporary names of what was not committed away. */
void place_batch_free(struct place_batch *);

/* folder: that of path, as place_open() gave it; borrowed. */
int place_batch_add(struct place_batch *, int folder, const char *path,
    const void *data, size_t len, struct file_meta, struct err *);
/* Also what was removed or linked in a folder is durable then, when it was
 * named by place_batch_touch(). The batch is empty afterwards. */
int place_batch_commit(struct place_batch *, struct err *);
int place_batch_touch(struct place_batch *, int folder, struct err *);

#endif
