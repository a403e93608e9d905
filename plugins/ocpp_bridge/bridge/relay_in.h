/* SPDX-License-Identifier: MIT */
#ifndef OCPP_RELAY_IN_H
#define OCPP_RELAY_IN_H

#include "pair.h"
#include "settings.h"

/* A frame on its way (relay.c), and what is done about a fault of it
 * (relay_faults.c). */
struct relayed {
	struct pair *p;
	enum ocpp_way way;
	struct span text;
	struct frame f;
	struct verdict v; /* of a frame that is fine: only fault is set */
	bool fine;
};

/* For tail and mirror, and what a fault is told and counted. */
void relay_seen(struct relayed *, struct span action, enum ocpp_judging);
/* Warns of an action that perhaps only the other side has (2.1). */
void relay_check_way(struct relayed *);
/* The same for a CALL that the gateway makes. */
void relay_ours(struct pair *, enum ocpp_way, const char *text, size_t len);
/* The answer to a CALL that is not forwarded; unreadable ones too. */
void relay_refuse(struct relayed *);
/* Tells both sides of an answer that is not forwarded. */
void relay_refuse_answer(struct relayed *, const struct call *);
/* True: one with its id is open still. Dropped: an error would end the first.
 */
bool relay_is_again(struct relayed *, const struct call *);
/* One line of the log a second for each charge point, the rest counted. */
void relay_tell(struct pair *, enum ocpp_way, const char *what);

#endif
