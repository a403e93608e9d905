/* SPDX-License-Identifier: MIT */
/* ingot status: mode, snapshot, transaction and plugins in a few lines. */
#include "cli_in.h"

static void
show_link(const char *what, const json_t *link)
{
	if (!json_is_object(link))
		(void)printf("%-10s -\n", what);
	else if (json_object_get(link, "damaged") != NULL)
		(void)printf(
		    "%-10s DAMAGED: %s\n", what, cli_text(link, "damaged"));
	else
		(void)printf("%-10s %s  %s, sequence %lld\n", what,
		    cli_short(link, "snapshot"), cli_text(link, "name"),
		    (long long)json_integer_value(
			json_object_get(link, "sequence")));
}

static void
show_plugins(const json_t *list, const json_t *inactive)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)(void) printf("plugin     %-20s %s\n",
	    cli_text(one, "name"), cli_text(one, "state"));
	json_array_foreach(inactive, i, one)(void)
	    printf("INACTIVE   %s: its last activate failed\n",
		json_string_value(one));
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	const json_t *apply;
	struct err e;
	enum ctl_code code = cli_call_take(c, "status", NULL, -1, &result, &e);

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json) {
		cli_json(result);
		return CODE_OK;
	}
	apply = json_object_get(result, "apply");
	(void)printf("mode       %s\nphase      %s\n", cli_text(result, "mode"),
	    cli_text(apply, "phase"));
	show_link("current", json_object_get(apply, "current"));
	show_link("previous", json_object_get(apply, "previous"));
	show_link("confirmed", json_object_get(apply, "confirmed"));
	cli_waiting(json_object_get(apply, "waiting_for_slots"));
	show_plugins(json_object_get(result, "plugins"),
	    json_object_get(apply, "inactive"));
	return CODE_OK;
}

const struct cli_command cli_status = {
	.name = "status",
	.operands = "",
	.brief = "show mode, snapshot and plugins",
	.text =
	    "Says in which mode the unit is, which snapshot is live, what a "
	    "transaction is doing, and how the plugins are.",
	.examples =
	    (const struct cli_example[]){ { "ingot status --json | jq -r .mode",
					      "the mode, for a script" },
		{ NULL, NULL } },
	.run = run,
};
