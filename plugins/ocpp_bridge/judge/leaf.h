/* SPDX-License-Identifier: MIT */
#ifndef LEAF_H
#define LEAF_H

#include "scan.h"
#include "shapes.h"

/* leaf: the walkers of values that hold no other ones; see walk.h. */
bool walk_text(struct walk *, const struct shape_type *);
bool walk_enum(struct walk *, const struct shape_type *);
bool walk_time(struct walk *, const struct shape_type *);
bool walk_uri(struct walk *, const struct shape_type *);
bool walk_number(struct walk *, const struct shape_type *);
bool walk_bool(struct walk *, const struct shape_type *);

/* The fault of a value that is not what the shape says, "string". */
bool wrong_type(struct walk *, const char *expected);

#endif
