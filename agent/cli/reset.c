/* SPDX-License-Identifier: MIT */
/* ingot reset: another chance for plugins that were given up. */
#include "cli_in.h"

static void
show(const json_t *started)
{
	const json_t *one;
	size_t i;

	json_array_foreach(started, i, one)(void)
	    printf("%s starts again\n", json_string_value(one));
	if (json_array_size(started) == 0)
		(void)printf("no plugin was given up\n");
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, "reset", NULL, -1, &result, &e);

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		show(json_object_get(result, "started"));
	return CODE_OK;
}

const struct cli_command cli_reset = {
	.name = "reset",
	.operands = "",
	.brief = "start plugins again that died too often",
	.text = "A plugin that dies too often is BROKEN and left alone. When "
		"its cause is mended, this starts it at once.",
	.examples =
	    (const struct cli_example[]){
		{ "ingot plugins; ingot reset", "look, then start again" },
		{ NULL, NULL } },
	.run = run,
};
