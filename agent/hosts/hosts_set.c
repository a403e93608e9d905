/* SPDX-License-Identifier: MIT */
/*
 * Which hosts there are, and what they are: status for a person, the question
 * of signatures for production mode, and the change of the set when the
 * settings are read again. A host whose grants did not change is left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "audit_line.h"
#include "file.h"
#include "hosts_in.h"
#include "log.h"
#include "own.h"

static const char *const states[] = {
	[LIFE_DOWN] = "down",
	[LIFE_STARTING] = "starting",
	[LIFE_IDLE] = "idle",
	[LIFE_BUSY] = "busy",
	[LIFE_STOPPING] = "stopping",
	[LIFE_BROKEN] = "broken",
};

_Static_assert(
    sizeof(states) / sizeof(*states) == LIFE_STATES, "a name for each");

/* Resident memory, 0 for no process: the second word of statm, in pages. */
static long
rss_kb(pid_t pid)
{
	own_bytes struct bytes text = { 0 };
	char path[64];
	long resident;
	struct err e;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (pid == 0 || file_read(AT_FDCWD, path, 256, &text, &e) == -1 ||
	    sscanf(text.p, "%*s %ld", &resident) != 1)
		return 0;
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static json_t *
needs_json(uint32_t needs)
{
	json_t *list = json_array();

	for (; needs != 0; needs &= needs - 1)
		(void)json_array_append_new(
		    list, json_string(grants_need_name(needs & -needs)));
	return list;
}

static json_t *
host_json(const struct host *h)
{
	json_t *j = json_pack("{s:s s:s s:i s:i s:b s:o s:I}", "name", h->name,
	    "state", states[h->state], "pid", (int)h->child.pid, "restarts",
	    (int)h->restarts, "signed", (int)h->is_signed, "needs",
	    needs_json(h->grants == NULL ? 0 : h->grants->spec.granted),
	    "rss_kb", (json_int_t)rss_kb(h->child.pid));

	if (h->why[0] != '\0') {
		char why[ERR_TEXT_MAX];

		/* It may quote the plugin. */
		(void)snprintf(why, sizeof(why), "%s", h->why);
		audit_clean(why);
		(void)json_object_set_new(j, "why", json_string(why));
	}
	return j;
}

json_t *
hosts_status(const struct agent *a)
{
	json_t *list = json_array();

	for (const struct host *h = a->hosts->first; h != NULL; h = h->next)
		(void)json_array_append_new(list, host_json(h));
	return list;
}

json_t *
hosts_broken(const struct agent *a)
{
	json_t *list = json_array();

	for (const struct host *h = a->hosts->first; h != NULL; h = h->next)
		if (h->state == LIFE_BROKEN)
			(void)json_array_append_new(list, json_string(h->name));
	return list;
}

bool
hosts_all_signed(const struct agent *a, const char **which)
{
	for (const struct host *h = a->hosts->first; h != NULL; h = h->next)
		if (!h->is_signed) {
			*which = h->name;
			return false;
		}
	return true;
}

/* At once, not after its back-off: somebody asked for it. */
static void
try_again(struct host *h)
{
	h->quick = 0;
	(void)host_step(h, LIFE_RESET);
	if (h->state == LIFE_DOWN)
		host_start_after(h, 0);
}

void
hosts_reset(struct agent *a)
{
	struct err e;

	for (struct host *h = a->hosts->first; h != NULL; h = h->next) {
		if (h->grants == NULL)
			h->grants = grants_read(&a->settings, h->name, &e);
		if (h->grants != NULL)
			try_again(h);
	}
}

static bool
listed(const struct settings *s, const char *name)
{
	for (const char *const *p = s->plugins; *p != NULL; p++)
		if (strcmp(*p, name) == 0)
			return true;
	return false;
}

/* No longer wanted: freed when its process has ended, or now. */
static void
leave(struct host *h)
{
	struct err why;

	(void)err_set(&why, ESHUTDOWN,
	    "plugin %s was taken out of the settings", h->name);
	h->leaving = true;
	host_fail_queue(h, &why);
	if (h->child.pid == 0)
		host_drop(h);
	else
		host_stop(h);
}

static void
drop_unlisted(struct agent *a)
{
	struct host *next;

	for (struct host *h = a->hosts->first; h != NULL; h = next) {
		next = h->next;
		if (!h->leaving && !listed(&a->settings, h->name))
			leave(h);
	}
}

/* New grants take a new process: what the old one was given can not be taken
 * back from it. */
static void
regrant(struct host *h)
{
	struct err e;
	struct grants *now = grants_read(&h->agent->settings, h->name, &e);

	if (now == NULL) {
		log_error(
		    "plugin %s keeps its old policy: %s", h->name, e.text);
		return;
	}
	if (h->grants != NULL &&
	    memcmp(h->grants->hash, now->hash, sizeof(now->hash)) == 0) {
		grants_free(now);
		return;
	}
	log_note("plugin %s has a new policy", h->name);
	grants_free(h->grants);
	h->grants = now;
	if (h->child.pid != 0)
		host_stop(h);
	else
		try_again(h);
}

/* The list in the order of the settings; those that leave stand last. */
static void
put_in_order(struct agent *a)
{
	struct host *first = NULL, **end = &first;

	for (const char *const *p = a->settings.plugins; *p != NULL; p++) {
		struct host *h = hosts_find(a, *p), **at = &a->hosts->first;

		if (h == NULL)
			continue;
		while (*at != h)
			at = &(*at)->next;
		*at = h->next;
		h->next = NULL;
		*end = h;
		end = &h->next;
	}
	*end = a->hosts->first;
	a->hosts->first = first;
}

/* It may be on its way out still; a second one beside it must not be. */
static struct host *
find_or_keep(struct agent *a, const char *name)
{
	for (struct host *h = a->hosts->first; h != NULL; h = h->next)
		if (strcmp(h->name, name) == 0) {
			h->leaving = false;
			return h;
		}
	return NULL;
}

int
hosts_reload(struct agent *a, struct err *e)
{
	drop_unlisted(a);
	for (const char *const *p = a->settings.plugins; *p != NULL; p++) {
		struct host *h = find_or_keep(a, *p);

		if (h != NULL)
			regrant(h);
		else if (hosts_add(a, *p, e) == -1)
			return -1;
	}
	put_in_order(a);
	return 0;
}
