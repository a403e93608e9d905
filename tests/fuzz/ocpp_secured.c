/* SPDX-License-Identifier: MIT */
/* A charge point's record of its own: what is taken gives a text that is taken
 * again and is the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secure_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes a = { 0 }, b = { 0 };
	struct secured x, y;
	struct err e;

	secured_new_is(&x, "CP1");
	if (secured_parse(&x, (const char *)data, len, &e) == -1)
		return 0;
	secured_new_is(&y, "CP1");
	if (secured_text(&x, &a, &e) == -1 ||
	    secured_parse(&y, a.p, a.len, &e) == -1 ||
	    secured_text(&y, &b, &e) == -1 || strcmp(a.p, b.p) != 0)
		abort();
	return 0;
}
