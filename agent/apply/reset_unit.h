/* SPDX-License-Identifier: MIT */
#ifndef RESET_UNIT_H
#define RESET_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "err.h"
#include "json.h"

/*
 * The reset of a unit: what its image has in common with its sisters becomes
 * its own. A step of the transaction that applies the first snapshot, and of no
 * other: when that is taken back, so is the reset; when it stays, reset.json in
 * the state folder says so for ever.
 *
 *	reset/		while the transaction lasts: what was there before
 *			(original.h), and report.json
 *	reset.json	{ at, changes: [{ path, change, key? }] }
 *
 * Never reset are the golden unit itself (golden = true in unit.conf), a unit
 * that was, one that already holds a snapshot, and one in production.
 */
bool reset_due(const struct agent *, int64_t before);
/* What it would do: [{ path, change }], borrowed by nobody; NULL: it could
 * not. Changes nothing. */
json_t *reset_look(const struct agent *, struct err *);

/* May be killed at any moment; after that, or after a failure, goes back. */
int reset_forward(const struct agent *, struct err *);
/* Everything is as it was; nothing to take back: 0. May be done again. */
int reset_back(const struct agent *, struct err *);
/* It stays, if one was under way. May be done again. */
int reset_settle(const struct agent *, struct err *);
/* reset.json, or that of the reset under way; NULL: neither. The caller's. */
json_t *reset_report(const struct agent *);

#endif
