/* SPDX-License-Identifier: MIT */
/*
 * ingot plan: what apply would change, seen without changing anything. The
 * agent renders the documents with the values of now and compares with what is
 * on the unit; values of slots are shown as the names of the slots.
 */
#include <errno.h>
#include <fcntl.h>

#include "cli_in.h"
#include "own.h"

static void
show(const json_t *result)
{
	const json_t *obstacles = json_object_get(result, "obstacles");
	size_t n;

	(void)printf("would apply %s: %s, sequence %lld\n",
	    cli_short(result, "snapshot"), cli_text(result, "name"),
	    (long long)json_integer_value(json_object_get(result, "sequence")));
	n = cli_packages(json_object_get(result, "packages"));
	n += cli_changes(json_object_get(result, "plugins"), "plugin");
	n += cli_changes(json_object_get(result, "files"), "path");
	n += cli_changes(json_object_get(result, "reset"), "path");
	cli_waiting(json_object_get(result, "waiting_for_slots"));
	if (n == 0)
		(void)printf("nothing would change\n");
	if (json_array_size(obstacles) == 0)
		return;
	(void)printf("it would be REFUSED:\n");
	cli_findings(obstacles, true);
}

static json_t *
arguments(const struct cli *c, int *fd, enum ctl_code *code, struct err *e)
{
	const char *to = cli_option(c, "to");

	*code = CODE_USAGE;
	if ((to == NULL) == (c->operand_count == 0))
		return (void)err_set(e, EINVAL,
			   "plan needs a bundle, or --to a stored snapshot"),
		       NULL;
	*code = CODE_FAILED;
	if (to == NULL &&
	    (*fd = open(c->operands[0], O_RDONLY | O_CLOEXEC)) == -1)
		return (void)err_sys(e, "%s", c->operands[0]), NULL;
	return to == NULL ? json_object() : json_pack("{s:s}", "to", to);
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	own_fd int fd = -1;
	enum ctl_code code;
	struct err e;
	json_t *args = arguments(c, &fd, &code, &e);

	if (args == NULL)
		return cli_fail(c, code, &e);
	code = cli_call_take(c, "plan", args, fd, &result, &e);
	if (code != CODE_OK)
		return cli_fail_list(c, code, &e, result);
	if (c->json)
		cli_json(result);
	else
		show(result);
	return json_array_size(json_object_get(result, "obstacles")) > 0
	    ? CODE_FAILED
	    : CODE_OK;
}

const struct cli_command cli_plan = {
	.name = "plan",
	.operands = "[BUNDLE]",
	.operands_max = 1,
	.brief = "show what a bundle would change, change nothing",
	.text =
	    "Verifies the bundle, fills its slots and has every plugin render, "
	    "then shows what would differ from what is on the unit now: a "
	    "unified diff of each text and of each plugin's artifact; mode, "
	    "owner, size and hash where they change. A value that fills a slot "
	    "is shown as the slot's name, and what looks like a secret is "
	    "hidden.\n\nWhat stands in the way is listed with its remedy. "
	    "Exit status 1 means that apply would refuse.",
	.options =
	    (const struct cli_option[]){
		{ "to", "ID", "a stored snapshot instead of a bundle" },
		{ NULL, NULL, NULL } },
	.examples = (const struct cli_example[]){ { "ingot plan pilot-7.ingot",
						      "what would change" },
	    { "ingot plan --to 4f2a", "what going back there would change" },
	    { "ingot plan --json pilot-7.ingot | jq -r "
	      "'.files[]|select(.change!=\"same\").path'",
		"the files that would change" },
	    { NULL, NULL } },
	.run = run,
};
