/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_LIST_H
#define PACKAGE_LIST_H

#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "package.h"
#include "package_db.h"
#include "snapshot.h"

/*
 * packages.json, a member of the snapshot: the packages that belong to the
 * product, as they were installed on the sample.
 *
 *	{ "ingot": 1, "manager": "dpkg" | "opkg", "architecture",
 *	  "release": { "id", "version_id" },
 *	  "packages": [ { "name", "version", "architecture", "origin",
 *	    "file": "packages/x.deb" or "", "sha256" (of the file, or ""),
 *	    "depends", "pre_depends", "provides", "conflicts", "breaks",
 *	    "size" } ] }
 *
 * in the order of name, then architecture. What is said of a package here is
 * what its payload says (package_file.h), so a unit can judge all of it
 * before the first change.
 */
#define PACKAGE_LIST_FILE "packages.json"
#define PACKAGE_LIST_SIZE (4 * 1024 * 1024)
#define PACKAGE_LIST_MAX  2000

struct package_row {
	struct package is;
	const char *file; /* the member; "": the unit has to have it */
	const char *sha256;
};

struct package_list {
	enum package_manager manager;
	struct release release;
	const char *arch;
	struct package_row *rows;
	size_t count;
	json_t *texts; /* what the rows of a list that was read point into */
};

/* To be freed even on failure. */
int
package_list_parse(struct package_list *, const void *, size_t, struct err *);
/* From the folder of a snapshot; 1: read; 0: it has no list. */
int package_list_read(struct package_list *, int dir, struct err *);
int
package_list_write(const struct package_list *, struct bytes *, struct err *);
void package_list_free(struct package_list *);
#define own_package_list __attribute__((cleanup(package_list_free), unused))

/* Each payload of the list is a member with that hash, and no member below
 * packages/ is in no list. */
int package_list_members(
    const struct package_list *, const struct snapshot *, struct err *);
/* The row, or NULL. */
const struct package_row *package_list_find(
    const struct package_list *, const char *name, const char *arch);

#endif
