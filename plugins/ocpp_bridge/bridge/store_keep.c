/* SPDX-License-Identifier: MIT */
/*
 * What is kept, as what, and what the charge point hears meanwhile:
 *
 *	StartTransaction	a provisional id, and idTagInfo as the class
 *				says (accept): the schema asks for both
 *	StopTransaction,	{}: idTagInfo is optional, and none is made up
 *	MeterValues
 *	TransactionEvent	{}; only with accept, and only if it brings an
 *				idToken: idTokenInfo Accepted. "Invalid" would
 *				end the transaction (E05), and nobody knows that
 *				it is
 *	SecurityEvent...	{}, of the critical list (ocpp.md 1.7)
 *
 * It is kept while the CSMS is away; also while older ones still wait for it
 * (new ones go behind, 1.6 3.7), and when it speaks of a provisional id, whose
 * number has to be changed on its way. Not one byte is changed here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_in.h"

struct store_rule {
	const char *action;
	/* Its kind; QUEUE_KINDS: not kept. */
	enum queue_kind (*kind)(enum ocpp_version, const struct frame *);
	const char *transaction; /* 1.6: path of the id it speaks of */
};

static bool
is_word(struct span payload, const char *path, const char *word)
{
	struct span value;
	char text[64];

	return judge_member(payload, path, &value) &&
	    judge_text(value, text, sizeof(text)) != -1 &&
	    strcmp(text, word) == 0;
}

static enum queue_kind
starts(enum ocpp_version v, const struct frame *f)
{
	(void)v;
	(void)f;
	return QUEUE_START;
}

static enum queue_kind
stops(enum ocpp_version v, const struct frame *f)
{
	(void)v;
	(void)f;
	return QUEUE_STOP;
}

static enum queue_kind
meters(enum ocpp_version v, const struct frame *f)
{
	(void)v;
	(void)f;
	return QUEUE_PERIODIC;
}

/* One that can not be read, signed or faulty, may be any: it does not go. */
static enum queue_kind
event_of(enum ocpp_version v, const struct frame *f)
{
	(void)v;
	if (f->is_signed)
		return QUEUE_START;
	if (is_word(f->payload, "eventType", "Updated"))
		return QUEUE_PERIODIC;
	return is_word(f->payload, "eventType", "Ended") ? QUEUE_STOP
							 : QUEUE_START;
}

/* Those that SHALL be pushed (A04.FR.02), by the version they came with; the
 * others are the log's, and who sends them now may send them later. */
static enum queue_kind
alarms(enum ocpp_version v, const struct frame *f)
{
	static const struct {
		const char *type;
		enum ocpp_version since;
	} critical[] = {
		{ "FirmwareUpdated", OCPP_16 },
		{ "SettingSystemTime", OCPP_16 },
		{ "StartupOfTheDevice", OCPP_16 },
		{ "ResetOrReboot", OCPP_16 },
		{ "SecurityLogWasCleared", OCPP_16 },
		{ "MemoryExhaustion", OCPP_16 },
		{ "TamperDetectionActivated", OCPP_16 },
		{ "InvalidFirmwareSignature", OCPP_201 },
		{ "InvalidFirmwareSigningCertificate", OCPP_201 },
		{ "InvalidCsmsCertificate", OCPP_201 },
		{ "InvalidChargingStationCertificate", OCPP_201 },
		{ "InvalidTLSVersion", OCPP_201 },
		{ "InvalidTLSCipherSuite", OCPP_201 },
		{ "MaintenanceLoginAccepted", OCPP_201 },
		{ "MaintenanceLoginFailed", OCPP_201 },
		{ "DiscardedRenewedClientCertificate", OCPP_21 },
	};

	for (size_t i = 0; i < sizeof(critical) / sizeof(critical[0]); i++)
		if (v >= critical[i].since &&
		    is_word(f->payload, "type", critical[i].type))
			return QUEUE_EVENT;
	return QUEUE_KINDS;
}

static const struct store_rule rules[] = {
	{ "StartTransaction", starts, NULL },
	{ "StopTransaction", stops, "transactionId" },
	{ "MeterValues", meters, "transactionId" },
	{ "TransactionEvent", event_of, NULL },
	{ "SecurityEventNotification", alarms, NULL },
};

const struct store_rule *
store_rule(const struct frame *f)
{
	const char *action = f->shape < 0 ? "" : judge_action(f->shape);

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].action, action) == 0)
			return &rules[i];
	return NULL;
}

/* FNV-1a of what is said, without the id under which it is said: a charge point
 * whose answer was lost may take a new one. */
static uint64_t
mark_of(const struct frame *f)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < f->action.len; i++)
		h = (h ^ (uint8_t)f->action.p[i]) * 1099511628211u;
	for (size_t i = 0; i < f->payload.len; i++)
		h = (h ^ (uint8_t)f->payload.p[i]) * 1099511628211u;
	return h | 1;
}

bool
store_is_again(struct store *s, struct pair *p, const struct frame *f,
    struct queue_record *last)
{
	return queue_last(s->queue, store_who(p), last) &&
	    last->version == (uint8_t)p->version && last->mark == mark_of(f);
}

static enum pair_do
answer(struct store *s, struct pair *p, const struct frame *f, int32_t id)
{
	const struct ocpp_class *c = p->charger->class;
	bool accept = c != NULL && c->accept;
	struct span token;
	char start[128];

	if (id != 0) {
		(void)snprintf(start, sizeof(start),
		    "{\"idTagInfo\":{\"status\":\"%s\"},\"transactionId\":%d}",
		    accept ? "Accepted" : "Invalid", id);
		return store_promise(s, p, f->id, start);
	}
	if (accept && p->version != OCPP_16 && !f->is_signed &&
	    judge_member(f->payload, "idToken", &token))
		return store_promise(
		    s, p, f->id, "{\"idTokenInfo\":{\"status\":\"Accepted\"}}");
	return store_promise(s, p, f->id, "{}");
}

/* The one it speaks of, if it was given here; one that the CSMS gave needs no
 * change. */
static int32_t
provisional_id(struct store *s, const struct pair *p,
    const struct store_rule *rule, const struct frame *f)
{
	int32_t id = p->version == OCPP_16 && rule->transaction != NULL
	    ? store_number(f->payload, rule->transaction)
	    : 0;

	return id < 0 && queue_gave(s->queue, store_who(p), id) ? id : 0;
}

static int
put(struct store *s, struct pair *p, struct queue_record *r, struct err *e)
{
	if (p->version == OCPP_16 && r->kind == QUEUE_START &&
	    queue_provisional(s->queue, &r->transaction, e) == -1)
		return -1;
	r->version = (uint8_t)p->version;
	r->at = time(NULL);
	return queue_put(s->queue, store_who(p), r, e);
}

enum pair_do
store_keep(struct store *s, struct pair *p, const struct store_rule *rule,
    const struct frame *f, struct span text)
{
	struct queue_record last,
	    r = { .kind = rule->kind(p->version, f),
		    .mark = mark_of(f),
		    .text = text.p,
		    .len = text.len };
	struct store_pair *sp;
	struct err e;
	int rc = -1;

	if (r.kind == QUEUE_KINDS)
		return PAIR_PASS;
	if (store_is_again(s, p, f, &last))
		return answer(
		    s, p, f, last.kind == QUEUE_START ? last.transaction : 0);
	r.transaction = provisional_id(s, p, rule, f);
	if ((sp = store_pair(s, p)) == NULL || (rc = put(s, p, &r, &e)) == -1) {
		store_log(s, "%s: not kept: %s", store_who(p),
		    sp == NULL ? "no memory" : e.text);
		return PAIR_FAIL;
	}
	p->stored += rc == 0;
	pair_note(p, rc == 0 ? "stored" : "dropped", "%s", rule->action);
	sp->more = true;
	return answer(s, p, f, r.kind == QUEUE_START ? r.transaction : 0);
}

/* Its text is kept until the CSMS has answered: if that goes meanwhile, nobody
 * knows whether it had heard it. */
static enum pair_do
watch(struct store *s, struct pair *p, struct span text)
{
	struct store_pair *sp = store_pair(s, p);
	struct flight *f = malloc(sizeof(*f) + text.len), **at;
	size_t bytes = text.len, most = s->set->limits.queue;
	unsigned n = 0;

	if (sp == NULL || f == NULL) {
		free(f);
		return PAIR_FAIL;
	}
	f->next = NULL;
	f->len = text.len;
	memcpy(f->text, text.p, text.len);
	for (at = &sp->flights; *at != NULL; at = &(*at)->next, n++)
		bytes += (*at)->len;
	*at = f;
	/* As many as there are open CALLs, and not more than a queue holds; the
	 * oldest is forgotten: nobody was told that it is kept. */
	for (; n > 0 && (n >= CALLS_OPEN || bytes > most); n--) {
		f = sp->flights;
		sp->flights = f->next;
		bytes -= f->len;
		free(f);
	}
	return PAIR_PASS;
}

enum pair_do
store_asked(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct store *s = bridge_store(p->bridge);
	const struct store_rule *rule = store_rule(f);
	struct queue_record last;

	(void)way;
	(void)call;
	if (s == NULL || rule == NULL || f->type != OCPP_CALL)
		return PAIR_PASS;
	if (p->state == PAIR_AWAY)
		return store_mode(p) ? store_keep(s, p, rule, f, text)
				     : PAIR_PASS;
	/* The usual way of a frame: nothing was ever kept of its sender. */
	if (!queue_knows(s->queue, store_who(p)))
		return store_mode(p) ? watch(s, p, text) : PAIR_PASS;
	if (provisional_id(s, p, rule, f) != 0 ||
	    store_is_again(s, p, f, &last) ||
	    (queue_waits(s->queue, store_who(p), (uint8_t)p->version) &&
		(store_mode(p) || rule->kind != starts)))
		return store_keep(s, p, rule, f, text);
	return store_mode(p) ? watch(s, p, text) : PAIR_PASS;
}

enum pair_do
store_answered(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct store_pair *sp = p->store;

	(void)way;
	(void)f;
	(void)text;
	for (struct flight **at = sp == NULL ? NULL : &sp->flights;
	     at != NULL && *at != NULL; at = &(*at)->next) {
		struct flight *now = *at;
		struct call like = { 0 };
		struct frame asked;
		struct verdict v;

		if (!judge_frame(
			p->version, OCPP_UP, now->text, now->len, &asked, &v))
			continue;
		call_id_is(&like, asked.id);
		if (like.id_len != call->id_len ||
		    strcmp(like.id, call->id) != 0)
			continue;
		*at = now->next;
		free(now);
		break;
	}
	return PAIR_PASS;
}
