/* SPDX-License-Identifier: MIT */
/* ingot ask: one question to one plugin, for development. */
#include <errno.h>
#include <string.h>

#include "cli_in.h"
#include "plugin.h"

static enum ctl_code
run(struct cli *c)
{
	const char *text = c->operand_count > 2 ? c->operands[2] : "{}";
	own_json json_t *result = NULL;
	json_t *question;
	enum ctl_code code;
	struct err e;

	question =
	    json_parse("question", text, strlen(text), INGOT_TEXT_MAX, &e);
	if (question == NULL)
		return cli_fail(c, CODE_USAGE, &e);
	code = cli_call_take(c, "ask",
	    json_pack("{s:s, s:s, s:o}", "plugin", c->operands[0], "verb",
		c->operands[1], "question", question),
	    -1, &result, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	cli_json(json_object_get(result, "reply"));
	return CODE_OK;
}

const struct cli_command cli_ask = {
	.name = "ask",
	.operands = "PLUGIN VERB [JSON]",
	.operands_min = 2,
	.operands_max = 3,
	.brief = "ask a plugin a question (development)",
	.text = "Prints the plugin's answer as one JSON line. Refused once the "
		"unit is in production.",
	.examples =
	    (const struct cli_example[]){
		{ "ingot ask cert_store cert.list", "the certificates" },
		{ NULL, NULL } },
	.run = run,
};
