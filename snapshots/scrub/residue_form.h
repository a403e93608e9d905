/* SPDX-License-Identifier: MIT */
#ifndef RESIDUE_FORM_H
#define RESIDUE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * The disguises of one value; see residue.h. name is borrowed for ever, the
 * bytes until the call returns.
 */
typedef int residue_form_fn(
    void *ctx, const char *name, const void *, size_t, struct err *);

/* any_case: an identifier, which people write in many ways. */
int residue_forms_of(const void *value, size_t len, bool any_case,
    residue_form_fn *, void *ctx, struct err *);

#endif
