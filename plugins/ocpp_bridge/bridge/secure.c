/* SPDX-License-Identifier: MIT */
/*
 * The messages about certificates, profiles and keys that the gateway itself
 * has something to do with.
 */
#include "pair.h"

const struct pair_handled secure_handled[] = {
	{ 0 },
};
