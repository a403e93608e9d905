/* SPDX-License-Identifier: MIT */
#ifndef MASK_H
#define MASK_H

#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "values.h"

/*
 * What of a text may be shown to a person. Values that were issued or
 * generated for this unit stand as the name of their slot; what looks like a
 * secret by the nets of capture (suspect.h) stands as "(hidden)" to the end
 * of its line. Lines stay lines, so two masked texts can be compared.
 */
#define MASK_TEXT_MAX (256 * 1024)

/* Is it text that mask_text() takes: short enough, no NUL? */
int mask_is_text(const char *, size_t len);
/* Adds to out, always valid UTF-8: other bytes as \xNN. values may be NULL.
 * -1: nothing of it may be shown, e says why. */
int mask_text(const struct values *, const char *, size_t len,
    struct bytes *out, struct err *);

#endif
