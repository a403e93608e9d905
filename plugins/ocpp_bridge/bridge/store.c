/* SPDX-License-Identifier: MIT */
/*
 * Store mode: the table of messages that it has to do with, its beginning and
 * end, and the turn: what charge points said in one turn of the loop is made
 * durable together, and then answered. OCPP 1.6 3.7; OCPP 2.0.1 part 4, 6.3
 * with the errata of 2025-02 (2.1: 2025-06), E04, E13.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "store_in.h"

#define V16     (1u << OCPP_16)
#define V2X     (1u << OCPP_201 | 1u << OCPP_21)
#define FOLDER  "store"
#define LATE_MS 1000 /* until a commit that failed is tried again */

const struct pair_handled store_handled[] = {
	{ V16, OCPP_UP, "StartTransaction", store_asked, store_answered },
	{ V16, OCPP_UP, "StopTransaction", store_asked, store_answered },
	{ V16 | V2X, OCPP_UP, "MeterValues", store_asked, store_answered },
	{ V2X, OCPP_UP, "TransactionEvent", store_asked, store_answered },
	{ V16 | V2X, OCPP_UP, "SecurityEventNotification", store_asked,
	    store_answered },
	{ V16 | V2X, OCPP_UP, "StatusNotification", store_state_asked, NULL },
	{ V16 | V2X, OCPP_UP, "BootNotification", NULL, store_boot_answered },
	{ V16, OCPP_DOWN, "RemoteStopTransaction", store_stop_asked, NULL },
	{ V16, OCPP_DOWN, "SetChargingProfile", store_profile_asked, NULL },
	{ V2X, OCPP_DOWN, "GetTransactionStatus", store_status_asked, NULL },
	{ 0 },
};

const char *
store_who(const struct pair *p)
{
	return p->charger->identity;
}

void
store_log(const struct store *s, const char *fmt, ...)
{
	char line[ERR_TEXT_MAX + OCPP_IDENTITY_MAX + 64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (s->host.log != NULL)
		s->host.log(s->host.ctx, line);
}

static void
say(void *ctx, const char *line)
{
	store_log(ctx, "%s", line);
}

static struct queue_limits
limits_of(struct store *s)
{
	return (struct queue_limits){ .bytes = s->set->limits.store_bytes,
		.records_each = s->set->limits.store_records,
		.say = say,
		.ctx = s };
}

struct store *
store_new(struct bridge *b, struct loop *l, const struct bridge_host *host,
    const struct ocpp_settings *set, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	own_bytes struct bytes folder = { 0 };
	struct queue_limits limits;

	bytes_fmt(&folder, "%s/" FOLDER, host->state);
	if (s == NULL || folder.bad) {
		free(s);
		return (void)err_set(e, ENOMEM, "store: no memory"), NULL;
	}
	*s =
	    (struct store){ .bridge = b, .loop = l, .host = *host, .set = set };
	s->answers_end = &s->answers;
	limits = limits_of(s);
	if ((s->queue = queue_open(folder.p, &limits, e)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
store_serve(struct store *s, const struct ocpp_settings *set)
{
	struct queue_limits limits;

	s->set = set;
	limits = limits_of(s);
	queue_limit(s->queue, &limits);
}

static void
answer_free(struct store_answer *a)
{
	free(a->id);
	free(a->payload);
	free(a);
}

static void
pair_forget(struct store_pair *sp)
{
	for (struct flight *f = sp->flights, *next; f != NULL; f = next) {
		next = f->next;
		free(f);
	}
	free(sp);
}

/* The pairs may have gone before. */
void
store_free(struct store *s)
{
	struct err e;

	if (s == NULL)
		return;
	for (struct store_pair *sp = s->pairs, *next; sp != NULL; sp = next) {
		next = sp->next;
		pair_forget(sp);
	}
	for (struct store_answer *a = s->answers, *next; a != NULL; a = next) {
		next = a->next;
		answer_free(a);
	}
	loop_untimer(s->loop, s->turn);
	loop_untimer(s->loop, s->tick);
	if (queue_commit(s->queue, &e) == -1)
		store_log(s, "%s", e.text);
	queue_free(s->queue);
	free(s);
}

bool
store_mode(const struct pair *p)
{
	const struct ocpp_class *c = p->charger->class;

	return c != NULL && c->mode == OCPP_STORE &&
	    (p->version != OCPP_16 || c->provisional);
}

void
store_figures(struct store *s, const char *identity, struct queue_figures *f)
{
	queue_figures(s->queue, identity, f);
}

struct store_pair *
store_pair(struct store *s, struct pair *p)
{
	if (p->store != NULL)
		return p->store;
	if ((p->store = calloc(1, sizeof(*p->store))) == NULL)
		return NULL;
	p->store->pair = p;
	p->store->next = s->pairs;
	return s->pairs = p->store;
}

/* What it was promised is not told to anybody any more; it is kept. */
static void
forget_answers(struct store *s, const struct pair *p)
{
	struct store_answer **at = &s->answers, *a;

	while ((a = *at) != NULL) {
		if (a->pair != p) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		answer_free(a);
	}
	s->answers_end = at;
}

void
store_gone(struct store *s, struct pair *p)
{
	struct store_pair **at = &s->pairs, *sp = p->store;

	forget_answers(s, p);
	if (sp == NULL)
		return;
	while (*at != sp)
		at = &(*at)->next;
	*at = sp->next;
	p->store = NULL;
	pair_forget(sp);
}

/* --- the turn ------------------------------------------------------------- */

static struct store_answer *
next_answer(struct store *s)
{
	struct store_answer *a = s->answers;

	if (a != NULL && (s->answers = a->next) == NULL)
		s->answers_end = &s->answers;
	return a;
}

static void
turn_failed(struct store *s, const struct err *why)
{
	struct store_answer *a;

	store_log(s, "%s", why->text);
	/* What is not kept is not answered: the charge point keeps it, as it
	 * does whenever its connection breaks. */
	while ((a = next_answer(s)) != NULL) {
		pair_close(a->pair, 1011, "the gateway can not keep it");
		answer_free(a);
	}
}

static void
turn_done(struct store *s)
{
	struct store_answer *a;

	/* Which of them had something new costs one look to find out. */
	for (struct store_pair *sp = s->pairs; sp != NULL; sp = sp->next) {
		sp->settling = false;
		sp->more = true;
	}
	/* An answer may end its pair, and with it others that wait here. */
	while ((a = next_answer(s)) != NULL) {
		(void)pair_answer(a->pair, OCPP_UP,
		    (struct span){ a->id, strlen(a->id) }, a->payload);
		answer_free(a);
	}
	store_plan(s);
}

static void turn(void *store);

static void
turn_in(struct store *s, uint64_t ms)
{
	struct err e;

	loop_untimer(s->loop, s->turn);
	s->soon = ms == 0;
	s->turn = loop_timer(s->loop, ms, turn, s, &e);
	if (s->turn == -1)
		store_log(s, "store: %s", e.text);
}

static void
turn(void *store)
{
	struct store *s = store;
	struct err e;

	s->turn = 0;
	s->soon = false;
	if (queue_commit(s->queue, &e) == 0) {
		turn_done(s);
		return;
	}
	turn_failed(s, &e);
	if (queue_is_staged(s->queue) && !s->soon)
		turn_in(s, LATE_MS);
}

void
store_stage(struct store *s)
{
	if (!s->soon || s->turn == -1)
		turn_in(s, 0);
}

static int
promise(struct store *s, struct pair *p, struct span id, const char *payload)
{
	struct store_answer *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return -1;
	a->pair = p;
	a->id = strndup(id.p, id.len);
	a->payload = strdup(payload);
	if (a->id == NULL || a->payload == NULL) {
		answer_free(a);
		return -1;
	}
	*s->answers_end = a;
	s->answers_end = &a->next;
	return 0;
}

enum pair_do
store_promise(
    struct store *s, struct pair *p, struct span id, const char *payload)
{
	store_stage(s);
	return promise(s, p, id, payload) == -1 ? PAIR_FAIL : PAIR_TAKEN;
}
