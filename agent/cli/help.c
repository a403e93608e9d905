/* SPDX-License-Identifier: MIT */
/*
 * Help for people and, with --json, for programs, made of the table of
 * commands as the manual page (help_man.c) and the completion (help_bash.c)
 * are: none of them can say what the command does not do, and a test compares
 * them word by word.
 */
#include <stdlib.h>
#include <string.h>

#include "cli_in.h"
#include "own.h"

#define WIDTH 79 /* columns, for a terminal of 80 */
#define LEFT  22 /* where the help of an option begins */

const struct cli_code cli_codes[] = {
	{ CODE_OK, "done; for drift and verdict: nothing to object" },
	{ CODE_FAILED, "failed; the reason is on standard error" },
	{ CODE_USAGE, "the command line was not understood" },
	{ CODE_REFUSED, "refused by policy or mode" },
	{ CODE_NO_AGENT, "the agent does not run" },
	{ 0, NULL },
};

void
help_usage(FILE *f)
{
	(void)fprintf(f,
	    "usage: ingot COMMAND [OPTION]... [OPERAND]...\n\n"
	    "One golden gateway becomes a fleet: capture it, apply the bundle, "
	    "enrol, lock.\n\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		(void)fprintf(f, "  %-12s %s\n", cli_commands[i]->name,
		    cli_commands[i]->brief);
	(void)fprintf(
	    f, "\n\"ingot COMMAND --help\" says more. Exit status:\n");
	for (const struct cli_code *c = cli_codes; c->says != NULL; c++)
		(void)fprintf(f, "  %d  %s\n", (int)c->code, c->says);
}

/* One paragraph, broken at blanks, from column at on; later lines begin at
 * column left. Returns behind the paragraph. */
static const char *
paragraph(FILE *f, const char *text, size_t at, size_t left)
{
	bool begins = true;

	while (*text != '\0' && *text != '\n') {
		size_t n = strcspn(text, " \n");

		if (!begins && at + 1 + n > WIDTH) {
			(void)fprintf(f, "\n%*s", (int)left, "");
			at = left;
			begins = true;
		}
		at += (size_t)fprintf(
		    f, "%s%.*s", begins ? "" : " ", (int)n, text);
		begins = false;
		text += n + (text[n] == ' ');
	}
	(void)fputc('\n', f);
	return text;
}

static void
paragraphs(FILE *f, const char *text)
{
	for (; *text != '\0'; text += *text == '\n')
		text = paragraph(f, text, 0, 0);
}

static void
option_lines(FILE *f, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		int n = fprintf(f, "  --%s%s%s", o->name,
		    o->value == NULL ? "" : " ",
		    o->value == NULL ? "" : o->value);

		/* A long one stands alone, its help below it. */
		if (n > LEFT - 2)
			n = fprintf(f, "\n") - 1;
		(void)fprintf(f, "%*s", LEFT - n, "");
		(void)paragraph(f, o->help, LEFT, LEFT);
	}
}

void
help_command(FILE *f, const struct cli_command *c)
{
	(void)fprintf(f, "usage: ingot %s [OPTION]...%s%s\n\n", c->name,
	    *c->operands == '\0' ? "" : " ", c->operands);
	paragraphs(f, c->text);
	(void)fprintf(f, "\nOptions:\n");
	option_lines(f, c->options);
	option_lines(f, cli_common);
	if (c->examples == NULL)
		return;
	(void)fprintf(f, "\nExamples:\n");
	for (const struct cli_example *x = c->examples; x->line != NULL; x++)
		(void)fprintf(f, "  %s\n      %s\n", x->line, x->says);
}

static json_t *
options_json(const struct cli_option *o)
{
	json_t *list = json_array();

	for (; o != NULL && o->name != NULL; o++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s?, s:s}", "name", o->name, "value",
			o->value, "help", o->help));
	return list;
}

static json_t *
command_json(const struct cli_command *c)
{
	own_json json_t *common = options_json(cli_common);
	json_t *options = options_json(c->options);

	(void)json_array_extend(options, common);
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", c->name,
	    "operands", c->operands, "brief", c->brief, "text", c->text,
	    "options", options);
}

static void
help_json(const struct cli_command *only)
{
	own_json json_t *o = NULL;
	json_t *commands = json_array(), *codes = json_array();

	for (size_t i = 0; cli_commands[i] != NULL; i++)
		if (only == NULL || only == cli_commands[i])
			(void)json_array_append_new(
			    commands, command_json(cli_commands[i]));
	for (const struct cli_code *c = cli_codes; c->says != NULL; c++)
		(void)json_array_append_new(codes, json_string(c->says));
	o = json_pack("{s:o, s:o}", "commands", commands, "exit", codes);
	cli_json(o);
}

static enum ctl_code
run_help(struct cli *c)
{
	const struct cli_command *command = NULL;
	struct err e;

	if (c->operand_count > 0 &&
	    (command = cli_find(c->operands[0])) == NULL) {
		(void)err_set(
		    &e, 0, "there is no command \"%s\"", c->operands[0]);
		return cli_fail(c, CODE_USAGE, &e);
	}
	if (c->json)
		help_json(command);
	else if (cli_option(c, "man") != NULL)
		help_man(stdout);
	else if (command == NULL)
		help_usage(stdout);
	else
		help_command(stdout, command);
	return CODE_OK;
}

static enum ctl_code
run_completion(struct cli *c)
{
	own_str char *script = NULL;
	own_json json_t *o = NULL;
	size_t n = 0;
	FILE *f;

	if (!c->json) {
		help_bash(stdout);
		return CODE_OK;
	}
	if ((f = open_memstream(&script, &n)) == NULL)
		return CODE_FAILED;
	help_bash(f);
	if (fclose(f) == EOF)
		return CODE_FAILED;
	o = json_pack("{s:s}", "bash", script);
	cli_json(o);
	return CODE_OK;
}

const struct cli_command cli_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.bare = true,
	.brief = "say what there is, or what one command does",
	.text = "Without operand, lists the commands. With --json, all that "
		"help, manual page and completion are made of.",
	.options =
	    (const struct cli_option[]){
		{ "man", NULL, "print the manual page ingot(1) in roff" },
		{ NULL, NULL, NULL } },
	.examples =
	    (const struct cli_example[]){
		{ "ingot help apply", "options and examples of apply" },
		{ "ingot help --man > ingot.1", "the manual page" },
		{ NULL, NULL } },
	.run = run_help,
};

const struct cli_command cli_completion = {
	.name = "completion",
	.operands = "",
	.bare = true,
	.brief = "print the completion script for bash",
	.text = "Packages install its output as "
		"/usr/share/bash-completion/completions/ingot.",
	.examples =
	    (const struct cli_example[]){
		{ "source <(ingot completion)", "completion in this shell" },
		{ NULL, NULL } },
	.run = run_completion,
};
