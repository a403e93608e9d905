/* SPDX-License-Identifier: MIT */
/*
 * What is asked of the queue without changing it. Texts are read from the disk
 * each time: a charge point that is away for a month costs no memory for them.
 */
#include <errno.h>
#include <string.h>

#include "queue_in.h"

static struct holder *
holder_of(struct queue *q, const char *identity)
{
	return index_holder(q, identity, strlen(identity), false);
}

static int
give(struct queue *q, struct holder *h, struct entry *en,
    struct queue_record *out, struct err *e)
{
	struct record r;

	if (disk_read(q, en, &r, e) == -1) {
		/* What can not be read now can not be sent; the next start
		 * finds the damage and keeps the file for a person. */
		if (e->code != ENOMEM) {
			queue_say(q, "%s: a record is lost: %s", h->identity,
			    e->text);
			en->segment->damaged = true;
			index_remove(q, h, en);
		}
		return -1;
	}
	*out = (struct queue_record){ .number = r.number,
		.kind = r.kind,
		.version = r.version,
		.attempts = en->attempts,
		.at = r.at,
		.transaction = r.transaction,
		.mark = r.mark,
		.text = r.text,
		.len = r.len };
	return 1;
}

int
queue_next(struct queue *q, const char *identity, uint64_t after,
    struct queue_record *r, struct err *e)
{
	struct holder *h = holder_of(q, identity);

	for (uint32_t i = 0; h != NULL && i < h->n; i++) {
		struct entry *en = &h->entries[i];

		if (en->number > after && en->kind != QUEUE_LATEST &&
		    !en->leaving)
			return give(q, h, en, r, e);
	}
	return 0;
}

int
queue_latest(struct queue *q, const char *identity, struct queue_record *r,
    struct err *e)
{
	struct holder *h = holder_of(q, identity);
	struct entry *first = NULL;

	for (uint32_t i = 0; h != NULL && i < h->n; i++) {
		struct entry *en = &h->entries[i];

		if (en->kind == QUEUE_LATEST && !en->leaving &&
		    (first == NULL || en->transaction < first->transaction))
			first = en;
	}
	return first == NULL ? 0 : give(q, h, first, r, e);
}

bool
queue_knows(struct queue *q, const char *identity)
{
	return holder_of(q, identity) != NULL;
}

static bool
is_staged(const struct queue *q, const struct holder *h, uint8_t version)
{
	for (uint32_t i = 0; i < q->stage.n; i++) {
		const struct staged *op = &q->stage.ops[i];

		if (op->kind == STAGE_PUT && op->holder == h &&
		    op->r.kind != QUEUE_LATEST &&
		    (op->r.version & 7) == (version & 7))
			return true;
	}
	return false;
}

bool
queue_waits(struct queue *q, const char *identity, uint8_t version)
{
	const struct holder *h = holder_of(q, identity);

	for (uint32_t i = 0; h != NULL && i < h->n; i++)
		if (h->entries[i].kind != QUEUE_LATEST &&
		    h->entries[i].version == (version & 7))
			return true;
	return h != NULL && is_staged(q, h, version);
}

uint64_t
queue_latest_of(struct queue *q, const char *identity, int32_t key)
{
	const struct holder *h = holder_of(q, identity);

	for (uint32_t i = 0; h != NULL && i < h->n; i++) {
		const struct entry *en = &h->entries[i];

		if (en->kind == QUEUE_LATEST && en->transaction == key &&
		    !en->leaving)
			return en->number;
	}
	return 0;
}

bool
queue_last(struct queue *q, const char *identity, struct queue_record *r)
{
	const struct holder *h = holder_of(q, identity);

	if (h == NULL || h->last.number == 0)
		return false;
	*r = h->last;
	r->text = NULL;
	r->len = 0;
	return true;
}

static bool
is_start_of(enum queue_kind kind, int32_t transaction, int32_t id)
{
	return kind == QUEUE_START && transaction == id;
}

bool
queue_gave(struct queue *q, const char *identity, int32_t id)
{
	struct holder *h = holder_of(q, identity);
	int32_t real;

	if (h == NULL || id == 0)
		return false;
	for (uint32_t i = 0; i < h->n; i++)
		if (is_start_of((enum queue_kind)h->entries[i].kind,
			h->entries[i].transaction, id))
			return true;
	for (uint32_t i = 0; i < q->stage.n; i++) {
		const struct staged *op = &q->stage.ops[i];

		if (op->holder == h && op->kind == STAGE_PUT &&
		    is_start_of(op->r.kind, op->r.transaction, id))
			return true;
	}
	return queue_mapped(q, identity, id, &real);
}

bool
queue_mapped(
    struct queue *q, const char *identity, int32_t provisional, int32_t *real)
{
	struct holder *h = holder_of(q, identity);
	const struct map *m = h == NULL ? NULL : index_mapped(h, provisional);

	if (m == NULL)
		return false;
	*real = m->real;
	return true;
}

bool
queue_unmapped(
    struct queue *q, const char *identity, int32_t real, int32_t *provisional)
{
	const struct holder *h = holder_of(q, identity);

	for (uint32_t i = 0; h != NULL && i < h->nmaps; i++)
		if (h->maps[i].real == real) {
			*provisional = h->maps[i].provisional;
			return true;
		}
	return false;
}

static void
add_figures(const struct holder *h, struct queue_figures *f)
{
	for (uint32_t i = 0; i < h->n; i++) {
		const struct entry *en = &h->entries[i];

		if (en->leaving)
			continue;
		f->records++;
		f->bytes += en->len;
		if (f->oldest_at == 0 || en->put_at < f->oldest_at)
			f->oldest_at = en->put_at;
	}
}

void
queue_figures(struct queue *q, const char *identity, struct queue_figures *f)
{
	const struct holder *one =
	    identity == NULL ? NULL : holder_of(q, identity);

	*f = (struct queue_figures){ .dropped = q->dropped, .disk = q->disk };
	if (one != NULL)
		add_figures(one, f);
	for (unsigned i = 0; identity == NULL && i < QUEUE_BUCKETS; i++)
		for (const struct holder *h = q->buckets[i]; h != NULL;
		     h = h->next)
			add_figures(h, f);
}

void
queue_each(
    struct queue *q, void (*fn)(void *ctx, const char *identity), void *ctx)
{
	for (unsigned i = 0; i < QUEUE_BUCKETS; i++)
		for (const struct holder *h = q->buckets[i]; h != NULL;
		     h = h->next)
			if (h->n > h->leaving)
				fn(ctx, h->identity);
}
