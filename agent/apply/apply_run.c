/* SPDX-License-Identifier: MIT */
/*
 * The requests of a phase: each plugin in its turn, at most one request under
 * way, and the agent never waits: an answer takes the next step. What a "no"
 * or the last "yes" leads to is apply_phase.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply_parts.h"
#include "log.h"
#include "own.h"
#include "plugin.h"
#include "verdict.h"

/* In revert a host that died is started again and asked again. */
#define REVERT_TRIES 3

static const char *
plugin_at(const struct apply *a)
{
	return a->agent->settings.plugins[a->turn.at];
}

void
apply_disagree(struct apply *a, const struct err *why)
{
	struct turn *t = &a->turn;

	if (t->why.text[0] == '\0')
		t->why = *why;
	log_warn("%s: %s", txn_name(t->phase), why->text);
	apply_enter(a, txn_next(t->phase, false));
}

void
apply_agree(struct apply *a)
{
	apply_enter(a, txn_next(a->turn.phase, true));
}

/* Keeps what a plugin rendered: on disk only when all have. */
static int
keep_artifact(struct apply *a, int fd, struct err *e)
{
	if (fd == -1)
		return err_set(e, EBADMSG, "rendered nothing");
	return fill_artifact(a, (int)a->turn.at, fd, e);
}

/* What waits for a value keeps the artifact it has. */
static int
hold_artifact(struct apply *a, struct err *e)
{
	bool empty;
	own_fd int fd = applied_artifact(
	    &a->turn.before, a->agent->state, plugin_at(a), &empty, e);

	if (fd == -1)
		return err_in(e, "%s", plugin_at(a));
	return fill_artifact(a, (int)a->turn.at, fd, e);
}

/* What a unit in production must not be, no circumstance excuses there: it
 * could have been locked before and loosened by the next bundle. */
static bool
excused(const struct agent *agent, const char *plugin, const char *id)
{
	return hosts_circumstance(agent, plugin, id) &&
	    (agent->mode != MODE_PRODUCTION || !verdict_insists(agent, id));
}

/* The first failed finding that speaks against the snapshot, as an error. */
static int
judge_findings(const struct apply *a, const json_t *findings, struct err *e)
{
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *one = json_array_get(findings, i);
		const char *id = json_string_value(json_object_get(one, "id"));
		const char *why =
		    json_string_value(json_object_get(one, "why"));

		if (json_is_true(json_object_get(one, "passed")))
			continue;
		if (!excused(a->agent, plugin_at(a), id))
			return err_set(e, 0, "%s (%s): %s", id,
			    json_string_value(json_object_get(one, "place")),
			    why);
		log_warn("%s: %s: %s (not the snapshot's fault)", plugin_at(a),
		    id, why);
	}
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
		return judge_findings(a, answer->findings, e);
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
	apply_next_plugin(a);
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
		apply_next_plugin(a);
		return;
	}
	if (answer->rc == 0) /* the supervisor names the plugin itself */
		(void)err_in(&e, "%s", plugin_at(a));
	if (t->phase == TXN_REVERT)
		revert_failed(a, &e);
	else
		apply_disagree(a, &e);
}

/*
 * Has this plugin nothing to do with the transaction? One that is not in the
 * snapshot and was not in the one before has nothing to take away, so it may
 * be broken without holding up the others. After a stuck transaction, or with
 * a journal that was lost, nobody knows, and all are asked.
 *
 * In revert a plugin that had nothing in place is asked only when it had been
 * asked to activate: for it the state before is not ours but the vendor's or
 * the owner's, and an EMPTY artifact would take that away (a packet filter)
 * because some other plugin failed.
 */
static bool
is_outside(const struct apply *a)
{
	const struct turn *t = &a->turn;

	if (a->stuck || applied_hash(&t->before, plugin_at(a)) != NULL)
		return false;
	if (t->phase == TXN_REVERT)
		return !journal_asked(&t->journal, plugin_at(a));
	return t->target.number != 0 &&
	    applied_hash(&t->target, plugin_at(a)) == NULL;
}

/* Durable before the request goes out: a kill in between costs a needless
 * EMPTY, the other order would leave what was activated in place for ever.
 * Those who had something before are asked in revert in any case. */
static int
note_asked(struct apply *a, struct err *e)
{
	struct turn *t = &a->turn;
	struct journal j = t->journal;

	if (t->phase != TXN_ACTIVATE || journal_asked(&j, plugin_at(a)) ||
	    applied_hash(&t->before, plugin_at(a)) != NULL)
		return 0;
	if (journal_ask(&j, plugin_at(a), e) == -1 ||
	    journal_write(a->agent->state, &j, e) == -1)
		return -1;
	t->journal = j;
	return 0;
}

/* The text for the plugin whose turn it is: 1 and its descriptor; 0: it is
 * not asked in this phase. */
static int
text_for(struct apply *a, int *fd, struct err *e)
{
	struct turn *t = &a->turn;
	const struct bytes *document = &t->documents[t->at];
	bool empty;

	if (t->phase == TXN_RENDER) {
		if (t->held[t->at])
			return hold_artifact(a, e);
		if (!t->has_document[t->at])
			return 0;
		*fd = file_sealed(document->p, document->len, e);
		return *fd == -1 ? -1 : 1;
	}
	if (is_outside(a))
		return 0;
	*fd = applied_artifact(t->phase == TXN_REVERT ? &t->before : &t->target,
	    a->agent->state, plugin_at(a), &empty, e);
	if (*fd == -1)
		return err_in(e, "%s", plugin_at(a));
	/* There is nothing to see of what was taken away. */
	return empty && t->phase == TXN_PROBE ? 0 : 1;
}

/* 1: asked; 0: nothing to ask; -1: could not. */
static int
ask(struct apply *a, struct err *e)
{
	struct turn *t = &a->turn;
	own_fd int fd = -1;
	int rc = text_for(a, &fd, e);

	if (rc != 1)
		return rc;
	if (note_asked(a, e) == -1)
		return -1;
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
		apply_disagree(a, &e);
	else if (t->phase == TXN_REVERT && t->refused)
		apply_revert_again(a);
	else
		apply_agree(a);
}

/* Asks the plugin whose turn it is; its answer comes back to answered(),
 * perhaps before hosts_ask() returns, so nothing is touched after it. */
void
apply_next_plugin(struct apply *a)
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
		apply_disagree(a, &e);
}
