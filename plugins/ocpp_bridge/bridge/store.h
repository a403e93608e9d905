/* SPDX-License-Identifier: MIT */
#ifndef OCPP_STORE_H
#define OCPP_STORE_H

#include "pair.h"

/*
 * Store mode: while the CSMS is away the gateway answers what it may answer,
 * keeps on disk what must not be lost (queue.h), and sends that when both legs
 * are up again: one at a time for each charge point, paced over all of them.
 * One store for the bridge. What pairs owe it:
 *
 *	store_opened()	a pair came to PAIR_OPEN, also from PAIR_AWAY
 *	store_lost()	the upstream leg of a store_mode() pair ended: state is
 *			PAIR_AWAY already, its open calls are not yet forgotten
 *			(they are answered here, by what is known of them)
 *	store_away()	a CALL or SEND of the charge point in PAIR_AWAY that no
 *			handler took
 *	store_gone()	the pair ends
 *
 * Nothing that is kept is answered before it is durable: at the end of the
 * loop's turn, by one timer of 0 ms for all (loop.c runs it behind the
 * descriptors of the same turn).
 */
struct store;
struct store_pair; /* what store keeps of a pair, in pair->store */

struct store *store_new(struct bridge *, struct loop *,
    const struct bridge_host *, const struct ocpp_settings *, struct err *);
/* New settings: borrowed as bridge_serve()'s. */
void store_serve(struct store *, const struct ocpp_settings *);
void store_free(struct store *); /* commits what is staged */

/*
 * Does this pair stay when the CSMS goes? Not OCPP 1.6 without the opt-in
 * class.provisional: its transactions need numbers that the CSMS chooses.
 */
bool store_mode(const struct pair *);

void store_opened(struct store *, struct pair *);
void store_lost(struct store *, struct pair *);
/* Never PAIR_PASS. */
enum pair_do store_away(
    struct store *, struct pair *, const struct frame *, struct span text);
void store_gone(struct store *, struct pair *);

/* For status: what is kept of one charge point (NULL: of all). */
void
store_figures(struct store *, const char *identity, struct queue_figures *);

/* The bridge's one (bridge.c); NULL: it has none, the folder is not usable. */
struct store *bridge_store(struct bridge *);

#endif
