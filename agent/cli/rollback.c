/* SPDX-License-Identifier: MIT */
/*
 * ingot rollback: an earlier snapshot, applied anew with the slot values of
 * now, so that no rotated password or key comes back with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_in.h"

static bool
is_number(const char *text)
{
	return *text >= '0' && *text <= '9' && strlen(text) < 4 &&
	    strspn(text, "0123456789") == strlen(text);
}

static enum ctl_code
run(struct cli *c)
{
	const char *to = cli_option(c, "to");
	const char *back = c->operand_count > 0 ? c->operands[0] : NULL;
	json_t *args;
	struct err e;

	if (cli_apply_args(c, &args, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	if (back != NULL && (to != NULL || !is_number(back))) {
		json_decref(args);
		(void)err_set(&e, EINVAL,
		    "rollback takes a number of ingot snapshots, or --to ID");
		return cli_fail(c, CODE_USAGE, &e);
	}
	if (back != NULL)
		(void)json_object_set_new(
		    args, "back", json_integer(atoi(back)));
	if (to != NULL)
		(void)json_object_set_new(args, "to", json_string(to));
	return cli_apply_take(c, "rollback", args, -1);
}

const struct cli_command cli_rollback = {
	.name = "rollback",
	.operands = "[N]",
	.operands_max = 1,
	.brief = "go back to the snapshot before",
	.text =
	    "The same transaction as apply, towards a stored snapshot: the one "
	    "before, or the one that was live N ago (ingot snapshots shows the "
	    "numbers); 0 is the live one, anew. Keys and issued values stay as "
	    "they are. In production nothing older than what was confirmed "
	    "there is taken.",
	.options =
	    (const struct cli_option[]){
		{ "to", "ID",
		    "this snapshot; the first digits, or a number, will do" },
		{ "confirm", "SECONDS",
		    "wait so long for \"ingot confirm\" or the uplink; 0: do "
		    "not" },
		{ "dry-run", NULL, "say what would change, change nothing" },
		{ NULL, NULL, NULL } },
	.examples = (const struct cli_example[]){ { "ingot rollback",
						      "to the one before" },
	    { "ingot rollback 2", "to the one before that" },
	    { "ingot rollback 0", "puts right what ingot drift found" },
	    { "ingot rollback --to 4f2a", "to one of ingot snapshots" },
	    { NULL, NULL } },
	.run = run,
};
