/* SPDX-License-Identifier: MIT */
/*
 * Help, made of the tables, so that it cannot say what the command does not do.
 */
#include <string.h>

#include "cmd.h"

void
cmd_usage(FILE *f)
{
	(void)fprintf(f,
	    "usage: ingot-provision COMMAND [OPTION]... [WORD]...\n\n"
	    "Gives the units of a fleet their identity: registry, CA, "
	    "enrolments.\n\n");
	for (const struct cmd *c = cmd_table; c->name != NULL; c++)
		(void)fprintf(
		    f, "  %-10s %-24s %s\n", c->name, c->usage, c->help);
	(void)fprintf(f,
	    "\n\"ingot-provision COMMAND --help\" says more. To begin with:\n"
	    "  ingot-provision init --broker-name broker.example --group "
	    "mosquitto\n"
	    "  ingot-provision claim line-1 --quota 500 --out /media/line-1\n"
	    "  ingot-provision serve --broker broker.example:8883 --ek-roots "
	    "roots.pem\n"
	    "\nExit status: 0 done, 1 failed, 2 the command line was not "
	    "understood.\n");
}

void
cmd_help(FILE *f, const struct cmd *c)
{
	const struct cmd_option *o;
	char left[48];

	(void)fprintf(f, "usage: ingot-provision %s %s%s[OPTION]...\n\n",
	    c->name, c->usage, c->usage[0] == '\0' ? "" : " ");
	(void)fprintf(f, "%s\n\nOptions:\n", c->text);
	for (size_t i = 0; (o = cmd_option(c, i)) != NULL; i++) {
		(void)snprintf(left, sizeof(left), "--%s %s", o->name,
		    o->value != NULL ? o->value : "");
		(void)fprintf(f, "  %-20s %s\n", left, o->help);
	}
	(void)fprintf(f, "\nExamples:\n%s", c->examples);
}
