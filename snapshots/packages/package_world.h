/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_WORLD_H
#define PACKAGE_WORLD_H

#include "package_plan.h"

/*
 * Would the unit hold together with the plan carried out? What is installed,
 * with the plan's packages in the place of those they replace:
 *
 *	- everything the plan's packages need is there;
 *	- what was satisfied among the others before still is;
 *	- no package of the plan conflicts with, or breaks, another, nor the
 *	  other way round: dpkg would remove that one, and nothing is removed.
 */
int package_world_check(
    const struct package_plan *, const struct package_db *, struct err *);

#endif
