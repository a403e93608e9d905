/* SPDX-License-Identifier: MIT */
/*
 * Findings from the files and the probes, for drift and for the verdict. One
 * probe at a time, in the order of the plugins; a host that can not be asked
 * is a finding too, never a gap.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "apply_parts.h"
#include "files.h"
#include "look.h"
#include "own.h"

struct look {
	struct agent *agent;
	look_done *done;
	void *ctx;
	json_t *findings;
	size_t at;
};

static void ask_next(struct look *);

void
look_add(json_t *findings, const char *by, const char *id, const char *place,
    bool passed, const char *fmt, ...)
{
	char why[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)json_array_append_new(findings,
	    json_pack("{s:s, s:s, s:s, s:b, s:s}", "by", by, "id", id, "place",
		place, "passed", (int)passed, "why", why));
}

static void
look_files(struct look *l)
{
	const struct applied *live = &l->agent->apply->live;
	char place[SNAPSHOT_PATH_MAX + 1];
	bool all = true;
	struct err e;

	for (size_t i = 0; i < live->file_count; i++) {
		if (files_same(&live->files[i], &e) == 0)
			continue;
		all = false;
		(void)snprintf(
		    place, sizeof(place), "/%s", live->files[i].path);
		look_add(l->findings, "agent", "files.same", place, false,
		    "%s; \"ingot rollback 0\" puts it right", e.text);
	}
	if (all)
		look_add(l->findings, "agent", "files.same", "snapshot", true,
		    "%zu files are as the snapshot says", live->file_count);
}

/* Each thing that waits, since each may be another service's. */
static void
look_waiting(struct look *l, const json_t *waiting)
{
	const json_t *one;
	size_t i;

	json_array_foreach(waiting, i, one)
	{
		const char *slot =
		    json_string_value(json_object_get(one, "slot"));

		look_add(l->findings, "agent", "applied.complete",
		    json_string_value(json_object_get(one, "what")), false,
		    "@{%s} has no value yet; run ingot enrol", slot);
	}
}

static void
look_complete(struct look *l)
{
	const struct apply *a = l->agent->apply;

	if (a->stuck)
		look_add(l->findings, "agent", "applied.complete", "journal",
		    false, "a transaction is stuck; see the log");
	else if (a->current == 0)
		look_add(l->findings, "agent", "applied.complete", "snapshot",
		    false, "no snapshot is applied; run ingot apply BUNDLE");
	else if (json_array_size(a->live.waiting) > 0)
		look_waiting(l, a->live.waiting);
	else
		look_add(l->findings, "agent", "applied.complete", "snapshot",
		    true, "everything in it is in place");
}

static void
take_findings(struct look *l, const char *plugin, const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
	{
		own_json json_t *copy = json_copy(one);

		(void)json_object_set_new(copy, "by", json_string(plugin));
		(void)json_array_append(l->findings, copy);
	}
}

static void
probed(void *ctx, const struct answer *answer)
{
	struct look *l = ctx;
	const char *plugin = l->agent->settings.plugins[l->at];

	take_findings(l, plugin, answer->findings);
	if (answer->rc == -1)
		look_add(l->findings, plugin, "plugin.probed", plugin, false,
		    "it could not look: %s", answer->why->text);
	else
		look_add(l->findings, plugin, "plugin.probed", plugin, true,
		    "it looked");
	l->at++;
	ask_next(l);
}

/* 1: asked; 0: nothing to ask; -1: could not. */
static int
ask(struct look *l, const char *plugin, struct err *e)
{
	const struct applied *live = &l->agent->apply->live;
	bool empty;
	own_fd int fd =
	    applied_artifact(live, l->agent->state, plugin, &empty, e);

	if (fd == -1 || empty)
		return fd == -1 ? -1 : 0;
	return hosts_ask(l->agent,
		   &(struct hosts_request){ .plugin = plugin,
		       .type = MSG_PROBE,
		       .fd = fd,
		       .done = probed,
		       .ctx = l },
		   e) == -1
	    ? -1
	    : 1;
}

static void
ask_next(struct look *l)
{
	bool stopping = l->agent->apply == NULL;
	const char *plugin;
	struct err e;
	int rc;

	for (;
	     !stopping && (plugin = l->agent->settings.plugins[l->at]) != NULL;
	     l->at++) {
		rc = ask(l, plugin, &e);
		if (rc == 1)
			return;
		if (rc == -1)
			look_add(l->findings, plugin, "plugin.probed", plugin,
			    false, "it could not be asked: %s", e.text);
	}
	if (stopping)
		json_decref(l->findings);
	l->done(l->ctx, stopping ? NULL : l->findings);
	free(l);
}

int
look_start(struct agent *agent, look_done *done, void *ctx, struct err *e)
{
	struct look *l;

	if (apply_busy(agent))
		return err_set(
		    e, EBUSY, "a transaction is under way; wait for its end");
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	*l = (struct look){ agent, done, ctx, json_array(), 0 };
	look_files(l);
	look_complete(l);
	ask_next(l);
	return 0;
}
