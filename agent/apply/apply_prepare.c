/* SPDX-License-Identifier: MIT */
/*
 * From a stored snapshot and the slot values of now to what this unit is to
 * become: filled documents in memory, filled files in applied/<n>, and a list
 * of what still waits for a value. All of it is looked at before anything is
 * written; and nothing outside applied/<n> (and the generated values) is
 * changed here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apply_packages.h"
#include "log.h"
#include "own.h"
#include "place.h"
#include "plugin.h"
#include "preflight.h"
#include "slot.h"

#define DOCUMENTS "documents/"
#define FILES     "files/"
#define PACKAGES  "packages" /* documents/packages.conf is the agent's own */

/* What is being prepared from what. */
struct prepare {
	struct apply *a;
	int snapshot; /* its folder, open */
};

static int
prepare_document(struct prepare *p, const struct member *m, struct err *e)
{
	struct turn *t = &p->a->turn;
	const char *name = m->path + strlen(DOCUMENTS);
	char plugin[SNAPSHOT_NAME_MAX + 1];
	int number, rc;

	(void)snprintf(plugin, sizeof(plugin), "%.*s",
	    (int)(strlen(name) - strlen(".conf")), name);
	if (strcmp(plugin, PACKAGES) == 0)
		return 0;
	if ((number = plugin_number(p->a, plugin)) == -1)
		return err_set(e, ENOENT,
		    "%s: this unit has no plugin \"%s\"; add it to \"plugins\" "
		    "in ingot.conf, or leave the document out",
		    m->path, plugin);
	rc = fill_member(p->a, p->snapshot, m, INGOT_TEXT_MAX, true,
	    &t->documents[number], e);
	t->has_document[number] = rc == 1;
	/* It keeps what it has: an uplink that lost its configuration because
	 * the new one waits for a value could never fetch that value, and a
	 * firewall must not be open meanwhile. */
	t->held[number] = rc == 0 && applied_hash(&t->before, plugin) != NULL;
	return rc == -1 ? -1 : 0;
}

static bool
below(const char *path, const char *folder)
{
	size_t n = folder == NULL ? 0 : strlen(folder);

	return n > 1 && strncmp(path, folder + 1, n - 1) == 0 &&
	    (path[n - 1] == '/' || path[n - 1] == '\0');
}

/* folder, or what it really is when a link leads to it. */
static bool
really_below(const char *real, const char *folder)
{
	char where[PATH_MAX];

	return below(real, folder) ||
	    (folder != NULL && realpath(folder, where) != NULL &&
		below(real, where));
}

/* No bundle may replace what judges bundles, or the kernel's own trees; and
 * none may do so by another way to the same place: where /lib leads to
 * /usr/lib, "lib/ingot/plugins" is the folder of the plugins as well. */
static int
allowed(const struct settings *s, const char *path, struct err *e)
{
	const char *const closed[] = { s->state_dir, s->run_dir, s->log_dir,
		s->unit_file, s->anchors, s->policy_dir, s->shipped_dir,
		s->plugin_dir, s->libexec_dir, SETTINGS_FILE, "/proc", "/sys",
		"/dev" };
	char real[PATH_MAX];

	if (place_real(path, real, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (below(path, closed[i]) || really_below(real + 1, closed[i]))
			return err_set(e, EPERM,
			    "/%s: no bundle may write below %s", path,
			    closed[i]);
	return 0;
}

/* One that waits for a slot stays as it is; one that was never there, away. */
static void
hold_file(struct turn *t, struct applied_file *f)
{
	const struct applied_file *was = applied_file(&t->before, f->path);

	if (was == NULL)
		return;
	*f = *was;
	f->held = f->filled = true;
	t->target.file_count++;
}

static int
prepare_file(struct prepare *p, const struct member *m, struct err *e)
{
	struct turn *t = &p->a->turn;
	struct applied_file *f = &t->target.files[t->target.file_count];
	own_bytes struct bytes text = { 0 };
	int rc;

	(void)snprintf(f->path, sizeof(f->path), "%s", m->path + strlen(FILES));
	(void)snprintf(f->owner, sizeof(f->owner), "%s", m->owner);
	(void)snprintf(f->group, sizeof(f->group), "%s", m->group);
	memcpy(f->sha256, m->sha256, SHA256_LEN);
	f->mode = m->mode;
	f->size = m->size;
	if (allowed(&p->a->agent->settings, f->path, e) == -1)
		return -1;
	if (m->slots) {
		rc = fill_member(
		    p->a, p->snapshot, m, SNAPSHOT_MEMBER_MAX, true, &text, e);
		if (rc == 0)
			hold_file(t, f);
		if (rc != 1)
			return rc;
		f->filled = true;
		f->size = text.len;
		if (sha256(text.p, text.len, f->sha256, e) == -1)
			return -1;
	}
	t->target.file_count++;
	return 0;
}

static int
prepare_member(struct prepare *p, const struct member *m, struct err *e)
{
	if (strncmp(m->path, DOCUMENTS, strlen(DOCUMENTS)) == 0)
		return prepare_document(p, m, e);
	if (strncmp(m->path, FILES, strlen(FILES)) == 0)
		return prepare_file(p, m, e);
	return 0;
}

/* One that can not be prepared is an obstacle beside others, not the end. */
static void
prepare_members(struct prepare *p, const struct snapshot *s)
{
	struct err e;

	for (size_t i = 0; i < s->count; i++)
		if (prepare_member(p, &s->members[i], &e) == -1)
			obstacle_add(p->a->obstacles, "preflight.member",
			    s->members[i].path,
			    "see the reason; the snapshot or the unit has to "
			    "change",
			    "%s", e.text);
}

static int
prepare_target(struct applied *t, const struct snapshot *s, struct err *e)
{
	(void)snprintf(t->snapshot, sizeof(t->snapshot), "%s", s->id);
	(void)snprintf(t->name, sizeof(t->name), "%s", s->name);
	t->sequence = s->sequence;
	t->waiting = json_array();
	t->files = calloc(s->count + 1, sizeof(*t->files));
	if (t->waiting == NULL || t->files == NULL)
		return err_set(e, ENOMEM, "no memory");
	return 0;
}

/* The snapshot's folder, open and verified; -1: damaged or not there. */
static int
open_snapshot(struct apply *a, struct snapshot *s, struct err *e)
{
	char path[SOURCE_MAX];
	own_fd int dir = -1;

	apply_source(a, path);
	dir = openat(a->agent->state, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "open %s", path);
	if (snapshot_read(s, dir, e) == -1 || snapshot_verify(s, dir, e) == -1)
		return err_in(e, "%s", path);
	if (strcmp(s->id, a->turn.order.snapshot) != 0)
		return err_set(
		    e, EBADMSG, "%s: its manifest has changed", path);
	return take_fd(&dir);
}

/* What is written for this turn: a dry run stops before it. */
static int
prepare_write(struct prepare *p, const struct snapshot *s, struct err *e)
{
	struct turn *t = &p->a->turn;
	int state = p->a->agent->state;

	if (applied_create(state, &t->target.number, e) == -1 ||
	    (t->batch = file_batch_new(state, e)) == NULL ||
	    values_save(&t->values, e) == -1 ||
	    fill_files(p->a, p->snapshot, s, e) == -1)
		return -1;
	return file_batch_commit(t->batch, e);
}

static int
prepare_all(struct prepare *p, const struct snapshot *s, struct err *e)
{
	struct apply *a = p->a;
	struct turn *t = &a->turn;
	struct agent *agent = a->agent;

	json_decref(a->obstacles);
	if ((a->obstacles = json_array()) == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (values_open(&t->values, &agent->settings, agent->state, e) == -1 ||
	    prepare_target(&t->target, s, e) == -1)
		return -1;
	prepare_members(p, s);
	if (preflight_files(&t->target, &t->before, &agent->settings,
		agent->state, a->obstacles, e) == -1)
		return -1;
	if (packages_prepare(a, p->snapshot, e) == -1)
		packages_obstacle(a->obstacles, e);
	/* Users and groups may yet come with the packages. */
	if (packages_change(a))
		packages_excuse(a->obstacles);
	if (t->order.kind == KIND_DRY)
		return 0;
	if (json_array_size(a->obstacles) > 0)
		return obstacles_say(a->obstacles, e);
	return prepare_write(p, s, e);
}

void
apply_source(const struct apply *a, char path[static SOURCE_MAX])
{
	if (a->turn.order.staged)
		(void)strcpy(path, STAGING);
	else
		(void)snprintf(
		    path, SOURCE_MAX, "snapshots/%s", a->turn.order.snapshot);
}

int
apply_prepare(struct apply *a, struct err *e)
{
	own_snapshot struct snapshot s = { 0 };
	struct prepare p = { .a = a, .snapshot = -1 };
	int rc;

	if ((p.snapshot = open_snapshot(a, &s, e)) == -1)
		return -1;
	rc = prepare_all(&p, &s, e);
	(void)close(p.snapshot);
	return rc == -1 ? err_in(e, "snapshot %.8s", s.id) : 0;
}

int
apply_store(struct apply *a, struct err *e)
{
	if (a->turn.order.kind == KIND_DRY)
		return 0;
	if (applied_write(&a->turn.target, a->agent->state, a->turn.batch, e) ==
	    -1)
		return -1;
	return file_batch_commit(a->turn.batch, e);
}
