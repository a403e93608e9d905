/* SPDX-License-Identifier: MIT */
/*
 * `ingot verdict` and `ingot lock`. Lock: the verdict, the birth record, the
 * anti-rollback floor, and last the mode; stopped anywhere before that, the
 * unit is not in production and lock can be asked for again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "audit.h"
#include "birth.h"
#include "buf.h"
#include "own.h"
#include "verdict.h"

struct lock {
	struct ctl_call *call;
	json_t *verdict;
	int64_t number; /* applied/<number> is what is judged */
};

static void
verdict_shown(void *ctx, json_t *verdict, const struct err *why)
{
	struct ctl_call *call = ctx;

	if (verdict == NULL)
		ctl_fail(call, CODE_FAILED, why);
	else
		ctl_reply_take(call, verdict);
}

void
ctl_verdict(struct ctl_call *call)
{
	struct err e;

	if (verdict_start(ctl_agent(call), verdict_shown, call, &e) == -1)
		ctl_fail(call, CODE_FAILED, &e);
}

static void
over(struct lock *l, enum ctl_code code, const struct err *why)
{
	if (why != NULL)
		ctl_fail(l->call, code, why);
	else
		ctl_reply_take(l->call,
		    json_pack("{s:s, s:O}", "mode", "production", "verdict",
			l->verdict));
	json_decref(l->verdict);
	free(l);
}

/* Every failed required finding, with its remedy, in one sentence. */
static void
say_failed(const json_t *verdict, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	unsigned count = 0;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(verdict, "findings"), i, one)
	{
		if (json_is_true(json_object_get(one, "passed")) ||
		    !json_is_true(json_object_get(one, "required")))
			continue;
		count++;
		bytes_fmt(&text, "%s%s (%s)", text.len == 0 ? "" : "; ",
		    json_string_value(json_object_get(one, "id")),
		    json_string_value(json_object_get(one, "remedy")));
	}
	(void)err_set(e, EPERM, "%u required findings failed: %s", count,
	    text.p == NULL ? "" : text.p);
}

/*
 * The verdict takes as long as the probes and a signature take, and another
 * caller may apply a bundle meanwhile, even an unsigned one, since the unit is
 * not in production yet. What enters production must be what was judged.
 */
static int
unchanged(const struct lock *l, struct err *e)
{
	const struct agent *agent = ctl_agent(l->call);

	if (agent->apply != NULL && !apply_busy(agent) &&
	    agent->apply->current == l->number)
		return 0;
	return err_set(e, EBUSY,
	    "a snapshot was applied while the unit was judged; run ingot lock "
	    "again");
}

static void
born(void *ctx, const struct err *why)
{
	struct lock *l = ctx;
	struct agent *agent = ctl_agent(l->call);
	struct err e;

	if (why != NULL) {
		over(l, CODE_FAILED, why);
		return;
	}
	if (unchanged(l, &e) == -1 ||
	    floor_raise(agent->state, agent->apply->live.sequence, &e) == -1 ||
	    mode_step(agent, MODE_LOCK, &e) == -1) {
		over(l, CODE_FAILED, &e);
		return;
	}
	audit_say(agent->audit, "agent", "Locked", "snapshot %s",
	    agent->apply->live.snapshot);
	over(l, CODE_OK, NULL);
}

static void
judged(void *ctx, json_t *verdict, const struct err *why)
{
	struct lock *l = ctx;
	struct agent *agent = ctl_agent(l->call);
	enum mode next;
	struct err e;

	l->verdict = verdict;
	if (verdict == NULL) {
		over(l, CODE_FAILED, why);
	} else if (!json_is_true(json_object_get(verdict, "good"))) {
		say_failed(verdict, &e);
		audit_say(agent->audit, "agent", "LockRefused", "%s", e.text);
		over(l, CODE_REFUSED, &e);
	} else if (mode_next(agent->mode, MODE_LOCK, &next) == -1) {
		(void)err_set(&e, EPERM, "a unit in mode %s can not be locked",
		    mode_name(agent->mode));
		over(l, CODE_REFUSED, &e);
	} else if (unchanged(l, &e) == -1 ||
	    birth_write(agent, verdict, born, l, &e) == -1)
		over(l, CODE_FAILED, &e);
}

void
ctl_lock(struct ctl_call *call)
{
	struct agent *agent = ctl_agent(call);
	struct lock *l = NULL;
	struct err e;

	if (agent->mode == MODE_PRODUCTION) {
		(void)err_set(&e, EPERM, "the unit is in production already");
		ctl_fail(call, CODE_REFUSED, &e);
		return;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		(void)err_set(&e, ENOMEM, "no memory");
		ctl_fail(call, CODE_FAILED, &e);
		return;
	}
	l->call = call;
	l->number = agent->apply->current;
	if (verdict_start(agent, judged, l, &e) == -1)
		over(l, CODE_FAILED, &e);
}
