/* SPDX-License-Identifier: MIT */
/*
 * Manual pages are made of the tables of commands, whose texts are written for
 * people. A backslash, and a dot or quote that begins a line, would be
 * instructions; a minus has to be typed as one, or searching for it fails.
 */
#include <stdbool.h>

#include "roff.h"

static void
escaped(FILE *f, const char *text)
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
}

void
roff_text(FILE *f, const char *text)
{
	escaped(f, text);
	(void)fputc('\n', f);
}

void
roff_option(FILE *f, const char *name, const char *value, const char *help)
{
	(void)fprintf(f, ".TP\n.BI \\-\\-");
	escaped(f, name);
	if (value != NULL) {
		(void)fputs(" \" ", f);
		escaped(f, value);
		(void)fputc('"', f);
	}
	(void)fputc('\n', f);
	roff_text(f, help);
}
