/* SPDX-License-Identifier: MIT */
/*
 * The way of a frame from one leg to the other: judged, entered or matched, and
 * sent on as it came. Nothing here allocates for a frame that simply passes;
 * the first CALL of a direction makes its table (calls.c).
 *
 * A fault's consequence depends on the mode (judging.h): off looks at the frame
 * alone, warn tells and forwards, reject answers in the version's own words
 * what its receiver would have had to (ocpp.md 1.3, 9 items 10 to 13).
 */
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "judging.h"
#include "relay_in.h"

/* What the gateway answers in its charge point's place it must be able to read:
 * a CSMS that says a member twice is not passed by whoever looks for it once.
 */
static bool
must_be_read(const struct relayed *r)
{
	const struct ocpp_class *class = r->p->charger->class;

	return r->v.fault == JUDGE_NO_JSON && r->way == OCPP_DOWN &&
	    (class->certificates != OCPP_FORWARD ||
		class->profiles != OCPP_FORWARD);
}

static enum ocpp_judging
mode_of(const struct relayed *r, struct span action)
{
	return must_be_read(r) ? OCPP_REJECT
			       : judging_of(r->p->bridge->set, r->p->version,
				     r->way, r->p->charger->identity, action);
}

static struct span
action_of(int shape)
{
	const char *action = shape < 0 ? "" : judge_action(shape);

	return (struct span){ action, strlen(action) };
}

/* To the other side, as it came. */
static void
forward(struct relayed *r)
{
	struct leg *leg = r->p->legs[r->way];

	if (leg != NULL)
		(void)leg_send(leg, r->text.p, r->text.len);
}

/* Other CSMSs see what is well formed and goes to the one that decides. */
static void
copy(const struct relayed *r)
{
	if (r->way == OCPP_UP && r->fine)
		backends_copy(r->p->backends, &r->f, r->text);
}

static void
made_room(struct pair *p, const struct call *lost)
{
	if (lost->id_len > 0 && lost->ours && lost->done != NULL)
		lost->done(lost->ctx, p, NULL);
}

/* Enters a CALL that goes. No memory: the pair ends, none other is harmed. */
static bool
entered(struct pair *p, enum ocpp_way way, const struct call *c)
{
	struct call lost;

	if (calls_add(&p->calls[way], c, &lost) == -1) {
		pair_close(p, 1013, "out of memory");
		return false;
	}
	made_room(p, &lost);
	return p->legs[way] != NULL;
}

/* A CALL that has to wait: behind one of ours, or for its CSMS. */
static void
hold(struct relayed *r, struct call *c)
{
	c->text = malloc(r->text.len);
	if (c->text == NULL) {
		pair_close(r->p, 1013, "out of memory");
		return;
	}
	memcpy(c->text, r->text.p, r->text.len);
	c->text_len = r->text.len;
	if (calls_wait(&r->p->calls[r->way], c,
		r->p->bridge->set->limits.queue) == -1) {
		free(c->text);
		(void)pair_refuse(r->p, r->way, r->f.id, "InternalError",
		    "too many calls are waiting");
	}
}

static void
pass_call(struct relayed *r, struct call *c)
{
	struct pair *p = r->p;
	struct calls *calls = &p->calls[r->way];

	if (calls->ours > 0 || p->legs[r->way] == NULL) {
		hold(r, c);
		return;
	}
	c->text = NULL;
	if (r->f.id.len == 0)
		p->blind[r->way]++;
	else if (calls_find(calls, c) == NULL && !entered(p, r->way, c))
		return;
	forward(r);
}

/* Is a handler or the store done with it, or is it to be forwarded? */
static bool
passes(struct relayed *r, const struct call *asked)
{
	struct pair *p = r->p;
	enum pair_do what = handled(p, r->way, &r->f, r->text, asked);

	if (what == PAIR_PASS && asked == NULL && p->state == PAIR_AWAY &&
	    r->way == OCPP_UP && p->bridge->store != NULL && store_mode(p))
		what = store_away(p->bridge->store, p, &r->f, r->text);
	if (what == PAIR_FAIL)
		pair_close(p, 1011, "the gateway can not go on");
	return what == PAIR_PASS && p->state != PAIR_CLOSING;
}

static void
on_call(struct relayed *r)
{
	enum ocpp_judging mode = mode_of(r, r->f.action);
	struct call c = { .shape = r->f.shape, .at_ms = r->p->bridge->now_ms };

	if (r->fine && mode != OCPP_OFF && !r->f.is_signed)
		r->fine = judge_payload(&r->f, r->f.shape, false, &r->v);
	call_id_is(&c, r->f.id);
	relay_seen(r, r->f.action, mode);
	if (!r->fine && mode == OCPP_REJECT) {
		relay_refuse(r);
		return;
	}
	if (r->fine && mode != OCPP_OFF)
		relay_check_way(r);
	if (mode == OCPP_REJECT && relay_is_again(r, &c))
		return;
	if (passes(r, NULL)) {
		copy(r);
		pass_call(r, &c);
	}
}

/* Never queued, never answered (2.1 part 4, 4.2.5). */
static void
on_send(struct relayed *r)
{
	enum ocpp_judging mode = mode_of(r, r->f.action);

	if (r->fine && mode != OCPP_OFF && !r->f.is_signed)
		r->fine = judge_payload(&r->f, r->f.shape, false, &r->v);
	relay_seen(r, r->f.action, mode);
	if (!r->fine && mode == OCPP_REJECT) {
		r->p->refused[r->way]++;
		r->p->bridge->figures[FIGURE_REFUSED]++;
		return;
	}
	if (passes(r, NULL)) {
		copy(r);
		forward(r);
	}
}

static bool
is_minus_one(struct span id)
{
	return id.len == 2 && memcmp(id.p, "-1", 2) == 0;
}

/* To nothing that was asked. What a fault made unreadable may still be one; and
 * "-1" answers what had no id that we could read (2.x part 4, 4.2.3). */
static void
unasked(struct relayed *r, enum ocpp_judging mode)
{
	struct pair *p = r->p;
	unsigned *blind = &p->blind[!r->way];
	bool blindly =
	    *blind > 0 && (r->f.id.len == 0 || is_minus_one(r->f.id));

	relay_seen(r, (struct span){ "", 0 }, mode);
	if (blindly && (r->fine || mode != OCPP_REJECT)) {
		(*blind)--;
		forward(r);
		return;
	}
	p->bridge->figures[FIGURE_UNASKED]++;
	relay_tell(p, r->way, "an answer to nothing that is open is dropped");
}

static void
give_answer(struct relayed *r, const struct call *c)
{
	struct frame broken = { .type = OCPP_ERROR,
		.id = r->f.id,
		.shape = -1,
		.payload = { "{}", 2 },
		.code = { "InternalError", 13 } };

	if (c->done != NULL)
		c->done(c->ctx, r->p, r->fine ? &r->f : &broken);
}

static void
on_answer(struct relayed *r)
{
	struct pair *p = r->p;
	enum ocpp_way asked = r->way == OCPP_UP ? OCPP_DOWN : OCPP_UP;
	enum ocpp_judging mode;
	struct call like, c;
	bool strict;

	call_id_is(&like, r->f.id);
	if (like.id_len == 0 || !calls_take(&p->calls[asked], &like, &c)) {
		unasked(r, mode_of(r, action_of(-1)));
		return;
	}
	mode = mode_of(r, action_of(c.shape));
	if (r->fine && r->f.type == OCPP_RESULT && c.shape >= 0 &&
	    mode != OCPP_OFF)
		r->fine = judge_payload(&r->f, c.shape, true, &r->v);
	relay_seen(r, action_of(c.shape), mode);
	strict = !r->fine && mode == OCPP_REJECT;
	r->fine = !strict; /* from here on: is it to be taken? */
	if (strict)
		relay_refuse_answer(r, &c);
	if (c.ours)
		give_answer(r, &c);
	else if (!strict && passes(r, &c)) {
		calls_answered(&p->calls[asked], &c);
		forward(r);
	}
	relay_next(p, asked);
	pair_redial_if_quiet(p);
}

/* Speaks of a CALLRESULT that the other side made; if that was ours instead,
 * there is nobody to tell. */
static void
on_result_error(struct relayed *r)
{
	enum ocpp_judging mode = mode_of(r, action_of(-1));
	struct call like;

	call_id_is(&like, r->f.id);
	relay_seen(r, action_of(-1), mode);
	if (calls_recent(&r->p->calls[r->way], &like) &&
	    (r->fine || mode != OCPP_REJECT)) {
		forward(r);
		return;
	}
	r->p->bridge->figures[FIGURE_UNASKED]++;
	relay_tell(r->p, r->way, "an error about no answer is dropped");
}

/* No JSON, no frame, no type of this version. */
static void
on_unknown(struct relayed *r)
{
	enum ocpp_judging mode = mode_of(r, action_of(-1));

	relay_seen(r, action_of(-1), mode);
	if (mode == OCPP_REJECT) {
		relay_refuse(r);
		return;
	}
	r->p->blind[r->way]++;
	forward(r);
}

static void
relay(struct pair *p, enum ocpp_way way, char *text, size_t len)
{
	static void (*const by_type[])(struct relayed *) = {
		[OCPP_CALL] = on_call,
		[OCPP_RESULT] = on_answer,
		[OCPP_ERROR] = on_answer,
		[OCPP_RESULT_ERROR] = on_result_error,
		[OCPP_SEND] = on_send,
	};
	struct relayed r;

	if (p->state != PAIR_OPEN && p->state != PAIR_AWAY)
		return;
	p->frames[way]++;
	p->bridge->figures[way == OCPP_UP ? FIGURE_UP : FIGURE_DOWN]++;
	r.p = p;
	r.way = way;
	r.text = (struct span){ text, len };
	r.f = (struct frame){ .shape = -1 };
	r.v.fault = JUDGE_FINE;
	r.fine = judge_frame(p->version, way, text, len, &r.f, &r.v);
	if (r.v.fault == JUDGE_TYPE_UNKNOWN || r.f.type < OCPP_CALL ||
	    r.f.type > OCPP_SEND)
		on_unknown(&r);
	else
		by_type[r.f.type](&r);
}

void
relay_charger(void *pair, char *text, size_t len)
{
	struct pair *p = pair;

	/* Not dropped: what it sends too fast waits in its socket. */
	if (p->tokens > 0)
		p->tokens--;
	if (p->tokens == 0 && (p->paused & PAUSE_RATE) == 0) {
		p->bridge->figures[FIGURE_PAUSED]++;
		pair_pause(p, PAUSE_RATE, true);
	}
	relay(p, OCPP_UP, text, len);
}

void
relay_csms(void *pair, char *text, size_t len)
{
	relay(pair, OCPP_DOWN, text, len);
}

void
relay_next(struct pair *p, enum ocpp_way way)
{
	struct call c;

	while (p->legs[way] != NULL && p->state != PAIR_CLOSING &&
	    calls_next(&p->calls[way], &c)) {
		char *text = c.text;

		c.text = NULL;
		c.at_ms = p->bridge->now_ms;
		if (entered(p, way, &c)) {
			if (c.ours) /* another's was seen when it came */
				relay_ours(p, way, text, c.text_len);
			(void)leg_send(p->legs[way], text, c.text_len);
		}
		free(text);
	}
}

/* MessageTimeout: an answer that comes later is one to nothing. */
void
relay_late(struct pair *p, enum ocpp_way way)
{
	uint64_t now = p->bridge->now_ms, most = p->bridge->set->limits.call_ms;
	struct calls *calls = &p->calls[way];
	struct call c;

	if (calls->nopen + calls->nwaiting == 0 || now < most)
		return;
	while (calls_late(calls, now - most, &c)) {
		p->bridge->figures[FIGURE_LATE]++;
		if (c.ours && c.done != NULL)
			c.done(c.ctx, p, NULL);
	}
	while (calls->nwaiting > 0 && calls->waiting[0].at_ms < now - most &&
	    calls_waited(calls, &c)) {
		free(c.text);
		if (c.ours && c.done != NULL)
			c.done(c.ctx, p, NULL);
	}
	relay_next(p, way);
}

void
pair_forget_calls(struct pair *p, enum ocpp_way way)
{
	struct calls *calls = &p->calls[way];
	struct call c;

	while (calls_any(calls, &c) || calls_waited(calls, &c)) {
		/* Of an open one text is NULL. */
		free(c.text);
		if (c.ours && c.done != NULL)
			c.done(c.ctx, p, NULL);
	}
}
