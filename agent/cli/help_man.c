/* SPDX-License-Identifier: MIT */
/* The manual page ingot(1), made of the table of commands. */
#include "cli_in.h"
#include "roff.h"

static void
options(FILE *f, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		roff_option(f, o->name, o->value, o->help);
}

static void
command(FILE *f, const struct cli_command *c)
{
	(void)fprintf(f, ".SS ingot ");
	roff_text(f, c->name);
	(void)fprintf(f, ".B ingot ");
	roff_text(f, c->name);
	(void)fprintf(f, "[\\fIOPTION\\fR]... ");
	roff_text(f, c->operands);
	(void)fprintf(f, ".PP\n");
	roff_text(f, c->text);
	options(f, c->options);
	for (const struct cli_example *x = c->examples;
	     x != NULL && x->line != NULL; x++) {
		(void)fprintf(f, ".PP\n.RS\n.nf\n");
		roff_text(f, x->line);
		(void)fprintf(f, ".fi\n.RE\n");
		roff_text(f, x->says);
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
	options(f, cli_common);
	(void)fprintf(f, ".SH COMMANDS\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		command(f, cli_commands[i]);
	(void)fprintf(f, ".SH EXIT STATUS\n");
	for (const struct cli_code *c = cli_codes; c->says != NULL; c++) {
		(void)fprintf(f, ".TP\n.B %d\n", (int)c->code);
		roff_text(f, c->says);
	}
	(void)fprintf(f,
	    ".SH FILES\n.TP\n.I " SETTINGS_FILE
	    "\nsettings of the agent and the command\n"
	    ".SH SEE ALSO\n.BR ingotd (8),\n.BR ingot\\-policy (5),\n"
	    ".BR ingot\\-provision (1)\n");
}
