/* SPDX-License-Identifier: MIT */
/* The verbs of the command that look into the snapshot store, and prune. */
#include <errno.h>

#include "apply_parts.h"
#include "audit.h"
#include "history.h"
#include "own.h"

void
ctl_snapshots(struct ctl_call *call)
{
	struct agent *agent = ctl_agent(call);
	own_json json_t *status = apply_status(agent);
	json_t *result = json_object();

	(void)json_object_set(
	    result, "current", json_object_get(status, "current"));
	(void)json_object_set(
	    result, "previous", json_object_get(status, "previous"));
	(void)json_object_set(
	    result, "confirmed", json_object_get(status, "confirmed"));
	(void)json_object_set_new(result, "all", store_list(agent->apply));
	ctl_reply_take(call, result);
}

/* A stored snapshot by the first digits of its id, from the arguments. */
static int
find_named(struct ctl_call *call, const char *key, char id[static SHA256_HEX],
    struct err *e)
{
	const char *start;

	if (json_str(ctl_args(call), key, SHA256_HEX - 1, &start, e) == -1)
		return -1;
	return store_find(ctl_agent(call)->apply, start, id, e);
}

void
ctl_show(struct ctl_call *call)
{
	char id[SHA256_HEX];
	json_t *result;
	struct err e;

	if (find_named(call, "id", id, &e) == -1)
		ctl_fail(call, CODE_USAGE, &e);
	else if ((result = store_show(ctl_agent(call)->apply, id, &e)) == NULL)
		ctl_fail(call, CODE_FAILED, &e);
	else
		ctl_reply_take(call, result);
}

void
ctl_diff(struct ctl_call *call)
{
	char was[SHA256_HEX], now[SHA256_HEX];
	json_t *members;
	struct err e;

	if (find_named(call, "was", was, &e) == -1 ||
	    find_named(call, "now", now, &e) == -1) {
		ctl_fail(call, CODE_USAGE, &e);
		return;
	}
	members = store_diff(ctl_agent(call)->apply, was, now, &e);
	if (members == NULL)
		ctl_fail(call, CODE_FAILED, &e);
	else
		ctl_reply_take(call,
		    json_pack("{s:s, s:s, s:o}", "was", was, "now", now,
			"members", members));
}

/* A transaction is under way, or one ended so that a person must look at what
 * it left. */
static int
may_prune(const struct apply *a, struct err *e)
{
	if (apply_busy(a->agent))
		return err_set(
		    e, EBUSY, "a transaction is under way; wait for its end");
	if (a->stuck)
		return err_set(e, EBUSY,
		    "a transaction is stuck; apply or roll back first");
	return 0;
}

void
ctl_prune(struct ctl_call *call)
{
	struct apply *a = ctl_agent(call)->apply;
	own_json json_t *removed = json_array();
	int64_t keep = STORE_SPARE;
	struct err e;

	if (json_object_get(ctl_args(call), "keep") != NULL &&
	    json_num(ctl_args(call), "keep", 0, HISTORY_MAX, &keep, &e) == -1)
		ctl_fail(call, CODE_USAGE, &e);
	else if (may_prune(a, &e) == -1 ||
	    store_prune(a, (size_t)keep, removed, &e) == -1)
		ctl_fail(call, CODE_FAILED, &e);
	else
		ctl_reply_take(call, json_pack("{s:O}", "removed", removed));
}
