/* SPDX-License-Identifier: MIT */
#ifndef DAY_H
#define DAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daybook.h"
#include "hostkeys.h"
#include "job.h"
#include "loop.h"
#include "outcome.h"
#include "show.h"
#include "units.h"

/*
 * The leader: hands the units to workers, a few at a time, hears from them,
 * writes the day book, shows how it goes and reports at the end. It speaks to
 * no unit itself.
 *
 * Stopped once (INT, TERM, HUP) it begins no further unit and has every worker
 * end the step it is in; stopped again it kills them. Killed, it takes its
 * workers with it, and the day book says what is to be looked at again.
 */
struct worker {
	struct day *day;
	size_t at; /* the unit's place; workers of no unit have pid 0 */
	pid_t pid;
	int fd;
	int timer;
	uint64_t began_ms;
	bool ended; /* it has said how it went */
	char note[160];
};

struct day {
	const struct job *job;
	const struct units *units;
	struct outcome *outcomes; /* one for each unit */
	int out;                  /* the day's folder */
	struct daybook *book;
	struct hostkeys *keys;
	struct loop *loop;
	struct worker *workers; /* job->jobs of them */
	size_t running;
	size_t next; /* the unit that is handed out next */
	int stops;   /* how often it was told to stop */
	struct show show;
	int64_t began;     /* seconds since 1970 */
	struct err broken; /* why it can not go on; text empty: it can */
};

/* 0: every unit is done; 1: some are not; -1: it could not be held at all. The
 * reports are written in the first two cases. */
int day_run(const struct job *, struct units *, struct err *);

/* How many units there are of each outcome. */
void day_count(const struct day *, size_t counts[static OUTCOMES]);

#endif
