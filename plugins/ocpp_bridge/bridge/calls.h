/* SPDX-License-Identifier: MIT */
#ifndef OCPP_CALLS_H
#define OCPP_CALLS_H

#include "judge.h"

/*
 * The CALLs that go one way through a pair: those that are open, each with the
 * shape its answer is judged by, and the gateway's own that wait for their
 * turn. At most CALLS_OPEN open (a hasty charger is forwarded, not punished;
 * beyond that the oldest is forgotten) and CALLS_WAITING waiting. Swept once a
 * second for MessageTimeout.
 */
#define CALLS_OPEN    8
#define CALLS_WAITING 32

struct pair;

struct call {
	char id[OCPP_ID_MAX * 4 + 1];
	size_t id_len;
	int shape;
	uint64_t at_ms;
	bool ours; /* its answer is for done */
	void (*done)(void *ctx, struct pair *, const struct frame *answer);
	void *ctx;
	char *text;      /* of one that waits; NULL when sent */
	uint64_t record; /* queue_record.number it replays, or 0 */
};

struct calls {
	struct call *open, *waiting; /* allocated when first needed */
	unsigned nopen, nwaiting;
};

#endif
