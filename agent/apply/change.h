/* SPDX-License-Identifier: MIT */
#ifndef CHANGE_H
#define CHANGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "applied.h"
#include "buf.h"
#include "digest.h"
#include "err.h"
#include "json.h"
#include "snapshot.h"
#include "values.h"

/*
 * One thing before and after, for a person: what `ingot plan`, `ingot drift`
 * and `ingot snapshots diff` show. A side is what is at a path, with as much
 * of its text as may be shown.
 */
enum side_kind {
	SIDE_ABSENT,
	SIDE_FILE,
	SIDE_LINK,
	SIDE_OTHER
};

struct side {
	enum side_kind kind;
	bool no_meta; /* mode and owner mean nothing here */
	mode_t mode;
	char owner[33];
	char group[33];
	uint64_t size;
	uint8_t sha256[SHA256_LEN];
	bool is_text;
	struct bytes shown;         /* masked; when is_text */
	char to[SNAPSHOT_PATH_MAX]; /* of a link */
};

void side_free(struct side *); /* fine on a zeroed one */
#define own_side __attribute__((cleanup(side_free), unused))

/* The bytes of a file in memory or open; values as for mask_text(). */
int side_bytes(struct side *, const struct values *, const void *, size_t len,
    struct err *);
int side_fd(struct side *, const struct values *, int fd, struct err *);
/* What is on the unit at path, which is absolute without its first slash. */
int
side_unit(struct side *, const struct values *, const char *path, struct err *);

/*
 * { KEY: name, "change": new|gone|changed|same, "before", "after", "diff",
 * "note" }; the caller's, NULL: no memory. before and after are { kind, mode,
 * owner, group, size, sha256 }, the hash for what is no text; diff is a
 * unified one. *room: bytes of diff that may still be shown, counted down.
 */
json_t *change_json(const char *key, const char *name, const struct side *was,
    const struct side *is, size_t *room);
#define CHANGE_ROOM (4u * 1024 * 1024)

#endif
