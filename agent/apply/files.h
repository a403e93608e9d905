/* SPDX-License-Identifier: MIT */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>

#include "applied.h"
#include "err.h"

/*
 * Makes the managed files of the unit those of target: a path of the target
 * gets its bytes, mode and owner; a path that has an original but is not in
 * the target gets its original back. What is right already is not touched, so
 * going on after a kill is doing it again.
 *
 * sweep: also removes temporary names that a kill may have left beside them.
 */
int files_converge(
    const struct applied *target, int state, bool sweep, struct err *);

/* Why this file is not as it should be, into e: -1; or 0. */
int files_same(const struct applied_file *, struct err *);

#endif
