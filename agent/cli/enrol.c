/* SPDX-License-Identifier: MIT */
/* ingot enrol: have the uplink get this unit its identity. */
#include "cli_in.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	enum ctl_code code;
	json_t *args;
	long wait_s;
	struct err e;

	if (cli_number(c, "wait", 1, 3600, 300, &wait_s, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	args = json_pack("{s:I, s:b}", "wait_s", (json_int_t)wait_s, "status",
	    (int)(cli_option(c, "status") != NULL));
	/* The only progress there would be is the answer itself. */
	c->quiet = cli_option(c, "status") != NULL;
	code = cli_call_take(c, "enrol", args, -1, &result, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		(void)printf("%s %s\n", cli_text(result, "state"),
		    cli_text(result, "stage"));
	return CODE_OK;
}

const struct cli_command cli_enrol = {
	.name = "enrol",
	.operands = "",
	.brief = "get this unit its identity from the provisioning service",
	.text = "Starts the enrolment by the uplink plugin and waits for its "
		"end. Afterwards the snapshot has been applied again with the "
		"values that were issued.",
	.options =
	    (const struct cli_option[]){
		{ "wait", "SECONDS", "how long to wait for the end (300)" },
		{ "status", NULL, "only say how far it is" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot enrol && ingot lock", "the end of the factory line" },
		{ "ingot enrol --status --json | jq .connected",
		    "is the uplink connected?" },
		{ NULL, NULL } },
	.run = run,
};
