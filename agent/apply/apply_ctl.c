/* SPDX-License-Identifier: MIT */
/*
 * The verbs of the command that change or show snapshots. A call that starts a
 * transaction is answered when the transaction has ended, so the answer is
 * what became of it, never what was hoped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "apply_parts.h"
#include "history.h"
#include "log.h"
#include "look.h"
#include "own.h"

#define CONFIRM_MAX_S 86400

static void
fail(struct ctl_call *call, enum ctl_code code, int errnum, const char *text)
{
	struct err e;

	(void)err_set(&e, errnum, "%s", text);
	ctl_fail(call, code, &e);
}

/* Modes in which nothing may be applied at all, and one thing at a time. */
static int
may_begin(struct agent *agent, enum ctl_code *code, struct err *e)
{
	*code = CODE_REFUSED;
	if (agent->mode == MODE_QUARANTINED || agent->mode == MODE_RETIRED)
		return err_set(e, EPERM, "a %s unit takes no snapshot",
		    mode_name(agent->mode));
	*code = CODE_FAILED;
	if (apply_busy(agent))
		return err_set(e, EBUSY,
		    "another transaction is under way; wait for its end");
	return 0;
}

static int
order_of(struct ctl_call *call, struct apply_order *order, struct err *e)
{
	const json_t *args = ctl_args(call);
	const json_t *confirm = json_object_get(args, "confirm_s");

	memset(order, 0, sizeof(*order));
	order->call = call;
	order->confirm_s = ctl_agent(call)->settings.confirm_s;
	if (confirm != NULL &&
	    json_num(args, "confirm_s", 0, CONFIRM_MAX_S, &order->confirm_s,
		e) == -1)
		return -1;
	order->kind = json_is_true(json_object_get(args, "dry_run"))
	    ? KIND_DRY
	    : KIND_APPLY;
	return 0;
}

/* From a bundle; dry: whatever the arguments say. */
static void
begin_bundle(struct ctl_call *call, int bundle, bool dry)
{
	struct agent *agent = ctl_agent(call);
	enum ctl_code code = CODE_USAGE;
	struct apply_order order;
	struct err e;

	if (order_of(call, &order, &e) == -1 ||
	    may_begin(agent, &code, &e) == -1) {
		ctl_fail(call, code, &e);
		return;
	}
	if (dry)
		order.kind = KIND_DRY;
	ctl_progress(call, "reading the bundle");
	if (receive_start(agent->apply, bundle, &order, &e) == -1)
		ctl_fail(call, CODE_FAILED, &e);
}

void
ctl_apply(struct ctl_call *call)
{
	own_fd int bundle = ctl_take_fd(call);

	if (bundle == -1)
		fail(call, CODE_USAGE, EINVAL, "no bundle came with the call");
	else
		begin_bundle(call, bundle, false);
}

/* A yes outside a transaction: to what is live. */
static int
confirm_live(struct apply *a, struct err *e)
{
	if (a->turn.active)
		return err_set(e, EAGAIN,
		    "the transaction is still in \"%s\"; there is nothing to "
		    "confirm yet",
		    txn_name(a->turn.phase));
	if (a->current == 0)
		return err_set(e, ENOENT, "no snapshot is applied");
	if (applied_set_link(a->agent->state, "confirmed", a->current, e) == -1)
		return -1;
	if (a->agent->mode == MODE_PRODUCTION)
		return floor_raise(a->agent->state, a->live.sequence, e);
	return 0;
}

void
ctl_confirm(struct ctl_call *call)
{
	struct apply *a = ctl_agent(call)->apply;
	struct err e;

	if (a->turn.active && a->turn.phase == TXN_CONFIRM) {
		char id[SHA256_HEX];

		(void)strcpy(id, a->turn.target.snapshot);
		apply_yes(a, "a person");
		ctl_reply_take(call, json_pack("{s:s}", "confirmed", id));
		return;
	}
	if (confirm_live(a, &e) == -1)
		ctl_fail(call, CODE_FAILED, &e);
	else
		ctl_reply_take(
		    call, json_pack("{s:s}", "confirmed", a->live.snapshot));
}

/* The snapshot to go back to: "to" (the first digits of its id, or a number),
 * the one that was live "back" ago, 0 for the live one anew, or that of the
 * link "previous". */
static int
rollback_target(struct apply *a, const json_t *args, char id[static SHA256_HEX],
    struct err *e)
{
	own_applied struct applied previous = { 0 };
	const char *to;
	int64_t number, back;

	if (json_str_or(args, "to", SHA256_HEX - 1, "", &to, e) == -1)
		return -1;
	if (*to != '\0')
		return store_find(a, to, id, e);
	if (json_object_get(args, "back") != NULL)
		return json_num(args, "back", 0, HISTORY_MAX, &back, e) == -1
		    ? -1
		    : store_back(a, back, id, e);
	if ((number = applied_link(a->agent->state, "previous", e)) == -1)
		return -1;
	if (number == 0)
		return err_set(e, ENOENT, "there is no snapshot before this");
	if (applied_read(&previous, a->agent->state, number, false, e) == -1)
		return -1;
	(void)strcpy(id, previous.snapshot);
	return 0;
}

static int
begin_rollback(
    struct ctl_call *call, bool dry, enum ctl_code *code, struct err *e)
{
	struct apply *a = ctl_agent(call)->apply;
	struct apply_order order;
	own_fd int dir = -1;

	*code = CODE_USAGE;
	if (order_of(call, &order, e) == -1 ||
	    may_begin(a->agent, code, e) == -1 ||
	    rollback_target(a, ctl_args(call), order.snapshot, e) == -1)
		return -1;
	if (dry)
		order.kind = KIND_DRY;
	if (order.kind == KIND_APPLY)
		order.kind = KIND_ROLLBACK;
	if ((dir = store_open(a, order.snapshot, code, e)) == -1)
		return -1;
	*code = CODE_FAILED;
	return apply_begin(a, &order, e);
}

static void
rollback(struct ctl_call *call, bool dry)
{
	struct apply *a = ctl_agent(call)->apply;
	enum ctl_code code;
	struct err e;

	if (begin_rollback(call, dry, &code, &e) == -1)
		ctl_fail_list(call, code, &e, a->obstacles);
}

void
ctl_rollback(struct ctl_call *call)
{
	rollback(call, false);
}

void
ctl_plan(struct ctl_call *call)
{
	own_fd int bundle = ctl_take_fd(call);

	if (bundle == -1)
		rollback(call, true);
	else
		begin_bundle(call, bundle, true);
}

static void
drift_seen(void *ctx, json_t *findings)
{
	struct ctl_call *call = ctx;
	bool drifted = false;
	json_t *one, *result;
	size_t i;

	json_array_foreach(findings, i,
	    one) if (!json_is_true(json_object_get(one, "passed"))) drifted =
	    true;
	result = json_pack(
	    "{s:b, s:o}", "drifted", (int)drifted, "findings", findings);
	/* What files hold is root's to see. */
	if (findings != NULL && ctl_is_root(call))
		(void)json_object_set_new(
		    result, "files", plan_drift(ctl_agent(call)->apply));
	ctl_reply_take(call, result);
}

void
ctl_drift(struct ctl_call *call)
{
	struct agent *agent = ctl_agent(call);
	struct err e;

	if (agent->apply->current == 0)
		fail(call, CODE_FAILED, ENOENT,
		    "no snapshot is applied, so nothing can have drifted");
	else if (look_start(agent, drift_seen, call, &e) == -1)
		ctl_fail(call, CODE_FAILED, &e);
}
