/* SPDX-License-Identifier: MIT */
#ifndef DIFF_H
#define DIFF_H

#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * The difference of two texts as a unified diff: what diff -u writes and
 * patch takes, without times. Lines end with '\n'; a last one without is
 * marked as usual.
 */
struct diff_side {
	const char *name; /* for the --- and +++ lines */
	const char *text; /* borrowed */
	size_t len;       /* bytes, at most DIFF_TEXT_MAX */
};

#define DIFF_TEXT_MAX (1024 * 1024)

/* Adds to out, nothing when the texts are equal. -1: too large, no memory. */
int diff_unified(const struct diff_side *was, const struct diff_side *is,
    struct bytes *out, struct err *);

#endif
