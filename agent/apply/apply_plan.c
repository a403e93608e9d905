/* SPDX-License-Identifier: MIT */
/*
 * What a dry run would change, and what has drifted: each managed path and
 * each artifact, as it is and as it would be. The unit itself is looked at,
 * not what was once written to it. A text that slots were filled into is shown
 * as the snapshot has it, with the names of the slots.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "apply_parts.h"
#include "change.h"
#include "files.h"
#include "mask.h"
#include "original.h"
#include "own.h"

/* One list under way. */
struct plan {
	struct apply *a;
	const struct values *values;
	size_t room; /* for differences, in bytes */
	json_t *list;
};

static void
add(struct plan *p, const char *key, const char *name, const struct side *was,
    const struct side *is)
{
	if (was->kind != SIDE_ABSENT || is->kind != SIDE_ABSENT)
		(void)json_array_append_new(
		    p->list, change_json(key, name, was, is, &p->room));
}

static void
add_unknown(
    struct plan *p, const char *key, const char *name, const struct err *why)
{
	(void)json_array_append_new(p->list,
	    json_pack("{s:s, s:s, s:s}", key, name, "change", "unknown", "note",
		why->text));
}

/* The text with its slots, in place of the filled one. */
static int
show_template(struct plan *p, struct side *s, const char *source,
    const struct applied_file *f, struct err *e)
{
	char path[SOURCE_MAX + SNAPSHOT_PATH_MAX + 16];
	own_fd int fd = -1;
	struct side with_slots = { .kind = SIDE_FILE };

	(void)snprintf(path, sizeof(path), "%s/files/%s", source, f->path);
	fd = file_open_beneath(
	    p->a->agent->state, path, O_RDONLY | O_NONBLOCK, 0, e);
	if (fd == -1 || side_fd(&with_slots, p->values, fd, e) == -1)
		return -1;
	bytes_free(&s->shown);
	s->shown = with_slots.shown;
	s->is_text = with_slots.is_text;
	s->size = with_slots.size;
	return 0;
}

/* A file as a snapshot wants it. source: the snapshot's folder. */
static int
wanted_side(struct plan *p, struct side *s, const char *source,
    const struct applied_file *f, struct err *e)
{
	s->kind = SIDE_FILE;
	s->mode = f->mode;
	(void)snprintf(s->owner, sizeof(s->owner), "%s", f->owner);
	(void)snprintf(s->group, sizeof(s->group), "%s", f->group);
	memcpy(s->sha256, f->sha256, SHA256_LEN);
	return show_template(p, s, source, f, e);
}

static void
snapshot_folder(const struct applied *a, char source[static SOURCE_MAX])
{
	(void)snprintf(source, SOURCE_MAX, "snapshots/%s", a->snapshot);
}

/* What is on the unit; when it is what we filled there, shown with slots. */
static int
unit_side(struct plan *p, struct side *s, const char *path,
    const struct applied *live, struct err *e)
{
	const struct applied_file *f = applied_file(live, path);
	char source[SOURCE_MAX];
	struct err ignored;

	if (side_unit(s, p->values, path, e) == -1)
		return -1;
	if (f == NULL || !f->filled || s->kind != SIDE_FILE ||
	    memcmp(s->sha256, f->sha256, SHA256_LEN) != 0)
		return 0;
	snapshot_folder(live, source);
	/* Not there any more: then it stays masked. */
	(void)show_template(p, s, source, f, &ignored);
	return 0;
}

static void
plan_file(struct plan *p, const char *source, const struct applied_file *f)
{
	own_side struct side was = { 0 }, is = { 0 };
	struct err e;

	if (f->held)
		return;
	if (unit_side(p, &was, f->path, &p->a->turn.before, &e) == -1 ||
	    wanted_side(p, &is, source, f, &e) == -1)
		add_unknown(p, "path", f->path, &e);
	else
		add(p, "path", f->path, &was, &is);
}

static void
number_names(struct side *s, const json_t *was)
{
	const struct passwd *user =
	    getpwuid((uid_t)json_integer_value(json_object_get(was, "uid")));
	const struct group *group =
	    getgrgid((gid_t)json_integer_value(json_object_get(was, "gid")));

	s->mode = (mode_t)json_integer_value(json_object_get(was, "mode"));
	(void)snprintf(s->owner, sizeof(s->owner), "%.32s",
	    user == NULL ? "?" : user->pw_name);
	(void)snprintf(s->group, sizeof(s->group), "%.32s",
	    group == NULL ? "?" : group->gr_name);
}

static int
original_side(struct plan *p, struct side *s, const struct originals *o,
    const char *path, const json_t *was, struct err *e)
{
	const char *to = json_string_value(json_object_get(was, "to"));
	own_fd int fd = original_open(o, path);

	if (to != NULL) {
		s->kind = SIDE_LINK;
		(void)snprintf(s->to, sizeof(s->to), "%s", to);
	}
	if (fd == -1)
		return 0;
	number_names(s, was);
	return side_fd(s, p->values, fd, e);
}

/* Paths that the target leaves get their originals back. */
static void
plan_originals(struct plan *p)
{
	own_originals struct originals o;
	const char *path;
	json_t *kept;
	struct err e;

	if (originals_open(&o, p->a->agent->state, &e) == -1) {
		add_unknown(p, "path", "original", &e);
		return;
	}
	json_object_foreach(o.index, path, kept)
	{
		own_side struct side was = { 0 }, is = { 0 };

		if (applied_file(&p->a->turn.target, path) != NULL)
			continue;
		if (unit_side(p, &was, path, &p->a->turn.before, &e) == -1 ||
		    original_side(p, &is, &o, path, kept, &e) == -1)
			add_unknown(p, "path", path, &e);
		else
			add(p, "path", path, &was, &is);
	}
}

json_t *
plan_files(struct apply *a)
{
	const struct applied *target = &a->turn.target;
	struct plan p = { a, &a->turn.values, CHANGE_ROOM, json_array() };
	char source[SOURCE_MAX];

	apply_source(a, source);
	for (size_t i = 0; i < target->file_count; i++)
		plan_file(&p, source, &target->files[i]);
	plan_originals(&p);
	return p.list;
}

static int
before_side(struct plan *p, struct side *s, const char *plugin, struct err *e)
{
	struct apply *a = p->a;
	bool empty;
	own_fd int fd = applied_artifact(
	    &a->turn.before, a->agent->state, plugin, &empty, e);

	s->no_meta = true;
	return fd == -1 || empty ? (fd == -1 ? -1 : 0)
				 : side_fd(s, p->values, fd, e);
}

static void
plan_plugin(struct plan *p, size_t i)
{
	const char *name = p->a->agent->settings.plugins[i];
	const struct bytes *text = &p->a->turn.rendered[i];
	own_side struct side was = { 0 }, is = { .no_meta = true };
	struct err e;

	if (before_side(p, &was, name, &e) == -1 ||
	    (applied_hash(&p->a->turn.target, name) != NULL &&
		side_bytes(&is, p->values, text->p, text->len, &e) == -1))
		add_unknown(p, "plugin", name, &e);
	else
		add(p, "plugin", name, &was, &is);
}

json_t *
plan_plugins(struct apply *a)
{
	struct plan p = { a, &a->turn.values, CHANGE_ROOM, json_array() };

	for (size_t i = 0; i < a->plugin_count; i++)
		plan_plugin(&p, i);
	return p.list;
}

/* The snapshot's file and the unit's, when they differ. */
static void
drift_file(struct plan *p, const char *source, const struct applied_file *f)
{
	own_side struct side was = { 0 }, is = { 0 };
	struct err e;

	if (unit_side(p, &is, f->path, &p->a->live, &e) == -1 ||
	    wanted_side(p, &was, source, f, &e) == -1) {
		add_unknown(p, "path", f->path, &e);
		return;
	}
	add(p, "path", f->path, &was, &is);
}

json_t *
plan_drift(struct apply *a)
{
	own_values struct values values = { 0 };
	struct plan p = { a, &values, CHANGE_ROOM, json_array() };
	char source[SOURCE_MAX];
	struct err e;

	if (values_open(&values, &a->agent->settings, a->agent->state, &e) ==
	    -1) {
		add_unknown(&p, "path", "unit.conf", &e);
		return p.list;
	}
	snapshot_folder(&a->live, source);
	for (size_t i = 0; i < a->live.file_count; i++)
		if (files_same(&a->live.files[i], &e) == -1)
			drift_file(&p, source, &a->live.files[i]);
	return p.list;
}
