/* SPDX-License-Identifier: MIT */
#ifndef DAY_TALK_H
#define DAY_TALK_H

#include <stddef.h>

#include "day.h"

/*
 * One packet of a worker (work.h says which there are), taken in. A worker has
 * read what a unit sent, so it is believed about its own unit and nothing
 * else. Returns the seconds that the step it has begun may take; 0: no step
 * was begun.
 */
unsigned day_hear(struct worker *, const char *text, size_t len);

#endif
