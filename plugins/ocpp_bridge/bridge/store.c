/* SPDX-License-Identifier: MIT */
/*
 * The messages about transactions that the gateway keeps while the CSMS is
 * away.
 */
#include "pair.h"

const struct pair_handled store_handled[] = {
	{ 0 },
};
