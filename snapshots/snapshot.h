/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "terms.h"

/*
 * A snapshot: a tree named by the SHA-256 of its manifest, which names every
 * other file by its SHA-256. In a bundle and on disk the members are:
 *
 *	manifest		JSON, one line, keys sorted
 *	signature		CMS, detached, over the manifest's bytes; empty
 *				in an unsigned (development) bundle
 *	proof			JSON: what the scrubber looked at and took out
 *	documents/<plugin>.conf
 *	files/<absolute path without its first slash>
 *	packages.json		what is to be installed (package_list.h)
 *	packages/<file>		the .deb and .ipk of it
 *
 * manifest: { "ingot": 1, "name", "model", "sequence", "members": [
 *   { "path", "sha256", "size", "mode": "0644", "owner", "group", "slots" } ] }
 * and what restricts it (terms.h). "ingot" is the version of the format: it
 * grows when an older agent could not read it at all. Members are in byte
 * order of path; manifest and signature are not in it. No times: the same
 * sample gives the same bytes.
 *
 * A path is printable ASCII, has no empty part, no "." and no "..", and is
 * never a folder of another member's path.
 */
#define SNAPSHOT_FORMAT       1
#define SNAPSHOT_MANIFEST_MAX (4 * 1024 * 1024)
#define SNAPSHOT_MEMBERS_MAX  20000
#define SNAPSHOT_MEMBER_MAX   (64 * 1024 * 1024)  /* bytes of one member */
#define SNAPSHOT_PACKAGE_MAX  (512 * 1024 * 1024) /* of one below packages/ */
#define SNAPSHOT_PATH_MAX     512
#define SNAPSHOT_NAME_MAX     64
#define SNAPSHOT_SEQUENCE_MAX INT64_C(9007199254740991) /* 2^53 - 1: JSON */

struct member {
	char path[SNAPSHOT_PATH_MAX];
	uint8_t sha256[SHA256_LEN];
	uint64_t size;
	mode_t mode; /* no set-id, no sticky */
	char owner[33];
	char group[33];
	bool slots; /* holds @{...} to be filled on the unit */
};

struct snapshot {
	char id[SHA256_HEX];
	char name[SNAPSHOT_NAME_MAX + 1];
	char model[SNAPSHOT_NAME_MAX + 1];
	int64_t sequence; /* anti-rollback, 1 to SNAPSHOT_SEQUENCE_MAX */
	struct terms terms;
	size_t count;
	struct member *members;
};

/* Fills the whole snapshot, its id included; to be freed even on failure. */
int snapshot_parse(
    struct snapshot *, const void *manifest, size_t len, struct err *);
/* From an open snapshot folder. */
int snapshot_read(struct snapshot *, int dir, struct err *);
void snapshot_free(struct snapshot *);
#define own_snapshot __attribute__((cleanup(snapshot_free), unused))

/*
 * The manifest of a snapshot whose members are sorted, as the bytes that are
 * sealed; snapshot_parse() takes them back. out is freed first; the id is set.
 */
int snapshot_manifest(struct snapshot *, struct bytes *out, struct err *);

/* Every member there, none beside them, each with its hash and size. */
int snapshot_verify(const struct snapshot *, int dir, struct err *);
/* NULL: the manifest names no such member. */
const struct member *snapshot_member(const struct snapshot *, const char *path);

/* How many bytes the member of this path may have. */
uint64_t snapshot_member_max(const char *path);
/* May a member be called so? The error says what is wrong with it. */
int snapshot_path_check(const char *path, struct err *);
/* May a snapshot or a model be called so? [A-Za-z0-9 ._+-], not empty. */
int snapshot_name_check(const char *name, struct err *);

#endif
