/* SPDX-License-Identifier: MIT */
#ifndef FIELD_IN_H
#define FIELD_IN_H

#include "field.h"

/* What the scanners share; for snapshots/field*.c alone. */

/* A range of the text. Scanners trim it as they go. */
struct line {
	const char *text; /* the whole file */
	size_t at;
	size_t end;
	size_t start; /* where its line begins, blanks included */
	size_t next;  /* where the line after it begins */
};

/* The line that begins at *next, trimmed; false: there is none. */
bool line_next(const char *text, size_t len, size_t *next, struct line *);
void line_trim(struct line *);
bool line_blank(char c);
/* Empty, or begins with one of the signs. */
bool line_is_comment(const struct line *, const char *signs);
/* The first word, which goes off the line; a quoted one without its quotes. */
struct line line_word(struct line *);
/* Takes a pair of quotes off; false: there was none. */
bool line_unquote(struct line *);
bool line_starts(const struct line *, const char *what);

/* Copies, cut to the room there is. */
void name_copy(char out[static FIELD_NAME_MAX], const char *p, size_t n);

/* A field whose entry is its line, or its lines. */
struct field line_field(const struct line *value, const struct line *entry,
    const char *within, const char *name);

/*
 * A value that is a text of JSON: its fields, moved to where they stand in the
 * outer text. What is no JSON by its first character has none; level: in how
 * many texts of JSON the outer one stands itself.
 */
int field_nested(const char *text, const struct field *outer, unsigned level,
    field_fn *, void *ctx, struct err *);
int field_json_level(const char *text, size_t len, unsigned level, field_fn *,
    void *ctx, struct err *);

/* Has it the members that a configuration of Kura has? */
bool field_is_kura_json(const char *text, size_t len);

/*
 * One character at p, at most left bytes away from the end: how many bytes it
 * took, and what it means, as UTF-8. 0 to 4 bytes in out, *n of them.
 */
size_t decode_one(
    enum field_escape, const char *p, size_t left, char out[4], size_t *n);

#endif
