/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_SHELF_H
#define PACKAGE_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "package.h"

/*
 * Folders with .deb and .ipk files, and what each of them says it is: its
 * name tells nothing.
 */
struct shelved {
	int fd; /* the file */
	struct bytes text;
	struct package is;
};

struct package_shelf {
	struct shelved *all;
	size_t count;
};

/* Is it a package that is looked for? */
typedef bool shelf_wants(void *ctx, const struct package *);

/* Adds what is in the folder and looked for; dir is borrowed. strict: a file
 * that is no package is an error, else passed over. */
int package_shelf_add(struct package_shelf *, int dir, bool strict,
    shelf_wants *, void *ctx, struct err *);
void package_shelf_free(struct package_shelf *);
#define own_package_shelf __attribute__((cleanup(package_shelf_free), unused))

/* The file of exactly this package, or NULL. */
const struct shelved *
package_shelf_find(const struct package_shelf *, const struct package *);

#endif
