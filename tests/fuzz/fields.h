/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FIELDS_H
#define FUZZ_FIELDS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edit.h"
#include "field.h"

/*
 * What holds for every reader: a field lies in its text and in its entry, the
 * same text read twice has the same fields, and the text with each value
 * replaced is still one that the reader takes.
 */
struct fuzz_fields {
	const char *text;
	size_t len;
	struct edits edits;
	unsigned long sum;
	size_t count;
	bool cut; /* entries go, instead of values */
};

static inline int
fuzz_field(void *ctx, const struct field *f, struct err *e)
{
	own_bytes struct bytes decoded = { 0 };
	struct fuzz_fields *s = ctx;

	if (f->at > s->len || f->len > s->len - f->at || f->name == NULL ||
	    f->within == NULL || strlen(f->name) >= FIELD_NAME_MAX ||
	    strlen(f->within) >= FIELD_WITHIN_MAX ||
	    (f->open == NULL && f->close != NULL && f->close[0] != '\0' &&
		!f->absent) ||
	    (f->flag_at != 0 && f->flag_at + f->flag_len > s->len) ||
	    f->entry_at > s->len || f->entry_len > s->len - f->entry_at)
		abort();
	if (f->entry_len > 0 && !f->absent &&
	    (f->at < f->entry_at ||
		f->at + f->len > f->entry_at + f->entry_len))
		abort();
	if (f->flag_at != 0 &&
	    (f->flag_len == 1
		    ? s->text[f->flag_at] != '1'
		    : strncasecmp(s->text + f->flag_at, "true", 4) != 0))
		abort();
	if (f->tail > s->len - f->at - f->len)
		abort();
	field_decode(f, s->text, &decoded);
	s->count++;
	s->sum = s->sum * 31 + f->at * 7 + f->len + strlen(f->name);
	if (s->edits.count > 1000 || (f->absent && f->open == NULL))
		return 0;
	if (s->cut)
		return f->entry_len == 0 ? 0 : edits_cut(&s->edits, f, e);
	return edits_put(
	    &s->edits, f->at, f->len + f->tail, f->open, "X", f->close, e);
}

/* The text with all values replaced, or all entries gone; false: the reader
 * does not take the text, or an edit was refused, and e says why. */
static inline bool
fuzz_replaced(const struct field_format *format, const uint8_t *data,
    size_t len, bool cut, struct bytes *out, struct err *e)
{
	struct fuzz_fields one = { .cut = cut }, two = { .cut = cut };
	struct bytes in = { 0 };
	bool taken;

	bytes_add(&in, data, len);
	bytes_add(&in, "", 0);
	one.text = two.text = in.p;
	one.len = two.len = in.len;
	taken = format->scan(in.p, in.len, fuzz_field, &one, e) == 0;
	if ((format->scan(in.p, in.len, fuzz_field, &two, e) == 0) != taken ||
	    one.sum != two.sum || one.count != two.count)
		abort();
	taken = taken && edits_make(&one.edits, &in, false, out, e) == 0;
	edits_free(&one.edits);
	edits_free(&two.edits);
	bytes_free(&in);
	return taken;
}

static inline int
fuzz_nothing(void *ctx, const struct field *f, struct err *e)
{
	(void)ctx;
	(void)f;
	(void)e;
	return 0;
}

#endif
