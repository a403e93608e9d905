/* SPDX-License-Identifier: MIT */
#ifndef HISTORY_H
#define HISTORY_H

#include "err.h"
#include "json.h"

/*
 * Which snapshots were live, newest first, each once: state_dir/history.json,
 * { "live": [ id ] }. Only an order, for "ingot rollback 2" and for what prune
 * takes last; a damaged or missing one is as good as an empty one.
 */
#define HISTORY_MAX 64 /* ids; older ones are forgotten */

/* Puts id in front, durably; nothing is written when it is there already. */
int history_note(int state, const char *id, struct err *);
/* The ids, the caller's; never NULL but for want of memory. */
json_t *history_read(int state);

#endif
