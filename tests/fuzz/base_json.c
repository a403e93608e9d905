/* SPDX-License-Identifier: MIT */
/* JSON: what is taken gives a line that is taken again and is the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_json json_t *a = NULL, *b = NULL;
	own_str char *x = NULL, *y = NULL;
	struct err e;

	a = json_parse("f", (const char *)data, len, 1 << 16, &e);
	if (a == NULL || (x = json_line(a)) == NULL)
		return 0;
	b = json_parse("f", x, strlen(x), 1 << 20, &e);
	if (b == NULL || (y = json_line(b)) == NULL || strcmp(x, y) != 0)
		abort();
	return 0;
}
