/* SPDX-License-Identifier: MIT */
#ifndef APPLY_PACKAGES_H
#define APPLY_PACKAGES_H

#include <stdbool.h>

#include "apply_parts.h"
#include "package_db.h"
#include "package_plan.h"

/*
 * The packages of a transaction.
 *
 *	apply_packages.c	the plan, and the way there
 *	apply_packages_back.c	the way back
 *	apply_wishes.c		what documents/packages.conf asks for
 */
struct package_work; /* of one turn */

/* The plan for the snapshot in this folder, into the turn; nothing is changed.
 * What speaks against it is refused here, by name. */
int packages_prepare(struct apply *, int snapshot, struct err *);
/* What was refused, as an obstacle: the reason ends in "; " and the remedy. */
void packages_obstacle(json_t *list, const struct err *);
/* Takes the unknown users and groups out of the list: packages make them, and
 * who does not is found out after they are in place. */
void packages_excuse(json_t *list);
/* Would the turn change any? */
bool packages_change(const struct apply *);
/* TXN_PACKAGES: ends in apply_agree() or apply_disagree(), perhaps later. */
void packages_enter(struct apply *);
/* [{ name, change, from, to, back }], the first 250: back false: no payload to
 * go back with is at hand. The caller's. */
json_t *packages_json(const struct apply *);
/* [{ name, version, arch, payload }] of a snapshot's folder, the first 250; the
 * caller's. */
json_t *packages_listed(int snapshot);
void packages_free(struct package_work *);

/* Were packages changed by the transaction of the journal, or begun to be? */
bool packages_touched(const struct apply *);
/*
 * Puts back the versions before, then calls then(a), once. What has to be left
 * as it is, for want of a payload, is added to turn.why; what could not be put
 * back though it should sets turn.refused.
 */
void packages_back(struct apply *, void (*then)(struct apply *));

/* Ends one that is under way; NULL is fine. */
void packages_back_free(struct back *);

/* The unit's database. */
int packages_db(struct apply *, struct package_db *, struct err *);
/* documents/packages.conf */
int apply_wishes(struct apply *, struct err *);

#endif
