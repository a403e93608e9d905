/* SPDX-License-Identifier: MIT */
/*
 * ingot snapshots: what is stored, in the order in which it was live; what one
 * holds; how two differ; and making room.
 */
#include <errno.h>
#include <string.h>

#include "cli_in.h"

static const char *
mark(const json_t *result, const char *link, const char *id)
{
	const json_t *o = json_object_get(result, link);

	return strcmp(cli_text(o, "snapshot"), id) == 0 ? link : "";
}

static void
show_list(const json_t *result)
{
	const json_t *one, *back;
	char number[24];
	size_t i;

	if (json_array_size(json_object_get(result, "all")) == 0)
		(void)printf("none is stored; \"ingot apply\" stores one\n");
	json_array_foreach(json_object_get(result, "all"), i, one)
	{
		const char *id = cli_text(one, "id");

		back = json_object_get(one, "back");
		(void)snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(back));
		(void)printf("%3s  %.12s  ", back == NULL ? "" : number, id);
		if (json_object_get(one, "damaged") != NULL) {
			(void)printf("DAMAGED: %s\n", cli_text(one, "damaged"));
			continue;
		}
		(void)printf("%-20s sequence %-6lld %-10s %s %s %s\n",
		    cli_text(one, "name"),
		    (long long)json_integer_value(
			json_object_get(one, "sequence")),
		    json_is_true(json_object_get(one, "signed")) ? "signed"
								 : "UNSIGNED",
		    mark(result, "current", id), mark(result, "previous", id),
		    mark(result, "confirmed", id));
	}
}

static void
show_one(const json_t *result)
{
	const json_t *one;
	size_t i;

	(void)printf("snapshot  %s\nname      %s\nmodel     %s\n"
		     "sequence  %lld\nsigner    %s\n",
	    cli_text(result, "id"), cli_text(result, "name"),
	    cli_text(result, "model"),
	    (long long)json_integer_value(json_object_get(result, "sequence")),
	    json_is_true(json_object_get(result, "signed"))
		? cli_text(result, "signer")
		: "nobody who is trusted");
	json_array_foreach(json_object_get(result, "members"), i, one)(void)
	    printf("%s %-8s %-8s %10lld  %s%s\n", cli_text(one, "mode"),
		cli_text(one, "owner"), cli_text(one, "group"),
		(long long)json_integer_value(json_object_get(one, "size")),
		cli_text(one, "path"),
		json_is_true(json_object_get(one, "slots")) ? "  (slots)" : "");
	json_array_foreach(json_object_get(result, "packages"), i, one)(void)
	    printf("package %s %s %s%s\n", cli_text(one, "name"),
		cli_text(one, "version"), cli_text(one, "arch"),
		json_is_true(json_object_get(one, "payload"))
		    ? ""
		    : "  (not in the bundle)");
}

static void
show_diff(const json_t *result)
{
	if (cli_changes(json_object_get(result, "members"), "member") == 0)
		(void)printf("no difference\n");
}

static void
show_pruned(const json_t *result)
{
	const json_t *one, *list = json_object_get(result, "removed");
	size_t i;

	json_array_foreach(list, i, one)(void)
	    printf("removed %.12s\n", json_string_value(one));
	(void)printf("%zu removed\n", json_array_size(list));
}

static json_t *
no_arguments(const struct cli *c, struct err *e)
{
	(void)c;
	(void)e;
	return json_object();
}

static json_t *
show_arguments(const struct cli *c, struct err *e)
{
	(void)e;
	return json_pack("{s:s}", "id", c->operands[1]);
}

static json_t *
diff_arguments(const struct cli *c, struct err *e)
{
	(void)e;
	return json_pack(
	    "{s:s, s:s}", "was", c->operands[1], "now", c->operands[2]);
}

static json_t *
prune_arguments(const struct cli *c, struct err *e)
{
	long keep;

	if (cli_number(c, "keep", 0, 64, -1, &keep, e) == -1)
		return NULL;
	return keep == -1 ? json_object()
			  : json_pack("{s:i}", "keep", (int)keep);
}

static const struct verb {
	const char *word;
	int operands; /* behind the word */
	const char *asks;
	json_t *(*arguments)(const struct cli *, struct err *);
	void (*show)(const json_t *);
} verbs[] = {
	{ "list", 0, "snapshots", no_arguments, show_list },
	{ "show", 1, "show", show_arguments, show_one },
	{ "diff", 2, "diff", diff_arguments, show_diff },
	{ "prune", 0, "prune", prune_arguments, show_pruned },
};

static const struct verb *
find(const struct cli *c, struct err *e)
{
	const char *word = c->operand_count == 0 ? "list" : c->operands[0];
	int operands = c->operand_count == 0 ? 0 : c->operand_count - 1;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].word, word) != 0)
			continue;
		if (verbs[i].operands == operands)
			return &verbs[i];
		(void)err_set(e, EINVAL, "snapshots %s needs %d snapshot%s",
		    word, verbs[i].operands, verbs[i].operands == 1 ? "" : "s");
		return NULL;
	}
	(void)err_set(e, EINVAL,
	    "snapshots can list, show ID, diff A B and prune, not \"%s\"",
	    word);
	return NULL;
}

static enum ctl_code
run(struct cli *c)
{
	own_json json_t *result = NULL;
	struct err e;
	const struct verb *v = find(c, &e);
	json_t *args = v == NULL ? NULL : v->arguments(c, &e);
	enum ctl_code code;

	if (args == NULL)
		return cli_fail(c, CODE_USAGE, &e);
	code = cli_call_take(c, v->asks, args, -1, &result, &e);
	if (code != CODE_OK)
		return cli_fail(c, code, &e);
	if (c->json)
		cli_json(result);
	else
		v->show(result);
	return CODE_OK;
}

const struct cli_command cli_snapshots = {
	.name = "snapshots",
	.operands = "[list | show ID | diff A B | prune]",
	.words = "list show diff prune",
	.operands_max = 3,
	.brief = "list, show, compare and prune the stored snapshots",
	.text =
	    "The live one has the number 0, those that were live before it 1, "
	    "2 and so on (ingot rollback N). show checks every member of one; "
	    "diff shows how two differ. Either is named by its number or the "
	    "first digits of its id.\n\nprune removes what is neither live, nor the one before, "
	    "nor confirmed, and keeps the few that were live last. Nothing "
	    "that a transaction may still need is ever removed.",
	.options =
	    (const struct cli_option[]){
		{ "keep", "N", "prune: keep so many beside those; default 3" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot snapshots --json | jq -r .current.snapshot",
		    "the hash of the live one" },
		{ "ingot snapshots diff 1 0", "what the live one brought" },
		{ "ingot snapshots prune --keep 0",
		    "only the live, the one before and the confirmed one" },
		{ NULL, NULL } },
	.run = run,
};
