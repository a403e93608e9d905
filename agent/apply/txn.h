/* SPDX-License-Identifier: MIT */
#ifndef TXN_H
#define TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * How a snapshot becomes the unit's configuration: every plugin takes each
 * step before any plugin takes the next one. A lookup: no clock, no disk, no
 * process in here; apply_run.c does what it says.
 *
 * The phase is in the journal before its first request is sent, so after a
 * power cut txn_recover() knows how far it may have come.
 */
enum txn_phase {
	TXN_PACKAGES, /* the agent's own step: what the documents lean on */
	TXN_RENDER,
	TXN_ACTIVATE,
	TXN_PROBE,
	TXN_CONFIRM, /* somebody says yes, or the time runs out */
	TXN_REVERT,  /* activate the artifacts of the snapshot before */
	TXN_DONE,    /* the snapshot is live */
	TXN_REFUSED, /* what was live before still is */
	TXN_STUCK,   /* neither: a person must look */
	TXN_PHASES
};

const char *txn_name(enum txn_phase);
/* 0, or -1: no such phase. */
int txn_by_name(const char *, enum txn_phase *);
/* What every plugin is asked (MSG_*); 0: the plugins are not asked. */
uint32_t txn_asks(enum txn_phase);
/* all_agreed: false when one said no, died, or was late. */
enum txn_phase txn_next(enum txn_phase, bool all_agreed);
/* Where to go on when the journal names this phase at start. */
enum txn_phase txn_recover(enum txn_phase journalled);
/* Nothing follows: done, refused, stuck. */
bool txn_ended(enum txn_phase);

#endif
