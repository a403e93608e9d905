/* SPDX-License-Identifier: MIT */
/* ingot drift: is the unit still what its snapshot says? */
#include "cli_in.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, "drift", NULL, -1, &result, &e);
	bool drifted;

	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	drifted = json_is_true(json_object_get(result, "drifted"));
	if (c->json) {
		cli_json(result);
	} else {
		cli_findings(json_object_get(result, "findings"),
		    cli_option(c, "all") == NULL);
		(void)cli_changes(json_object_get(result, "files"), "path");
		(void)printf("%s\n", drifted ? "DRIFTED" : "no drift");
	}
	return drifted ? CODE_FAILED : CODE_OK;
}

const struct cli_command cli_drift = {
	.name = "drift",
	.operands = "",
	.brief = "say where the unit differs from its snapshot",
	.text = "Compares every managed file and has every plugin probe. "
		"Changes nothing. Root is shown how each file differs, as in "
		"ingot plan: - is the snapshot, + is the unit. Exit status 1 "
		"means that something differs.",
	.options =
	    (const struct cli_option[]){
		{ "all", NULL, "also show what is as it should be" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){ { "ingot drift || ingot rollback 0",
					      "puts right what differs" },
		{ NULL, NULL } },
	.run = run,
};
