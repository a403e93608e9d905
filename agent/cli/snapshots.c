/* SPDX-License-Identifier: MIT */
/* ingot snapshots: what is stored, and which of it is live. */
#include <string.h>

#include "cli_in.h"

static const char *
mark(const json_t *result, const char *link, const char *id)
{
	const json_t *o = json_object_get(result, link);

	return strcmp(cli_text(o, "snapshot"), id) == 0 ? link : "";
}

static void
show(const json_t *result)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(result, "all"), i, one)
	{
		const char *id = cli_text(one, "id");

		if (json_object_get(one, "damaged") != NULL) {
			(void)printf("%.12s  DAMAGED: %s\n", id,
			    cli_text(one, "damaged"));
			continue;
		}
		(void)printf("%.12s  %-20s sequence %-6lld %-10s %s %s %s\n",
		    id, cli_text(one, "name"),
		    (long long)json_integer_value(
			json_object_get(one, "sequence")),
		    json_is_true(json_object_get(one, "signed")) ? "signed"
								 : "UNSIGNED",
		    mark(result, "current", id), mark(result, "previous", id),
		    mark(result, "confirmed", id));
	}
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code =
	    cli_call_take(c, "snapshots", NULL, -1, &result, &e);

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		show(result);
	return CODE_OK;
}

const struct cli_command cli_snapshots = {
	.name = "snapshots",
	.operands = "",
	.brief = "list the stored snapshots",
	.text =
	    "The live one, the one before, the one confirmed last, and some "
	    "that were live earlier.",
	.examples =
	    (const struct cli_example[]){
		{ "ingot snapshots --json | jq -r .current.snapshot",
		    "the hash of the live one" },
		{ NULL, NULL } },
	.run = run,
};
