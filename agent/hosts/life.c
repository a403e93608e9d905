/* SPDX-License-Identifier: MIT */
/*
 * The life of a host as a table, complete and without side effects, so that a
 * test can walk all of it.
 *
 * Promises: whatever happens to a process in whatever state, it is reaped
 * once, and one that is late or talks nonsense is killed. Deliberately not
 * here: what "quick" and "too often" mean; the supervisor counts.
 */
#include "life.h"

/* clang-format off */
/* A cell that is not here is ACT_BUG, by being zero. */
static const struct life_step steps[LIFE_STATES][LIFE_EVENTS] = {
	[LIFE_DOWN] = {
		[LIFE_START]	  = { LIFE_STARTING, ACT_SPAWN },
		[LIFE_STOP]	  = { LIFE_DOWN,     ACT_NONE },
		[LIFE_RESET]	  = { LIFE_DOWN,     ACT_NONE },
	},
	[LIFE_STARTING] = {
		[LIFE_OPENED]	  = { LIFE_IDLE,     ACT_NONE },
		[LIFE_LATE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_NONSENSE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_STOP]	  = { LIFE_STOPPING, ACT_TERM },
		[LIFE_EXIT]	  = { LIFE_DOWN,     ACT_WAIT },
		[LIFE_EXIT_AGAIN] = { LIFE_BROKEN,   ACT_REPORT },
		[LIFE_RESET]	  = { LIFE_STARTING, ACT_NONE },
	},
	[LIFE_IDLE] = {
		[LIFE_ASK]	  = { LIFE_BUSY,     ACT_SEND },
		[LIFE_NONSENSE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_STOP]	  = { LIFE_STOPPING, ACT_TERM },
		[LIFE_EXIT]	  = { LIFE_DOWN,     ACT_WAIT },
		[LIFE_EXIT_AGAIN] = { LIFE_BROKEN,   ACT_REPORT },
		[LIFE_RESET]	  = { LIFE_IDLE,     ACT_NONE },
	},
	[LIFE_BUSY] = {
		[LIFE_ANSWER]	  = { LIFE_IDLE,     ACT_DELIVER },
		[LIFE_LATE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_NONSENSE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_STOP]	  = { LIFE_STOPPING, ACT_TERM },
		[LIFE_EXIT]	  = { LIFE_DOWN,     ACT_WAIT },
		[LIFE_EXIT_AGAIN] = { LIFE_BROKEN,   ACT_REPORT },
		[LIFE_RESET]	  = { LIFE_BUSY,     ACT_NONE },
	},
	[LIFE_STOPPING] = {
		[LIFE_LATE]	  = { LIFE_STOPPING, ACT_KILL },
		[LIFE_NONSENSE]	  = { LIFE_STOPPING, ACT_NONE },
		[LIFE_STOP]	  = { LIFE_STOPPING, ACT_NONE },
		[LIFE_ANSWER]	  = { LIFE_STOPPING, ACT_NONE },
		[LIFE_OPENED]	  = { LIFE_STOPPING, ACT_NONE },
		[LIFE_EXIT]	  = { LIFE_DOWN,     ACT_WAIT },
		[LIFE_EXIT_AGAIN] = { LIFE_BROKEN,   ACT_REPORT },
		[LIFE_RESET]	  = { LIFE_STOPPING, ACT_NONE },
	},
	[LIFE_BROKEN] = {
		[LIFE_STOP]	  = { LIFE_BROKEN,   ACT_NONE },
		[LIFE_RESET]	  = { LIFE_DOWN,     ACT_WAIT },
	},
};
/* clang-format on */

struct life_step
life_step(enum life_state s, enum life_event ev)
{
	return steps[s][ev];
}

unsigned
life_backoff(unsigned quick_deaths)
{
	return quick_deaths >= 6 ? 60 : 1u << quick_deaths;
}
