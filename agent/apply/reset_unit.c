/* SPDX-License-Identifier: MIT */
/*
 * Forward, back, settled. What was there is kept durably before the first path
 * is touched, so going back needs nothing but the state folder; and the folder
 * reset/ is there exactly while something may have to be taken back. The order
 * of the last steps, report, then folder, makes a kill between them harmless:
 * the rest is done again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "log.h"
#include "original.h"
#include "own.h"
#include "place.h"
#include "reset_plan.h"
#include "reset_unit.h"

#define FOLDER     "reset"
#define UNDER_WAY  FOLDER "/report.json"
#define DONE       "reset.json"
#define REPORT_MAX (4 * 1024 * 1024)

static bool
is_there(const struct agent *a, const char *name)
{
	return faccessat(a->state, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
reset_due(const struct agent *a, int64_t before)
{
	own_facts struct facts f = { 0 };
	struct err e;

	if (a->settings.reset_root[0] == '\0' || before != 0 ||
	    is_there(a, DONE))
		return false;
	if (a->mode == MODE_PRODUCTION || a->mode == MODE_SERVICE) {
		log_warn("a unit in %s is not reset", mode_name(a->mode));
		return false;
	}
	/* Unreadable facts fail the apply itself, and say so there. */
	return facts_read(&f, &a->settings, &e) == -1 || !f.golden;
}

static const char *const changes[] = { [STEP_REMOVE] = "removed",
	[STEP_WRITE] = "made anew",
	[STEP_LINK] = "made anew" };

static json_t *
plan_json(const struct reset_plan *p)
{
	json_t *list = json_array(), *one;

	for (size_t i = 0; i < p->count; i++) {
		const struct reset_step *s = &p->steps[i];

		one = json_pack("{s:s, s:s}", "path", s->path, "change",
		    s->item->mark == RESET_BOOT ? "made at the next start"
						: changes[s->kind]);
		if (s->key[0] != '\0')
			(void)json_object_set_new(
			    one, "key", json_string(s->key));
		(void)json_array_append_new(list, one);
	}
	return list;
}

json_t *
reset_look(const struct agent *a, struct err *e)
{
	own_reset_plan struct reset_plan plan = { 0 };

	if (reset_plan_make(&plan, &a->settings, a->state, true, e) == -1)
		return (void)err_in(e, "reset"), NULL;
	return plan_json(&plan);
}

/* Everything is kept before anything is changed. */
static int
keep_all(const struct agent *a, const struct reset_plan *p, struct err *e)
{
	own_originals struct originals o = { .dir = -1 };

	if (originals_open_in(&o, a->state, FOLDER, e) == -1)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (original_keep(&o, p->steps[i].path, e) == -1)
			return -1;
	return originals_save(&o, e);
}

static int
write_report(const struct agent *a, const struct reset_plan *p, struct err *e)
{
	own_json json_t *report = json_pack("{s:I, s:o}", "at",
	    (json_int_t)time(NULL), "changes", plan_json(p));
	own_str char *line = json_line(report);

	if (line == NULL)
		return err_set(e, ENOMEM, "no memory");
	return file_write(
	    a->state, UNDER_WAY, line, strlen(line), FILE_SECRET, e);
}

static int
take_step(const struct reset_step *s, struct err *e)
{
	const char *name;
	own_fd int folder =
	    place_open(s->path, s->kind == STEP_WRITE, NULL, &name, e);

	if (folder == -1)
		return s->kind == STEP_REMOVE && e->code == ENOENT ? 0 : -1;
	if (s->kind == STEP_REMOVE)
		return file_remove(folder, name, e);
	if (s->kind == STEP_LINK)
		return file_link(folder, s->link, name, e);
	return file_write(folder, name, s->text.p, s->text.len, s->meta, e);
}

int
reset_forward(const struct agent *a, struct err *e)
{
	own_reset_plan struct reset_plan plan = { 0 };

	if (reset_plan_make(&plan, &a->settings, a->state, false, e) == -1 ||
	    keep_all(a, &plan, e) == -1 || write_report(a, &plan, e) == -1)
		return err_in(e, "reset");
	for (size_t i = 0; i < plan.count; i++)
		if (take_step(&plan.steps[i], e) == -1)
			return err_in(e, "reset of /%s", plan.steps[i].path);
	log_note("this unit is reset: %zu files are its own now", plan.count);
	return 0;
}

/* Names that a kill left beside a path in the middle of its write. */
static int
sweep(const char *path, struct err *e)
{
	const char *name;
	own_fd int folder = place_open(path, false, NULL, &name, e);
	own_fd int open_folder = folder == -1
	    ? -1
	    : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (open_folder == -1)
		return 0; /* the folder is gone, and with it what was in it */
	return file_sweep(open_folder, ".", e);
}

static int
restore_all(struct originals *o, struct err *e)
{
	void *at = json_object_iter(o->index);

	while (at != NULL) {
		own_str char *path = strdup(json_object_iter_key(at));

		if (path == NULL)
			return err_set(e, ENOMEM, "no memory");
		if (sweep(path, e) == -1 || original_restore(o, path, e) == -1)
			return -1;
		at = json_object_iter(o->index);
	}
	return 0;
}

int
reset_back(const struct agent *a, struct err *e)
{
	own_originals struct originals o = { .dir = -1 };

	/* Killed while it made keys, it has touched nothing else. */
	if (is_there(a, "reset-keys") &&
	    file_remove_tree(a->state, "reset-keys", e) == -1)
		return -1;
	if (!is_there(a, FOLDER))
		return 0;
	if (originals_open_in(&o, a->state, FOLDER, e) == -1 ||
	    restore_all(&o, e) == -1 ||
	    file_remove_tree(a->state, FOLDER, e) == -1)
		return err_in(e, "take the reset back");
	log_note("the reset is taken back");
	return 0;
}

static json_t *
read_report(const struct agent *a, const char *path, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (file_read(a->state, path, REPORT_MAX, &text, e) == -1)
		return NULL;
	return json_parse(path, text.p, text.len, REPORT_MAX, e);
}

int
reset_settle(const struct agent *a, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (!is_there(a, FOLDER))
		return 0;
	if (is_there(a, UNDER_WAY)) {
		if (file_read(a->state, UNDER_WAY, REPORT_MAX, &text, e) ==
			-1 ||
		    file_write(
			a->state, DONE, text.p, text.len, FILE_SECRET, e) == -1)
			return err_in(e, "reset");
		audit_say(a->audit, "agent", "UnitReset",
		    "what the image had in common with others is this unit's "
		    "own; see reset.json");
	}
	return file_remove_tree(a->state, FOLDER, e);
}

json_t *
reset_report(const struct agent *a)
{
	struct err ignored;

	if (is_there(a, UNDER_WAY))
		return read_report(a, UNDER_WAY, &ignored);
	return is_there(a, DONE) ? read_report(a, DONE, &ignored) : NULL;
}
