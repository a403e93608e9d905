/* SPDX-License-Identifier: MIT */
/*
 * The day book, as a damaged disk gives it back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daybook.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct unit unit[] = { { .name = "GW-1" }, { .name = "GW-2" } };
	static const struct units all = { unit, 2 };
	struct outcome seen[2] = { { 0 } };
	char *text = malloc(len + 1);
	size_t whole;
	struct err e;
	int rc;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	rc = daybook_parse("book", text, len, "a", &all, seen, &whole, &e);
	if (whole > len || (whole > 0 && text[whole - 1] != '\n') ||
	    (rc == 0 && memchr(text + whole, '\n', len - whole) != NULL))
		abort();
	for (int i = 0; i < 2; i++)
		if ((unsigned)seen[i].how >= OUTCOMES ||
		    strlen(seen[i].why) >= sizeof(seen[i].why))
			abort();
	free(text);
	return 0;
}
