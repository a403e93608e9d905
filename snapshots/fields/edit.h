/* SPDX-License-Identifier: MIT */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "field.h"

/*
 * What changes in one file of the sample: places, and what comes to stand
 * there. Everything between them stays byte for byte, so comments and layout
 * survive, and a diff against the sample shows what was taken out.
 */
#define EDITS_MAX 16384 /* in one file */

struct edit {
	size_t at;
	size_t len;
	char *text;    /* what comes instead; the list's own */
	size_t lead;   /* of it, before the value proper: a quote that we add */
	size_t out_at; /* where the value came to stand */
	bool cut;      /* the whole entry goes */
	bool comma;    /* and a comma behind it */
};

struct edits {
	struct edit *all;
	size_t count;
	size_t room;
};

/* Zeroed is empty. Texts are copied; printf's %.*s of text is not needed. */
int edits_put(struct edits *, size_t at, size_t len, const char *open,
    const char *text, const char *close, struct err *);
/* The field's whole entry; f->entry_len is not 0. */
int edits_cut(struct edits *, const struct field *, struct err *);
void edits_free(struct edits *);

/*
 * Makes all edits; out, freed first, receives the text. escape: "@{" of the
 * sample becomes "@@{", since the text will be filled. -1 where two edits
 * want the same bytes and mean different things, with the line.
 */
int edits_make(struct edits *, const struct bytes *in, bool escape,
    struct bytes *out, struct err *);

#endif
