/* SPDX-License-Identifier: MIT */
#ifndef CREW_H
#define CREW_H

#include "err.h"
#include "loop.h"

/*
 * A few threads for what waits: name lookups, TLS handshakes whose key a TPM
 * holds. work() runs on one of them, done() afterwards on the loop's thread.
 * crew_forget() promises that done() is not called; work() may still be running
 * and must own all it touches: its ctx is given to drop() when it has ended.
 */
struct crew;

struct crew *crew_new(struct loop *, unsigned threads, struct err *);
void crew_free(struct crew *); /* waits for what is running */

struct crew_job {
	void (*work)(void *ctx);
	void (*done)(void *ctx); /* ctx is the taker's again */
	void (*drop)(void *ctx); /* instead of done, when forgotten */
};
/* An id > 0, or -1: the crew has too much to do already. */
int crew_add(struct crew *, const struct crew_job *, void *ctx, struct err *);
void crew_forget(struct crew *, int id);

#endif
