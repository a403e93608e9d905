/* SPDX-License-Identifier: MIT */
/*
 * The manual page ingot-provision(1), made of the tables that also make the
 * help; what stands in no table (files, exit statuses) stands here.
 */
#include "cmd.h"
#include "roff.h"

static void
options(FILE *f, const struct cmd *c)
{
	const struct cmd_option *o;

	for (size_t i = 0; (o = cmd_option(c, i)) != NULL; i++)
		roff_option(f, o->name, o->value, o->help);
}

static void
command(FILE *f, const struct cmd *c)
{
	(void)fprintf(f, ".SS ingot\\-provision ");
	roff_text(f, c->name);
	(void)fprintf(f, ".B ingot\\-provision ");
	roff_text(f, c->name);
	roff_text(f, c->usage);
	(void)fprintf(f, "[\\fIOPTION\\fR]...\n.PP\n");
	roff_text(f, c->text);
	options(f, c);
	(void)fprintf(f, ".PP\n.nf\n");
	roff_text(f, c->examples);
	(void)fprintf(f, ".fi\n");
}

void
cmd_man(FILE *f)
{
	(void)fprintf(f,
	    ".TH INGOT\\-PROVISION 1 \"\" \"Ingot " INGOT_VERSION "\"\n"
	    ".SH NAME\ningot\\-provision \\- the service that gives units of a "
	    "fleet their identity\n"
	    ".SH SYNOPSIS\n.B ingot\\-provision\n"
	    "\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...\n"
	    ".SH DESCRIPTION\n"
	    "Keeps the registry of a fleet and its certificate authorities, "
	    "and answers the enrolment requests of units over MQTT 5 with "
	    "mutual TLS.\n.SH COMMANDS\n");
	for (const struct cmd *c = cmd_table; c->name != NULL; c++)
		command(f, c);
	(void)fprintf(f,
	    ".SH FILES\nBelow\n.BR \\-\\-home :\n"
	    ".TP\n.I ca/\nthe authorities' certificates and keys (0600); the "
	    "root's key belongs off line after\n.B init\n"
	    ".TP\n.I broker/mosquitto.conf\nthe configuration of a Mosquitto "
	    "with the gate\n"
	    ".TP\n.I registry.db\nthe registry (SQLite)\n"
	    ".SH EXIT STATUS\n0 done, 1 failed, 2 the command line was not "
	    "understood.\n"
	    ".SH SEE ALSO\n.BR ingot (1),\n.BR ingotd (8),\n"
	    ".BR mosquitto.conf (5)\n");
}
