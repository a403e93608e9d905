/* SPDX-License-Identifier: MIT */
#ifndef RESIDUE_H
#define RESIDUE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * What must not be in a bundle, searched for in every disguise it may wear:
 *
 *	as it is, in lower and upper case	(identifiers only)
 *	hex, lower and upper case, with		also of the raw bytes behind a
 *	and without separators			hex text (MAC, machine-id)
 *	base64 and base64url, all three
 *	alignments
 *	URL-encoded, XML- and JSON-escaped
 *	UTF-16, both byte orders
 *	without its separators, or with others	(MAC, machine-id)
 *	last byte first				(MAC)
 *
 * What is packed or encoded further is opened by deep.h and searched as well.
 *
 * Long values are searched for piece by piece, so that a line break in the
 * middle hides nothing. One pass over the bytes for all of them.
 */
#define RESIDUE_VALUE_MAX (64 * 1024)
#define RESIDUE_WHAT_MAX  128
#define RESIDUE_PIECE     24 /* bytes */
#define RESIDUE_FORMS_MAX 500000

enum residue_kind {
	RESIDUE_SECRET,     /* searched for exactly */
	RESIDUE_IDENTIFIER, /* in any case, and with other separators */
	RESIDUE_WORD        /* an identifier that has to stand alone */
};

struct residue;

struct residue *residue_new(size_t shortest, struct err *);
void residue_free(struct residue *); /* wipes the values */

/*
 * Adds a value; what is how a finding calls it ("serial"). 1: taken, or a
 * placeholder that is no secret ("changeit"); 0: shorter than shortest, can't
 * be searched for; -1: failed. what is copied.
 */
int residue_add(struct residue *, enum residue_kind, const char *what,
    const void *value, size_t len, struct err *);

/* Called for each form found; at is its offset. -1 ends the scan. */
typedef int residue_fn(
    void *ctx, const char *what, const char *form, size_t at, struct err *);
/* After the last residue_add(). */
int residue_scan(const struct residue *, const void *, size_t, residue_fn *,
    void *ctx, struct err *);

size_t residue_values(const struct residue *);
size_t residue_forms(const struct residue *);

#endif
