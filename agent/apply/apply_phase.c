/* SPDX-License-Identifier: MIT */
/*
 * The transaction, phase by phase. Where a phase leads is txn.h's to say; here
 * stands what is done on entering each. The phase is in the journal before its
 * first request goes out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply_packages.h"
#include "audit.h"
#include "files.h"
#include "log.h"
#include "reset_unit.h"

#define REVERT_ROUNDS 12 /* about 50 s in all */
#define REVERT_LATE_S 5u

static void
enter_activate(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	/* The reset first: the snapshot has the last word on its own files. */
	if ((t->reset != NULL && reset_forward(a->agent, &e) == -1) ||
	    files_converge(&t->target, a->agent->state, false, &e) == -1)
		apply_disagree(a, &e);
	else
		apply_next_plugin(a);
}

static void
revert_failed(struct apply *a, const struct err *why)
{
	log_error("revert: %s", why->text);
	a->turn.refused = true;
}

/* After the files, which were put in place after it. A reset belongs to the
 * first snapshot; found beside a later one (the journal was damaged), it is no
 * longer taken back. */
static void
revert_reset(struct apply *a)
{
	struct err e;
	int rc = a->turn.before.number == 0 ? reset_back(a->agent, &e)
					    : reset_settle(a->agent, &e);

	if (rc == -1)
		revert_failed(a, &e);
}

/* Packages are back, or there were none. */
static void
revert_rest(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	if (files_converge(&t->before, a->agent->state, t->recovering, &e) ==
	    -1)
		revert_failed(a, &e);
	revert_reset(a);
	apply_next_plugin(a);
}

/* In the order of the way there: what others lean on comes first. */
static void
enter_revert(struct apply *a)
{
	struct turn *t = &a->turn;

	/* A host that opens now must not be given what is being taken back. */
	apply_want(a, WANTS_NOTHING);
	hosts_reset(a->agent);
	t->refused = false;
	t->tries = 0;
	if (packages_touched(a))
		packages_back(a, revert_rest);
	else
		revert_rest(a);
}

static void
revert_now(void *ctx)
{
	struct apply *a = ctx;

	a->turn.timer = 0;
	apply_enter(a, TXN_REVERT);
}

/* A disk may have room again, a service come up: between the old snapshot and
 * the new one is where nobody wants a unit to stay. */
void
apply_revert_again(struct apply *a)
{
	struct turn *t = &a->turn;
	unsigned seconds =
	    ++t->rounds < REVERT_LATE_S ? t->rounds : REVERT_LATE_S;
	struct err e;

	if (t->rounds < REVERT_ROUNDS &&
	    (t->timer = loop_timer(a->agent->loop, seconds * UINT64_C(1000),
		 revert_now, a, &e)) != -1) {
		if (t->order.call != NULL)
			ctl_progress(t->order.call,
			    "going back failed; again in %u s", seconds);
		return;
	}
	t->timer = 0;
	apply_enter(a, txn_next(TXN_REVERT, false));
}

static void
confirm_late(void *ctx)
{
	struct apply *a = ctx;
	struct err e;

	a->turn.timer = 0;
	(void)err_set(&e, ETIMEDOUT,
	    "nobody confirmed within %lld s (ingot confirm, or the uplink)",
	    (long long)a->turn.order.confirm_s);
	apply_disagree(a, &e);
}

static void
enter_confirm(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	if (t->order.confirm_s == 0 || t->journal.yes) {
		apply_agree(a);
		return;
	}
	if (t->order.call != NULL)
		ctl_progress(t->order.call,
		    "waiting %lld s for \"ingot confirm\" or the uplink",
		    (long long)t->order.confirm_s);
	t->timer = loop_timer(a->agent->loop,
	    (uint64_t)t->order.confirm_s * 1000, confirm_late, a, &e);
	if (t->timer == -1) {
		t->timer = 0;
		apply_disagree(a, &e);
	}
}

void
apply_yes(struct apply *a, const char *who)
{
	struct turn *t = &a->turn;

	if (!t->active || (t->phase != TXN_PROBE && t->phase != TXN_CONFIRM))
		return;
	log_note("applied/%lld is confirmed by %s", (long long)t->target.number,
	    who);
	t->journal.yes = true;
	if (t->phase != TXN_CONFIRM)
		return;
	loop_untimer(a->agent->loop, t->timer);
	t->timer = 0;
	apply_agree(a);
}

/* 0, or -1: the phase must not be entered. Going back is never held up by a
 * disk that takes no journal: the older entry leads to revert as well. */
static int
journal_phase(struct apply *a, enum txn_phase p, struct err *e)
{
	struct turn *t = &a->turn;
	struct journal j = t->journal;

	if (t->order.kind == KIND_DRY || p == TXN_REFUSED)
		return 0;
	j.phase = p;
	if (journal_write(a->agent->state, &j, e) == 0) {
		t->journal = j;
		return 0;
	}
	if (p != TXN_REVERT && p != TXN_STUCK)
		return -1;
	log_error("%s", e->text);
	return 0;
}

void
apply_enter(struct apply *a, enum txn_phase p)
{
	static void (*const enter[TXN_PHASES])(struct apply *) = {
		[TXN_PACKAGES] = packages_enter,
		[TXN_RENDER] = apply_next_plugin,
		[TXN_ACTIVATE] = enter_activate,
		[TXN_PROBE] = apply_next_plugin,
		[TXN_CONFIRM] = enter_confirm,
		[TXN_REVERT] = enter_revert,
		[TXN_DONE] = apply_end,
		[TXN_REFUSED] = apply_end,
		[TXN_STUCK] = apply_end,
	};
	struct turn *t = &a->turn;
	struct err e;

	/* A dry run changes nothing: it ends where changing would begin, and
	 * has nothing to revert. */
	if (t->order.kind == KIND_DRY && p == TXN_ACTIVATE)
		p = TXN_DONE;
	else if (t->order.kind == KIND_DRY && p == TXN_REVERT)
		p = TXN_REFUSED;
	/* After a stuck one nothing is known to be unchanged; a dry run
	 * changes nothing even then. Packages come before render. */
	else if (t->order.kind != KIND_DRY && p == TXN_REFUSED &&
	    t->phase == TXN_RENDER && (a->stuck || packages_touched(a)))
		p = TXN_REVERT;
	if (journal_phase(a, p, &e) == -1) {
		apply_disagree(a, &e); /* of the phase that was to be left */
		return;
	}
	t->phase = p;
	t->at = 0;
	enter[p](a);
}

/* A first apply that can not reset the unit is refused before it begins. */
static int
look_at_reset(struct apply *a, struct err *e)
{
	if (!reset_due(a->agent, a->turn.before.number))
		return 0;
	a->turn.reset = reset_look(a->agent, e);
	return a->turn.reset == NULL ? -1 : 0;
}

static int
check_room(const struct apply *a, struct err *e)
{
	if (a->turn.active)
		return err_set(e, EBUSY,
		    "another transaction is under way (%s); wait for its end",
		    txn_name(a->turn.phase));
	return 0;
}

/* What the journal will say of it; nothing is on the disk yet. */
static void
begin_journal(struct apply *a, const struct apply_order *order)
{
	struct turn *t = &a->turn;

	t->journal = (struct journal){ .target = t->target.number,
		.before = t->before.number };
	(void)snprintf(t->journal.snapshot, sizeof(t->journal.snapshot), "%s",
	    order->snapshot);
	/* What a stuck one left in place, this one's list does not know; a
	 * kill must not make it look as if nobody had been asked. */
	if (a->stuck)
		(void)strcpy(t->journal.asked, JOURNAL_ALL);
}

int
apply_begin(struct apply *a, const struct apply_order *order, struct err *e)
{
	struct turn *t = &a->turn;
	struct err ignored;

	if (check_room(a, e) == -1)
		return -1;
	apply_turn_free(a);
	json_decref(a->obstacles);
	a->obstacles = NULL;
	apply_count_plugins(a);
	apply_want(a, a->current);
	t->order = *order;
	if (applied_read(&t->before, a->agent->state, a->current, false, e) ==
		-1 ||
	    look_at_reset(a, e) == -1 || apply_prepare(a, e) == -1) {
		if (t->target.number > 0)
			(void)applied_remove(
			    a->agent->state, t->target.number, &ignored);
		apply_turn_free(a);
		return -1;
	}
	t->active = true;
	begin_journal(a, order);
	t->phase = TXN_RENDER; /* a journal that can not be begun: refused */
	if (order->kind != KIND_DRY)
		audit_say(a->agent->audit, "agent", "ApplyStarted",
		    "%s, sequence %lld", order->snapshot,
		    (long long)t->target.sequence);
	hosts_reset(a->agent);
	apply_enter(a, TXN_PACKAGES);
	return 0;
}
