/* SPDX-License-Identifier: MIT */
/*
 * From a stored snapshot and the slot values of now to what this unit is to
 * become: filled documents in memory, filled files in applied/<n>, and a list
 * of what still waits for a value. Nothing outside applied/<n> (and the
 * generated values) is changed here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "files.h"
#include "log.h"
#include "own.h"
#include "place.h"
#include "plugin.h"
#include "slot.h"

#define DOCUMENTS "documents/"
#define FILES     "files/"
#define PACKAGES  "packages" /* documents/packages.conf is the agent's own */

/* What is being prepared from what. */
struct prepare {
	struct apply *a;
	struct values values;
	int snapshot; /* its folder, open */
};

static int
waits(struct apply *a, const char *path, const char *slot, struct err *e)
{
	if (json_array_append_new(a->turn.target.waiting,
		json_pack("{s:s, s:s}", "what", path, "slot", slot)) == -1)
		return err_set(e, ENOMEM, "no memory");
	return 0;
}

/* 1: filled into out; 0: a slot has no value yet, noted; -1: failed. */
static int
fill(struct prepare *p, const struct member *m, size_t max, struct bytes *out,
    struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char missing[SLOT_NAME_MAX + 1] = "";
	int rc;

	if (file_read(p->snapshot, m->path, max, &text, e) == -1)
		return -1;
	rc = slot_fill(m->path, text.p, text.len, values_lookup, &p->values,
	    out, missing, e);
	if (rc > 0)
		return waits(p->a, m->path, missing, e);
	return rc == -1 ? -1 : 1;
}

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
	rc = fill(p, m, INGOT_TEXT_MAX, &t->documents[number], e);
	if (rc == 1)
		t->has_document[number] = true;
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

static int
add_filled(struct prepare *p, const struct member *m, struct applied_file *f,
    const struct bytes *text, struct err *e)
{
	char path[SNAPSHOT_PATH_MAX + 64], *slash;

	(void)snprintf(path, sizeof(path), "applied/%lld/" FILES "%s",
	    (long long)p->a->turn.target.number, f->path);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (file_mkdirs(p->a->agent->state, path, 0700, e) == -1)
		return -1;
	*slash = '/';
	f->filled = true;
	if (sha256(text->p, text->len, f->sha256, e) == -1)
		return -1;
	if (file_batch_add(p->a->turn.batch, path, text->p, text->len,
		FILE_SECRET, e) == -1)
		return err_in(e, "%s", m->path);
	return 0;
}

static int
prepare_file(struct prepare *p, const struct member *m, struct err *e)
{
	struct applied *target = &p->a->turn.target;
	struct applied_file *f = &target->files[target->file_count];
	own_bytes struct bytes text = { 0 };
	int rc;

	(void)snprintf(f->path, sizeof(f->path), "%s", m->path + strlen(FILES));
	(void)snprintf(f->owner, sizeof(f->owner), "%s", m->owner);
	(void)snprintf(f->group, sizeof(f->group), "%s", m->group);
	memcpy(f->sha256, m->sha256, SHA256_LEN);
	f->mode = m->mode;
	if (allowed(&p->a->agent->settings, f->path, e) == -1)
		return -1;
	if (m->slots) {
		rc = fill(p, m, SNAPSHOT_MEMBER_MAX, &text, e);
		if (rc != 1)
			return rc;
		if (add_filled(p, m, f, &text, e) == -1)
			return -1;
	}
	target->file_count++;
	return 0;
}

static int
prepare_members(struct prepare *p, const struct snapshot *s, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < s->count && rc == 0; i++) {
		const struct member *m = &s->members[i];

		if (strncmp(m->path, DOCUMENTS, strlen(DOCUMENTS)) == 0)
			rc = prepare_document(p, m, e);
		else if (strncmp(m->path, FILES, strlen(FILES)) == 0)
			rc = prepare_file(p, m, e);
	}
	return rc;
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
	char path[SHA256_HEX + 16];
	own_fd int dir = -1;

	(void)snprintf(
	    path, sizeof(path), "snapshots/%s", a->turn.order.snapshot);
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

static int
prepare_all(struct prepare *p, const struct snapshot *s, struct err *e)
{
	struct apply *a = p->a;
	struct turn *t = &a->turn;

	if (values_open(&p->values, &a->agent->settings, a->agent->state, e) ==
	    -1)
		return -1;
	if (prepare_target(&t->target, s, e) == -1 ||
	    applied_create(a->agent->state, &t->target.number, e) == -1 ||
	    (t->batch = file_batch_new(a->agent->state, e)) == NULL ||
	    prepare_members(p, s, e) == -1 || values_save(&p->values, e) == -1)
		return -1;
	/* The filled files, so that files_check() can look at them. */
	if (file_batch_commit(t->batch, e) == -1)
		return -1;
	return files_check(&t->target, a->agent->state, e);
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
	values_close(&p.values);
	(void)close(p.snapshot);
	return rc == -1 ? err_in(e, "snapshot %.8s", s.id) : 0;
}

int
apply_store(struct apply *a, struct err *e)
{
	if (applied_write(&a->turn.target, a->agent->state, a->turn.batch, e) ==
	    -1)
		return -1;
	return file_batch_commit(a->turn.batch, e);
}
