/* SPDX-License-Identifier: MIT */
/*
 * How much memory a charge point can make the bridge hold, whatever it and its
 * CSMS do: a sum of the limits, so that whoever sets them knows what he sets.
 * Idle, a pair takes a few kilobytes.
 */
#include "pair.h"

/* What OpenSSL may keep of a connection, taken on the safe side (25 to 50 kB
 * are said of it); both legs may have one. */
#define TLS_BYTES (50 * 1024)

/* The most that a charge point can make the bridge hold: on each leg a message
 * that is not finished, what it inflates to, and a queue that is full; in each
 * direction the CALLs that are open, and those that wait with their frames; in
 * store mode a queue's worth that the CSMS has not answered. */
uint64_t
bridge_bound(const struct ocpp_limits *l)
{
	return sizeof(struct pair) + sizeof(struct charger) +
	    2 * (TLS_BYTES + 2 * (uint64_t)l->frame + l->queue) +
	    2 *
	    ((CALLS_OPEN + CALLS_WAITING) * sizeof(struct call) + l->queue) +
	    l->queue;
}
