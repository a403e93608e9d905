/* SPDX-License-Identifier: MIT */
/* ingot version. */
#include "cli_in.h"
#include "plugin.h"

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *o = json_pack("{s:s, s:i}", "version", INGOT_VERSION,
	    "plugin_abi", (int)INGOT_ABI);

	if (c->json)
		cli_json(o);
	else
		(void)printf(
		    "ingot %s (plugin ABI %u)\n", INGOT_VERSION, INGOT_ABI);
	return CODE_OK;
}

const struct cli_command cli_version = {
	.name = "version",
	.operands = "",
	.bare = true,
	.brief = "say which version this is",
	.text = "The version of the command, and of what plugins and agent "
		"promise each other.",
	.run = run,
};
