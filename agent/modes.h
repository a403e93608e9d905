/* SPDX-License-Identifier: MIT */
#ifndef MODES_H
#define MODES_H

#include <stdint.h>

#include "err.h"

struct agent;

/*
 * The modes of a unit (design section 7) and what leads from one to another.
 * The table is a lookup; mode_step() makes the step durable (state_dir/mode)
 * before it counts, and writes it to the audit trail.
 */
enum mode {
	MODE_FACTORY,
	MODE_STAGED,
	MODE_ENROLLED,
	MODE_PRODUCTION,
	MODE_SERVICE,
	MODE_QUARANTINED,
	MODE_RETIRED,
	MODES
};

enum mode_event {
	MODE_APPLIED, /* a snapshot is live */
	MODE_CONFIRMED_ENROLMENT,
	MODE_LOCK, /* a verdict without a failed required finding */
	MODE_QUARANTINE,
	MODE_RETIRE,
	MODE_EVENTS
};

#define MODE_BIT(m) (1u << (m))
#define MODE_ANY    (MODE_BIT(MODES) - 1)
/* Where the unit is still being made: development verbs, unsigned plugins. */
#define MODE_DEVELOPMENT                                                       \
	(MODE_BIT(MODE_FACTORY) | MODE_BIT(MODE_STAGED) |                      \
	    MODE_BIT(MODE_ENROLLED))

const char *mode_name(enum mode);
int mode_by_name(const char *, enum mode *); /* -1: no such mode */
/* 0 and *next, or -1: the table has no such step. */
int mode_next(enum mode, enum mode_event, enum mode *next);

int mode_load(struct agent *, struct err *); /* absent file: factory */
int mode_step(struct agent *, enum mode_event, struct err *);

#endif
