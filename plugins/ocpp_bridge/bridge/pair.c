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
#include "pair_in.h"

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

const struct leg_calls pair_charger_calls = { relay_charger, charger_closed };
const struct leg_calls pair_csms_calls = { relay_csms, csms_closed };

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
void
pair_wait(struct pair *p)
{
	uint32_t random = 0;
	struct err e;

	(void)random_bytes(&random, sizeof(random), &e);
	p->retry_at = now_ms() +
	    backoff_ms(&p->bridge->set->backoff, p->failures, random);
}

void
pair_dial(struct pair *p)
{
	struct err e;

	if (p->dial == NULL && dialling(p, &e) == -1) {
		struct dial_result r = { .end = DIAL_TLS, .why = e.text };
		struct pair_news news = { .dial = &r };

		dialled(p, &r);
		pair_happens(p, PAIR_UNDIALLED, &news);
	}
}

void
pair_both(struct pair *p, struct leg *csms)
{
	p->legs[OCPP_UP] = csms;
	p->state = PAIR_OPEN;
	p->failures = 0;
	leg_calls_are(csms, &pair_csms_calls, p);
	pair_pause(p, PAUSE_DIAL, false);
	pair_note(p, "connected", "%s", ocpp_subprotocol(p->version));
	if (p->backends == NULL)
		p->backends = backends_new(p);
	if (p->bridge->store != NULL)
		store_opened(p->bridge->store, p);
	if (p->bridge->secure != NULL)
		secure_opened(p->bridge->secure, p);
	relay_next(p, OCPP_UP);
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
	if (store_mode(p) && p->bridge->store != NULL) {
		pair_pause(p, PAUSE_DIAL, false);
		store_lost(p->bridge->store, p);
	} else {
		pair_pause(p, PAUSE_DIAL, true);
	}
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
		pair_dial(p);
	else
		pair_wait(p);
}

static void
swap(struct pair *p, const struct pair_news *news)
{
	struct leg *old = p->legs[OCPP_UP];

	pair_forget_calls(p, OCPP_UP);
	calls_orphan(&p->calls[OCPP_DOWN]);
	pair_both(p, news->dial->leg);
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
		pair_both(p, news->dial->leg);
		return;
	}
	leg_close(news->dial->leg, 1002, "another subprotocol");
	leg_free(news->dial->leg);
	p->failures++;
	pair_wait(p);
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
	pair_wait(p);
}

static void
retry(struct pair *p, const struct pair_news *news)
{
	(void)news;
	pair_dial(p);
}

/* --- the end -------------------------------------------------------------- */

static void
refuse_end(struct pair *p, const struct pair_news *news)
{
	pair_refused(p, 503, news->why);
}

static pair_step *const steps[PAIR_STATES][PAIR_EVENTS] = {
	[PAIR_KNOCKING] = {
		[PAIR_PROVEN] = admit,
		[PAIR_UNPROVEN] = admit_unproven,
		[PAIR_LEFT] = admit_left,
		[PAIR_END] = refuse_end,
	},
	[PAIR_DIALLING] = {
		[PAIR_LEFT] = admit_left,
		[PAIR_DIALLED] = admit_open,
		[PAIR_UNDIALLED] = admit_failed,
		[PAIR_RETRY] = admit_late,
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
