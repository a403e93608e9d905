/* SPDX-License-Identifier: MIT */
/*
 * Help, manual page and completion, all made of the table of commands, so that
 * none of them can say what the command does not do.
 */
#include <string.h>

#include "cli_in.h"

/* Exit statuses, in the words of every form of help. */
static const struct {
	enum ctl_code code;
	const char *says;
} codes[] = {
	{ CODE_OK, "done; for drift and verdict: nothing to object" },
	{ CODE_FAILED, "failed; the reason is on standard error" },
	{ CODE_USAGE, "the command line was not understood" },
	{ CODE_REFUSED, "refused by policy or mode" },
	{ CODE_NO_AGENT, "the agent does not run" },
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

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
	for (size_t i = 0; i < CODES; i++)
		(void)fprintf(
		    f, "  %d  %s\n", (int)codes[i].code, codes[i].says);
}

static void
option_lines(FILE *f, const struct cli_option *o)
{
	char left[64];

	for (; o != NULL && o->name != NULL; o++) {
		(void)snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->value == NULL ? "" : " ",
		    o->value == NULL ? "" : o->value);
		(void)fprintf(f, "  %-20s %s\n", left, o->help);
	}
}

void
help_command(FILE *f, const struct cli_command *c)
{
	(void)fprintf(f, "usage: ingot %s [OPTION]...%s%s\n\n%s\n\nOptions:\n",
	    c->name, *c->operands == '\0' ? "" : " ", c->operands, c->text);
	option_lines(f, c->options);
	option_lines(f, cli_common);
	if (c->examples == NULL)
		return;
	(void)fprintf(f, "\nExamples:\n");
	for (const struct cli_example *x = c->examples; x->line != NULL; x++)
		(void)fprintf(f, "  %s\n      %s\n", x->line, x->says);
}

/* Text for roff: a backslash, and a dot or quote that begins a line, would be
 * instructions; a minus is typed as such. */
static void
roff(FILE *f, const char *text)
{
	bool begins = true;

	for (; *text != '\0'; text++) {
		if (begins && (*text == '.' || *text == '\''))
			(void)fputs("\\&", f);
		if (*text == '\\')
			(void)fputs("\\e", f);
		else if (*text == '-')
			(void)fputs("\\-", f);
		else if (*text == '\n' && text[1] == '\n')
			(void)fputs("\n.PP", f);
		else
			(void)fputc(*text, f);
		begins = *text == '\n';
	}
	(void)fputc('\n', f);
}

static void
roff_options(FILE *f, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		(void)fprintf(f, ".TP\n.B \\-\\-");
		roff(f, o->name);
		if (o->value != NULL) {
			(void)fprintf(f, ".I ");
			roff(f, o->value);
		}
		roff(f, o->help);
	}
}

static void
roff_command(FILE *f, const struct cli_command *c)
{
	(void)fprintf(f, ".SS ingot ");
	roff(f, c->name);
	(void)fprintf(f, ".B ingot ");
	roff(f, c->name);
	(void)fprintf(f, "[\\fIOPTION\\fR]... ");
	roff(f, c->operands);
	(void)fprintf(f, ".PP\n");
	roff(f, c->text);
	roff_options(f, c->options);
	for (const struct cli_example *x = c->examples;
	     x != NULL && x->line != NULL; x++) {
		(void)fprintf(f, ".PP\n.RS\n.nf\n");
		roff(f, x->line);
		(void)fprintf(f, ".fi\n.RE\n");
		roff(f, x->says);
	}
}

void
help_man(FILE *f)
{
	(void)fprintf(f,
	    ".TH INGOT 1 \"\" \"Ingot " INGOT_VERSION "\"\n.SH NAME\n"
	    "ingot \\- gateway golden sampling: capture, apply, enrol, lock\n"
	    ".SH SYNOPSIS\n.B ingot\n\\fICOMMAND\\fR [\\fIOPTION\\fR]... "
	    "[\\fIOPERAND\\fR]...\n.SH DESCRIPTION\n"
	    "Speaks to the agent,\n.BR ingotd (8),\nand captures bundles. "
	    "Results go to standard output, progress and reasons to standard "
	    "error.\n.SH OPTIONS OF ALL COMMANDS\n");
	roff_options(f, cli_common);
	(void)fprintf(f, ".SH COMMANDS\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		roff_command(f, cli_commands[i]);
	(void)fprintf(f, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < CODES; i++) {
		(void)fprintf(f, ".TP\n.B %d\n", (int)codes[i].code);
		roff(f, codes[i].says);
	}
	(void)fprintf(f,
	    ".SH FILES\n.TP\n.I " SETTINGS_FILE
	    "\nsettings of the agent and the command\n"
	    ".SH SEE ALSO\n.BR ingotd (8)\n");
}

static void
bash_options(FILE *f, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		(void)fprintf(f, " --%s", o->name);
}

void
help_bash(FILE *f)
{
	(void)fprintf(f,
	    "# bash completion of ingot; made by \"ingot completion\"\n"
	    "_ingot() {\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= i\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\t[[ ${COMP_WORDS[i]} == -* ]] ||"
	    " { command=${COMP_WORDS[i]}; break; }\n"
	    "\tdone\n"
	    "\tlocal words=\n"
	    "\tcase $command in\n"
	    "\t'') words='");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		(void)fprintf(
		    f, "%s%s", i == 0 ? "" : " ", cli_commands[i]->name);
	bash_options(f, cli_common);
	(void)fprintf(f, "' ;;\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++) {
		(void)fprintf(f, "\t%s) words='", cli_commands[i]->name);
		bash_options(f, cli_commands[i]->options);
		bash_options(f, cli_common);
		(void)fprintf(f, "' ;;\n");
	}
	(void)fprintf(f,
	    "\tesac\n"
	    "\tif [[ -z $command || $word == -* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	    "\telse\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	    "\tfi\n"
	    "}\n"
	    "complete -o filenames -F _ingot ingot\n");
}

static enum ctl_code
run_help(struct cli *c)
{
	const struct cli_command *command = NULL;
	struct err e;

	if (cli_option(c, "man") != NULL) {
		help_man(stdout);
		return CODE_OK;
	}
	if (c->operand_count == 0) {
		help_usage(stdout);
		return CODE_OK;
	}
	if ((command = cli_find(c->operands[0])) == NULL) {
		(void)err_set(
		    &e, 0, "there is no command \"%s\"", c->operands[0]);
		return cli_fail(c, CODE_USAGE, &e);
	}
	help_command(stdout, command);
	return CODE_OK;
}

static enum ctl_code
run_completion(struct cli *c)
{
	(void)c;
	help_bash(stdout);
	return CODE_OK;
}

const struct cli_command cli_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.bare = true,
	.brief = "say what there is, or what one command does",
	.text = "Without operand, lists the commands.",
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
