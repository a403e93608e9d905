/* SPDX-License-Identifier: MIT */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>

#include "wire.h"

/*
 * Who may do what with which topic. Pure: no registry, no broker; the gate
 * asks it and so do the tests, and a clustered broker's rules can be printed
 * from the same table.
 *
 *	ingot/v1/<kind>/<unit>/<rest>
 *
 *	claim	  writes enrol/<its unit>/request, reads its reply
 *	pending	  writes enrol/<itself>/confirm, reads its reply
 *	unit	  writes all of its own but enrol/../reply; reads all of its own
 *	worker	  reads the two shared subscriptions, by their exact text;
 *		  writes every unit's reply
 *
 * All else is refused, $share above all: whoever joined the workers' group
 * would be handed requests, and lose them.
 */
enum policy_role {
	POLICY_NOBODY,
	POLICY_CLAIM,
	POLICY_PENDING,
	POLICY_UNIT,
	POLICY_WORKER,
	POLICY_ROLES
};

enum policy_act {
	POLICY_READ, /* a message is about to be delivered */
	POLICY_WRITE,
	POLICY_SUBSCRIBE,
	POLICY_ACTS
};

/* unit: for a worker not looked at. */
bool policy_may(
    enum policy_role, const char *unit, enum policy_act, const char *topic);

/*
 * The unit that a client id stands for, or -1. Claim:
 * "claim:<serial>:<8 hex>". Pending and unit: the serial, which must be cn. A
 * worker: cn, or "cn:<up to 20 digits>"; unit is then empty.
 */
int policy_client(enum policy_role, const char *cn, const char *client_id,
    char unit[static WIRE_NAME_MAX + 1]);

#endif
