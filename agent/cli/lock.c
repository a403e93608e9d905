/* SPDX-License-Identifier: MIT */
/* ingot lock: into production, if the verdict is good. */
#include "cli_in.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, "lock", NULL, -1, &result, &e);

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		(void)printf("mode %s\n", cli_text(result, "mode"));
	return CODE_OK;
}

const struct cli_command cli_lock = {
	.name = "lock",
	.operands = "",
	.brief = "open production mode, if the verdict is good",
	.text = "Makes the verdict, writes the signed birth record and changes "
		"the mode. From then on only signed bundles for this model, "
		"not older than this one, and signed plugins are taken. Exit "
		"status 3 names each finding that stands in the way.",
	.examples =
	    (const struct cli_example[]){
		{ "ingot lock", "the last step on the factory line" },
		{ NULL, NULL } },
	.run = run,
};
