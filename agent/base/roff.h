/* SPDX-License-Identifier: MIT */
#ifndef ROFF_H
#define ROFF_H

#include <stdio.h>

/*
 * Plain text for a manual page (man(7)): what roff would obey in it is
 * escaped, and an empty line begins a paragraph. Errors of f are f's.
 */
void roff_text(FILE *, const char *text);
/* An option: "--name VALUE" as a tag, its help below; value NULL: a switch. */
void roff_option(FILE *, const char *name, const char *value, const char *help);

#endif
