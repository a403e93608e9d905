/* SPDX-License-Identifier: MIT */
#ifndef DAYBOOK_H
#define DAYBOOK_H

#include <stdbool.h>

#include "err.h"
#include "outcome.h"
#include "units.h"

/*
 * The day book: what is done and what was begun, on disk before it is told to
 * anybody. One JSON object a line, appended and synced:
 *
 *	{ "event": "begin", "unit", "goal", "at" }
 *	{ "event": "end", "unit", "goal", "outcome": { ... } }
 *
 * A unit whose last end is "done" for this goal is done. One that was begun and
 * never ended was interrupted: it is asked again where it stands. A torn last
 * line (the power went while it was written) is cut off; any other damage is
 * an error, since it could make a unit be cast twice unnoticed.
 */
#define DAYBOOK_NAME     "daybook"
#define DAYBOOK_SIZE_MAX (64 * 1024 * 1024)
#define DAYBOOK_LINE_MAX 8192

struct daybook;

/* Reads the book in the folder dir into outcomes[i] of units->unit[i], begins
 * it where there is none, and locks it; a second station gets EAGAIN. path is
 * what errors call the folder. NULL: e says why. */
struct daybook *daybook_open(int dir, const char *path, const char *goal,
    const struct units *, struct outcome *outcomes, struct err *);
void daybook_close(struct daybook *);

int daybook_begin(struct daybook *, const struct unit *, struct err *);
int daybook_end(struct daybook *, const struct unit *, const struct outcome *,
    struct err *);

/* The reading alone, of text: for the fuzzer and daybook_open(). *whole is
 * where the last whole line ends. */
int daybook_parse(const char *name, char *text, size_t len, const char *goal,
    const struct units *, struct outcome *outcomes, size_t *whole,
    struct err *);

#endif
