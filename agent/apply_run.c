/* SPDX-License-Identifier: MIT */
/*
 * The transaction, driven. Where a phase leads is txn.h's to say; here stands
 * what is done in each. The phase is in the journal before its first request
 * goes out, at most one request is under way, and the agent never waits: each
 * answer takes the next step.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply_parts.h"
#include "audit.h"
#include "files.h"
#include "log.h"
#include "own.h"
#include "plugin.h"

/* In revert a host that died is started again and asked again. */
#define REVERT_TRIES 3

static void next_plugin(struct apply *);

static const char *
plugin_at(const struct apply *a)
{
	return a->agent->settings.plugins[a->turn.at];
}

static void
disagree(struct apply *a, const struct err *why)
{
	struct turn *t = &a->turn;

	if (t->why.text[0] == '\0')
		t->why = *why;
	log_warn("%s: %s", txn_name(t->phase), why->text);
	apply_enter(a, txn_next(t->phase, false));
}

static void
agree(struct apply *a)
{
	apply_enter(a, txn_next(a->turn.phase, true));
}

/* Keeps what a plugin rendered: on disk only when all have. */
static int
keep_artifact(struct apply *a, int fd, struct err *e)
{
	struct applied *t = &a->turn.target;
	struct applied_artifact *f = &t->artifacts[t->artifact_count];
	own_bytes struct bytes text = { 0 };
	uint8_t hash[SHA256_LEN];
	char path[SNAPSHOT_NAME_MAX + 64];

	if (fd == -1)
		return err_set(e, EBADMSG, "rendered nothing");
	if (file_read_fd(fd, INGOT_TEXT_MAX, &text, e) == -1 ||
	    sha256(text.p, text.len, hash, e) == -1)
		return -1;
	(void)snprintf(f->plugin, sizeof(f->plugin), "%s", plugin_at(a));
	hex_encode(hash, sizeof(hash), f->sha256);
	(void)snprintf(path, sizeof(path), "applied/%lld/artifacts/%s",
	    (long long)t->number, f->plugin);
	t->artifact_count++;
	return file_batch_add(
	    a->turn.batch, path, text.p, text.len, FILE_SECRET, e);
}

/* The first finding that is not passed, as an error. */
static int
judge_findings(const json_t *findings, struct err *e)
{
	const json_t *one;
	size_t i;

	json_array_foreach(
	    findings, i, one) if (!json_is_true(json_object_get(one,
				      "passed"))) return err_set(e, 0,
	    "%s (%s): %s", json_string_value(json_object_get(one, "id")),
	    json_string_value(json_object_get(one, "place")),
	    json_string_value(json_object_get(one, "why")));
	return 0;
}

static int
take_answer(struct apply *a, const struct answer *answer, struct err *e)
{
	if (answer->rc == -1) {
		*e = *answer->why;
		return -1;
	}
	if (a->turn.phase == TXN_RENDER)
		return keep_artifact(a, answer->fd, e);
	if (a->turn.phase == TXN_PROBE)
		return judge_findings(answer->findings, e);
	return 0;
}

/* Going back goes on with the other plugins, whatever one says. */
static void
revert_failed(struct apply *a, const struct err *why)
{
	struct turn *t = &a->turn;

	log_error("revert: %s", why->text);
	if (++t->tries >= REVERT_TRIES) {
		t->refused = true;
		t->tries = 0;
		t->at++;
	}
	next_plugin(a);
}

static void
answered(void *ctx, const struct answer *answer)
{
	struct apply *a = ctx;
	struct turn *t = &a->turn;
	struct err e = { 0 };

	if (take_answer(a, answer, &e) == 0) {
		t->tries = 0;
		t->at++;
		next_plugin(a);
		return;
	}
	(void)err_in(&e, "%s", plugin_at(a));
	if (t->phase == TXN_REVERT)
		revert_failed(a, &e);
	else
		disagree(a, &e);
}

/* What this phase hands to this plugin: a descriptor, or -1 with code 0 when
 * it has nothing to do. */
static int
text_for(struct apply *a, struct err *e)
{
	struct turn *t = &a->turn;
	bool empty = false;
	int fd;

	e->code = 0;
	if (t->phase == TXN_RENDER && !t->has_document[t->at])
		return -1;
	if (t->phase == TXN_RENDER)
		return file_sealed(
		    t->documents[t->at].p, t->documents[t->at].len, e);
	fd = applied_artifact(t->phase == TXN_REVERT ? &t->before : &t->target,
	    a->agent->state, plugin_at(a), &empty, e);
	if (fd != -1 && empty && t->phase == TXN_PROBE) {
		(void)close(fd);
		e->code = 0;
		return -1;
	}
	return fd;
}

/* 1: asked; 0: nothing to ask; -1: could not. */
static int
ask(struct apply *a, struct err *e)
{
	struct turn *t = &a->turn;
	own_fd int fd = text_for(a, e);

	if (fd == -1)
		return e->code == 0 ? 0 : err_in(e, "%s", plugin_at(a));
	if (t->phase == TXN_ACTIVATE)
		a->wanted[t->at] = t->target.number;
	else if (t->phase == TXN_REVERT)
		a->wanted[t->at] = t->before.number;
	a->inactive[t->at] = false;
	if (t->order.call != NULL)
		ctl_progress(t->order.call, "%s %zu of %zu: %s",
		    txn_name(t->phase), t->at + 1, a->plugin_count,
		    plugin_at(a));
	return hosts_ask(a->agent,
		   &(struct hosts_request){ .plugin = plugin_at(a),
		       .type = txn_asks(t->phase),
		       .fd = fd,
		       .done = answered,
		       .ctx = a },
		   e) == -1
	    ? -1
	    : 1;
}

static void
phase_over(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	if (t->phase == TXN_RENDER && apply_store(a, &e) == -1)
		disagree(a, &e);
	else if (t->phase == TXN_REVERT && t->refused)
		apply_enter(a, txn_next(t->phase, false));
	else
		agree(a);
}

/* Asks the plugin whose turn it is; its answer comes back to answered(),
 * perhaps before hosts_ask() returns, so nothing is touched after it. */
static void
next_plugin(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;
	int rc = 0;

	for (; t->at < a->plugin_count; t->at++)
		if ((rc = ask(a, &e)) != 0)
			break;
	if (rc == 1)
		return;
	if (rc == 0)
		phase_over(a);
	else if (t->phase == TXN_REVERT)
		revert_failed(a, &e);
	else
		disagree(a, &e);
}

static void
enter_packages(struct apply *a)
{
	struct err e;

	if (apply_packages(a, &e) == -1)
		disagree(a, &e);
	else
		agree(a);
}

static void
enter_activate(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	if (files_converge(&t->target, a->agent->state, false, &e) == -1)
		disagree(a, &e);
	else
		next_plugin(a);
}

static void
enter_revert(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	/* A host that opens now must not be given what is being taken back. */
	apply_want(a, WANTS_NOTHING);
	hosts_reset(a->agent);
	t->refused = false;
	t->tries = 0;
	if (files_converge(&t->before, a->agent->state, t->recovering, &e) ==
	    -1) {
		log_error("revert: %s", e.text);
		t->refused = true;
	}
	next_plugin(a);
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
	disagree(a, &e);
}

static void
enter_confirm(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	if (t->order.confirm_s == 0 || t->journal.yes) {
		agree(a);
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
		disagree(a, &e);
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
	agree(a);
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
		[TXN_PACKAGES] = enter_packages,
		[TXN_RENDER] = next_plugin,
		[TXN_ACTIVATE] = enter_activate,
		[TXN_PROBE] = next_plugin,
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
	/* After a stuck one nothing is known to be unchanged. */
	if (a->stuck && p == TXN_REFUSED && t->phase == TXN_RENDER)
		p = TXN_REVERT;
	if (journal_phase(a, p, &e) == -1) {
		disagree(a, &e); /* of the phase that was to be left */
		return;
	}
	t->phase = p;
	t->at = 0;
	enter[p](a);
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

int
apply_begin(struct apply *a, const struct apply_order *order, struct err *e)
{
	struct turn *t = &a->turn;
	struct err ignored;

	if (check_room(a, e) == -1)
		return -1;
	apply_turn_free(a);
	t->order = *order;
	if (applied_read(&t->before, a->agent->state, a->current, false, e) ==
		-1 ||
	    apply_prepare(a, e) == -1) {
		if (t->target.number > 0)
			(void)applied_remove(
			    a->agent->state, t->target.number, &ignored);
		apply_turn_free(a);
		return -1;
	}
	t->active = true;
	t->journal = (struct journal){ .target = t->target.number,
		.before = t->before.number };
	(void)snprintf(t->journal.snapshot, sizeof(t->journal.snapshot), "%s",
	    order->snapshot);
	t->phase = TXN_RENDER; /* a journal that can not be begun: refused */
	if (order->kind != KIND_DRY)
		audit_say(a->agent->audit, "agent", "ApplyStarted",
		    "%s, sequence %lld", order->snapshot,
		    (long long)t->target.sequence);
	hosts_reset(a->agent);
	apply_enter(a, TXN_PACKAGES);
	return 0;
}
