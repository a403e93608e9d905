/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CHARGER_IN_H
#define OCPP_CHARGER_IN_H

#include <limits.h>
#include <pthread.h>

#include "charger.h"

/* What charger.c and charger_save.c share. */
struct chargers {
	int folder;
	unsigned most;
	void (*log)(void *ctx, const char *line);
	void *ctx;
	struct charger **all; /* in order of identity */
	size_t n, room;
	pthread_mutex_t lock; /* held while a record is written */
	unsigned files;       /* in the folder */
	bool full;            /* that it is was told */
};

int chargers_name(
    const char *identity, char out[static NAME_MAX + 1], struct err *);
void chargers_say(const struct chargers *, const char *what, const char *name,
    const struct err *);

#endif
