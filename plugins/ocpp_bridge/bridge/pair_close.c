/* SPDX-License-Identifier: MIT */
/*
 * The end of a pair, its dialling anew, and what the sweep does for it once a
 * second. At its end a pair stops being its charge point's (a newer connection
 * may come in), its CALLs are told off and both sides are closed; the legs end
 * their closing handshakes by themselves. The memory goes with the next sweep.
 */
#include <openssl/crypto.h>

#include <stdlib.h>

#include "bridge_in.h"

/* A charge point waits for its 101 so long, in store mode. */
#define PATIENCE_MS 2000

/* 1005, 1006 and 1015 never stand on the wire, 1002 and 1010 speak of one hop
 * (RFC 6455 7.4.1), and what no registry knows may be no code at all. */
unsigned
pair_code(unsigned code)
{
	if (code == 1005) /* it closed without a code: so do we */
		return code;
	if (code == 1002 || code == 1010)
		return 1001;
	if ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	    (code >= 3000 && code <= 4999))
		return code;
	return 1001;
}

/* Not its charge point's any more. */
static void
let_go(struct pair *p)
{
	struct bridge *b = p->bridge;

	if (p->charger->pair == p) {
		if (b->store != NULL && p->version != OCPP_VERSIONS)
			store_gone(b->store, p);
		p->charger->pair = NULL;
	}
	dial_free(p->dial);
	p->dial = NULL;
	backends_end(p->backends);
	knock_free(p);
	pair_forget_calls(p, OCPP_UP);
	pair_forget_calls(p, OCPP_DOWN);
	p->charger->held--;
	b->npairs--;
}

void
pair_refused(struct pair *p, unsigned status, const char *why)
{
	struct arrival *a = p->arrival;

	p->arrival = NULL;
	p->state = PAIR_CLOSING;
	pair_note(p, "refused", "%u %s", status, why);
	let_go(p);
	p->dead = true;
	arrival_refuse(a, status, why);
}

void
pair_end(struct pair *p, const struct pair_news *news)
{
	p->state = PAIR_CLOSING;
	let_go(p);
	p->dead = true;
	for (int way = OCPP_UP; way <= OCPP_DOWN; way++) {
		struct leg *leg = p->legs[way];

		p->legs[way] = NULL;
		if (leg != NULL)
			leg_close(leg, news->code, news->why);
		leg_free(leg);
	}
}

void
pair_leg_gone(struct pair *p, enum ocpp_way way)
{
	struct leg *leg = p->legs[way];

	p->legs[way] = NULL;
	leg_free(leg);
}

void
pair_close(struct pair *p, unsigned code, const char *why)
{
	struct pair_news news = { .code = code, .why = why };

	pair_happens(p, PAIR_END, &news);
}

void
pair_free(struct pair *p)
{
	if (p->password != NULL)
		OPENSSL_cleanse(p->password, p->password_len);
	for (int way = OCPP_UP; way <= OCPP_DOWN; way++) {
		leg_free(p->legs[way]);
		calls_free(&p->calls[way]);
	}
	backends_free(p->backends);
	free(p->password);
	free(p->target);
	free(p->own);
	free(p);
}

void
pair_pause(struct pair *p, enum pair_pause why, bool on)
{
	unsigned before = p->paused;

	p->paused = on ? before | why : before & ~(unsigned)why;
	if ((before == 0) != (p->paused == 0) && p->legs[OCPP_DOWN] != NULL)
		leg_pause(p->legs[OCPP_DOWN], p->paused != 0);
}

void
pair_redial_if_quiet(struct pair *p)
{
	if (!p->redial || p->state != PAIR_OPEN ||
	    p->calls[OCPP_UP].nopen + p->calls[OCPP_DOWN].nopen > 0)
		return;
	p->redial = false;
	pair_pause(p, PAUSE_DIAL, true);
	pair_happens(p, PAIR_RETRY, NULL);
}

void
pair_redial(struct pair *p, bool keep)
{
	static const struct pair_news news = { .code = 1000,
		.why = "connected anew" };

	p->redial = p->state == PAIR_OPEN;
	if (p->state == PAIR_AWAY)
		p->retry_at = 0;
	if (!p->redial || keep) {
		pair_redial_if_quiet(p);
		return;
	}
	leg_close(p->legs[OCPP_UP], news.code, news.why);
	p->redial = true;
	pair_happens(p, PAIR_CSMS_GONE, &news);
}

/* --- once a second -------------------------------------------------------- */

static void
ping(struct pair *p, uint64_t now)
{
	uint64_t every = (uint64_t)p->bridge->set->limits.ping_s * 1000;

	if (every == 0 || now - p->pinged_ms < every)
		return;
	p->pinged_ms = now;
	for (int way = OCPP_UP; way <= OCPP_DOWN; way++)
		if (p->legs[way] != NULL)
			leg_ping(p->legs[way]);
}

static void
tend(struct pair *p, uint64_t now)
{
	p->tokens = p->bridge->set->limits.frames;
	pair_pause(p, PAUSE_RATE, false);
	relay_late(p, OCPP_UP);
	relay_late(p, OCPP_DOWN);
	ping(p, now);
	backends_sweep(p->backends);
	pair_redial_if_quiet(p);
	if (p->state == PAIR_AWAY && p->dial == NULL && now >= p->retry_at)
		pair_happens(p, PAIR_RETRY, NULL);
}

void
pair_sweep(struct pair *p)
{
	if (p->state == PAIR_KNOCKING)
		arrive_sweep(p);
	else if (p->state == PAIR_DIALLING &&
	    p->bridge->now_ms - p->since_ms > PATIENCE_MS)
		pair_happens(p, PAIR_RETRY, NULL);
	else if (p->state == PAIR_OPEN || p->state == PAIR_AWAY)
		tend(p, p->bridge->now_ms);
}
