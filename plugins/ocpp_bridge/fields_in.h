/* SPDX-License-Identifier: MIT */
#ifndef OCPP_FIELDS_IN_H
#define OCPP_FIELDS_IN_H

#include <errno.h>

#include "fields.h"

/* What fields.c (values) and fields_deep.c (tables of tables) share. */

static inline void *
field_in(const void *base, size_t at)
{
	return (char *)(uintptr_t)base + at;
}

static inline int
field_no_memory(struct err *e)
{
	return err_set(e, ENOMEM, "out of memory");
}

static inline int
field_missing(conf_node *group, const struct field *f, struct err *e)
{
	return conf_err(group, e, "%s is missing", f->name);
}

typedef int
field_read(conf_node *group, const struct field *, void *to, struct err *);
typedef void
field_write(const struct field *, const void *from, int depth, struct bytes *);
typedef void field_free(const struct field *, void *of);

field_read field_read_text, field_read_flag, field_read_number, field_read_word,
    field_read_bits, field_read_texts;
field_write field_write_text, field_write_flag, field_write_number,
    field_write_word, field_write_bits, field_write_texts;
field_free field_free_text, field_free_texts;

#endif
