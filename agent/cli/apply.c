/* SPDX-License-Identifier: MIT */
/*
 * ingot apply: a bundle, all of it or nothing of it. The descriptor travels to
 * the agent, so the path is opened with the rights of who asks.
 */
#include <fcntl.h>
#include <string.h>

#include "cli_in.h"
#include "own.h"

/* What has changed, a line each; how many have not, for a long list of those
 * would hide it. */
static size_t
show_changes(const json_t *list, const char *key)
{
	const json_t *one;
	size_t i, same = 0;

	json_array_foreach(list, i, one)
	{
		if (strcmp(cli_text(one, "change"), "same") == 0)
			same++;
		else
			(void)printf("  %-8s %s%s\n", cli_text(one, "change"),
			    strcmp(key, "path") == 0 ? "/" : "",
			    cli_text(one, key));
	}
	return same;
}

size_t
cli_packages(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *from =
		    json_string_value(json_object_get(one, "from"));
		bool fresh = from == NULL || *from == '\0';

		(void)printf("  package  %s %s %s%s%s%s\n",
		    cli_text(one, "change"), cli_text(one, "name"),
		    fresh ? "" : from, fresh ? "" : " -> ", cli_text(one, "to"),
		    json_is_true(json_object_get(one, "back"))
			? ""
			: "  (no way back: no stored snapshot holds the one "
			  "before)");
	}
	return json_array_size(list);
}

static void
applied(const json_t *result)
{
	bool dry = json_is_true(json_object_get(result, "dry_run"));
	size_t same;

	(void)printf("%s %s: %s, sequence %lld\n",
	    dry ? "would apply" : "applied", cli_short(result, "snapshot"),
	    cli_text(result, "name"),
	    (long long)json_integer_value(json_object_get(result, "sequence")));
	(void)cli_packages(json_object_get(result, "packages"));
	same = show_changes(json_object_get(result, "plugins"), "plugin");
	same += show_changes(json_object_get(result, "files"), "path");
	(void)show_changes(json_object_get(result, "reset"), "path");
	if (same > 0)
		(void)printf("  %zu as in the snapshot before\n", same);
	cli_waiting(json_object_get(result, "waiting_for_slots"));
}

enum ctl_code
cli_apply_take(struct cli *c, const char *verb, json_t *args, int fd)
{
	own_json json_t *result = NULL;
	struct err e;
	enum ctl_code code = cli_call_take(c, verb, args, fd, &result, &e);

	if (code != CODE_OK)
		return cli_fail_list(c, code, &e, result);
	if (c->json)
		cli_json(result);
	else
		applied(result);
	return CODE_OK;
}

int
cli_apply_args(const struct cli *c, json_t **args, struct err *e)
{
	long confirm_s;

	if (cli_number(c, "confirm", 0, 86400, -1, &confirm_s, e) == -1)
		return -1;
	*args = json_object();
	if (confirm_s >= 0)
		(void)json_object_set_new(
		    *args, "confirm_s", json_integer(confirm_s));
	if (cli_option(c, "dry-run") != NULL)
		(void)json_object_set_new(*args, "dry_run", json_true());
	return 0;
}

static enum ctl_code
run(struct cli *c)
{
	own_fd int fd = open(c->operands[0], O_RDONLY | O_CLOEXEC);
	json_t *args;
	struct err e;

	if (fd == -1) {
		(void)err_sys(&e, "%s", c->operands[0]);
		return cli_fail(c, CODE_FAILED, &e);
	}
	if (cli_apply_args(c, &args, &e) == -1)
		return cli_fail(c, CODE_USAGE, &e);
	return cli_apply_take(c, "apply", args, fd);
}

const struct cli_command cli_apply = {
	.name = "apply",
	.operands = "BUNDLE",
	.operands_min = 1,
	.operands_max = 1,
	.brief = "make this unit what the bundle says, all or nothing",
	.text =
	    "Verifies the bundle, fills its slots, has every plugin render, "
	    "activate and probe, and waits for a confirmation. If anything "
	    "fails, or nobody confirms in time, the unit is put back to what "
	    "it was.\n\nThe command returns when that has ended one way or the "
	    "other; interrupting it does not stop the agent.",
	.options =
	    (const struct cli_option[]){
		{ "confirm", "SECONDS",
		    "wait so long for \"ingot confirm\" or the uplink; 0: do "
		    "not" },
		{ "dry-run", NULL, "say what would change, change nothing" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot apply --dry-run pilot-7.ingot", "what would change" },
		{ "ingot apply --confirm 0 pilot-7.ingot",
		    "on the factory line, where nobody is cut off" },
		{ NULL, NULL } },
	.run = run,
};
