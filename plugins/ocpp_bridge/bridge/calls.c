/* SPDX-License-Identifier: MIT */
/*
 * One is open as a rule, so they are walked, not hashed. The arrays begin with
 * room for a few, double when a side is hasty, and stay: no CALL allocates that
 * comes when as many were open before.
 */
#include <stdlib.h>
#include <string.h>

#include "calls.h"

#define ROOM_FIRST 4 /* the limits are powers of two times this */
_Static_assert(CALLS_OPEN % ROOM_FIRST == 0 && CALLS_WAITING % ROOM_FIRST == 0,
    "room doubles up to the limit");

/* FNV-1a: tells ids of one connection apart; whoever makes two collide cheats
 * himself alone. */
static uint64_t
hash(const char *p, size_t len)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211u;
	return h;
}

/* "A" and "\u0041" are one: the same id may come back written otherwise. */
static bool
unescaped(struct call *c, struct span id)
{
	struct span quoted = { id.p - 1, id.len + 2 };

	if (memchr(id.p, '\\', id.len) == NULL ||
	    judge_text(quoted, c->id, sizeof(c->id)) == -1)
		return false;
	c->id_len = strlen(c->id);
	c->id_hash = hash(c->id, c->id_len);
	return true;
}

void
call_id_is(struct call *c, struct span id)
{
	size_t kept = id.len < CALL_ID_MAX ? id.len : CALL_ID_MAX;

	if (id.len == 0) {
		c->id[0] = '\0';
		c->id_len = 0;
		c->id_hash = 0;
		return;
	}
	if (unescaped(c, id))
		return;
	memcpy(c->id, id.p, kept);
	c->id[kept] = '\0';
	c->id_len = id.len;
	c->id_hash = hash(id.p, id.len);
}

static bool
same(const struct call *a, const struct call *b)
{
	return a->id_hash == b->id_hash && a->id_len == b->id_len &&
	    strcmp(a->id, b->id) == 0;
}

struct call *
calls_find(struct calls *s, const struct call *like)
{
	for (unsigned i = 0; i < s->nopen; i++)
		if (same(&s->open[i], like))
			return &s->open[i];
	return NULL;
}

/* Order is kept: the oldest is the first. */
static void
take_at(struct calls *s, unsigned i, struct call *out)
{
	*out = s->open[i];
	s->nopen--;
	s->ours -= out->ours ? 1 : 0;
	memmove(
	    &s->open[i], &s->open[i + 1], (s->nopen - i) * sizeof(*s->open));
}

/* Room for one more, at most `most`. */
static int
grow(struct call **all, unsigned n, unsigned *room, unsigned most)
{
	unsigned more = *room == 0 ? ROOM_FIRST : *room * 2;
	struct call *bigger;

	if (n < *room)
		return 0;
	if (n == most)
		return -1;
	bigger = realloc(*all, more * sizeof(**all));
	if (bigger == NULL)
		return -1;
	*all = bigger;
	*room = more;
	return 0;
}

int
calls_add(struct calls *s, const struct call *c, struct call *lost)
{
	lost->id_len = 0;
	if (s->nopen == CALLS_OPEN)
		take_at(s, 0, lost);
	if (grow(&s->open, s->nopen, &s->open_room, CALLS_OPEN) == -1)
		return -1;
	s->open[s->nopen] = *c;
	s->open[s->nopen].text = NULL;
	s->nopen++;
	s->ours += c->ours ? 1 : 0;
	return 0;
}

bool
calls_take(struct calls *s, const struct call *like, struct call *out)
{
	struct call *c = calls_find(s, like);

	if (c == NULL)
		return false;
	take_at(s, (unsigned)(c - s->open), out);
	return true;
}

bool
calls_late(struct calls *s, uint64_t at_ms, struct call *out)
{
	for (unsigned i = 0; i < s->nopen; i++)
		if (s->open[i].at_ms < at_ms) {
			take_at(s, i, out);
			return true;
		}
	return false;
}

/* An answer without a done is taken and told to nobody. */
void
calls_orphan(struct calls *s)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->nopen; i++)
		if (!s->open[i].ours) {
			s->open[i].ours = true;
			s->open[i].done = NULL;
			s->ours++;
		}
	for (unsigned i = 0; i < s->nwaiting; i++) {
		if (s->waiting[i].ours) {
			s->waiting[kept++] = s->waiting[i];
			continue;
		}
		s->waiting_bytes -= s->waiting[i].text_len;
		free(s->waiting[i].text);
	}
	s->nwaiting = kept;
}

bool
calls_any(struct calls *s, struct call *out)
{
	if (s->nopen == 0)
		return false;
	take_at(s, 0, out);
	return true;
}

int
calls_wait(struct calls *s, const struct call *c, size_t most)
{
	if (grow(&s->waiting, s->nwaiting, &s->waiting_room, CALLS_WAITING) ==
	    -1)
		return -1;
	if (s->waiting_bytes > most || c->text_len > most - s->waiting_bytes)
		return -1;
	s->waiting[s->nwaiting++] = *c;
	s->waiting_bytes += c->text_len;
	return 0;
}

bool
calls_waited(struct calls *s, struct call *out)
{
	if (s->nwaiting == 0)
		return false;
	*out = s->waiting[0];
	s->nwaiting--;
	s->waiting_bytes -= out->text_len;
	memmove(
	    &s->waiting[0], &s->waiting[1], s->nwaiting * sizeof(*s->waiting));
	return true;
}

/* One of the other side's goes out beside its own that are open: only ours keep
 * the order of one at a time. */
bool
calls_next(struct calls *s, struct call *out)
{
	if (s->nwaiting == 0 || s->ours > 0 ||
	    (s->waiting[0].ours && s->nopen > 0))
		return false;
	return calls_waited(s, out);
}

void
calls_answered(struct calls *s, const struct call *c)
{
	s->recent[s->nrecent++ % CALLS_RECENT] = c->id_hash;
}

bool
calls_recent(const struct calls *s, const struct call *like)
{
	unsigned n = s->nrecent < CALLS_RECENT ? s->nrecent : CALLS_RECENT;

	for (unsigned i = 0; i < n; i++)
		if (s->recent[i] == like->id_hash)
			return true;
	return false;
}

void
calls_free(struct calls *s)
{
	for (unsigned i = 0; i < s->nwaiting; i++)
		free(s->waiting[i].text);
	free(s->waiting);
	free(s->open);
	*s = (struct calls){ 0 };
}
