/* SPDX-License-Identifier: MIT */
#ifndef WALK_H
#define WALK_H

#include "scan.h"
#include "shapes.h"

/*
 * walk: one value, from w->p on, against a shape; w->p stands behind it then.
 * It looks no further than the first fault. Recursive, and at most
 * JUDGE_DEPTH_MAX deep. Two shapes are used from outside: a message's own, and
 * SHAPE_ANYTHING, which asks whether a value is strict JSON.
 */
bool walk_value(struct walk *, unsigned type);

/* The index of a name in a set, or -1. */
int set_find(const struct shape_set *, struct span name);

/* The first member (in the order of the text) that is required and not in
 * seen; its fault. */
bool walk_missing(struct walk *, const struct shape_object *, uint64_t seen);

#endif
