/* SPDX-License-Identifier: MIT */
/*
 * JSON, Kura's JSON and libconfig, by the first byte. What jansson takes it
 * takes with each value replaced, and with each entry of an object or a list
 * gone.
 */
#include <jansson.h>

#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
is_json(const char *p, size_t len)
{
	json_t *json = json_loadb(p, len, JSON_ALLOW_NUL, NULL);
	bool is = json != NULL;

	json_decref(json);
	return is;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "json", "libconfig" };
	const struct field_format *format;
	struct err e;

	if (len < 2)
		return 0;
	format =
	    field_format(data[0] == 'k' ? "kura-json" : names[data[0] % 2]);
	data++;
	len--;
	for (int cut = 0; cut < 2; cut++) {
		own_bytes struct bytes out = { 0 };

		if (fuzz_replaced(format, data, len, cut == 1, &out, &e) &&
		    strcmp(format->name, "libconfig") != 0 &&
		    is_json((const char *)data, len) &&
		    !is_json(out.p, out.len))
			abort();
	}
	return 0;
}
