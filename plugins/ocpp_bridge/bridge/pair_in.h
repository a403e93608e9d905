/* SPDX-License-Identifier: MIT */
#ifndef OCPP_PAIR_IN_H
#define OCPP_PAIR_IN_H

#include "bridge_in.h"

/* What pair.c and admit.c share: the steps of the table that come before both
 * sides are there, and what those and the later ones do alike. */
typedef void pair_step(struct pair *, const struct pair_news *);

pair_step admit, admit_unproven, admit_left, admit_open, admit_failed,
    admit_late;

extern const struct leg_calls pair_charger_calls, pair_csms_calls;
void pair_dial(struct pair *); /* now; its end comes as an event */
void pair_wait(struct pair *); /* until the next dial is due */
/* Both legs are open: csms is the newer one. */
void pair_both(struct pair *, struct leg *csms);

#endif
