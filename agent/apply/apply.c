/* SPDX-License-Identifier: MIT */
/*
 * Start, stop and state of what applies snapshots. Which applied/<n> a host
 * should hold is said in one place, wanted[]: a host that opens gets that, and
 * while a transaction goes back it gets nothing until its turn has come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "audit.h"
#include "log.h"
#include "own.h"

void
apply_count_plugins(struct apply *a)
{
	a->plugin_count = 0;
	while (a->plugin_count < APPLIED_PLUGINS &&
	    a->agent->settings.plugins[a->plugin_count] != NULL)
		a->plugin_count++;
}

int
plugin_number(const struct apply *a, const char *name)
{
	const char *const *plugins = a->agent->settings.plugins;

	for (int i = 0; i < APPLIED_PLUGINS && plugins[i] != NULL; i++)
		if (strcmp(plugins[i], name) == 0)
			return i;
	return -1;
}

/* Outside a transaction every host holds the current one; the settings, and
 * with them the numbers of the plugins, may have been read again meanwhile. */
static int64_t
wanted(const struct apply *a, int number)
{
	if (a->turn.active)
		return a->wanted[number];
	return a->journal_found ? WANTS_NOTHING : a->current;
}

void
apply_want(struct apply *a, int64_t number)
{
	for (size_t i = 0; i < APPLIED_PLUGINS; i++)
		a->wanted[i] = number;
}

/* A link that leads to something damaged is as good as none, said loudly. */
static int64_t
sound(struct apply *a, const char *link)
{
	struct err e;
	int64_t number = applied_link(a->agent->state, link, &e);
	own_applied struct applied found = { 0 };

	if (number == 0)
		return 0;
	if (number == -1 ||
	    applied_read(&found, a->agent->state, number, true, &e) == -1) {
		log_error("\"%s\" is damaged: %s", link, e.text);
		audit_say(a->agent->audit, "agent", "SnapshotDamaged", "%s: %s",
		    link, e.text);
		return -1;
	}
	return number;
}

/*
 * The current one; damaged: the one confirmed last, else the one before. What
 * is found is then put in place like after a kill.
 */
static int
choose(struct apply *a, struct err *e)
{
	static const char *const others[] = { "confirmed", "previous" };
	struct journal j = { .phase = TXN_REVERT, .asked = JOURNAL_ALL };
	int64_t number = sound(a, "current");

	if (number >= 0) {
		a->current = number;
		return 0;
	}
	for (size_t i = 0; i < 2 && number <= 0; i++)
		number = sound(a, others[i]);
	if (number <= 0)
		return err_set(e, EBADMSG,
		    "no stored snapshot is whole; apply a bundle again");
	a->current = j.before = number;
	log_error("falling back to applied/%lld", (long long)number);
	if (a->journal_found)
		return 0;
	a->journal_found = true;
	return journal_write(a->agent->state, &j, e);
}

int
apply_load_live(struct apply *a, struct err *e)
{
	struct applied found = { 0 };

	if (applied_read(&found, a->agent->state, a->current, false, e) == -1)
		return -1;
	applied_free(&a->live);
	a->live = found;
	return 0;
}

static int
folders(int state, struct err *e)
{
	static const char *const names[] = { "snapshots", "applied", "original",
		"identity", "installed" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (file_mkdirs(state, names[i], 0700, e) == -1 ||
		    file_sweep(state, names[i], e) == -1)
			return -1;
	/* What a kill left of a bundle that was being received. */
	if (faccessat(state, STAGING, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file_remove_tree(state, STAGING, e) == -1)
		return -1;
	if (faccessat(state, TRASH, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file_remove_tree(state, TRASH, e) == -1)
		return -1;
	return file_sweep(state, ".", e);
}

int
apply_start(struct agent *agent, struct err *e)
{
	struct apply *a = calloc(1, sizeof(*a));
	struct journal j;
	struct err damaged;

	if (a == NULL)
		return err_set(e, ENOMEM, "no memory");
	agent->apply = a;
	a->agent = agent;
	apply_count_plugins(a);
	if (folders(agent->state, e) == -1)
		return err_in(e, "state folder");
	a->journal_found = journal_read(agent->state, &j, &damaged) != 0;
	if (choose(a, e) == -1) {
		/* Alive and loud is better than gone: a bundle heals it. */
		log_error("%s", e->text);
		a->current = 0;
	}
	if (apply_load_live(a, e) == -1)
		return -1;
	/* Killed before its journal, a transaction left only litter. */
	if (!a->journal_found)
		apply_prune(a);
	return 0;
}

void
apply_stop(struct agent *agent)
{
	struct apply *a = agent->apply;

	if (a == NULL)
		return;
	if (agent->hosts != NULL)
		hosts_forget(agent, a);
	loop_untimer(agent->loop, a->turn.timer);
	loop_untimer(agent->loop, a->again_timer);
	receive_free(a);
	apply_turn_free(a);
	applied_free(&a->live);
	json_decref(a->obstacles);
	free(a);
	agent->apply = NULL;
}

bool
apply_busy(const struct agent *agent)
{
	const struct apply *a = agent->apply;

	return a->receive != NULL || a->turn.active;
}

static json_t *
link_json(const struct agent *agent, const char *link)
{
	struct err e;
	own_applied struct applied found = { 0 };
	int64_t number = applied_link(agent->state, link, &e);

	if (number == 0)
		return json_null();
	if (number == -1 ||
	    applied_read(&found, agent->state, number, false, &e) == -1)
		return json_pack("{s:s}", "damaged", e.text);
	return json_pack("{s:I, s:s, s:s, s:I}", "number", (json_int_t)number,
	    "snapshot", found.snapshot, "name", found.name, "sequence",
	    (json_int_t)found.sequence);
}

static json_t *
inactive_json(const struct apply *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->plugin_count; i++)
		if (a->inactive[i])
			(void)json_array_append_new(
			    list, json_string(a->agent->settings.plugins[i]));
	return list;
}

json_t *
apply_status(const struct agent *agent)
{
	const struct apply *a = agent->apply;
	const char *phase = "idle";

	if (a->receive != NULL)
		phase = "receive";
	else if (a->turn.active)
		phase = txn_name(a->turn.phase);
	else if (a->stuck)
		phase = txn_name(TXN_STUCK);
	return json_pack("{s:s, s:o, s:o, s:o, s:O?, s:o}", "phase", phase,
	    "current", link_json(agent, "current"), "previous",
	    link_json(agent, "previous"), "confirmed",
	    link_json(agent, "confirmed"), "waiting_for_slots", a->live.waiting,
	    "inactive", inactive_json(a));
}

/* The answer to what apply_host_opened() asked. */
struct reopened {
	struct agent *agent;
	int plugin;
};

static void
reactivated(void *ctx, const struct answer *answer)
{
	struct reopened *r = ctx;
	struct apply *a = r->agent->apply;
	const char *name = r->agent->settings.plugins[r->plugin];

	if (a != NULL)
		a->inactive[r->plugin] = answer->rc == -1;
	if (answer->rc == -1) {
		log_error("%s: activate: %s", name, answer->why->text);
		audit_say(r->agent->audit, "agent", "ActivateFailed", "%s: %s",
		    name, answer->why->text);
	}
	free(r);
}

static int
reactivate(struct apply *a, int plugin, struct err *e)
{
	const char *name = a->agent->settings.plugins[plugin];
	own_applied struct applied held = { 0 };
	struct reopened *r;
	bool empty;
	own_fd int fd = -1;

	if (applied_read(&held, a->agent->state, wanted(a, plugin), false, e) ==
	    -1)
		return -1;
	fd = applied_artifact(&held, a->agent->state, name, &empty, e);
	if (fd == -1 || empty)
		return fd == -1 ? -1 : 0;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	*r = (struct reopened){ a->agent, plugin };
	if (hosts_ask(a->agent,
		&(struct hosts_request){ .plugin = name,
		    .type = MSG_ACTIVATE,
		    .fd = fd,
		    .done = reactivated,
		    .ctx = r },
		e) == 0)
		return 0;
	free(r);
	return -1;
}

void
apply_reactivate(struct apply *a)
{
	for (size_t i = 0; i < a->plugin_count; i++)
		apply_host_opened(a->agent, a->agent->settings.plugins[i]);
}

void
apply_host_opened(struct agent *agent, const char *plugin)
{
	struct apply *a = agent->apply;
	int number = a == NULL ? -1 : plugin_number(a, plugin);
	struct err e;

	if (number == -1 || wanted(a, number) <= 0)
		return;
	if (reactivate(a, number, &e) == -1) {
		a->inactive[number] = true;
		log_error("%s: activate: %s", plugin, e.text);
	}
}
