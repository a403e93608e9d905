/* SPDX-License-Identifier: MIT */
/*
 * What the bridge asks of the queue. Everything that changes something is
 * staged (queue_stage.c) and becomes true with queue_commit(); everything that
 * is read is what the disk holds.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue_in.h"

#define BYTES_LEAST (1u << 20)
/* -1 is what a charge point says that was given no id (1.6 errata 3.18). */
#define ID_NONE (-1)

void
queue_say(const struct queue *q, const char *fmt, ...)
{
	char line[ERR_TEXT_MAX + 64];
	int n = snprintf(line, sizeof(line), "store: ");
	va_list ap;

	if (q->limits.say == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	q->limits.say(q->limits.ctx, line);
}

void
queue_limit(struct queue *q, const struct queue_limits *l)
{
	q->limits = *l;
	if (q->limits.bytes < BYTES_LEAST)
		q->limits.bytes = BYTES_LEAST;
	if (q->limits.records_each == 0)
		q->limits.records_each = 1;
}

struct queue *
queue_open(const char *folder, const struct queue_limits *l, struct err *e)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return (void)err_set(e, ENOMEM, "queue: no memory"), NULL;
	q->dir = -1;
	q->lowest = ID_NONE;
	/* A file of an earlier run may end anywhere: it gets no more. */
	q->shut = true;
	q->text.limit = RECORD_MAX;
	queue_limit(q, l);
	if (disk_open(q, folder, e) == -1 || recover(q, e) == -1) {
		queue_free(q);
		return NULL;
	}
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (struct segment *s = q->oldest, *next; s != NULL; s = next) {
		next = s->next;
		(void)close(s->fd);
		free(s);
	}
	if (q->dir != -1)
		(void)close(q->dir);
	index_free(q);
	bytes_free(&q->stage.bytes);
	bytes_free(&q->text);
	free(q->stage.ops);
	free(q);
}

int
queue_put(struct queue *q, const char *identity, struct queue_record *r,
    struct err *e)
{
	size_t idlen = strlen(identity);
	struct holder *h = index_holder(q, identity, idlen, true);
	struct record rec = { .type = RECORD_PUT,
		.kind = r->kind,
		.version = r->version,
		.attempts = r->attempts,
		.transaction = r->transaction,
		.mark = r->mark,
		.at = r->at,
		.identity = identity,
		.idlen = idlen,
		.text = r->text,
		.len = r->len };
	struct staged op = { .kind = STAGE_PUT, .holder = h };
	int rc;

	if (h == NULL)
		return err_set(e, ENOMEM, "queue: no memory");
	if (r->len == 0 || idlen == 0)
		return err_set(e, EINVAL, "queue: an empty record");
	rc = room_for(q, h, r->kind, RECORD_HEAD + idlen + r->len, e);
	if (rc != 0)
		return rc;
	rec.number = r->number = q->number + 1;
	op.r = *r;
	op.r.text = NULL;
	if (stage_add(q, &op, &rec, e) == -1)
		return -1;
	q->number++;
	return 0;
}

static struct holder *
holder_of(struct queue *q, const char *identity)
{
	return index_holder(q, identity, strlen(identity), false);
}

int
queue_end(struct queue *q, struct holder *h, struct entry *en, struct err *e)
{
	const struct record rec = { .type = RECORD_DONE,
		.kind = (enum queue_kind)en->kind,
		.transaction = en->transaction,
		.number = en->number,
		.identity = h->identity,
		.idlen = strlen(h->identity) };
	const struct staged op = { .kind = STAGE_DONE,
		.holder = h,
		.r = { .number = en->number,
		    .kind = rec.kind,
		    .transaction = en->transaction } };

	if (stage_add(q, &op, &rec, e) == -1)
		return -1;
	index_leaves(q, h, en);
	return 0;
}

static struct entry *
find(struct queue *q, const char *identity, uint64_t number, struct holder **h)
{
	struct entry *en;

	if ((*h = holder_of(q, identity)) == NULL)
		return NULL;
	en = index_entry(*h, number);
	return en == NULL || en->leaving ? NULL : en;
}

int
queue_done(
    struct queue *q, const char *identity, uint64_t number, struct err *e)
{
	struct holder *h;
	struct entry *en = find(q, identity, number, &h);

	return en == NULL ? 0 : queue_end(q, h, en, e);
}

/* The number of attempts, not one more: it may come to the disk twice. */
int
queue_tried(
    struct queue *q, const char *identity, uint64_t number, struct err *e)
{
	struct holder *h;
	struct entry *en = find(q, identity, number, &h);
	struct record rec = { .type = RECORD_TRIED,
		.number = number,
		.identity = identity,
		.idlen = strlen(identity) };
	struct staged op = {
		.kind = STAGE_TRIED, .holder = h, .r = { .number = number }
	};

	if (en == NULL || en->attempts == UINT16_MAX)
		return 0;
	rec.attempts = op.r.attempts = en->attempts + 1u;
	return stage_add(q, &op, &rec, e);
}

int
queue_provisional(struct queue *q, int32_t *id, struct err *e)
{
	if (q->lowest == INT32_MIN)
		return err_set(
		    e, ERANGE, "queue: all provisional ids are used up");
	*id = --q->lowest;
	return 0;
}

int
queue_map(struct queue *q, const char *identity, int32_t provisional,
    int32_t real, struct err *e)
{
	size_t idlen = strlen(identity);
	struct holder *h = index_holder(q, identity, idlen, true);
	const struct record rec = { .type = RECORD_MAP,
		.number = q->number + 1,
		.transaction = provisional,
		.real = real,
		.identity = identity,
		.idlen = idlen };
	const struct staged op = { .kind = STAGE_MAP,
		.holder = h,
		.r = { .number = q->number + 1, .transaction = provisional },
		.real = real };

	if (h == NULL)
		return err_set(e, ENOMEM, "queue: no memory");
	if (stage_add(q, &op, &rec, e) == -1)
		return -1;
	q->number++;
	return 0;
}
