/* SPDX-License-Identifier: MIT */
/*
 * From the reset list to steps. Patterns are resolved within the root, and a
 * place that would turn out to lie outside of it (a test's folder holds a link
 * to /etc) is refused: whoever names another root must not have this machine
 * reset.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "own.h"
#include "place.h"
#include "reset_plan.h"
#include "text.h"
#include "tree.h"

#define own_paths __attribute__((cleanup(tree_free), unused))

void
reset_plan_free(struct reset_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		bytes_free(&p->steps[i].text);
	free(p->steps);
	reset_free(&p->policy);
	memset(p, 0, sizeof(*p));
}

static struct reset_step *
find_step(const struct reset_plan *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->steps[i].path, path) == 0)
			return &p->steps[i];
	return NULL;
}

/* Another root than "/" is a world of its own. */
static int
within_root(const struct planning *p, const char *path, struct err *e)
{
	size_t n = strlen(p->prefix);
	char real[PATH_MAX];

	if (n == 0)
		return 0;
	if (place_real(path, real, e) == -1)
		return -1;
	if (strncmp(real + 1, p->prefix, n) != 0)
		return err_set(e, EXDEV,
		    "/%s is outside of reset_root: it is really %s", path,
		    real);
	return 0;
}

/* What is there now: 1 with its mode and owner; 0: nothing that a reset
 * touches. absent: nothing at all. */
static int
look(const char *path, struct stat *st, bool *absent, struct err *e)
{
	const char *name;
	own_fd int folder = place_open(path, false, NULL, &name, e);

	*absent = false;
	if (folder == -1 && e->code != ENOENT)
		return -1;
	if (folder == -1 ||
	    fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == -1) {
		*absent = true;
		return 0;
	}
	return S_ISREG(st->st_mode) || S_ISLNK(st->st_mode);
}

/* The record of originals is JSON, and what is not in it can not come back. */
static int
no_name(const char *path, struct err *e)
{
	own_bytes struct bytes shown = { 0 };

	text_line(&shown, path);
	return err_set(e, EILSEQ,
	    "%.300s: its name is no UTF-8, so its original can not be kept; "
	    "rename or remove it",
	    shown.p == NULL ? "" : shown.p);
}

static int
grow(struct reset_plan *plan, struct err *e)
{
	size_t room = plan->room == 0 ? 64 : 2 * plan->room;
	struct reset_step *grown;

	if (plan->count < plan->room)
		return 0;
	if (room > RESET_STEPS_MAX)
		return err_set(
		    e, E2BIG, "more than %d files to reset", RESET_STEPS_MAX);
	if ((grown = reallocarray(plan->steps, room, sizeof(*grown))) == NULL)
		return err_sys(e, "%zu files", room);
	plan->steps = grown;
	plan->room = room;
	return 0;
}

int
reset_plan_add(struct planning *p, const struct reset_item *item,
    const char *path, struct reset_step **step, struct err *e)
{
	struct reset_step s = { .item = item, .meta = FILE_SECRET };
	struct stat st = { 0 };
	bool absent;
	int there;

	*step = NULL;
	if (!text_is_utf8(path))
		return no_name(path, e);
	if (snprintf(s.path, sizeof(s.path), "%s%s", p->prefix, path + 1) >=
	    (int)sizeof(s.path))
		return err_set(e, ENAMETOOLONG, "%.200s", path);
	if ((*step = find_step(p->plan, s.path)) != NULL)
		return 0;
	if (within_root(p, s.path, e) == -1 ||
	    (there = look(s.path, &st, &absent, e)) == -1 ||
	    grow(p->plan, e) == -1)
		return -1;
	if (there == 0 && !absent)
		return 0;
	if (there == 1 && S_ISREG(st.st_mode))
		s.meta = (struct file_meta){ st.st_mode & 07777, st.st_uid,
			st.st_gid };
	*step = &p->plan->steps[p->plan->count++];
	**step = s;
	return 0;
}

/* One path of an item, unless an item before it has spoken of it. */
static int
plan_path(struct planning *p, const struct reset_item *item, const char *path,
    struct err *e)
{
	struct reset_step *s;

	if (reset_of(&p->plan->policy, path) != item)
		return 0;
	if (reset_plan_add(p, item, path, &s, e) == -1)
		return -1;
	if (s == NULL)
		return 0;
	if (item->make == MAKE_MACHINE_LINK) {
		s->kind = STEP_LINK;
		s->link = "/etc/machine-id";
		return 0;
	}
	return reset_make(p, s, path, e);
}

static int
plan_item(struct planning *p, const struct reset_item *item, struct err *e)
{
	own_paths struct tree_paths found = { 0 };

	for (size_t i = 0; i < conf_len(item->paths); i++)
		if (tree_list_through(p->root,
			config_setting_get_string(conf_at(item->paths, i)),
			&found, e) == -1)
			return -1;
	tree_sort(&found);
	if (item->make == MAKE_SSH_KEYS)
		return reset_ssh_keys(p, item, &found, e);
	if (item->make == MAKE_DROPBEAR_KEYS)
		return reset_dropbear_keys(p, item, &found, e);
	for (size_t i = 0; i < found.count; i++)
		if (plan_path(p, item, found.all[i], e) == -1)
			return err_in(e, "%s", found.all[i]);
	return 0;
}

static int
plan_all(struct planning *p, struct err *e)
{
	const struct reset *r = &p->plan->policy;

	for (size_t i = 0; i < r->count; i++) {
		enum reset_mark mark = r->items[i].mark;

		if ((mark == RESET_APPLY || mark == RESET_BOOT) &&
		    plan_item(p, &r->items[i], e) == -1)
			return err_in(e, "%s:%u", r->items[i].file->name,
			    r->items[i].line);
	}
	return 0;
}

/* The owner's list, else the shipped one. */
static int
read_policy(struct reset *r, const struct settings *s, struct err *e)
{
	const char *const folders[] = { s->policy_dir, s->shipped_dir };
	char path[512];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/" RESET_POLICY, folders[i]);
		if (faccessat(AT_FDCWD, path, F_OK, 0) == 0)
			return reset_read(r, path, e);
	}
	return err_set(e, ENOENT,
	    "no " RESET_POLICY " in %s or %s: install the policies, or leave "
	    "reset_root out of the settings",
	    folders[0], folders[1]);
}

int
reset_plan_make(struct reset_plan *plan, const struct settings *s, int state,
    bool dry, struct err *e)
{
	struct planning p = { .plan = plan,
		.settings = s,
		.state = state,
		.dry = dry,
		.root = -1 };
	char prefix[PATH_MAX];
	int rc;

	memset(plan, 0, sizeof(*plan));
	(void)snprintf(prefix, sizeof(prefix), "%s%s", s->reset_root + 1,
	    s->reset_root[1] == '\0' ? "" : "/");
	p.prefix = prefix;
	if (read_policy(&plan->policy, s, e) == -1 ||
	    values_open(&p.values, s, state, e) == -1)
		return -1;
	p.root = open(s->reset_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = p.root == -1 ? err_sys(e, "open %s", s->reset_root)
			  : plan_all(&p, e);
	if (rc == 0 && !dry)
		rc = values_save(&p.values, e);
	values_close(&p.values);
	own_fd_close(&p.root);
	return rc;
}
