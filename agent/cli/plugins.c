/* SPDX-License-Identifier: MIT */
/* ingot plugins: the hosts and what they may. */
#include "cli_in.h"

static void
show(const json_t *one)
{
	const json_t *need;
	size_t i;

	(void)printf("%-20s %-10s pid %-8lld restarts %-4lld %6lld KiB  %s ",
	    cli_text(one, "name"), cli_text(one, "state"),
	    (long long)json_integer_value(json_object_get(one, "pid")),
	    (long long)json_integer_value(json_object_get(one, "restarts")),
	    (long long)json_integer_value(json_object_get(one, "rss_kb")),
	    json_is_true(json_object_get(one, "signed")) ? "signed  "
							 : "UNSIGNED");
	json_array_foreach(json_object_get(one, "needs"), i, need)(void)
	    printf("%s%s", i == 0 ? "" : ",", json_string_value(need));
	(void)printf("\n");
	if (json_object_get(one, "why") != NULL)
		(void)printf("%-20s %s\n", "", cli_text(one, "why"));
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	const json_t *one;
	struct err e;
	enum ctl_code code = cli_call_take(c, "plugins", NULL, -1, &result, &e);
	size_t i;

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		json_array_foreach(json_object_get(result, "plugins"), i, one)
		    show(one);
	return CODE_OK;
}

const struct cli_command cli_plugins = {
	.name = "plugins",
	.operands = "",
	.brief = "show the plugins, their processes and their rights",
	.text = "One line for each plugin: state of its process, restarts, "
		"memory, whether the maker signed it, and what it was granted.",
	.examples =
	    (const struct cli_example[]){
		{ "ingot plugins --json | jq -r "
		  "'.plugins[]|select(.state==\"broken\").name'",
		    "those that were given up" },
		{ NULL, NULL } },
	.run = run,
};
