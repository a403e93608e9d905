/* SPDX-License-Identifier: MIT */
/* ingot confirm: the yes that a transaction waits for. */
#include "cli_in.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, "confirm", NULL, -1, &result, &e);

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		(void)printf("confirmed %s\n", cli_short(result, "confirmed"));
	return CODE_OK;
}

const struct cli_command cli_confirm = {
	.name = "confirm",
	.operands = "",
	.brief = "say that the snapshot just applied is good",
	.text = "Whoever can still log in and type this was not locked out. "
		"Without a transaction that waits, the live snapshot is marked "
		"as confirmed.",
	.examples =
	    (const struct cli_example[]){
		{ "ssh unit ingot confirm",
		    "from outside, over the way that had to survive" },
		{ NULL, NULL } },
	.run = run,
};
