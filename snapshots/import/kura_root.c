/* SPDX-License-Identifier: MIT */
/*
 * The newest snapshot of a whole gateway. Where it is the capture profiles say:
 * the one whose version the sample states, or the one that is named. They hold
 * the one map from product and version to places.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kura_root.h"
#include "own.h"
#include "policy.h"
#include "product.h"
#include "tree.h"

#define own_paths __attribute__((cleanup(tree_free), unused))

/* Where a profile has snapshots; NULL: it is of no Kura. */
static const char *
snapshots_of(const struct policy *p)
{
	for (size_t i = 0; i < p->path_count; i++)
		if (p->paths[i].newest)
			return p->paths[i].pattern;
	return NULL;
}

static int
profile_read(const char *const folders[], const char *name, struct policy *p,
    struct err *e)
{
	char path[1024];

	if (product_find(folders, name, path, e) == -1)
		return -1;
	return policy_read(p, path, e);
}

static const char *
name_of(const json_t *profile)
{
	return json_string_value(json_object_get(profile, "name"));
}

void
kura_root_layouts(const char *const folders[], char *out, size_t size)
{
	own_json json_t *all = product_list(folders, -1);
	const json_t *one;
	size_t i, n = 0;

	*out = '\0';
	json_array_foreach(all, i, one)
	{
		own_policy struct policy p = { .files = NULL };
		struct err ignored;

		if (n < size &&
		    profile_read(folders, name_of(one), &p, &ignored) == 0 &&
		    snapshots_of(&p) != NULL && p.product.name != NULL)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    n == 0 ? "" : ", ", name_of(one));
	}
}

/* The id in "/x/snapshot_1434122113492.xml", or -1. */
static long long
snapshot_id(const char *path)
{
	static const char front[] = "/snapshot_";
	const char *name = strrchr(path, '/');
	size_t n = sizeof(front) - 1;
	long long id;
	char *end;

	if (name == NULL || strncmp(name, front, n) != 0 || name[n] < '0' ||
	    name[n] > '9')
		return -1;
	errno = 0;
	id = strtoll(name + n, &end, 10);
	return errno == 0 && strcmp(end, ".xml") == 0 ? id : -1;
}

/* The highest id: Kura itself goes by it, not by the file's time. */
static int
newest(int root, const struct policy *p, struct kura_found *f, struct err *e)
{
	own_paths struct tree_paths all = { 0 };
	const char *pattern = snapshots_of(p);
	long long best = -1, id;
	size_t n = 0;

	if (pattern == NULL)
		return err_set(
		    e, EINVAL, "%s has no Kura snapshots", f->layout);
	if (tree_list_through(root, pattern, &all, e) == -1)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if ((id = snapshot_id(all.all[i])) == -1)
			continue;
		n++;
		if (id > best) {
			best = id;
			(void)snprintf(
			    f->path, sizeof(f->path), "%s", all.all[i]);
		}
	}
	if (n == 0)
		return err_set(e, ENOENT, "there is no %s", pattern);
	f->others = n - 1;
	return 0;
}

static int
by_name(int root, const char *const folders[], const char *layout,
    struct kura_found *f, struct err *e)
{
	own_policy struct policy p = { .files = NULL };
	char all[256];

	(void)snprintf(f->layout, sizeof(f->layout), "%s", layout);
	if (profile_read(folders, layout, &p, e) == 0)
		return newest(root, &p, f, e);
	if (e->code != ENOENT)
		return -1;
	kura_root_layouts(folders, all, sizeof(all));
	return err_set(e, EINVAL, "there is no layout \"%.32s\"; there are %s",
	    layout, all);
}

static int
nothing_fits(
    const char *const folders[], const struct kura_found *f, struct err *e)
{
	char all[256];

	kura_root_layouts(folders, all, sizeof(all));
	if (*all == '\0')
		return err_set(e, ENOENT,
		    "no profile of a Kura in capture/ of %s; --policies DIR "
		    "names another place",
		    folders[0]);
	if (*f->version != '\0')
		return err_set(e, ENOTSUP,
		    "version \"%s\" is not known; --layout takes one of %s if "
		    "it is laid out like that",
		    f->version, all);
	return err_set(e, ENOENT,
	    "no kura.properties that states a version; --layout takes one of "
	    "%s",
	    all);
}

static int
by_version(
    int root, const char *const folders[], struct kura_found *f, struct err *e)
{
	own_json json_t *all = product_list(folders, root);
	char version[sizeof(f->version)];
	const json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		own_policy struct policy p = { .files = NULL };
		int rc;

		if (profile_read(folders, name_of(one), &p, e) == -1 ||
		    snapshots_of(&p) == NULL || p.product.name == NULL)
			continue;
		rc = product_check(
		    &p.product, root, NULL, version, sizeof(version), e);
		if (*version != '\0')
			(void)strcpy(f->version, version);
		if (rc == -1)
			continue;
		(void)snprintf(
		    f->layout, sizeof(f->layout), "%s", name_of(one));
		return newest(root, &p, f, e);
	}
	return nothing_fits(folders, f, e);
}

int
kura_root_find(int root, const char *const folders[], const char *layout,
    struct kura_found *f, struct err *e)
{
	memset(f, 0, sizeof(*f));
	return layout == NULL ? by_version(root, folders, f, e)
			      : by_name(root, folders, layout, f, e);
}
