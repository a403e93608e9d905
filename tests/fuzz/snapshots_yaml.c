/* SPDX-License-Identifier: MIT */
/*
 * YAML: what libyaml takes it takes with every value replaced as well.
 */
#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct field_format *format = field_format("yaml");
	own_bytes struct bytes out = { 0 }, less = { 0 };
	struct err e;

	/* Lines of tabs behind a plain text go with it where they end in a
	 * line feed, as in every file of a unit; libyaml knows five line ends.
	 */
	if (memchr(data, '\t', len) == NULL &&
	    fuzz_replaced(format, data, len, false, &out, &e) &&
	    format->scan(out.p, out.len, fuzz_nothing, NULL, &e) == -1)
		abort();
	(void)fuzz_replaced(format, data, len, true, &less, &e);
	return 0;
}
