/* SPDX-License-Identifier: MIT */
/*
 * Room is made from the oldest file on: what in it is still kept is written
 * again at the end of the log, under its old number; when that is durable the
 * file goes. A crash in between leaves a record twice with one number, which is
 * one record to whoever reads.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "queue_in.h"

/* A folder that is listed quickly, and descriptors that a process has. */
#define SEGMENTS_MAX 96
/* Nobody waits long for his answer because of the order in old files. */
#define STEPS_A_COMMIT 2

/* Is what is delivered, and still there, too much? Less than twice what is
 * copied for it would be written again and again. */
static bool
is_due(const struct queue *q)
{
	uint64_t waste = q->disk - q->live, least = 2 * disk_segment_size(q);

	/* Nobody's charging sessions lie about when all is delivered. */
	if (q->live == 0)
		return q->disk > 4 * 1024;
	return q->segments > SEGMENTS_MAX ||
	    (waste > least && waste > q->live / 2);
}

static void
lost(struct queue *q, struct holder *h, struct entry *en, const struct err *e)
{
	queue_say(q, "%s: a record is lost: %s", h->identity, e->text);
	en->segment->damaged = true;
	index_remove(q, h, en);
}

/* What of that charge point is in the oldest file. */
static int
move_entries(struct queue *q, struct holder *h, struct err *e)
{
	struct record r;

	for (uint32_t i = h->n; i-- > 0;) {
		struct entry *en = &h->entries[i];
		struct staged op = { .kind = STAGE_MOVE, .holder = h };

		if (en->segment != q->oldest)
			continue;
		if (disk_read(q, en, &r, e) == -1) {
			if (e->code == ENOMEM)
				return -1;
			lost(q, h, en, e);
			continue;
		}
		r.attempts = en->attempts;
		op.r = (struct queue_record){ .number = r.number,
			.kind = r.kind,
			.version = r.version,
			.attempts = r.attempts,
			.at = r.at,
			.transaction = r.transaction,
			.mark = r.mark };
		if (stage_add(q, &op, &r, e) == -1)
			return -1;
	}
	return 0;
}

static int
move_maps(struct queue *q, struct holder *h, struct err *e)
{
	for (uint32_t i = 0; i < h->nmaps; i++) {
		const struct map *m = &h->maps[i];
		const struct record r = { .type = RECORD_MAP,
			.number = m->number,
			.transaction = m->provisional,
			.real = m->real,
			.identity = h->identity,
			.idlen = strlen(h->identity) };
		const struct staged op = { .kind = STAGE_MAP_MOVE,
			.holder = h,
			.r = { .number = m->number,
			    .transaction = m->provisional },
			.real = m->real };

		if (m->segment == q->oldest && stage_add(q, &op, &r, e) == -1)
			return -1;
	}
	return 0;
}

static int
move_all(struct queue *q, struct err *e)
{
	for (unsigned i = 0; i < QUEUE_BUCKETS; i++)
		for (struct holder *h = q->buckets[i]; h != NULL; h = h->next)
			if (move_entries(q, h, e) == -1 ||
			    move_maps(q, h, e) == -1)
				return -1;
	return commit_stage(q, e);
}

/*
 * The newest file is never taken away: it knows which numbers were used. When
 * nothing is kept at all it is followed by one that holds its head alone, and
 * then goes as any other.
 */
static int
step(struct queue *q, struct err *e)
{
	const struct bytes nothing = { 0 };
	struct segment *s;
	uint32_t at;

	if (q->oldest == q->newest) {
		q->shut = true;
		if (q->live == 0 && disk_append(q, &nothing, &s, &at, e) == -1)
			return -1;
	}
	if (q->oldest->live > 0 && move_all(q, e) == -1) {
		stage_keep(q);
		return -1;
	}
	if (q->oldest->live > 0 || q->oldest == q->newest)
		return err_set(e, EBUSY, "queue: a file that is still in use");
	return disk_drop_oldest(q, e);
}

void
queue_compact(struct queue *q)
{
	unsigned most = STEPS_A_COMMIT;
	struct err e;

	/* Files in which nothing is kept go at once: it costs no copy. */
	while ((q->oldest != q->newest && q->oldest->live == 0) ||
	    (is_due(q) && most > 0)) {
		most -= q->oldest->live == 0 ? 0 : 1;
		if (step(q, &e) == -1) {
			queue_say(q, "not compacted: %s", e.text);
			return;
		}
	}
}

void
compact_damaged(struct queue *q)
{
	const struct segment *s = q->oldest;
	struct err e;

	while (s != NULL && !s->damaged)
		s = s->next;
	for (uint64_t last = s == NULL ? 0 : s->seq;
	     s != NULL && q->oldest != NULL && q->oldest->seq <= last;)
		if (step(q, &e) == -1) {
			queue_say(q, "not set aside: %s", e.text);
			return;
		}
}
