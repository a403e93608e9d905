/* SPDX-License-Identifier: MIT */
/* ingot reset: another chance for plugins that were given up. */
#include "cli_in.h"

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
