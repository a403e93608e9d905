/* SPDX-License-Identifier: MIT */
/*
 * A charge point that waits for its 101: proven or not, with the CSMS's answer
 * or, in store mode, without it. Its steps stand in the table of pair.c.
 */
#include <string.h>

#include "bridge_in.h"
#include "pair_in.h"

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
		leg_calls_are(p->legs[OCPP_DOWN], &pair_charger_calls, p);
	pair_note(p, "refused", "no common subprotocol");
	pair_end(p, &news);
}

void
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
		pair_dial(p);
}

void
admit_unproven(struct pair *p, const struct pair_news *news)
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
	leg_calls_are(leg, &pair_charger_calls, p);
	return true;
}

void
admit_open(struct pair *p, const struct pair_news *news)
{
	static const struct pair_news gone = { .code = 1001,
		.why = "the charge point is gone" };
	const char *protocol = news->dial->protocol;
	enum ocpp_version v = ocpp_version_named(protocol, strlen(protocol));

	p->legs[OCPP_UP] = news->dial->leg;
	leg_calls_are(p->legs[OCPP_UP], &pair_csms_calls, p);
	if (v == OCPP_VERSIONS)
		no_common(p);
	else if (!accepted(p, v))
		pair_end(p, &gone);
	else
		pair_both(p, news->dial->leg);
}

/* Store mode: the charger comes in without its CSMS, with the subprotocol that
 * both agreed on last. Not if the CSMS answered: it is there, and refuses; nor
 * if its password is still to be judged there. r NULL: no answer yet. */
static bool
may_come_in(struct pair *p, const struct dial_result *r)
{
	enum ocpp_version v = p->charger->version;
	char offer[WHO_OFFER];

	if (v == OCPP_VERSIONS || p->bridge->store == NULL || p->delegated ||
	    (r != NULL && r->end == DIAL_HTTP && r->status != 0 &&
		r->status < 500) ||
	    (who_offer(p->offer, 1u << v, p->charger->identity, offer) == 0))
		return false;
	p->version = v;
	if (store_mode(p))
		return true;
	p->version = OCPP_VERSIONS;
	return false;
}

static void
come_in(struct pair *p)
{
	static const struct pair_news gone = { .code = 1001, .why = "gone" };

	if (!accepted(p, p->version)) {
		pair_end(p, &gone);
		return;
	}
	p->state = PAIR_AWAY;
	pair_note(p, "away", "let in without its CSMS");
}

/* One that guesses is to be stopped here too, not only where it is judged. */
static void
judged_there(struct pair *p, unsigned status)
{
	struct arrival_facts f;

	if (!p->delegated || status != 401)
		return;
	arrival_facts(p->arrival, &f);
	guard_failed(p->bridge->guard, f.peer, now_ms());
	p->bridge->figures[FIGURE_NO_CREDENTIAL]++;
}

void
admit_failed(struct pair *p, const struct pair_news *news)
{
	if (!may_come_in(p, news->dial)) {
		judged_there(p, dial_status(news->dial));
		pair_refused(p, dial_status(news->dial), news->dial->why);
		return;
	}
	pair_wait(p); /* the first wait is the shortest (part 4, 5.3) */
	come_in(p);
}

/* A CSMS behind a network that swallows everything: the charge point would give
 * up before the dial does, and never come in. The dial goes on. */
void
admit_late(struct pair *p, const struct pair_news *news)
{
	(void)news;
	if (may_come_in(p, NULL))
		come_in(p);
}

void
admit_left(struct pair *p, const struct pair_news *news)
{
	static const struct pair_news gone = { .code = 1001, .why = "gone" };

	(void)news;
	p->arrival = NULL;
	pair_end(p, &gone);
}
