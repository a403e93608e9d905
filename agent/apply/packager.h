/* SPDX-License-Identifier: MIT */
#ifndef PACKAGER_H
#define PACKAGER_H

#include <stddef.h>

#include "agent.h"
#include "err.h"

/*
 * One run of dpkg or opkg, through ingot-packager, which knows their
 * arguments. Never waits: said is called for each line that may be shown, done
 * once at the end, from the loop, with NULL or the reason; then the run is
 * gone.
 *
 * What dpkg and opkg say themselves may be shown; what the scripts of packages
 * print is read and dropped, for nobody knows what is in it.
 */
struct packager;
typedef void packager_said(void *ctx, const char *line);
typedef void packager_done(void *ctx, const struct err *why);

struct packager_order {
	const char *manager;         /* "dpkg" or "opkg" */
	const char *verb;            /* "install", "configure", "purge" ... */
	const char *const *operands; /* absolute paths or names */
	size_t count;
	packager_said *said; /* or NULL */
	packager_done *done;
	void *ctx;
};

/* The order need not outlive the call. NULL: failed, done is not called. */
struct packager *
packager_run(struct agent *, const struct packager_order *, struct err *);
/* Stops it with all it started, without calling done. NULL is fine. */
void packager_stop(struct packager *);

/* Is it a line of dpkg or opkg itself? before: the line before was an error,
 * whose further lines begin with a space. Cleans it for a log, in place. */
bool packager_line(char *line, bool before);

#endif
