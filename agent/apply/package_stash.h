/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_STASH_H
#define PACKAGE_STASH_H

#include <stddef.h>

#include "err.h"
#include "package_list.h"

/*
 * The payloads that lie in stored snapshots: with what a package can be put
 * back to the version before. Damaged lists and payloads are passed over.
 */
struct stash_shelf {
	char snapshot[SHA256_HEX];
	struct package_list list;
};

struct package_stash {
	int state; /* borrowed */
	struct stash_shelf *shelves;
	size_t count;
};

/* To be freed even on failure. */
int package_stash_open(struct package_stash *, int state, struct err *);
void package_stash_free(struct package_stash *);
#define own_package_stash __attribute__((cleanup(package_stash_free), unused))

/* The path below the state folder of a payload of exactly this version whose
 * bytes have the hash of its list; malloc'ed, NULL: there is none. */
char *package_stash_find(const struct package_stash *, const char *name,
    const char *version, const char *arch);

#endif
