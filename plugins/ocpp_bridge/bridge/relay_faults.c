/* SPDX-License-Identifier: MIT */
/*
 * What a fault costs: a line, a count, an event, and in reject mode an answer.
 * Also the gateway's own frames, which are written here byte by byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "digest.h"
#include "redact.h"
#include "relay_in.h"

#define DESCRIPTION_MAX 255

static const char *const sides[] = {
	[OCPP_UP] = "charge point", [OCPP_DOWN] = "CSMS"
};

void
relay_tell(struct pair *p, enum ocpp_way way, const char *what)
{
	uint64_t now_s = p->bridge->now_ms / 1000;

	pair_note(p, "fault", "%s: %s", sides[way], what);
	if (p->told_s == now_s + 1) {
		p->untold++;
		return;
	}
	if (p->untold > 0)
		bridge_log(p->bridge, "charge point %s: %u more such",
		    p->charger->identity, p->untold);
	p->told_s = now_s + 1;
	p->untold = 0;
	bridge_log(p->bridge, "charge point %s, from its %s: %s",
	    p->charger->identity, sides[way], what);
}

static void
tell_fault(struct relayed *r, enum ocpp_judging mode)
{
	char what[JUDGE_PATH_MAX + JUDGE_WHY_MAX + 64];
	struct bridge *b = r->p->bridge;

	b->figures[FIGURE_FAULTS]++;
	(void)snprintf(what, sizeof(what), "%s: %s: %s",
	    mode == OCPP_REJECT ? "refused" : "faulty", r->v.path, r->v.why);
	relay_tell(r->p, r->way, what);
	bridge_event(b, "InvalidMessages", "charge point %s, from its %s: %s",
	    r->p->charger->identity, sides[r->way], what);
}

static void
show(struct relayed *r, const char *action)
{
	struct pair *p = r->p;
	const struct ocpp_mirror *m = p->bridge->set->mirror;
	own_bytes struct bytes out = { 0 };

	redact(p->version, &r->f, action[0] == '\0' ? NULL : action, r->text,
	    m == NULL || m->hide_idtags, &out);
	if (!out.bad)
		tail_add(p->bridge->tail, p->charger->identity,
		    r->way == OCPP_UP ? "up" : "down", out.p, out.len);
}

void
relay_seen(struct relayed *r, struct span action, enum ocpp_judging mode)
{
	struct bridge *b = r->p->bridge;
	bool faulty = !r->fine && mode != OCPP_OFF;
	char name[OCPP_ACTION_MAX + 1];

	if (faulty)
		tell_fault(r, mode);
	if (b->mirror == NULL && !faulty && !tail_watched(b->tail, b->now_ms))
		return;
	(void)snprintf(name, sizeof(name), "%.*s", (int)action.len, action.p);
	if (faulty || tail_watched(b->tail, b->now_ms))
		show(r, name);
	if (b->mirror != NULL)
		mirror_frame(b->mirror, r->p->charger->identity, r->p->version,
		    r->way, &r->f, name, r->text, faulty ? &r->v : NULL);
}

/* Public sources disagree about the direction of some new actions of 2.1: no
 * fault, but somebody should know (ocpp.md 1.4). */
void
relay_check_way(struct relayed *r)
{
	bool sure;

	if (r->p->version != OCPP_21 || r->f.shape < 0 ||
	    judge_direction(r->f.shape, r->way, &sure))
		return;
	relay_tell(r->p, r->way, "an action of the other side, perhaps");
}

void
relay_ours(struct pair *p, enum ocpp_way way, const char *text, size_t len)
{
	struct relayed r = {
		.p = p, .way = way, .text = { text, len }, .fine = true
	};

	(void)judge_frame(p->version, way, text, len, &r.f, &r.v);
	relay_seen(&r, r.f.action, OCPP_OFF);
}

bool
relay_is_again(struct relayed *r, const struct call *c)
{
	struct pair *p = r->p;

	if (r->f.id.len == 0 || calls_find(&p->calls[r->way], c) == NULL)
		return false;
	p->refused[r->way]++;
	p->bridge->figures[FIGURE_REFUSED]++;
	relay_tell(p, r->way, "a call with the id of one that is open");
	bridge_event(p->bridge, "AttemptedReplayAttacks",
	    "charge point %s, from its %s: the id of an open call again",
	    p->charger->identity, sides[r->way]);
	return true;
}

void
relay_refuse(struct relayed *r)
{
	struct pair *p = r->p;
	char why[JUDGE_PATH_MAX + JUDGE_WHY_MAX + 4];

	p->refused[r->way]++;
	p->bridge->figures[FIGURE_REFUSED]++;
	/* 1.6 and 2.1 ignore a type that they do not have. */
	if (r->v.fault == JUDGE_TYPE_UNKNOWN && p->version != OCPP_201)
		return;
	(void)snprintf(why, sizeof(why), "%s: %s", r->v.path, r->v.why);
	(void)pair_refuse(
	    p, r->way, r->f.id, judge_code(p->version, r->v.fault), why);
}

/* --- frames of the gateway's own ------------------------------------------ */

/* Text as the inside of a JSON string, at most DESCRIPTION_MAX characters; what
 * is no ASCII or would need an escape of six becomes '?'. */
static size_t
described(const char *text, char out[2 * DESCRIPTION_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < DESCRIPTION_MAX && text[i] != '\0'; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			out[n++] = '\\';
		out[n++] = c < 0x20 || c > 0x7e ? '?' : (char)c;
	}
	return n;
}

static enum ocpp_way
against(enum ocpp_way way)
{
	return way == OCPP_UP ? OCPP_DOWN : OCPP_UP;
}

/* Whoever follows a charge point sees who answered it. */
static void
show_pieces(
    struct pair *p, enum ocpp_way way, const struct leg_piece *pieces, size_t n)
{
	struct bridge *b = p->bridge;
	own_bytes struct bytes text = { 0 };

	if (b->mirror == NULL && !tail_watched(b->tail, b->now_ms))
		return;
	for (size_t i = 0; i < n; i++)
		bytes_add(&text, pieces[i].p, pieces[i].len);
	if (!text.bad)
		relay_ours(p, way, text.p, text.len);
}

static int
send_pieces(
    struct pair *p, enum ocpp_way way, const struct leg_piece *pieces, size_t n)
{
	struct leg *leg = p->legs[way];

	if (leg == NULL || p->state == PAIR_CLOSING)
		return -1;
	show_pieces(p, way, pieces, n);
	return leg_sendv(leg, pieces, n);
}

/* [4 or 5,"id","code","why",{}] */
static int
send_error(struct pair *p, enum ocpp_way way, char type, struct span id,
    const char *code, const char *why)
{
	char text[2 * DESCRIPTION_MAX], head[] = "[4,\"";
	size_t len = described(why, text);
	struct leg_piece pieces[] = { { head, 4 }, { id.p, id.len },
		{ "\",\"", 3 }, { code, strlen(code) }, { "\",\"", 3 },
		{ text, len }, { "\",{}]", 5 } };

	head[1] = type;
	if (id.len == 0)
		pieces[1] = (struct leg_piece){ "-1", 2 };
	return send_pieces(p, way, pieces, sizeof(pieces) / sizeof(*pieces));
}

int
pair_refuse(struct pair *p, enum ocpp_way of_call, struct span id,
    const char *code, const char *why)
{
	return send_error(p, against(of_call), '4', id, code, why);
}

int
pair_answer(
    struct pair *p, enum ocpp_way of_call, struct span id, const char *payload)
{
	struct leg_piece pieces[] = { { "[3,\"", 4 }, { id.p, id.len },
		{ "\",", 2 }, { payload, strlen(payload) }, { "]", 1 } };

	return send_pieces(
	    p, against(of_call), pieces, sizeof(pieces) / sizeof(*pieces));
}

void
relay_refuse_answer(struct relayed *r, const struct call *c)
{
	struct pair *p = r->p;
	char why[JUDGE_PATH_MAX + JUDGE_WHY_MAX + 32];
	const char *code = judge_code(p->version, r->v.fault);

	p->refused[r->way]++;
	p->bridge->figures[FIGURE_REFUSED]++;
	(void)snprintf(
	    why, sizeof(why), "faulty answer: %s: %s", r->v.path, r->v.why);
	if (!c->ours)
		(void)send_error(p, r->way, '4', r->f.id, "InternalError", why);
	if (p->version == OCPP_21 && r->f.type == OCPP_RESULT)
		(void)send_error(p, against(r->way), '5', r->f.id, code, why);
}
