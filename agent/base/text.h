/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/*
 * Text that somebody else wrote: names of files, keys, what a plugin or a unit
 * says. JSON takes UTF-8 only, and a terminal obeys some of it; nothing of it
 * is to be lost for either reason.
 */

/* Bytes of the UTF-8 character at p (RFC 3629), which ends in a NUL somewhere;
 * 0: there is none. */
size_t text_character(const char *p);
bool text_is_utf8(const char *);
/* Is the character at p one that a terminal obeys (C0, DEL, C1)? */
bool text_is_control(const char *p);

/* Adds text; bytes that are no UTF-8 as \xNN. Any text comes out as UTF-8. */
void text_utf8(struct bytes *, const char *text);
/* The same for one line of a terminal: control characters as \xNN, too. */
void text_line(struct bytes *, const char *text);

#endif
