/* SPDX-License-Identifier: MIT */
/*
 * Slots: filling never reads beyond its text, and a text without an at sign
 * comes out as it went in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "slot.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
value(void *ctx, const char *name, char out[static SLOT_VALUE_MAX + 1],
    struct err *e)
{
	(void)ctx;
	(void)e;
	if (slot_name_check(name, e) == -1)
		abort();
	(void)strcpy(out, "value");
	return name[0] == 'i' ? 0 : 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes out = { 0 };
	char missing[SLOT_NAME_MAX + 1];
	struct err e;

	if (slot_fill("fuzz", (const char *)data, len, value, NULL, &out,
		missing, &e) == -1)
		return 0;
	if (memchr(data, '@', len) == NULL &&
	    (out.len != len || (len > 0 && memcmp(out.p, data, len) != 0)))
		abort();
	return 0;
}
