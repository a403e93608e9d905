/* SPDX-License-Identifier: MIT */
/*
 * XML: what the reader takes is well-formed, and so it is with every value
 * replaced and with every element that can go gone.
 */
#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct field_format *format = field_format("xml");
	struct err e;

	for (int cut = 0; cut < 2; cut++) {
		own_bytes struct bytes out = { 0 };

		/* The root may be what goes: then nothing is left. */
		if (fuzz_replaced(format, data, len, cut == 1, &out, &e) &&
		    cut == 0 &&
		    format->scan(out.p, out.len, fuzz_nothing, NULL, &e) == -1)
			abort();
	}
	return 0;
}
