/* SPDX-License-Identifier: MIT */
/* A queue in the folder "q", for tests: short words for what is asked of it. */
#ifndef TEST_OCPP_QUEUE_H
#define TEST_OCPP_QUEUE_H

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "queue.h"

static char said[4096]; /* what the queue told its operator, line by line */

static inline void
hear(void *ctx, const char *line)
{
	size_t n = strlen(said);

	(void)ctx;
	(void)snprintf(said + n, sizeof(said) - n, "%s\n", line);
}

static inline struct queue *
queue_of(uint64_t bytes, uint32_t each)
{
	const struct queue_limits l = { bytes, each, hear, NULL };
	struct queue *q;
	struct err e;

	said[0] = '\0';
	if ((q = queue_open("q", &l, &e)) == NULL)
		(void)fprintf(stderr, "%s\n", e.text);
	return q;
}

static inline struct queue *
again(struct queue *q)
{
	queue_free(q);
	return queue_of(1 << 20, 10000);
}

static inline int
put_one(struct queue *q, const char *who, enum queue_kind kind,
    int32_t transaction, const char *text, size_t len, uint64_t *number)
{
	struct queue_record r = { .kind = kind,
		.version = 1,
		.at = 1000,
		.transaction = transaction,
		.mark = len,
		.text = text,
		.len = len };
	struct err e;
	int rc = queue_put(q, who, &r, &e);

	*number = r.number;
	return rc;
}

static inline uint64_t
put(struct queue *q, const char *who, enum queue_kind kind, const char *text)
{
	uint64_t number = 0;

	return put_one(q, who, kind, 0, text, strlen(text), &number) == 0
	    ? number
	    : 0;
}

/* All that is in order, "one two three", into out. */
static inline const char *
list(struct queue *q, const char *who)
{
	static char out[65536];
	struct queue_record r = { 0 };
	struct err e;
	size_t n = 0;

	out[0] = '\0';
	while (queue_next(q, who, r.number, &r, &e) == 1 &&
	    n + r.len + 2 < sizeof(out))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s",
		    n == 0 ? "" : " ", (int)r.len, r.text);
	return out;
}

#endif
