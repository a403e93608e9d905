/* SPDX-License-Identifier: MIT */
#ifndef NOTE_H
#define NOTE_H

#include "err.h"
#include "plugin.h"

/* Reads the plugin note of the shared object open at fd; runs nothing. */
int note_read(int fd, struct ingot_note *, struct err *);

#endif
