/* SPDX-License-Identifier: MIT */
#ifndef XTIMAGE_H
#define XTIMAGE_H

#include <stddef.h>

#include "ruleset.h"

/*
 * The filter table of one family exactly as the kernel has it, with whatever
 * rules anybody has put there and their counters: taken before a change, put
 * back if the change can not be completed. It is not looked into.
 */
struct xt_image {
	enum fw_family family;
	unsigned hooks[5];
	unsigned underflow[5];
	unsigned valid_hooks;
	unsigned n; /* entries */
	size_t size;
	unsigned char *entries;
};

/* Free image with xt_image_free, also after failure. */
int xt_image_take(enum fw_family, struct xt_image *, struct err *);
int xt_image_put(const struct xt_image *, struct err *);
void xt_image_free(struct xt_image *); /* fine on a zeroed one */

#endif
