/* SPDX-License-Identifier: MIT */
/* ingot verdict: may this unit be in production, and if not, why not? */
#include "cli_in.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, "verdict", NULL, -1, &result, &e);
	bool good;

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	good = json_is_true(json_object_get(result, "good"));
	if (c->json) {
		cli_json(result);
	} else {
		cli_findings(json_object_get(result, "findings"),
		    cli_option(c, "failed") != NULL);
		(void)printf("%s\n", good ? "good" : "NOT GOOD");
	}
	return good ? CODE_OK : CODE_FAILED;
}

const struct cli_command cli_verdict = {
	.name = "verdict",
	.operands = "",
	.brief = "say whether this unit may be in production",
	.text = "Looks at everything that production/production.conf requires "
		"and says for each whether it passed, why, and what to do. "
		"Changes nothing. Exit status 1 means: not good.",
	.options = (const struct cli_option[]){ { "failed", NULL,
						    "show only what failed" },
	    { NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot verdict --failed", "what is still to be done" },
		{ NULL, NULL } },
	.run = run,
};
