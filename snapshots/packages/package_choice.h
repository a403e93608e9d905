/* SPDX-License-Identifier: MIT */
#ifndef PACKAGE_CHOICE_H
#define PACKAGE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "package_db.h"
#include "policy.h"

/*
 * Which of the sample's packages belong to the product: those that a pattern
 * of the policy names; where it says none, those that were installed by hand
 * and are not of the base release, as far as that can be known (priority,
 * /var/log/installer/initial-status.gz, OpenWrt's /rom). And what they need,
 * as far as it is not of the base release either. Never Ingot itself.
 *
 * chosen has db->count places.
 */
int package_choose(const struct package_db *, int root, const struct policy *,
    bool *chosen, struct err *);

#endif
