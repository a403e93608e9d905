/* SPDX-License-Identifier: MIT */
/*
 * A list of units from anybody's spreadsheet. What is taken can stand in a
 * path, a shell word and a unit.conf, and what csv_put() writes reads back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "csv.h"
#include "units.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
harmless(const char *text)
{
	if (strpbrk(text, "'\"\\ $`;|&<>\n\r\t*?~()") != NULL)
		abort();
}

static int
write_again(
    void *ctx, unsigned line, char *const *fields, size_t n, struct err *e)
{
	struct bytes *out = ctx;

	(void)line;
	(void)e;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			bytes_fmt(out, ",");
		csv_put(out, fields[i]);
	}
	bytes_fmt(out, "\r\n");
	return 0;
}

static int
again(const struct bytes *from, struct bytes *to)
{
	struct err e;

	if (from->bad)
		return -1;
	return csv_parse(
	    "x", from->len == 0 ? "" : from->p, from->len, write_again, to, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct unit_defaults d = { "root", "m", "", 22 };
	own_units struct units l = { 0 };
	own_bytes struct bytes once = { 0 }, twice = { 0 }, thrice = { 0 };
	const char *text = (const char *)data;
	struct err e;

	if (units_parse(&l, "units.csv", text, len, &d, &e) == 0)
		for (size_t i = 0; i < l.count; i++) {
			harmless(l.unit[i].serial);
			harmless(l.unit[i].host);
			harmless(l.unit[i].user);
			harmless(l.unit[i].hardware);
			if (*l.unit[i].serial == '\0' ||
			    strchr(l.unit[i].serial, '/') != NULL ||
			    *l.unit[i].serial == '.' || l.unit[i].port == 0)
				abort();
		}
	if (csv_parse("x", text, len, write_again, &once, &e) == -1)
		return 0;
	/* The first writing may put an apostrophe in front of a formula; after
	 * that nothing changes any more. */
	if (again(&once, &twice) == -1 || again(&twice, &thrice) == -1 ||
	    twice.len != thrice.len ||
	    (twice.len > 0 && memcmp(twice.p, thrice.p, twice.len) != 0))
		abort();
	return 0;
}
