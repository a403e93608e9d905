/* SPDX-License-Identifier: MIT */
#ifndef APPLIED_H
#define APPLIED_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "file.h"
#include "json.h"
#include "snapshot.h"

/*
 * What one apply made of a snapshot on this unit: applied/<number>/ with
 * state.json, artifacts/<plugin>, files/<path> (only those whose slots were
 * filled) and a link "snapshot". Written once, before it is used; read back
 * strictly, every content compared with the hash in state.json, whose second
 * line is its own.
 */
#define APPLIED_PLUGINS   16
#define APPLIED_STATE_MAX (8 * 1024 * 1024)

struct applied_artifact {
	char plugin[SNAPSHOT_NAME_MAX + 1];
	char sha256[SHA256_HEX];
};

struct applied_file {
	char path[SNAPSHOT_PATH_MAX]; /* absolute, without the first slash */
	uint8_t sha256[SHA256_LEN];
	mode_t mode;
	char owner[33];
	char group[33];
	bool filled; /* bytes are in applied/<n>/files, else in the snapshot */
	/* While it is prepared; not in state.json. */
	uint64_t size;
	bool held; /* as in the one before: its slots wait for a value */
};

struct applied {
	int64_t number; /* 0: the state before the first snapshot; all empty */
	char snapshot[SHA256_HEX];
	char name[SNAPSHOT_NAME_MAX + 1];
	int64_t sequence;
	size_t artifact_count;
	struct applied_artifact artifacts[APPLIED_PLUGINS];
	size_t file_count;
	struct applied_file *files;
	json_t *waiting; /* [{ "what", "slot" }] */
};

void applied_free(struct applied *); /* fine on a zeroed one */
#define own_applied __attribute__((cleanup(applied_free), unused))

/* number 0 gives the empty one. With check, every artifact, every filled file
 * and every member of the snapshot is hashed as well. */
int applied_read(
    struct applied *, int state, int64_t number, bool check, struct err *);
/* The same check of one that was read. */
int applied_check(const struct applied *, int state, struct err *);
/* A new, empty folder applied/<number>; the number is above all others. */
int applied_create(int state, int64_t *number, struct err *);
/* Adds state.json and the link to the batch, which the caller commits: the
 * last thing that is written. */
int applied_write(
    const struct applied *, int state, struct file_batch *, struct err *);
/* Without check of what it holds; absent is fine. */
int applied_remove(int state, int64_t number, struct err *);

/* The file at this path, borrowed; NULL: it has none. */
const struct applied_file *
applied_file(const struct applied *, const char *path);
/* The hash of this plugin's artifact, borrowed; NULL: it has none. */
const char *applied_hash(const struct applied *, const char *plugin);
/* The artifact in a sealed descriptor, the caller's; an empty one when this
 * plugin has none (*empty says so). */
int applied_artifact(const struct applied *, int state, const char *plugin,
    bool *empty, struct err *);
/* Bytes of a file, open for reading; the caller's. */
int applied_file_open(const struct applied *, int state,
    const struct applied_file *, struct err *);

/* The links current, previous, confirmed. 0: there is none. -1: damaged. */
int64_t applied_link(int state, const char *link, struct err *);
int applied_set_link(int state, const char *link, int64_t number, struct err *);

#endif
