/* SPDX-License-Identifier: MIT */
/*
 * The transaction as a table. What stands here is the whole of it: a phase
 * that is not in the table does not happen, and no code elsewhere decides
 * where a failure leads.
 */
#include <stddef.h>
#include <string.h>

#include "msg.h"
#include "txn.h"

/* clang-format off */
static const struct {
	const char	*name;
	uint32_t	 asks;		/* sent to every plugin */
	enum txn_phase	 agreed;	/* when all have answered 0 */
	enum txn_phase	 failed;	/* one said no, died or was late */
	enum txn_phase	 recover;	/* the power went in this phase */
} phases[TXN_PHASES] = {
	/*		  name        asks          agreed        failed       recover */
	[TXN_PACKAGES] = { "packages", 0,            TXN_RENDER,   TXN_REVERT,  TXN_REVERT },
	[TXN_RENDER]   = { "render",   MSG_RENDER,   TXN_ACTIVATE, TXN_REFUSED, TXN_REFUSED },
	[TXN_ACTIVATE] = { "activate", MSG_ACTIVATE, TXN_PROBE,    TXN_REVERT,  TXN_REVERT },
	[TXN_PROBE]    = { "probe",    MSG_PROBE,    TXN_CONFIRM,  TXN_REVERT,  TXN_REVERT },
	[TXN_CONFIRM]  = { "confirm",  0,            TXN_DONE,     TXN_REVERT,  TXN_REVERT },
	[TXN_REVERT]   = { "revert",   MSG_ACTIVATE, TXN_REFUSED,  TXN_STUCK,   TXN_REVERT },
	[TXN_DONE]     = { "done",     0,            TXN_DONE,     TXN_DONE,    TXN_DONE },
	[TXN_REFUSED]  = { "refused",  0,            TXN_REFUSED,  TXN_REFUSED, TXN_REFUSED },
	[TXN_STUCK]    = { "stuck",    0,            TXN_STUCK,    TXN_STUCK,   TXN_STUCK },
};
/* clang-format on */

const char *
txn_name(enum txn_phase p)
{
	return phases[p].name;
}

int
txn_by_name(const char *name, enum txn_phase *out)
{
	for (int p = 0; p < TXN_PHASES; p++)
		if (strcmp(phases[p].name, name) == 0) {
			*out = (enum txn_phase)p;
			return 0;
		}
	return -1;
}

uint32_t
txn_asks(enum txn_phase p)
{
	return phases[p].asks;
}

enum txn_phase
txn_next(enum txn_phase p, bool all_agreed)
{
	return all_agreed ? phases[p].agreed : phases[p].failed;
}

enum txn_phase
txn_recover(enum txn_phase journalled)
{
	return phases[journalled].recover;
}

bool
txn_ended(enum txn_phase p)
{
	return phases[p].agreed == p;
}
