/* SPDX-License-Identifier: MIT */
#ifndef ORIGINAL_H
#define ORIGINAL_H

#include <stdbool.h>

#include "err.h"
#include "file.h"
#include "json.h"
#include "place_batch.h"

/*
 * What a managed path held before Ingot first touched it: state_dir/original/
 * index.json says for each path what was there (a file, a link, nothing), and
 * original/<SHA-256 of the path> holds a file's bytes. The index is durable
 * before the first path it speaks of is changed.
 *
 * Paths are absolute without their first slash.
 */
struct originals {
	int dir;
	json_t *index;
	struct file_batch *contents; /* kept, not saved yet; or NULL */
	bool changed;                /* not saved yet */
};

int originals_open(struct originals *, int state, struct err *);
/* The same with another folder of the state folder in the place of original/,
 * for changes that are taken back by themselves. */
int originals_open_in(
    struct originals *, int state, const char *folder, struct err *);
void originals_close(struct originals *);
#define own_originals __attribute__((cleanup(originals_close), unused))

/*
 * Copies what is at path now, unless an original is kept already. Anything
 * but a regular file, a link or nothing is refused. In force after
 * originals_save().
 */
int original_keep(struct originals *, const char *path, struct err *);
int originals_save(struct originals *, struct err *);

/* The bytes that are kept of path, open for reading, the caller's; -1: none,
 * it was a link or was not there. */
int original_open(const struct originals *, const char *path);

/* Puts the original back and forgets it (saved at once). No original: 0. */
int original_restore(struct originals *, const char *path, struct err *);

/*
 * The same for many: original_back() puts a file into the batch; links and
 * what was not there are put back at once. When the batch is committed,
 * originals_forget() strikes the paths, a JSON array, out.
 */
int original_back(
    struct originals *, const char *path, struct place_batch *, struct err *);
int originals_forget(struct originals *, const json_t *paths, struct err *);

#endif
