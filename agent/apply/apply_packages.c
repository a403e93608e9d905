/* SPDX-License-Identifier: MIT */
/*
 * The packages of a snapshot, installed before anything that leans on them.
 * All that can be known is judged when the turn is prepared: a refusal then
 * has changed nothing. What happens after the record is durable is taken back
 * by apply_packages_back.c, now or after a kill.
 */
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply_packages.h"
#include "audit.h"
#include "log.h"
#include "own.h"
#include "package_record.h"
#include "package_stash.h"
#include "packager.h"
#include "preflight.h"

#define SHOWN_MAX 250         /* one packet to the command holds so many */
#define SPARE_KIB (16 * 1024) /* dpkg keeps the old files until it is done */

struct package_work {
	struct package_list list;
	struct package_db db;
	struct package_plan plan;
	bool *back; /* of each step: is there a way back */
	char **paths;
	struct packager *run;
};

int
packages_db(struct apply *a, struct package_db *db, struct err *e)
{
	const char *path = a->agent->settings.package_root;
	own_fd int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(db, 0, sizeof(*db));
	if (root == -1)
		return err_sys(e, "%s", path);
	return package_db_read(db, root, e);
}

static int
read_release(struct apply *a, struct release *r, struct err *e)
{
	const char *path = a->agent->settings.package_root;
	own_fd int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root == -1 ? err_sys(e, "%s", path) : release_read(r, root, e);
}

static int
room_check(struct apply *a, const struct package_work *w, struct err *e)
{
	const char *root = a->agent->settings.package_root;
	uint64_t need = w->plan.kib + SPARE_KIB, has;
	struct statvfs fs;

	/* opkg writes bytes where dpkg writes KiB. */
	if (w->db.manager == PACKAGES_OPKG)
		need = w->plan.kib / 1024 + SPARE_KIB;
	if (statvfs(root, &fs) == -1)
		return err_sys(e, "free space of %s", root);
	has = (uint64_t)fs.f_bavail * fs.f_frsize / 1024;
	if (has < need)
		return err_set(e, ENOSPC,
		    "too little room for the packages: %llu KiB are needed on "
		    "%s, %llu KiB are free; make room and apply again",
		    (unsigned long long)need, root, (unsigned long long)has);
	return 0;
}

/* Is there a way back from each step? What was not there can be taken away. */
static int
look_back(struct apply *a, struct package_work *w, struct err *e)
{
	own_package_stash struct package_stash stash = { 0 };

	w->back = calloc(w->plan.count + 1, sizeof(*w->back));
	w->paths = calloc(w->plan.count + 1, sizeof(*w->paths));
	if (w->back == NULL || w->paths == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (w->plan.count > 0 &&
	    package_stash_open(&stash, a->agent->state, e) == -1)
		return -1;
	for (size_t i = 0; i < w->plan.count; i++) {
		const struct package *was = w->plan.steps[i].was;
		own_str char *path = was == NULL
		    ? NULL
		    : package_stash_find(
			  &stash, was->name, was->version, was->arch);

		w->back[i] = was == NULL || path != NULL;
	}
	return 0;
}

/* The payloads, by the absolute paths that dpkg is given. */
static int
find_paths(struct apply *a, struct package_work *w, struct err *e)
{
	for (size_t i = 0; i < w->plan.count; i++)
		if (asprintf(&w->paths[i], "%s/snapshots/%s/%s",
			a->agent->settings.state_dir, a->turn.order.snapshot,
			w->plan.steps[i].row->file) == -1)
			return err_set(e, ENOMEM, "no memory");
	return 0;
}

static int
prepare(struct apply *a, struct package_work *w, struct err *e)
{
	struct release unit;

	if (packages_db(a, &w->db, e) == -1 ||
	    read_release(a, &unit, e) == -1 ||
	    package_plan_make(&w->plan, &w->list, &w->db, &unit, e) == -1 ||
	    look_back(a, w, e) == -1 || find_paths(a, w, e) == -1)
		return -1;
	return w->plan.count == 0 ? 0 : room_check(a, w, e);
}

int
packages_prepare(struct apply *a, int snapshot, struct err *e)
{
	struct package_work *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return err_set(e, ENOMEM, "no memory");
	a->turn.packages = w;
	rc = package_list_read(&w->list, snapshot, e);
	return rc == 1 ? prepare(a, w, e) : rc;
}

void
packages_obstacle(json_t *list, const struct err *e)
{
	const char *remedy = strrchr(e->text, ';');
	int n = remedy == NULL ? (int)strlen(e->text) : (int)(remedy - e->text);

	obstacle_add(list, "preflight.packages", "packages",
	    remedy == NULL ? "look at the packages of the unit"
			   : remedy + 1 + strspn(remedy + 1, " "),
	    "%.*s", n, e->text);
}

void
packages_excuse(json_t *list)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *id = json_string_value(
		    json_object_get(json_array_get(list, i), "id"));

		if (strcmp(id, "preflight.user") == 0 ||
		    strcmp(id, "preflight.group") == 0)
			(void)json_array_remove(list, i);
	}
}

bool
packages_change(const struct apply *a)
{
	return a->turn.packages != NULL && a->turn.packages->plan.count > 0;
}

void
packages_free(struct package_work *w)
{
	if (w == NULL)
		return;
	packager_stop(w->run);
	for (size_t i = 0; w->paths != NULL && i < w->plan.count; i++)
		free(w->paths[i]);
	free(w->paths);
	free(w->back);
	package_plan_free(&w->plan);
	package_db_free(&w->db);
	package_list_free(&w->list);
	free(w);
}

json_t *
packages_json(const struct apply *a)
{
	const struct package_work *w = a->turn.packages;
	json_t *list = json_array();

	for (size_t i = 0; w != NULL && i < w->plan.count && i < SHOWN_MAX;
	     i++) {
		const struct package_step *s = &w->plan.steps[i];

		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:b}", "name",
			s->row->is.name, "change",
			package_change_name(s->change), "from",
			s->was == NULL ? "" : s->was->version, "to",
			s->row->is.version, "back", (int)w->back[i]));
	}
	return list;
}

json_t *
packages_listed(int snapshot)
{
	own_package_list struct package_list l = { 0 };
	json_t *list = json_array();
	struct err e;

	if (package_list_read(&l, snapshot, &e) == -1)
		log_warn("%s", e.text);
	for (size_t i = 0; i < l.count && i < SHOWN_MAX; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:b}", "name", l.rows[i].is.name,
			"version", l.rows[i].is.version, "arch",
			l.rows[i].is.arch, "payload",
			(int)(*l.rows[i].file != '\0')));
	return list;
}

/* Everything the plan wanted is there, as the database says now. */
static int
verify(struct apply *a, const struct package_work *w, struct err *e)
{
	own_package_db struct package_db db = { 0 };

	if (packages_db(a, &db, e) == -1)
		return -1;
	for (size_t i = 0; i < w->plan.count; i++) {
		const struct package *is = &w->plan.steps[i].row->is;
		const struct package *now =
		    package_db_find(&db, is->name, is->arch);

		if (now == NULL || !package_is_installed(now) ||
		    strcmp(now->version, is->version) != 0)
			return err_set(e, EIO,
			    "package %s %s is not installed, though %s said "
			    "so",
			    is->name, is->version,
			    package_manager_name(db.manager));
	}
	return 0;
}

/* Users that a package makes are there now: what was put off is looked at. */
static int
settle(struct apply *a, struct err *e)
{
	const struct turn *t = &a->turn;
	own_json json_t *list = json_array();

	if (verify(a, t->packages, e) == -1 ||
	    preflight_files(&t->target, &t->before, &a->agent->settings,
		a->agent->state, list, e) == -1)
		return -1;
	if (json_array_size(list) > 0)
		return obstacles_say(list, e);
	return apply_wishes(a, e);
}

static void
installed(void *ctx, const struct err *why)
{
	struct apply *a = ctx;
	struct err e;

	a->turn.packages->run = NULL;
	if (why != NULL)
		apply_disagree(a, why);
	else if (settle(a, &e) == -1)
		apply_disagree(a, &e);
	else
		apply_agree(a);
}

static void
said(void *ctx, const char *line)
{
	struct apply *a = ctx;

	log_note("packages: %s", line);
	if (a->turn.order.call != NULL)
		ctl_progress(a->turn.order.call, "packages: %.160s", line);
}

static void
say_plan(struct apply *a, const struct package_work *w)
{
	for (size_t i = 0; i < w->plan.count; i++) {
		const struct package_step *s = &w->plan.steps[i];
		const char *from = s->was == NULL ? "" : s->was->version;

		log_note("packages: %s %s: %s -> %s",
		    package_change_name(s->change), s->row->is.name,
		    *from == '\0' ? "nothing" : from, s->row->is.version);
		if (!w->back[i])
			log_warn("packages: %s %s is not at hand: this can "
				 "not be taken back",
			    s->row->is.name, from);
	}
	audit_say(a->agent->audit, "agent", "PackagesChange", "%zu packages",
	    w->plan.count);
}

static int
install(struct apply *a, struct package_work *w, struct err *e)
{
	struct packager_order order = {
		.manager = package_manager_name(w->db.manager),
		.verb = "install",
		.operands = (const char *const *)w->paths,
		.count = w->plan.count,
		.said = said,
		.done = installed,
		.ctx = a,
	};

	if (record_write(a->agent->state, a->turn.target.number, &w->plan,
		&w->db, e) == -1)
		return err_in(e, "packages");
	say_plan(a, w);
	w->run = packager_run(a->agent, &order, e);
	return w->run == NULL ? -1 : 0;
}

void
packages_enter(struct apply *a)
{
	struct err e;

	/* A dry run has shown what it would change; whether a wish holds after
	 * that is not to be known. */
	if (packages_change(a) && a->turn.order.kind == KIND_DRY)
		apply_agree(a);
	else if (packages_change(a)) {
		if (install(a, a->turn.packages, &e) == -1)
			apply_disagree(a, &e);
	} else if (apply_wishes(a, &e) == -1)
		apply_disagree(a, &e);
	else
		apply_agree(a);
}

bool
packages_touched(const struct apply *a)
{
	return record_exists(a->agent->state, a->turn.journal.target);
}
