/* SPDX-License-Identifier: MIT */
#ifndef OCPP_FIELDS_H
#define OCPP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "conf.h"
#include "err.h"

/*
 * A document as a table: for each key what it may be and where its value goes.
 * Reading, writing and freeing walk the same table, so a document that was
 * read and written parses to itself. Tables may hold tables.
 */
enum field_kind {
	FIELD_END,
	FIELD_TEXT,   /* char *; NULL: not there, or empty */
	FIELD_FLAG,   /* bool */
	FIELD_NUMBER, /* unsigned of size bytes */
	FIELD_WORD,   /* an enum: the index of the word */
	FIELD_BITS,   /* unsigned: a list of words; not there: all */
	FIELD_TEXTS,  /* char **, size_t at count_at */
	FIELD_IN,     /* a struct within: a group */
	FIELD_GROUP,  /* a struct behind a pointer; NULL: not there */
	FIELD_LIST    /* structs behind a pointer, size_t at count_at */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t at, size, count_at;
	int64_t least, most, otherwise; /* a number, or length of a text */
	const char *const *words;       /* NULL-ended */
	const struct field *sub;
	bool needed;
};

#define FIELDS_MAX 32 /* of one table */

/* Fills what *to points at, zeroed before. Unknown keys are refused. What has
 * been read before an error is freed by fields_free() all the same. */
int fields_read(conf_node *group, const struct field *, void *to, struct err *);
/* The values between the braces of the group, a line each. */
void fields_write(
    const struct field *, const void *from, int depth, struct bytes *out);
void fields_free(const struct field *, void *of); /* zeroes texts */

#endif
