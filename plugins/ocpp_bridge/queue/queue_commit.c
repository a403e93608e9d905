/* SPDX-License-Identifier: MIT */
/*
 * One write and one fdatasync for all that was staged, and only then the index.
 */
#include <errno.h>

#include "queue_in.h"

/* Where the record stands. */
struct written {
	struct segment *segment;
	uint32_t at;
};

/* Puts, and copies of what was put. */
static int
apply_put(struct queue *q, const struct staged *op, const struct written *w)
{
	const struct queue_record *r = &op->r;
	const struct entry en = { .number = r->number,
		.segment = w->segment,
		.at = w->at,
		.len = op->len,
		.transaction = r->transaction,
		.put_at = (uint32_t)r->at,
		.attempts = (uint16_t)r->attempts,
		.kind = (uint8_t)r->kind & 0xf,
		.version = r->version & 7 };

	/* A copy that compaction made is read like any other. */
	if (r->kind != QUEUE_LATEST && r->number >= op->holder->last.number)
		op->holder->last = *r;
	return index_add(q, op->holder, &en);
}

static int
apply_done(struct queue *q, const struct staged *op, const struct written *w)
{
	struct entry *en = index_entry(op->holder, op->r.number);

	(void)w;
	if (en != NULL)
		index_remove(q, op->holder, en);
	if (op->r.kind == QUEUE_STOP && op->r.transaction != 0)
		index_unmap(q, op->holder, op->r.transaction);
	return 0;
}

static int
apply_tried(struct queue *q, const struct staged *op, const struct written *w)
{
	struct entry *en = index_entry(op->holder, op->r.number);

	(void)q;
	(void)w;
	if (en != NULL)
		en->attempts = (uint16_t)op->r.attempts;
	return 0;
}

static int
apply_map(struct queue *q, const struct staged *op, const struct written *w)
{
	const struct map m = { .segment = w->segment,
		.number = op->r.number,
		.provisional = op->r.transaction,
		.real = op->real,
		.len = op->len };

	return index_map(q, op->holder, &m);
}

static int (*const applies[])(
    struct queue *, const struct staged *, const struct written *) = {
	[STAGE_PUT] = apply_put,
	[STAGE_DONE] = apply_done,
	[STAGE_TRIED] = apply_tried,
	[STAGE_MAP] = apply_map,
	[STAGE_MOVE] = apply_put,
	[STAGE_MAP_MOVE] = apply_map,
};

int
apply(struct queue *q, const struct staged *op, struct segment *s, uint32_t at)
{
	const struct written w = { s, at };

	return applies[op->kind](q, op, &w);
}

int
commit_stage(struct queue *q, struct err *e)
{
	struct segment *s;
	uint32_t at, lost = 0;

	if (q->stage.n == 0)
		return 0;
	if (disk_append(q, &q->stage.bytes, &s, &at, e) == -1) {
		stage_keep(q);
		return -1;
	}
	for (uint32_t i = 0; i < q->stage.n; i++) {
		const struct staged *op = &q->stage.ops[i];

		if (apply(q, op, s, at + op->at) == -1)
			lost++;
	}
	stage_clear(q);
	/* They are on the disk, and the next start finds them. */
	if (lost > 0)
		queue_say(q, "no memory for %u records that are kept", lost);
	return 0;
}

int
queue_commit(struct queue *q, struct err *e)
{
	bool had = q->stage.n > 0;

	if (commit_stage(q, e) == -1)
		return -1;
	if (q->dropping > 0)
		queue_say(q, "no room: %llu records dropped",
		    (unsigned long long)q->dropping);
	q->dropping = 0;
	if (had)
		queue_compact(q);
	return 0;
}

bool
queue_is_staged(const struct queue *q)
{
	return q->stage.n > 0;
}
