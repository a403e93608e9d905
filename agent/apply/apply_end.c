/* SPDX-License-Identifier: MIT */
/*
 * How a transaction ends. "done" in the journal is the moment from which the
 * new snapshot counts; moving the links after it can be repeated until it is
 * through, also after a kill. The journal goes last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply_packages.h"
#include "audit.h"
#include "history.h"
#include "log.h"
#include "modes.h"
#include "own.h"
#include "reset_unit.h"

#define RETRY_MS 1000 /* a full disk may have room again */

void
apply_turn_free(struct apply *a)
{
	struct turn *t = &a->turn;
	struct err e;

	loop_untimer(a->agent->loop, t->timer);
	file_batch_free(t->batch);
	json_decref(t->reset);
	packages_free(t->packages);
	packages_back_free(t->back);
	applied_free(&t->target);
	applied_free(&t->before);
	values_close(&t->values);
	for (size_t i = 0; i < APPLIED_PLUGINS; i++) {
		bytes_free(&t->documents[i]);
		bytes_free(&t->rendered[i]);
	}
	if (t->order.staged &&
	    file_remove_tree(a->agent->state, STAGING, &e) == -1)
		log_warn("%s", e.text); /* the next start removes it */
	memset(t, 0, sizeof(*t));
}

static const char *
change_of(const void *before, const void *now, size_t len)
{
	if (before == NULL)
		return now == NULL ? "none" : "new";
	if (now == NULL)
		return "gone";
	return memcmp(before, now, len) == 0 ? "same" : "changed";
}

static void
add_change(json_t *list, const char *key, const char *name, const char *change)
{
	if (strcmp(change, "none") != 0)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s}", key, name, "change", change));
}

static json_t *
plugin_changes(const struct apply *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->plugin_count; i++) {
		const char *name = a->agent->settings.plugins[i];

		add_change(list, "plugin", name,
		    change_of(applied_hash(&a->turn.before, name),
			applied_hash(&a->turn.target, name), SHA256_HEX));
	}
	return list;
}

static json_t *
file_changes(const struct turn *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->target.file_count; i++) {
		const struct applied_file *f = &t->target.files[i];
		const struct applied_file *was =
		    applied_file(&t->before, f->path);

		add_change(list, "path", f->path,
		    change_of(was == NULL ? NULL : was->sha256, f->sha256,
			SHA256_LEN));
	}
	for (size_t i = 0; i < t->before.file_count; i++)
		if (applied_file(&t->target, t->before.files[i].path) == NULL)
			add_change(
			    list, "path", t->before.files[i].path, "gone");
	return list;
}

/* Done, it says more than planned: the fingerprints of the new host keys, for
 * who came in over SSH and wants to come again. */
static json_t *
reset_changes(const struct apply *a)
{
	own_json json_t *done = NULL;

	if (a->turn.reset == NULL)
		return json_array();
	if (a->turn.order.kind != KIND_DRY)
		done = reset_report(a->agent);
	return json_incref(
	    done == NULL ? a->turn.reset : json_object_get(done, "changes"));
}

/* What the command shows of it; also what a dry run is for. */
static json_t *
report(struct apply *a)
{
	const struct turn *t = &a->turn;
	bool dry = t->order.kind == KIND_DRY;

	return json_pack(
	    "{s:b, s:b, s:s, s:s, s:I, s:I, s:O, s:O, s:o, s:o, s:o, s:o}",
	    "dry_run", (int)dry, "confirmed", (int)t->journal.yes, "snapshot",
	    t->target.snapshot, "name", t->target.name, "sequence",
	    (json_int_t)t->target.sequence, "number",
	    (json_int_t)t->target.number, "waiting_for_slots",
	    t->target.waiting, "obstacles", a->obstacles, "plugins",
	    dry ? plan_plugins(a) : plugin_changes(a), "files",
	    dry ? plan_files(a) : file_changes(t), "reset", reset_changes(a),
	    "packages", packages_json(a));
}

static void
over(struct apply *a, json_t *result)
{
	struct ctl_call *call = a->turn.order.call;
	struct err why = a->turn.why;

	if (why.text[0] == '\0')
		(void)err_set(&why, 0, "went back to what was live before");
	a->turn.active = false;
	if (a->turn.order.kind != KIND_DRY)
		apply_prune(a);
	apply_turn_free(a);
	if (call == NULL)
		json_decref(result);
	else if (result != NULL)
		ctl_reply_take(call, result);
	else
		ctl_fail(call, CODE_FAILED, &why);
	if (a->again)
		(void)apply_again(a->agent, &why);
}

static int
set_links(struct apply *a, struct err *e)
{
	const struct turn *t = &a->turn;
	int state = a->agent->state;

	/* Applying the same snapshot again leaves "previous" as it was: the
	 * way back is to another one. */
	if (t->before.number != 0 && t->before.number != t->target.number &&
	    strcmp(t->before.snapshot, t->target.snapshot) != 0 &&
	    applied_set_link(state, "previous", t->before.number, e) == -1)
		return -1;
	if (applied_set_link(state, "current", t->target.number, e) == -1 ||
	    history_note(state, t->target.snapshot, e) == -1)
		return -1;
	if (!t->journal.yes)
		return 0;
	if (applied_set_link(state, "confirmed", t->target.number, e) == -1)
		return -1;
	if (a->agent->mode == MODE_PRODUCTION)
		return floor_raise(state, t->target.sequence, e);
	return 0;
}

static int
settle_done(struct apply *a, struct err *e)
{
	enum mode next;

	if (set_links(a, e) == -1 || reset_settle(a->agent, e) == -1)
		return -1;
	a->current = a->turn.target.number;
	if (mode_next(a->agent->mode, MODE_APPLIED, &next) == 0 &&
	    next != a->agent->mode &&
	    mode_step(a->agent, MODE_APPLIED, e) == -1)
		return -1;
	if (apply_load_live(a, e) == -1)
		return -1;
	return journal_remove(a->agent->state, e);
}

static void
end_dry(struct apply *a)
{
	over(a, a->turn.phase == TXN_DONE ? report(a) : NULL);
}

static void
again_later(void *ctx)
{
	struct apply *a = ctx;

	a->turn.timer = 0;
	apply_end(a);
}

/* The end is decided; only the disk does not take it yet. */
static void
not_yet(struct apply *a, const struct err *why)
{
	struct err e;

	log_error("%s; trying again", why->text);
	a->turn.timer =
	    loop_timer(a->agent->loop, RETRY_MS, again_later, a, &e);
}

static void
end_done(struct apply *a)
{
	bool recovered = a->turn.recovering;
	struct err e;
	json_t *result;

	if (settle_done(a, &e) == -1) {
		not_yet(a, &e);
		return;
	}
	a->stuck = false;
	audit_say(a->agent->audit, "agent", "ApplyDone",
	    "%s, sequence %lld, %s", a->turn.target.snapshot,
	    (long long)a->turn.target.sequence,
	    a->turn.journal.yes ? "confirmed" : "nobody was asked to confirm");
	result = report(a);
	over(a, result);
	if (recovered)
		apply_reactivate(a);
}

static int
settle_refused(struct apply *a, struct err *e)
{
	struct turn *t = &a->turn;
	int state = a->agent->state;

	if (applied_link(state, "current", e) != t->before.number &&
	    applied_set_link(state, "current", t->before.number, e) == -1)
		return -1;
	a->current = t->before.number;
	if (apply_load_live(a, e) == -1)
		return -1;
	return journal_remove(state, e);
}

static void
end_refused(struct apply *a)
{
	bool recovered = a->turn.recovering;
	struct err e;

	if (settle_refused(a, &e) == -1) {
		not_yet(a, &e);
		return;
	}
	a->stuck = false;
	audit_say(a->agent->audit, "agent", "ApplyRefused",
	    "%s: %s; applied/%lld is live", a->turn.journal.snapshot,
	    a->turn.why.text, (long long)a->current);
	over(a, NULL);
	if (recovered)
		apply_reactivate(a);
}

static void
end_stuck(struct apply *a)
{
	a->stuck = true;
	(void)err_in(&a->turn.why,
	    "STUCK: going back failed as well; look at the log, repair, and "
	    "apply or roll back again");
	log_error("%s", a->turn.why.text);
	audit_say(a->agent->audit, "agent", "ApplyStuck", "%s: %s",
	    a->turn.journal.snapshot, a->turn.why.text);
	/* Hosts that start from now on get what was live before. */
	over(a, NULL);
}

void
apply_end(struct apply *a)
{
	if (a->turn.order.kind == KIND_DRY)
		end_dry(a);
	else if (a->turn.phase == TXN_DONE)
		end_done(a);
	else if (a->turn.phase == TXN_REFUSED)
		end_refused(a);
	else
		end_stuck(a);
}

static void
again_now(void *ctx)
{
	struct apply *a = ctx;
	struct apply_order order = { .kind = KIND_AGAIN };
	struct err e;

	a->again_timer = 0;
	a->again = apply_busy(a->agent);
	if (a->again || a->current == 0)
		return; /* over() comes back to it */
	(void)strcpy(order.snapshot, a->live.snapshot);
	if (apply_begin(a, &order, &e) == -1) {
		log_error("applying the current snapshot again: %s", e.text);
		audit_say(
		    a->agent->audit, "agent", "ApplyRefused", "%s", e.text);
	}
}

/* From a timer, so that whoever asks (a plugin in the middle of a question)
 * gets its answer first. */
int
apply_again(struct agent *agent, struct err *e)
{
	struct apply *a = agent->apply;

	a->again = true;
	if (a->again_timer > 0)
		return 0;
	a->again_timer = loop_timer(agent->loop, 0, again_now, a, e);
	if (a->again_timer != -1)
		return 0;
	a->again_timer = 0;
	return -1;
}
