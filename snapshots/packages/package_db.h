/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_DB_H
#define PACKAGE_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "package.h"

/*
 * The database of installed packages below an open root folder: dpkg's (with
 * the entries that wait in updates/, and apt's word on what came along by
 * itself), else opkg's. Only read.
 */
enum package_manager {
	PACKAGES_NONE, /* the tree has neither */
	PACKAGES_DPKG,
	PACKAGES_OPKG
};

struct package_db {
	enum package_manager manager;
	struct bytes *texts; /* what the fields point into */
	size_t text_count;
	struct package *all; /* by name; each name and architecture once */
	size_t count;
	size_t room;
};

/* "dpkg", "opkg" or "none". */
const char *package_manager_name(enum package_manager);

/* To be freed even on failure. No database is no failure. */
int package_db_read(struct package_db *, int root, struct err *);
void package_db_free(struct package_db *);
#define own_package_db __attribute__((cleanup(package_db_free), unused))

/*
 * The entry of this name, or NULL. Of several architectures that which is
 * asked for, or "all"; arch NULL takes any, an installed one first.
 */
const struct package *
package_db_find(const struct package_db *, const char *name, const char *arch);
/* The first of this name; the others stand behind it. count when none. */
size_t package_db_first(const struct package_db *, const char *name);
/* The native architecture, as the packages that every system has say it; or
 * "". */
const char *package_db_arch(const struct package_db *);

/* ID and VERSION_ID of os-release(5); what it does not say is "". */
struct release {
	char id[64];
	char version[64];
};
int release_read(struct release *, int root, struct err *);

#endif
