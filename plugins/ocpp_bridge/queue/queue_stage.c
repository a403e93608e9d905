/* SPDX-License-Identifier: MIT */
/*
 * The stage: what was asked for since the last commit, as the bytes that will
 * be written and what they will do to the index then. Memory alone; nothing
 * here touches the disk or the index.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "queue_in.h"

/* Of one turn of the loop. More is refused rather than kept in memory. */
#define STAGE_MAX (16u << 20)

static int
ops_grow(struct stage *s)
{
	uint32_t room = s->room == 0 ? 32 : s->room * 2;
	struct staged *more;

	if (s->n < s->room)
		return 0;
	if ((more = realloc(s->ops, room * sizeof(*more))) == NULL)
		return -1;
	s->ops = more;
	s->room = room;
	return 0;
}

int
stage_add(struct queue *q, const struct staged *op, const struct record *r,
    struct err *e)
{
	struct stage *s = &q->stage;
	uint32_t at = (uint32_t)s->bytes.len;

	if (op->kind == STAGE_PUT &&
	    at + RECORD_HEAD + r->idlen + r->len > STAGE_MAX)
		return err_set(e, ENOBUFS, "queue: too much at once");
	if (ops_grow(s) == -1)
		return err_set(e, ENOMEM, "queue: no memory");
	if (record_write(&s->bytes, r, e) == -1) {
		/* It may have run out of memory within the record. */
		s->bytes.len = at;
		s->bytes.bad = false;
		return -1;
	}
	s->ops[s->n] = *op;
	s->ops[s->n].at = at;
	s->ops[s->n].len = (uint32_t)s->bytes.len - at;
	if (op->kind == STAGE_PUT)
		s->putting += s->ops[s->n].len;
	s->n++;
	return 0;
}

/* Keeps the ops for which it holds that they are no puts, and their bytes, in
 * order and in place. */
static void
squeeze(struct stage *s)
{
	uint32_t to = 0, kept = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct staged op = s->ops[i];

		if (op.kind == STAGE_PUT || op.kind == STAGE_MOVE ||
		    op.kind == STAGE_MAP_MOVE)
			continue;
		memmove(s->bytes.p + to, s->bytes.p + op.at, op.len);
		op.at = to;
		to += op.len;
		s->ops[kept++] = op;
	}
	s->n = kept;
	s->bytes.len = to;
	s->putting = 0;
}

/* Cancels by number what a write that failed may have left on the disk: it was
 * refused, so it must not be there after a restart. */
static void
cancel(struct queue *q, const struct staged *op)
{
	const struct record r = { .type = RECORD_DONE,
		.kind = QUEUE_PERIODIC,
		.number = op->r.number,
		.identity = op->holder->identity,
		.idlen = strlen(op->holder->identity) };
	const struct staged done = { .kind = STAGE_DONE,
		.holder = op->holder,
		.r = { .number = op->r.number, .kind = QUEUE_PERIODIC } };
	struct err e;

	if (stage_add(q, &done, &r, &e) == -1)
		queue_say(q, "%s", e.text);
}

void
stage_keep(struct queue *q)
{
	uint32_t n = q->untaken ? q->stage.n : 0;

	/* The copy that a put's cancelling appends moves the array. */
	for (uint32_t i = 0; i < n; i++) {
		const struct staged op = q->stage.ops[i];

		if (op.kind == STAGE_PUT)
			cancel(q, &op);
	}
	squeeze(&q->stage);
}

void
stage_clear(struct queue *q)
{
	struct stage *s = &q->stage;

	/* A large turn does not keep its memory. */
	if (s->bytes.room > 64 * 1024) {
		bytes_free(&s->bytes);
		s->bytes = (struct bytes){ 0 };
	}
	s->bytes.len = 0;
	s->n = 0;
	s->putting = 0;
}
