/* SPDX-License-Identifier: MIT */
#ifndef OCPP_BACKENDS_H
#define OCPP_BACKENDS_H

#include "pair.h"

/*
 * Other CSMSs beside the one that decides: each gets copies of what a charge
 * point calls (the actions that its line names), under the same path and
 * subprotocol, over a leg of its own. What it answers goes nowhere. What it
 * calls is refused with SecurityError, but for the actions that its line
 * allows: those become CALLs of the gateway's own, behind the CSMS's.
 *
 * Nothing of it touches the charge point or its CSMS: a backend that is away,
 * slow or wrong loses copies, and is dialled again as a CSMS is. It never sees
 * the charge point's own password.
 */
struct backends; /* of one pair */

/* For a pair that has got its version; NULL: none is configured for it, or no
 * memory (then there are no copies). */
struct backends *backends_new(struct pair *);
/* Hangs up, all of them; the memory stays, for it may be in use further up. */
void backends_end(struct backends *);  /* NULL is fine */
void backends_free(struct backends *); /* behind backends_end(); NULL too */
/* A judged CALL or SEND of the charge point that goes to its CSMS. */
void backends_copy(struct backends *, const struct frame *, struct span text);
void backends_sweep(struct backends *); /* once a second */

struct backend_figures {
	uint64_t copied, lost, refused, allowed;
	bool open;
};
/* The i-th; its name, or NULL: there are no more. */
const char *
backends_figures(const struct backends *, size_t i, struct backend_figures *);

#endif
