/* SPDX-License-Identifier: MIT */
#ifndef APPLY_H
#define APPLY_H

#include <stdbool.h>

#include "err.h"
#include "json.h"

struct agent;

/*
 * How a snapshot becomes the unit's configuration: the transaction of txn.h,
 * driven. On disk, below state_dir:
 *
 *	snapshots/<sha256>/	manifest, signature, proof, documents/, files/:
 *				as sealed, the same bytes on every unit
 *	applied/<number>/	what one apply made of it on this unit:
 *				snapshot (link to ../../snapshots/<sha256>),
 *				artifacts/<plugin>, files/<path> (slots filled,
 *				0600 root), state.json
 *	current, previous, confirmed	links to applied/<number>
 *	original/		what managed paths held before Ingot first
 *				touched them (original.h)
 *	identity/issued.json, identity/generated.json	slot values, 0600
 *	journal			the transaction under way; absent when none is
 *
 * Files are set by convergence: a path of the target gets its bytes, a path
 * managed before but not in the target gets its original back. So going on
 * after a kill is doing it again.
 */
int apply_start(struct agent *, struct err *);
/* After the hosts run: finishes or reverts what the journal says. */
int apply_recover(struct agent *, struct err *);
void apply_stop(struct agent *);
bool apply_busy(const struct agent *);
/* { phase, current, previous, confirmed, waiting_for_slots: [{ what, slot }],
 * inactive: [plugin] }; the links are { number, snapshot, name, sequence },
 * { damaged } or null. phase: idle, receive, stuck, or one of txn.h. */
json_t *apply_status(const struct agent *);
/* Applies the current snapshot again, with the slot values of now. */
int apply_again(struct agent *, struct err *);

#endif
