/* SPDX-License-Identifier: MIT */
/*
 * The unit as it would be. Both worlds, now and then, are lists of packages in
 * the order of their names; a relation is looked up by name first and only
 * then among what all others provide.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "package_relation.h"
#include "package_world.h"

struct world {
	const struct package **all; /* by name */
	size_t count;
	const struct package **provide; /* those that provide something */
	size_t provide_count;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct package *const *)a)->name,
	    (*(const struct package *const *)b)->name);
}

static bool
is_replaced(const struct package_plan *plan, const struct package *p)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].was == p)
			return true;
	return false;
}

static void
world_free(struct world *w)
{
	free(w->all);
	free(w->provide);
}

static void
put(struct world *w, const struct package *p)
{
	w->all[w->count++] = p;
	if (*p->provides != '\0')
		w->provide[w->provide_count++] = p;
}

/* plan NULL: as it is now. */
static int
world_make(struct world *w, const struct package_plan *plan,
    const struct package_db *db, struct err *e)
{
	size_t room = db->count + (plan == NULL ? 0 : plan->count) + 1;

	*w = (struct world){ .all = calloc(room, sizeof(*w->all)),
		.provide = calloc(room, sizeof(*w->provide)) };
	if (w->all == NULL || w->provide == NULL)
		return err_sys(e, "%zu packages", room);
	for (size_t i = 0; i < db->count; i++)
		if (package_is_present(&db->all[i]) &&
		    (plan == NULL || !is_replaced(plan, &db->all[i])))
			put(w, &db->all[i]);
	for (size_t i = 0; plan != NULL && i < plan->count; i++)
		put(w, &plan->steps[i].row->is);
	qsort(w->all, w->count, sizeof(*w->all), by_name);
	return 0;
}

static size_t
first_of(const struct world *w, const char *name)
{
	size_t low = 0, high = w->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(w->all[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A package, not of the name of besides, that meets the relation; or NULL. */
static const struct package *
who_meets(const struct world *w, const struct relation *r, const char *besides)
{
	for (size_t i = first_of(w, r->name);
	     i < w->count && strcmp(w->all[i]->name, r->name) == 0; i++)
		if (strcmp(r->name, besides) != 0 &&
		    relation_fits(r, w->all[i]->version))
			return w->all[i];
	for (size_t i = 0; i < w->provide_count; i++)
		if (strcmp(w->provide[i]->name, besides) != 0 &&
		    relation_meets(r, w->provide[i]))
			return w->provide[i];
	return NULL;
}

/* 1: all groups of the field are met; 0: not the one whose first relation is
 * in *missing; -1: it can not be read. */
static int
all_met(const struct world *w, const char *field, struct relation *missing,
    struct err *e)
{
	struct relation r, head;
	bool met = false, first = true;
	int rc;

	while ((rc = relation_next(&field, &r, e)) == 1) {
		if (first)
			head = r;
		met = met || who_meets(w, &r, "") != NULL;
		first = !r.more;
		if (first && !met) {
			*missing = head;
			return 0;
		}
		if (first)
			met = false;
	}
	return rc == -1 ? -1 : 1;
}

static int
needs_check(const struct world *then, const struct package *p,
    const char *field, struct err *e)
{
	struct relation r;
	int rc = all_met(then, field, &r, e);

	if (rc == 1)
		return 0;
	if (rc == -1)
		return err_in(e, "package %s", p->name);
	return err_set(e, ENOENT,
	    "package %s %s needs %s%s%s%s%s%s, which is neither installed nor in "
	    "the bundle; capture with --packages and its file, or install it",
	    p->name, p->version, r.name, *r.op == '\0' ? "" : " (", r.op,
	    *r.op == '\0' ? "" : " ", r.version, *r.op == '\0' ? "" : ")");
}

/* Of a package that stays: what was not met before is not our affair. */
static int
others_check(const struct world *now, const struct world *then,
    const struct package *p, const char *field, struct err *e)
{
	struct relation r, ignored;

	if (*field == '\0' || all_met(then, field, &r, e) != 0 ||
	    all_met(now, field, &ignored, e) != 1)
		return 0;
	return err_set(e, EPERM,
	    "package %s, which is installed, needs %s %s %s and would lose it; "
	    "take a fitting %s into the list, or remove %s first",
	    p->name, r.name, r.op, r.version, p->name, p->name);
}

static int
conflict_check(const struct world *then, const struct package *p,
    const char *field, struct err *e)
{
	const struct package *other;
	struct relation r;
	int rc;

	while ((rc = relation_next(&field, &r, e)) == 1)
		if ((other = who_meets(then, &r, p->name)) != NULL)
			return err_set(e, EPERM,
			    "packages %s %s and %s %s can not be installed "
			    "together; remove one of them",
			    p->name, p->version, other->name, other->version);
	return rc == -1 ? err_in(e, "package %s", p->name) : 0;
}

static bool
is_new(const struct package_plan *plan, const struct package *p)
{
	for (size_t i = 0; i < plan->count; i++)
		if (&plan->steps[i].row->is == p)
			return true;
	return false;
}

static int
one_check(const struct package_plan *plan, const struct world *now,
    const struct world *then, const struct package *p, struct err *e)
{
	struct err ignored;

	if (is_new(plan, p))
		return needs_check(then, p, p->pre_depends, e) == -1 ||
			needs_check(then, p, p->depends, e) == -1 ||
			conflict_check(then, p, p->conflicts, e) == -1 ||
			conflict_check(then, p, p->breaks, e) == -1
		    ? -1
		    : 0;
	if (others_check(now, then, p, p->pre_depends, e) == -1 ||
	    others_check(now, then, p, p->depends, e) == -1)
		return -1;
	/* Two that are both installed get along already. */
	if (conflict_check(now, p, p->conflicts, &ignored) == 0 &&
	    conflict_check(then, p, p->conflicts, e) == -1)
		return -1;
	if (conflict_check(now, p, p->breaks, &ignored) == 0)
		return conflict_check(then, p, p->breaks, e);
	return 0;
}

int
package_world_check(
    const struct package_plan *plan, const struct package_db *db, struct err *e)
{
	struct world now = { 0 }, then = { 0 };
	int rc = world_make(&now, NULL, db, e) == -1 ||
		world_make(&then, plan, db, e) == -1
	    ? -1
	    : 0;

	for (size_t i = 0; i < then.count && rc == 0; i++)
		rc = one_check(plan, &now, &then, then.all[i], e);
	world_free(&now);
	world_free(&then);
	return rc;
}
