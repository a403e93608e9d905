/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a connection: a table of states and events. A cell that is
 * empty means that nothing is to be done then. Nothing frees a pair but the
 * sweep, so whoever holds one within a callback may go on holding it.
 */
#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "digest.h"

static void
charger_closed(void *ctx, unsigned code, const char *reason)
{
	struct pair_news news = { .code = code, .why = reason };

	pair_happens(ctx, PAIR_CHARGER_GONE, &news);
}

static void
csms_closed(void *ctx, unsigned code, const char *reason)
{
	struct pair_news news = { .code = code, .why = reason };

	pair_happens(ctx, PAIR_CSMS_GONE, &news);
}

static const struct leg_calls charger_calls = { relay_charger, charger_closed };
static const struct leg_calls csms_calls = { relay_csms, csms_closed };

struct pair *
pair_new(struct served *s, struct arrival *a, struct charger *c)
{
	struct bridge *b = s->bridge;
	struct pair *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->bridge = b;
	p->charger = c;
	p->served = s;
	p->version = OCPP_VERSIONS;
	p->state = PAIR_KNOCKING;
	p->profile = s->is->profile;
	p->arrival = a;
	p->since_ms = now_ms();
	p->next = b->pairs;
	c->held++;
	b->pairs = p;
	b->npairs++;
	arrival_ctx_is(a, p);
	return p;
}

/* When to try again; random from the kernel, so that no two units agree. */
static void
wait_for_retry(struct pair *p)
{
	uint32_t random = 0;
	struct err e;

	(void)random_bytes(&random, sizeof(random), &e);
	p->retry_at = now_ms() +
	    backoff_ms(&p->bridge->set->backoff, p->failures, random);
}

/* --- a charger waits for its 101 ------------------------------------------ */

/* J16 3.2: the handshake is completed without a subprotocol, then closed. */
static void
no_common(struct pair *p)
{
	static const struct pair_news news = { .code = 1002,
		.why = "no common subprotocol" };
	struct arrival *a = p->arrival;

	p->arrival = NULL;
	p->legs[OCPP_DOWN] = arrival_accept(a, NULL);
	if (p->legs[OCPP_DOWN] != NULL)
		leg_calls_are(p->legs[OCPP_DOWN], &charger_calls, p);
	pair_note(p, "refused", "no common subprotocol");
	pair_end(p, &news);
}

static void
dial_now(struct pair *p)
{
	struct err e;

	if (p->dial == NULL && dialling(p, &e) == -1) {
		struct dial_result r = { .end = DIAL_TLS, .why = e.text };
		struct pair_news news = { .dial = &r };

		dialled(p, &r);
		pair_happens(p, PAIR_UNDIALLED, &news);
	}
}

static void
admit(struct pair *p, const struct pair_news *news)
{
	(void)news;
	if (p->charger->pair != NULL) {
		arrive_contest(p);
		return;
	}
	knock_free(p);
	p->charger->pair = p;
	p->state = PAIR_DIALLING;
	if (p->offer[0] == '\0')
		no_common(p);
	else
		dial_now(p);
}

static void
unproven(struct pair *p, const struct pair_news *news)
{
	struct arrival_facts f;

	(void)news;
	arrival_facts(p->arrival, &f);
	guard_failed(p->bridge->guard, f.peer, now_ms());
	p->bridge->figures[FIGURE_NO_CREDENTIAL]++;
	bridge_event(p->bridge, "FailedToAuthenticateAtCsms",
	    "charge point %s, %s: refused by this gateway",
	    p->charger->identity, f.peer);
	pair_refused(p, 401, "credentials");
}

/* Both legs of a charger that waits, or the one it is going to have. */
static bool
accepted(struct pair *p, enum ocpp_version v)
{
	struct arrival *a = p->arrival;
	struct leg *leg = arrival_accept(a, ocpp_subprotocol(v));

	p->arrival = NULL;
	if (leg == NULL)
		return false;
	p->legs[OCPP_DOWN] = leg;
	p->version = v;
	p->tokens = p->bridge->set->limits.frames;
	p->pinged_ms = now_ms();
	if (p->charger->version != v) {
		p->charger->version = v;
		p->charger->changed = true;
	}
	leg_calls_are(leg, &charger_calls, p);
	return true;
}

static void
both_are_here(struct pair *p, struct leg *csms)
{
	p->legs[OCPP_UP] = csms;
	p->state = PAIR_OPEN;
	p->failures = 0;
	leg_calls_are(csms, &csms_calls, p);
	pair_pause(p, PAUSE_DIAL, false);
	pair_note(p, "connected", "%s", ocpp_subprotocol(p->version));
	if (p->backends == NULL)
		p->backends = backends_new(p);
	if (p->bridge->store != NULL)
		store_opened(p->bridge->store, p);
	if (p->bridge->secure != NULL)
		secure_opened(p->bridge->secure, p);
}

static void
first_open(struct pair *p, const struct pair_news *news)
{
	static const struct pair_news gone = { .code = 1001,
		.why = "the charge point is gone" };
	const char *protocol = news->dial->protocol;
	enum ocpp_version v = ocpp_version_named(protocol, strlen(protocol));

	p->legs[OCPP_UP] = news->dial->leg;
	leg_calls_are(p->legs[OCPP_UP], &csms_calls, p);
	if (v == OCPP_VERSIONS)
		no_common(p);
	else if (!accepted(p, v))
		pair_end(p, &gone);
	else
		both_are_here(p, news->dial->leg);
}

/* Store mode: the charger comes in without its CSMS, with the subprotocol that
 * both agreed on last. Not if the CSMS answered: it is there, and refuses. */
static bool
may_come_in(struct pair *p, const struct dial_result *r)
{
	enum ocpp_version v = p->charger->version;
	char offer[WHO_OFFER];

	if (v == OCPP_VERSIONS || p->bridge->store == NULL ||
	    (r->end == DIAL_HTTP && r->status != 0 && r->status < 500) ||
	    (who_offer(p->offer, 1u << v, p->charger->identity, offer) == 0))
		return false;
	p->version = v;
	return store_mode(p);
}

static void
first_failed(struct pair *p, const struct pair_news *news)
{
	static const struct pair_news gone = { .code = 1001, .why = "gone" };

	if (!may_come_in(p, news->dial)) {
		pair_refused(p, dial_status(news->dial), news->dial->why);
		return;
	}
	if (!accepted(p, p->version)) {
		pair_end(p, &gone);
		return;
	}
	p->state = PAIR_AWAY;
	p->failures = 1;
	wait_for_retry(p);
	pair_note(p, "away", "let in without its CSMS");
}

static void
left(struct pair *p, const struct pair_news *news)
{
	static const struct pair_news gone = { .code = 1001, .why = "gone" };

	(void)news;
	p->arrival = NULL;
	pair_end(p, &gone);
}

/* --- both are there ------------------------------------------------------- */

static void
charger_gone(struct pair *p, const struct pair_news *news)
{
	struct pair_news told = { .code = pair_code(news->code),
		.why = news->why };

	pair_note(p, "disconnected", "charge point closed: %u %s", news->code,
	    news->why);
	pair_leg_gone(p, OCPP_DOWN);
	pair_end(p, &told);
}

static void
go_away(struct pair *p)
{
	p->state = PAIR_AWAY;
	p->redial = false;
	if (store_mode(p) && p->bridge->store != NULL)
		store_lost(p->bridge->store, p);
	else
		pair_pause(p, PAUSE_DIAL, true);
	pair_forget_calls(p, OCPP_UP);
	calls_orphan(&p->calls[OCPP_DOWN]);
}

/* Did the peer say a code itself? Then its reason is its own too, or none. */
static bool
told_so(const struct pair_news *news)
{
	return news->code == pair_code(news->code) || news->why[0] != '\0';
}

static void
csms_gone(struct pair *p, const struct pair_news *news)
{
	struct pair_news told = { .code = pair_code(news->code),
		.why = told_so(news) ? news->why : "the CSMS is gone" };
	bool again = p->redial || p->dial != NULL;

	pair_note(
	    p, "disconnected", "CSMS closed: %u %s", news->code, news->why);
	pair_leg_gone(p, OCPP_UP);
	if (!again && (p->bridge->store == NULL || !store_mode(p))) {
		pair_end(p, &told);
		return;
	}
	go_away(p);
	if (again)
		dial_now(p);
	else
		wait_for_retry(p);
}

static void
swap(struct pair *p, const struct pair_news *news)
{
	struct leg *old = p->legs[OCPP_UP];

	pair_forget_calls(p, OCPP_UP);
	calls_orphan(&p->calls[OCPP_DOWN]);
	both_are_here(p, news->dial->leg);
	leg_close(old, 1000, "connected anew");
	leg_free(old);
}

static void
swap_failed(struct pair *p, const struct pair_news *news)
{
	(void)news;
	pair_pause(p, PAUSE_DIAL, false);
}

/* --- the CSMS is away ----------------------------------------------------- */

static void
back(struct pair *p, const struct pair_news *news)
{
	const char *protocol = news->dial->protocol;

	if (ocpp_version_named(protocol, strlen(protocol)) == p->version) {
		both_are_here(p, news->dial->leg);
		return;
	}
	leg_close(news->dial->leg, 1002, "another subprotocol");
	leg_free(news->dial->leg);
	p->failures++;
	wait_for_retry(p);
}

static void
still_away(struct pair *p, const struct pair_news *news)
{
	struct pair_news told = { .code = 1012, .why = "the CSMS is away" };

	(void)news;
	if (p->bridge->store == NULL || !store_mode(p)) {
		pair_end(p, &told);
		return;
	}
	p->failures++;
	wait_for_retry(p);
}

static void
retry(struct pair *p, const struct pair_news *news)
{
	(void)news;
	dial_now(p);
}

/* --- the end -------------------------------------------------------------- */

static void
refuse_end(struct pair *p, const struct pair_news *news)
{
	pair_refused(p, 503, news->why);
}

typedef void pair_step(struct pair *, const struct pair_news *);

static pair_step *const steps[PAIR_STATES][PAIR_EVENTS] = {
	[PAIR_KNOCKING] = {
		[PAIR_PROVEN] = admit,
		[PAIR_UNPROVEN] = unproven,
		[PAIR_LEFT] = left,
		[PAIR_END] = refuse_end,
	},
	[PAIR_DIALLING] = {
		[PAIR_LEFT] = left,
		[PAIR_DIALLED] = first_open,
		[PAIR_UNDIALLED] = first_failed,
		[PAIR_END] = refuse_end,
	},
	[PAIR_OPEN] = {
		[PAIR_CHARGER_GONE] = charger_gone,
		[PAIR_CSMS_GONE] = csms_gone,
		[PAIR_DIALLED] = swap,
		[PAIR_UNDIALLED] = swap_failed,
		[PAIR_RETRY] = retry,
		[PAIR_END] = pair_end,
	},
	[PAIR_AWAY] = {
		[PAIR_CHARGER_GONE] = charger_gone,
		[PAIR_DIALLED] = back,
		[PAIR_UNDIALLED] = still_away,
		[PAIR_RETRY] = retry,
		[PAIR_END] = pair_end,
	},
};

void
pair_happens(struct pair *p, enum pair_event ev, const struct pair_news *news)
{
	pair_step *step = steps[p->state][ev];

	if (step != NULL && !p->dead)
		step(p, news);
}
