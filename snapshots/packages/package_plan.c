/* SPDX-License-Identifier: MIT */
/*
 * The plan, in three parts: which rows differ from what is installed; whether
 * the unit as it would be holds together (package_world.c); in which order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "package_plan.h"
#include "package_relation.h"
#include "package_version.h"
#include "package_world.h"

/* The agent is not replaced by itself: in the middle of its own transaction
 * it would be stopped by the scripts of its own package. */
#define OWN_PACKAGE "ingot"

const char *
package_change_name(enum package_change c)
{
	static const char *const names[] = { [PACKAGE_SAME] = "same",
		[PACKAGE_NEW] = "new",
		[PACKAGE_UPGRADE] = "upgrade",
		[PACKAGE_DOWNGRADE] = "downgrade",
		[PACKAGE_REPAIR] = "repair" };

	return names[c];
}

static int
release_check(const struct package_list *l, const struct package_db *db,
    const struct release *unit, struct err *e)
{
	const char *arch = package_db_arch(db);

	if (l->manager != db->manager)
		return err_set(e, EPERM,
		    "the packages are for %s, this unit has %s; capture from a "
		    "unit of the same kind",
		    package_manager_name(l->manager),
		    package_manager_name(db->manager));
	if (strcmp(l->release.id, unit->id) != 0 ||
	    strcmp(l->release.version, unit->version) != 0)
		return err_set(e, EPERM,
		    "the packages are of release \"%s %s\", this unit runs "
		    "\"%s %s\"; install that release first, or capture from a "
		    "unit with this one",
		    l->release.id, l->release.version, unit->id, unit->version);
	if (strcmp(l->arch, arch) != 0)
		return err_set(e, EPERM,
		    "the packages are for %s, this unit is %s; capture from a "
		    "unit of that architecture",
		    l->arch, arch);
	return 0;
}

static enum package_change
change_of(const struct package_row *r, const struct package *was)
{
	int newer;

	if (was == NULL || !package_is_present(was))
		return PACKAGE_NEW;
	newer = package_version_compare(r->is.version, was->version);
	if (newer == 0)
		return package_is_installed(was) ? PACKAGE_SAME
						 : PACKAGE_REPAIR;
	return newer > 0 ? PACKAGE_UPGRADE : PACKAGE_DOWNGRADE;
}

/* May this step be taken at all? */
static int
step_check(const struct package_step *s, struct err *e)
{
	const struct package *is = &s->row->is;

	if (strcmp(is->name, OWN_PACKAGE) == 0)
		return err_set(e, EPERM,
		    "package %s is the agent itself, which a bundle does not "
		    "replace; install it first, or leave it out of packages "
		    "in the capture policy",
		    is->name);
	if (*s->row->file == '\0' && s->was == NULL)
		return err_set(e, ENOENT,
		    "package %s %s is not installed and not in the bundle; "
		    "capture with --packages and its file, or install it",
		    is->name, is->version);
	if (*s->row->file == '\0')
		return err_set(e, ENOENT,
		    "package %s is installed in version %s, not %s, which is "
		    "not in the bundle; capture with --packages and its file",
		    is->name, s->was->version, is->version);
	if (s->was != NULL && package_is_held(s->was))
		return err_set(e, EPERM,
		    "package %s is on hold in version %s; take the hold away "
		    "(apt-mark unhold %s) or capture that version",
		    is->name, s->was->version, is->name);
	return 0;
}

static int
find_steps(struct package_plan *p, const struct package_list *l,
    const struct package_db *db, struct err *e)
{
	if ((p->steps = calloc(l->count + 1, sizeof(*p->steps))) == NULL)
		return err_sys(e, "%zu packages", l->count);
	for (size_t i = 0; i < l->count; i++) {
		struct package_step *s = &p->steps[p->count];
		const struct package *was =
		    package_db_find(db, l->rows[i].is.name, l->rows[i].is.arch);

		if (was != NULL && !package_is_present(was))
			was = NULL;
		*s = (struct package_step){ &l->rows[i],
			change_of(&l->rows[i], was), was };
		if (s->change == PACKAGE_SAME)
			continue;
		if (step_check(s, e) == -1)
			return -1;
		p->kib += strtoull(s->row->is.size, NULL, 10);
		p->count++;
	}
	return 0;
}

/* Sorting: depth first, what is needed before who needs it. */
enum colour {
	UNSEEN,
	OPEN,
	PLACED
};

struct sorting {
	const struct package_plan *plan;
	struct package_step *out;
	size_t placed;
	enum colour *colour;
};

static int place(struct sorting *, size_t, struct err *);

/* Places the steps that meet a field of relations. A circle of Depends is
 * fine, dpkg opens it itself; one of Pre-Depends nobody can. */
static int
place_needs(struct sorting *s, size_t who, const char *field, bool strict,
    struct err *e)
{
	struct relation r;
	int rc;

	while ((rc = relation_next(&field, &r, e)) == 1)
		for (size_t i = 0; i < s->plan->count; i++) {
			const struct package *is = &s->plan->steps[i].row->is;

			if (i == who || !relation_meets(&r, is))
				continue;
			if (strict && s->colour[i] == OPEN)
				return err_set(e, ELOOP,
				    "packages %s and %s need each other before "
				    "either can be unpacked (Pre-Depends)",
				    s->plan->steps[who].row->is.name, is->name);
			if (s->colour[i] == UNSEEN && place(s, i, e) == -1)
				return -1;
		}
	return rc;
}

static int
place(struct sorting *s, size_t i, struct err *e)
{
	const struct package *is = &s->plan->steps[i].row->is;

	s->colour[i] = OPEN;
	if (place_needs(s, i, is->pre_depends, true, e) == -1 ||
	    place_needs(s, i, is->depends, false, e) == -1)
		return -1;
	s->colour[i] = PLACED;
	s->out[s->placed++] = s->plan->steps[i];
	return 0;
}

static int
sort_steps(struct package_plan *p, struct err *e)
{
	struct sorting s = { .plan = p,
		.out = calloc(p->count + 1, sizeof(*s.out)),
		.colour = calloc(p->count + 1, sizeof(*s.colour)) };
	int rc = s.out == NULL || s.colour == NULL
	    ? err_sys(e, "%zu packages", p->count)
	    : 0;

	for (size_t i = 0; i < p->count && rc == 0; i++)
		if (s.colour[i] == UNSEEN)
			rc = place(&s, i, e);
	free(s.colour);
	if (rc == -1) {
		free(s.out);
		return -1;
	}
	free(p->steps);
	p->steps = s.out;
	return 0;
}

int
package_plan_make(struct package_plan *p, const struct package_list *l,
    const struct package_db *db, const struct release *unit, struct err *e)
{
	memset(p, 0, sizeof(*p));
	if (release_check(l, db, unit, e) == -1 ||
	    find_steps(p, l, db, e) == -1)
		return -1;
	if (p->count == 0)
		return 0;
	return package_world_check(p, db, e) == -1 ? -1 : sort_steps(p, e);
}

void
package_plan_free(struct package_plan *p)
{
	free(p->steps);
	memset(p, 0, sizeof(*p));
}
