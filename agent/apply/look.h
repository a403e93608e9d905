/* SPDX-License-Identifier: MIT */
#ifndef LOOK_H
#define LOOK_H

#include <stdbool.h>

#include "err.h"
#include "json.h"

struct agent;

/*
 * Looks at the unit and changes nothing: every managed file is compared, every
 * plugin is asked to probe with its stored artifact. done gets an array of
 * { id, place, passed, why, by } that is its own, once, perhaps before
 * look_start() returns; NULL: the agent is stopping.
 *
 * The agent's own findings here: files.same (one for each file that differs,
 * or one that says all are the same), plugin.probed (a probe that could not
 * look, by plugin), applied.complete (nothing waits for slots, nothing stuck).
 */
typedef void look_done(void *ctx, json_t *findings);

int look_start(struct agent *, look_done *, void *ctx, struct err *);

/* Adds a finding to the array. */
void
look_add(json_t *findings, const char *by, const char *id, const char *place,
    bool passed, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
