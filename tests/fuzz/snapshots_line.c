/* SPDX-License-Identifier: MIT */
/*
 * The formats that go line by line, by the first byte. They pass over what is
 * no field; only a value that is JSON of many levels is refused.
 */
#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "pairs", "ini", "properties",
		"shell", "wpa", "psks", "uci", "words", "columns", "colons",
		"keylines" };
	const struct field_format *format;
	struct err e;

	if (len < 1)
		return 0;
	format = field_format(names[data[0] % 11]);
	for (int cut = 0; cut < 2; cut++) {
		own_bytes struct bytes out = { 0 };

		if (!fuzz_replaced(
			format, data + 1, len - 1, cut == 1, &out, &e) &&
		    strstr(e.text, "deeper") == NULL)
			abort();
	}
	return 0;
}
