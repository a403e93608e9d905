/* SPDX-License-Identifier: MIT */
/*
 * What a charge point hears while its CSMS is away:
 *
 *	Heartbeat		the time
 *	StatusNotification	{}; the newest of each connector is kept, and
 *				sent when the CSMS is back (1.6 3.7: not queued)
 *	BootNotification	Accepted if the CSMS's own last word to it was
 *				that, with that interval; its frame is kept and
 *				sent first. Else an error: Pending would say
 *				that the CSMS knows it and will ask it things,
 *				Rejected that it was looked at; of both nothing
 *				is true, and after an error it tries again
 *				(1.6 4.2, 2.x B01)
 *	Authorize		Accepted if the class says so (accept). Else an
 *				error: "Invalid" would be kept in the charge
 *				point's cache (1.6 3.4.1) as the CSMS's word,
 *				after an error it does what it does offline
 *	transactions		store_keep.c
 *	SEND (2.1)		nothing: nobody answers it, and what it streams
 *				is of the moment
 *	all others		InternalError, "the CSMS is not connected": "the
 *				receiver was not able to process the requested
 *				Action successfully" (OCPP-J 4.2.3)
 *
 * When the CSMS goes, what is under way to it hears the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_in.h"

#define KEY_BOOT (-1) /* before all connectors */
/* Of an answer whose interval is 0 in 1.6: the charge point's own choice. */
#define INTERVAL_LEAST 1

static void
time_text(char out[static 32])
{
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

enum pair_do
store_latest(struct store *s, struct pair *p, const struct frame *f,
    struct span text, int32_t key, const char *payload)
{
	struct queue_record r = { .kind = QUEUE_LATEST,
		.version = (uint8_t)p->version,
		.at = time(NULL),
		.transaction = key,
		.text = text.p,
		.len = text.len };
	struct store_pair *sp = store_pair(s, p);
	struct err e;

	if (sp == NULL || queue_put(s->queue, store_who(p), &r, &e) == -1)
		return PAIR_FAIL;
	sp->more = true;
	return store_promise(s, p, f->id, payload);
}

/* --- one row each --------------------------------------------------------- */

typedef enum pair_do
away_fn(struct store *, struct pair *, const struct frame *, struct span text);

static enum pair_do
refuse(struct pair *p, const struct frame *f)
{
	(void)pair_refuse(p, OCPP_UP, f->id, "InternalError", STORE_SAYS_AWAY);
	return PAIR_TAKEN;
}

static enum pair_do
on_heartbeat(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	char now[32], payload[64];

	(void)s;
	(void)text;
	time_text(now);
	(void)snprintf(
	    payload, sizeof(payload), "{\"currentTime\":\"%s\"}", now);
	(void)pair_answer(p, OCPP_UP, f->id, payload);
	return PAIR_TAKEN;
}

static int32_t
connector_of(const struct pair *p, const struct frame *f)
{
	int32_t evse =
	    p->version == OCPP_16 ? 0 : store_number(f->payload, "evseId");
	int32_t connector = store_number(f->payload, "connectorId");

	if (evse < 0 || evse > 0x7fff || connector < 0 || connector > 0x7fff)
		return -1;
	return evse << 15 | connector;
}

static enum pair_do
on_state(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	int32_t key = connector_of(p, f);

	return key < 0 ? refuse(p, f) : store_latest(s, p, f, text, key, "{}");
}

static enum pair_do
on_boot(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	char now[32], payload[128];

	if (p->charger->boot_interval == 0)
		return refuse(p, f);
	time_text(now);
	(void)snprintf(payload, sizeof(payload),
	    "{\"currentTime\":\"%s\",\"interval\":%u,\"status\":\"Accepted\"}",
	    now, p->charger->boot_interval);
	return store_latest(s, p, f, text, KEY_BOOT, payload);
}

static enum pair_do
on_authorize(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	(void)s;
	(void)text;
	if (p->charger->class == NULL || !p->charger->class->accept)
		return refuse(p, f);
	(void)pair_answer(p, OCPP_UP, f->id,
	    p->version == OCPP_16
		? "{\"idTagInfo\":{\"status\":\"Accepted\"}}"
		: "{\"idTokenInfo\":{\"status\":\"Accepted\"}}");
	return PAIR_TAKEN;
}

static const struct {
	const char *action;
	away_fn *fn;
} rows[] = {
	{ "Heartbeat", on_heartbeat },
	{ "StatusNotification", on_state },
	{ "BootNotification", on_boot },
	{ "Authorize", on_authorize },
};

enum pair_do
store_away(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	const char *action =
	    f->shape < 0 || f->is_signed ? "" : judge_action(f->shape);

	if (f->type != OCPP_CALL)
		return PAIR_TAKEN;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].action, action) == 0)
			return rows[i].fn(s, p, f, text);
	return refuse(p, f);
}

/* --- what was under way --------------------------------------------------- */

/* As if it came now. */
static void
again(struct store *s, struct pair *p, struct span text)
{
	const struct store_rule *rule;
	enum pair_do what = PAIR_PASS;
	struct frame f;
	struct verdict v;

	if (!judge_frame(p->version, OCPP_UP, text.p, text.len, &f, &v))
		return;
	if ((rule = store_rule(&f)) != NULL)
		what = store_keep(s, p, rule, &f, text);
	if (what == PAIR_PASS)
		what = store_away(s, p, &f, text);
	if (what == PAIR_FAIL)
		pair_close(p, 1011, "the gateway can not keep it");
}

/* A flight whose CALL is open, or waits behind one of ours; one that is not had
 * no answer in time, and its charge point has said it again or will. */
static bool
is_open(struct pair *p, const struct flight *fl)
{
	struct calls *calls = &p->calls[OCPP_UP];
	struct call like = { 0 };
	struct frame f;
	struct verdict v;

	if (!judge_frame(p->version, OCPP_UP, fl->text, fl->len, &f, &v))
		return false;
	call_id_is(&like, f.id);
	if (calls_find(calls, &like) != NULL)
		return true;
	for (unsigned i = 0; i < calls->nwaiting; i++)
		if (calls->waiting[i].id_len == like.id_len &&
		    strcmp(calls->waiting[i].id, like.id) == 0)
			return true;
	return false;
}

static void
keep_flights(struct store *s, struct pair *p)
{
	struct flight *f,
	    *flights = p->store == NULL ? NULL : p->store->flights;

	if (p->store != NULL)
		p->store->flights = NULL;
	while ((f = flights) != NULL) {
		flights = f->next;
		if (p->state == PAIR_AWAY && is_open(p, f))
			again(s, p, (struct span){ f->text, f->len });
		free(f);
	}
}

/* Of those no text is known; who is not kept needs none. */
static void
answer_open(struct store *s, struct pair *p, const struct call *c)
{
	const struct frame f = { .type = OCPP_CALL,
		.id = { c->id, c->id_len },
		.shape = c->shape,
		.payload = { "{}", 2 } };
	const char *action = c->shape < 0 ? "" : judge_action(c->shape);

	if (c->ours || c->id_len > OCPP_ID_MAX || store_rule(&f) != NULL)
		return;
	if (strcmp(action, "Heartbeat") == 0)
		(void)on_heartbeat(s, p, &f, f.payload);
	else
		(void)refuse(p, &f);
}

/* What waited behind one of ours was not sent at all. */
static void
answer_waiting(struct store *s, struct pair *p)
{
	const struct calls *calls = &p->calls[OCPP_UP];
	const struct call *c;

	for (unsigned i = 0; i < calls->nwaiting && p->state == PAIR_AWAY;
	     i++) {
		c = &calls->waiting[i];
		if (c->text != NULL && !c->ours &&
		    store_rule(&(struct frame){ .shape = c->shape }) == NULL)
			again(s, p, (struct span){ c->text, c->text_len });
	}
}

void
store_lost(struct store *s, struct pair *p)
{
	const struct calls *calls = &p->calls[OCPP_UP];
	struct call open[CALLS_OPEN];
	unsigned n = calls->nopen < CALLS_OPEN ? calls->nopen : CALLS_OPEN;

	if (n > 0)
		memcpy(open, calls->open, n * sizeof(*open));
	keep_flights(s, p);
	for (unsigned i = 0; i < n && p->state == PAIR_AWAY; i++)
		answer_open(s, p, &open[i]);
	answer_waiting(s, p);
}

/* --- seen while the CSMS is there ----------------------------------------- */

/* What is said now is newer than what waits. */
enum pair_do
store_state_asked(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct store *s = bridge_store(p->bridge);
	uint64_t old;
	struct err e;

	(void)way;
	(void)text;
	(void)call;
	if (s == NULL || p->state != PAIR_OPEN)
		return PAIR_PASS;
	old = queue_latest_of(s->queue, store_who(p), connector_of(p, f));
	if (old != 0 && queue_done(s->queue, store_who(p), old, &e) == 0)
		store_stage(s);
	return PAIR_PASS;
}

enum pair_do
store_boot_answered(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	int32_t interval = store_number(f->payload, "interval");
	struct span value;
	char status[16];
	uint32_t now = 0;

	(void)way;
	(void)text;
	(void)call;
	if (f->type != OCPP_RESULT ||
	    !judge_member(f->payload, "status", &value) ||
	    judge_text(value, status, sizeof(status)) == -1)
		return PAIR_PASS;
	if (strcmp(status, "Accepted") == 0)
		now = interval > 0 ? (uint32_t)interval : INTERVAL_LEAST;
	if (p->charger->boot_interval != now) {
		p->charger->boot_interval = now;
		p->charger->changed = true;
	}
	return PAIR_PASS;
}
