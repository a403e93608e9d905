/* SPDX-License-Identifier: MIT */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>

#include "err.h"

/*
 * Comma-separated values as RFC 4180 has them: records end with CRLF or LF, a
 * field may stand in double quotes, and then holds commas, line ends and
 * doubled quotes. Stricter than most: a quote inside an unquoted field, bytes
 * behind a closing quote, a lone CR, a NUL and an unended quote are errors. A
 * byte order mark in front is skipped, since spreadsheets write one; so is an
 * empty line.
 */
#define CSV_SIZE_MAX   (4 * 1024 * 1024)
#define CSV_FIELDS_MAX 64
#define CSV_FIELD_MAX  1024 /* bytes of one field, without its NUL */

/*
 * Called for each record; line is that on which it begins, counted from 1. The
 * fields live until the callback returns. -1 ends the reading; what it says in
 * e gets "name:line: " in front.
 */
typedef int csv_record_fn(
    void *ctx, unsigned line, char *const *fields, size_t n, struct err *e);

int csv_parse(const char *name, const char *text, size_t len, csv_record_fn *,
    void *ctx, struct err *);

struct bytes;
/* Adds one field, quoted where that is needed; one that a spreadsheet would
 * take for a formula gets an apostrophe in front. */
void csv_put(struct bytes *, const char *field);

#endif
