/* SPDX-License-Identifier: MIT */
/*
 * The CSMS hears what was kept: of each charge point one CALL at a time, the
 * newest states first, then the rest in order; over all charge points at most
 * limits.replay a second, at times that are a little random, so that a fleet
 * that lost its CSMS does not fall upon it when it is back.
 *
 * An error, or no answer in time, is one attempt (1.6 3.7.1
 * TransactionMessageAttempts, 2.x E13 MessageAttempts): the next comes after
 * attempt_s times the number of those before; after the last the message goes
 * to the undelivered (store_dead.c), and that is said. To be offline is no
 * attempt.
 *
 * Once and in order: the next is sent when the last one's end is durable. So
 * all that the CSMS may ever hear twice is the one it heard last from that
 * charge point, under the same message id: when it goes, or this process does,
 * between its answer and that commit. Nobody can make that window nothing; who
 * compares the id with the last one has each record once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_in.h"

/* A charge point begins at any time within so many messages of others. */
#define START_PACES 10
#define BUSY_MS     20    /* its own CALL is open */
#define BURY_MS     60000 /* a disk that takes nothing is asked again */
/* No transaction id was obtained: 1.6 errata 3.18. */
#define ID_NONE (-1)

/* Not while the CSMS is to be dialled anew: that waits until no CALL is open.
 */
static bool
may_send(const struct store_pair *sp)
{
	const struct pair *p = sp->pair;

	return sp->more && sp->sent.number == 0 && !sp->settling &&
	    p->state == PAIR_OPEN && p->legs[OCPP_UP] != NULL && !p->redial &&
	    p->dial == NULL;
}

static void replay(void *store);

/* A timer for the next that may be sent. */
void
store_plan(struct store *s)
{
	uint64_t now = now_ms(), first = UINT64_MAX;
	struct err e;

	for (const struct store_pair *sp = s->pairs; sp != NULL; sp = sp->next)
		if (may_send(sp) && sp->next_ms < first)
			first = sp->next_ms;
	if (first < s->paced_ms)
		first = s->paced_ms;
	if (first == UINT64_MAX || (s->tick > 0 && s->tick_ms <= first))
		return;
	loop_untimer(s->loop, s->tick);
	s->tick_ms = first;
	s->tick =
	    loop_timer(s->loop, first > now ? first - now : 0, replay, s, &e);
	if (s->tick == -1)
		store_log(s, "store: %s", e.text);
}

static uint32_t
pace_ms(const struct store *s)
{
	unsigned rate = s->set->limits.replay;

	return 1000 / (rate == 0 ? 1 : rate);
}

/* From half to one and a half of what the rate says: its mean is the rate. */
static void
pace(struct store *s)
{
	uint32_t ms = pace_ms(s);

	s->paced_ms = now_ms() + ms / 2 + arc4random_uniform(ms + 1);
}

void
store_opened(struct store *s, struct pair *p)
{
	struct queue_figures f;

	queue_figures(s->queue, store_who(p), &f);
	if (f.records == 0 && p->store == NULL)
		return;
	if (store_pair(s, p) == NULL) {
		pair_close(p, 1011, "no memory");
		return;
	}
	p->store->more = true;
	p->store->sent.number = 0;
	p->store->next_ms =
	    now_ms() + arc4random_uniform(START_PACES * pace_ms(s) + 1);
	store_plan(s);
}

/* --- how it ended --------------------------------------------------------- */

struct ending {
	struct store *s;
	struct store_pair *sp;
	const char *who;
	struct queue_record r; /* without its text */
};

static void
is_done(struct ending *en)
{
	struct err e;

	if (queue_done(en->s->queue, en->who, en->r.number, &e) == -1)
		store_log(en->s, "%s: %s", en->who, e.text);
	en->sp->settling = true;
	store_stage(en->s);
}

static void
map(struct ending *en, int32_t real)
{
	struct err e;

	if (queue_map(en->s->queue, en->who, en->r.transaction, real, &e) == -1)
		store_log(en->s, "%s: %s", en->who, e.text);
}

static bool
is_start(const struct ending *en)
{
	return en->r.version == OCPP_16 && en->r.kind == QUEUE_START;
}

/* What the CSMS says of the tag is for people: 1.6 has no way to tell a charge
 * point afterwards, the CSMS stops the transaction if it does not want it. */
static void
delivered(struct ending *en, const struct frame *answer)
{
	int32_t id = store_number(answer->payload, "transactionId");
	struct span value;
	char status[32];

	en->sp->replayed++;
	if (is_start(en)) {
		map(en, id);
		if (judge_member(answer->payload, "idTagInfo.status", &value) &&
		    judge_text(value, status, sizeof(status)) != -1 &&
		    strcmp(status, "Accepted") != 0)
			store_log(en->s,
			    "%s: transaction %d was started while the CSMS was "
			    "away, which now says %s",
			    en->who, id, status);
	}
	is_done(en);
}

static void
try_again(struct ending *en, unsigned tried)
{
	struct err e;

	en->sp->next_ms =
	    now_ms() + (uint64_t)en->s->set->limits.attempt_s * 1000 * tried;
	if (queue_tried(en->s->queue, en->who, en->r.number, &e) == -1)
		store_log(en->s, "%s: %s", en->who, e.text);
	store_stage(en->s);
}

/* Kept for people, or false: then it stays in the queue. A state is said anew
 * with the next one, so it is not missed. */
static bool
is_buried(struct ending *en, const char *why)
{
	struct queue_record r;
	struct err e;
	int rc;

	if (en->r.kind == QUEUE_LATEST)
		return true;
	rc = queue_next(en->s->queue, en->who, en->r.number - 1, &r, &e);
	if (rc == 0 || (rc == 1 && r.number != en->r.number))
		return true;
	if (rc == 1 && store_bury(en->s, en->who, &r, why, &e) == 0)
		return true;
	store_log(en->s, "%s: not kept as undelivered: %s", en->who, e.text);
	return false;
}

static void
failed(struct ending *en, const char *why)
{
	unsigned tried = en->r.attempts + 1;

	if ((en->r.kind != QUEUE_LATEST &&
		tried < en->s->set->limits.attempts) ||
	    !is_buried(en, why)) {
		try_again(en, tried);
		return;
	}
	store_log(en->s,
	    "%s: the CSMS did not take a message of %lld in %u attempts (%s): "
	    "DROPPED, and kept in undelivered.jsonl",
	    en->who, (long long)en->r.at, tried, why);
	pair_note(en->sp->pair, "dropped", "%u attempts: %s", tried, why);
	if (is_start(en))
		map(en, ID_NONE);
	is_done(en);
}

static void
on_answer(void *store, struct pair *p, const struct frame *answer)
{
	struct ending en = { .s = store, .sp = p->store, .who = store_who(p) };
	char code[64] = "no answer";

	if (en.sp == NULL || en.sp->sent.number == 0)
		return;
	en.r = en.sp->sent;
	en.sp->sent.number = 0;
	/* The connection ended: that is no attempt. */
	if (answer == NULL && p->state != PAIR_OPEN)
		return;
	if (answer != NULL && answer->type == OCPP_RESULT)
		delivered(&en, answer);
	else {
		if (answer != NULL && answer->code.len < sizeof(code)) {
			memcpy(code, answer->code.p, answer->code.len);
			code[answer->code.len] = '\0';
		}
		failed(&en, code);
	}
	store_plan(en.s);
}

/* --- sending -------------------------------------------------------------- */

static int
send_as(struct store *s, struct store_pair *sp, const struct queue_record *r,
    struct span text, const struct frame *f)
{
	struct err e;
	int rc;

	sp->sent = *r;
	sp->sent.text = NULL;
	rc = pair_resend(
	    sp->pair, OCPP_UP, f, text, r->number, on_answer, s, &e);
	/* Without it the pair, and so sp, may be gone already. */
	if (rc == -1) {
		sp->sent.number = 0;
		sp->next_ms = now_ms() + BUSY_MS;
	}
	return rc;
}

/* With the CSMS's number for a provisional one. */
static int
send_renumbered(struct store *s, struct store_pair *sp,
    const struct queue_record *r, const struct frame *f)
{
	struct span text = { r->text, r->len }, value;
	int32_t real = ID_NONE;
	struct frame now;
	struct verdict v;
	size_t len;
	char *out;
	int rc = -1;

	(void)queue_mapped(
	    s->queue, store_who(sp->pair), r->transaction, &real);
	if (!judge_member(f->payload, "transactionId", &value))
		return send_as(s, sp, r, text, f);
	if ((out = store_renumbered(text, value, real, &len)) == NULL)
		return -1;
	if (judge_frame(OCPP_16, OCPP_UP, out, len, &now, &v))
		rc = send_as(s, sp, r, (struct span){ out, len }, &now);
	free(out);
	return rc;
}

/* What no judge takes any more (its rules were made stricter) is not sent. */
static void
give_up(struct store *s, struct store_pair *sp, const struct queue_record *r)
{
	struct ending en = { s, sp, store_who(sp->pair), *r };

	if (!is_buried(&en, "no frame of its version")) {
		sp->next_ms = now_ms() + BURY_MS;
		return;
	}
	store_log(s, "%s: a record that is no frame: DROPPED", en.who);
	is_done(&en);
}

static void
send_one(struct store *s, struct store_pair *sp, const struct queue_record *r)
{
	struct frame f;
	struct verdict v;

	if (!judge_frame((enum ocpp_version)r->version, OCPP_UP, r->text,
		r->len, &f, &v))
		give_up(s, sp, r);
	else if (r->version == OCPP_16 && r->transaction != 0 &&
	    (r->kind == QUEUE_STOP || r->kind == QUEUE_PERIODIC))
		(void)send_renumbered(s, sp, r, &f);
	else
		(void)send_as(s, sp, r, (struct span){ r->text, r->len }, &f);
}

/* The next of this pair, in its version: what was said in another waits until
 * that is spoken again. False: none. */
static bool
find_next(struct store *s, struct store_pair *sp, struct queue_record *r)
{
	const char *who = store_who(sp->pair);
	uint64_t after = 0;
	struct err e;
	int rc;

	while (queue_latest(s->queue, who, r, &e) == 1) {
		if (r->version == (uint8_t)sp->pair->version)
			return true;
		/* A state in words that are not spoken any more. */
		if (queue_done(s->queue, who, r->number, &e) == -1)
			break;
		store_stage(s);
	}
	while ((rc = queue_next(s->queue, who, after, r, &e)) != 0) {
		if (rc == 1 && r->version == (uint8_t)sp->pair->version)
			return true;
		/* One that can not be read is gone, and has been said. */
		after = rc == 1 ? r->number : after;
		if (rc == -1 && e.code == ENOMEM)
			return false;
	}
	return false;
}

/* The first whose time has come goes to the end of the list. */
static struct store_pair *
take_turn(struct store *s)
{
	struct store_pair **at = &s->pairs, *sp;
	uint64_t now = now_ms();

	while ((sp = *at) != NULL && !(may_send(sp) && sp->next_ms <= now))
		at = &sp->next;
	if (sp == NULL)
		return NULL;
	*at = sp->next;
	sp->next = NULL;
	while (*at != NULL)
		at = &(*at)->next;
	return *at = sp;
}

static void
replay(void *store)
{
	struct store *s = store;
	struct store_pair *sp;
	struct queue_record r;

	s->tick = 0;
	if ((sp = take_turn(s)) != NULL) {
		sp->more = find_next(s, sp, &r);
		if (!sp->more && sp->replayed > 0) {
			pair_note(sp->pair, "delivered", "%u that were stored",
			    sp->replayed);
			sp->replayed = 0;
		}
		if (sp->more) {
			pace(s);
			send_one(s, sp, &r);
		}
	}
	store_plan(s);
}
