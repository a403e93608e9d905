/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_PLAN_H
#define PACKAGE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "package_db.h"
#include "package_list.h"

/*
 * What has to be done on a unit so that it has the packages of a list, judged
 * wholly before the first change. Nothing is ever removed.
 */
enum package_change {
	PACKAGE_SAME,
	PACKAGE_NEW,
	PACKAGE_UPGRADE,
	PACKAGE_DOWNGRADE,
	PACKAGE_REPAIR /* the same version, half in place */
};

struct package_step {
	const struct package_row *row;
	enum package_change change; /* never PACKAGE_SAME */
	const struct package *was;  /* NULL: nothing of it is in place */
};

/* Borrows from the list and the database, which have to outlive it. */
struct package_plan {
	struct package_step *steps; /* what others need comes before them */
	size_t count;
	uint64_t kib; /* that the new ones say they take on the disk */
};

/* "same", "new", "upgrade", "downgrade", "repair". */
const char *package_change_name(enum package_change);

/*
 * To be freed even on failure. Refused, each with the name and the remedy:
 * another release or architecture than the sample's, a payload that is neither
 * in the bundle nor installed, a package on hold, Ingot's own package, a
 * dependency that nothing satisfies, a conflict with what is installed, and a
 * circle of Pre-Depends. release: the unit's.
 */
int package_plan_make(struct package_plan *, const struct package_list *,
    const struct package_db *, const struct release *, struct err *);
void package_plan_free(struct package_plan *);
#define own_package_plan __attribute__((cleanup(package_plan_free), unused))

#endif
