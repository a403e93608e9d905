/* SPDX-License-Identifier: MIT */
#ifndef CREW_H
#define CREW_H

#include "err.h"
#include "loop.h"

/*
 * A few threads for what waits: name lookups, TLS handshakes whose key a TPM
 * holds. work() runs on one of them, done() afterwards on the loop's thread.
 * crew_forget() promises that done() is not called; work() may still be running
 * and must own all it touches: its ctx is given to drop() when it has ended, on
 * the loop's thread as well (at once if it never began).
 */
struct crew;

struct crew *crew_new(struct loop *, unsigned threads, struct err *);
/* Waits for what is running; all jobs are dropped. */
void crew_free(struct crew *);

struct crew_job {
	void (*work)(void *ctx);
	void (*done)(void *ctx); /* ctx is the taker's again */
	void (*drop)(void *ctx); /* instead of done, when forgotten */
};
/* An id > 0, or -1: the crew has too much to do already. */
int crew_add(struct crew *, const struct crew_job *, void *ctx, struct err *);
void crew_forget(struct crew *, int id);

#endif
