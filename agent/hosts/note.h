/* SPDX-License-Identifier: MIT */
#ifndef NOTE_H
#define NOTE_H

#include "err.h"
#include "plugin.h"

/*
 * Reads the plugin note of the shared object open at fd; runs nothing, moves
 * no offset. 0: *out has this agent's ABI, known needs, and a name of
 * [a-z0-9_]. -1: not a plugin for this agent, and why; *out is then undefined.
 */
int note_read(int fd, struct ingot_note *out, struct err *);

#endif
