/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_RELATION_H
#define PACKAGE_RELATION_H

#include <stdbool.h>

#include "err.h"
#include "package.h"

/*
 * "a (>= 1.0) | b, c:any": what a package says of others (Debian Policy 7.1).
 * One relation at a time; those that a "|" joins are one group, of which one
 * has to hold.
 */
struct relation {
	char name[PACKAGE_NAME_MAX + 1];
	char op[3]; /* "" any version; "<<" "<=" "=" ">=" ">>" */
	char version[128];
	bool more; /* the next one is of the same group */
};

/* 1: one more, *at behind it; 0: no more; -1: no relation. */
int relation_next(const char **at, struct relation *, struct err *);

/* Does this version satisfy it? */
bool relation_fits(const struct relation *, const char *version);
/* Is it about this package, by its name or by what it provides? */
bool relation_meets(const struct relation *, const struct package *);

#endif
