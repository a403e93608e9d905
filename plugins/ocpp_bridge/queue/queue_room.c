/* SPDX-License-Identifier: MIT */
/*
 * Who goes when there is no room: meter values before security events before
 * the states of connectors, the oldest first; the start and the stop of a
 * transaction never. What comes is of that order, too: a meter value drives out
 * an older one, and nothing else.
 */
#include <errno.h>

#include "queue_in.h"

/*
 * Half of what the disk gives: what is delivered and not yet compacted takes
 * half as much again, and a file that is copied stands there twice.
 */
static uint64_t
live_max(const struct queue *q)
{
	return q->limits.bytes / 2;
}

static bool
is_full(const struct queue *q, size_t len)
{
	return q->live - q->leaving + q->stage.putting + len > live_max(q);
}

static bool
has_its_share(const struct queue *q, const struct holder *h)
{
	uint32_t n = h->n - h->leaving;

	for (uint32_t i = 0; i < q->stage.n; i++)
		if (q->stage.ops[i].kind == STAGE_PUT &&
		    q->stage.ops[i].holder == h)
			n++;
	return n >= q->limits.records_each;
}

/* 0: one less; as room_for() else. */
static int
drop_one(struct queue *q, struct holder *h, enum queue_kind kind, struct err *e)
{
	struct entry *en = index_victim(q, &h, kind);

	if (en != NULL) {
		if (queue_end(q, h, en, e) == -1)
			return -1;
	} else if (kind == QUEUE_START || kind == QUEUE_STOP)
		return err_set(
		    e, ENOSPC, "queue: no room but that of starts and stops");
	q->dropped++;
	q->dropping++;
	return en == NULL;
}

int
room_for(struct queue *q, struct holder *h, enum queue_kind kind, size_t len,
    struct err *e)
{
	int rc = 0;

	while (rc == 0 && has_its_share(q, h))
		rc = drop_one(q, h, kind, e);
	while (rc == 0 && is_full(q, len))
		rc = drop_one(q, NULL, kind, e);
	return rc;
}
