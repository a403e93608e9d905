/* SPDX-License-Identifier: MIT */
/*
 * The index: charge points by name, their records by number. All that is known
 * of a record here was read from its file or is in it by now. Also the place
 * where the sums of bytes are kept: who adds and removes here needs to count
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "queue_in.h"

static unsigned
bucket_of(const char *identity, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)identity[i]) * 16777619u;
	return h % QUEUE_BUCKETS;
}

struct holder *
index_holder(struct queue *q, const char *identity, size_t len, bool make)
{
	struct holder **at = &q->buckets[bucket_of(identity, len)], *h;

	for (h = *at; h != NULL; h = h->next)
		if (strlen(h->identity) == len &&
		    memcmp(h->identity, identity, len) == 0)
			return h;
	if (!make || (h = calloc(1, sizeof(*h))) == NULL)
		return NULL;
	if ((h->identity = strndup(identity, len)) == NULL) {
		free(h);
		return NULL;
	}
	h->next = *at;
	return *at = h;
}

/* The first whose number is not below; n: none. */
static uint32_t
place_of(const struct holder *h, uint64_t number)
{
	uint32_t low = 0, high = h->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (h->entries[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct entry *
index_entry(struct holder *h, uint64_t number)
{
	uint32_t i = place_of(h, number);

	return i < h->n && h->entries[i].number == number ? &h->entries[i]
							  : NULL;
}

static void
count(struct queue *q, struct segment *s, uint32_t len, int sign)
{
	uint64_t by = (uint64_t)((int64_t)len * sign);

	s->live += by;
	q->live += by;
}

void
index_remove(struct queue *q, struct holder *h, struct entry *en)
{
	uint32_t i = (uint32_t)(en - h->entries);

	count(q, en->segment, en->len, -1);
	if (en->leaving) {
		q->leaving -= en->len;
		h->leaving--;
	}
	q->records--;
	h->n--;
	memmove(en, en + 1, (h->n - i) * sizeof(*en));
}

void
index_leaves(struct queue *q, struct holder *h, struct entry *en)
{
	en->leaving = 1;
	q->leaving += en->len;
	h->leaving++;
}

static int
entries_grow(struct holder *h)
{
	uint32_t room = h->room == 0 ? 8 : h->room * 2;
	struct entry *more;

	if (h->n < h->room)
		return 0;
	if ((more = realloc(h->entries, room * sizeof(*more))) == NULL)
		return -1;
	h->entries = more;
	h->room = room;
	return 0;
}

/* Is there none that is newer of its key? The older one goes; it is not marked
 * on the disk, since whoever reads that finds the newer one, too. */
static bool
is_latest(struct queue *q, struct holder *h, const struct entry *en)
{
	for (uint32_t i = h->n; i-- > 0;) {
		struct entry *old = &h->entries[i];

		if (old->kind != QUEUE_LATEST ||
		    old->transaction != en->transaction)
			continue;
		if (old->number > en->number)
			return false;
		index_remove(q, h, old);
	}
	return true;
}

int
index_add(struct queue *q, struct holder *h, const struct entry *en)
{
	struct entry *old = index_entry(h, en->number);
	uint32_t i;

	if (old != NULL)
		index_remove(q, h, old);
	if (entries_grow(h) == -1)
		return -1;
	if (en->kind == QUEUE_LATEST && !is_latest(q, h, en))
		return 0;
	i = place_of(h, en->number);
	memmove(&h->entries[i + 1], &h->entries[i],
	    (h->n - i) * sizeof(*h->entries));
	h->entries[i] = *en;
	h->n++;
	q->records++;
	count(q, en->segment, en->len, 1);
	return 0;
}

struct map *
index_mapped(struct holder *h, int32_t provisional)
{
	for (uint32_t i = 0; i < h->nmaps; i++)
		if (h->maps[i].provisional == provisional)
			return &h->maps[i];
	return NULL;
}

static void
unmap(struct queue *q, struct holder *h, struct map *m)
{
	count(q, m->segment, m->len, -1);
	*m = h->maps[--h->nmaps];
}

void
index_unmap(struct queue *q, struct holder *h, int32_t provisional)
{
	struct map *m = index_mapped(h, provisional);

	if (m != NULL)
		unmap(q, h, m);
}

static struct map *
oldest_map(struct holder *h)
{
	struct map *oldest = h->maps;

	for (uint32_t i = 1; i < h->nmaps; i++)
		if (h->maps[i].number < oldest->number)
			oldest = &h->maps[i];
	return oldest;
}

int
index_map(struct queue *q, struct holder *h, const struct map *m)
{
	uint32_t room = h->maps_room == 0 ? 4 : h->maps_room * 2;
	struct map *more;

	index_unmap(q, h, m->provisional);
	if (h->nmaps == QUEUE_MAPS_MAX)
		unmap(q, h, oldest_map(h));
	if (h->nmaps == h->maps_room) {
		more = realloc(h->maps, room * sizeof(*more));
		if (more == NULL)
			return -1;
		h->maps = more;
		h->maps_room = room;
	}
	h->maps[h->nmaps++] = *m;
	count(q, m->segment, m->len, 1);
	return 0;
}

/* What goes first; 0: never. */
static unsigned
rank(enum queue_kind kind)
{
	static const unsigned ranks[QUEUE_KINDS] = {
		[QUEUE_PERIODIC] = 3, [QUEUE_EVENT] = 2, [QUEUE_LATEST] = 1
	};

	return ranks[kind];
}

static bool
goes_before(const struct entry *a, const struct entry *b)
{
	if (b == NULL)
		return true;
	return rank(a->kind) != rank(b->kind) ? rank(a->kind) > rank(b->kind)
					      : a->number < b->number;
}

static struct entry *
victim_of(struct holder *h, enum queue_kind kind, struct entry *so_far)
{
	for (uint32_t i = 0; i < h->n; i++) {
		struct entry *en = &h->entries[i];

		if (!en->leaving && rank(en->kind) > 0 &&
		    rank(en->kind) >= rank(kind) && goes_before(en, so_far))
			so_far = en;
	}
	return so_far;
}

struct entry *
index_victim(struct queue *q, struct holder **of, enum queue_kind kind)
{
	struct entry *best = NULL, *now;

	if (*of != NULL)
		return victim_of(*of, kind, NULL);
	for (unsigned i = 0; i < QUEUE_BUCKETS; i++)
		for (struct holder *h = q->buckets[i]; h != NULL; h = h->next)
			if ((now = victim_of(h, kind, best)) != best) {
				best = now;
				*of = h;
			}
	return best;
}

void
index_free(struct queue *q)
{
	for (unsigned i = 0; i < QUEUE_BUCKETS; i++)
		for (struct holder *h = q->buckets[i], *next; h != NULL;
		     h = next) {
			next = h->next;
			free(h->identity);
			free(h->entries);
			free(h->maps);
			free(h);
		}
}
