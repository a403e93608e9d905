/* SPDX-License-Identifier: MIT */
/*
 * How results look to a person: short ids, findings as a table.
 */
#include <string.h>

#include "cli_in.h"

const char *
cli_short(const json_t *o, const char *key)
{
	static char texts[4][13];
	static unsigned turn;
	char *out = texts[turn++ % 4];

	(void)snprintf(out, sizeof(texts[0]), "%.12s", cli_text(o, key));
	return out;
}

void
cli_print_findings(FILE *f, const json_t *findings, bool failed_only)
{
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
	{
		bool passed = json_is_true(json_object_get(one, "passed"));
		const json_t *required = json_object_get(one, "required");
		const char *remedy =
		    json_string_value(json_object_get(one, "remedy"));

		if (passed && failed_only)
			continue;
		(void)fprintf(f, "  %-6s %-28s %s: %s%s\n",
		    passed ? "ok" : "FAILED", cli_text(one, "id"),
		    cli_text(one, "place"), cli_text(one, "why"),
		    json_is_false(required) ? " (not required)" : "");
		if (!passed && remedy != NULL)
			(void)fprintf(f, "         %-28s -> %s\n", "", remedy);
	}
}

void
cli_findings(const json_t *findings, bool failed_only)
{
	cli_print_findings(stdout, findings, failed_only);
}
