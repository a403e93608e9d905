/* SPDX-License-Identifier: MIT */
/*
 * Kura takes the snapshot with the highest number and ignores a replaced
 * snapshot_0.xml beside it, in silence. Which one is meant, nobody but the
 * person who replaced it can say: so that is asked. Without such a doubt the
 * highest number is what the sample runs, and what is taken.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capturing.h"
#include "tree.h"

#define own_paths  __attribute__((cleanup(tree_free), unused))

#define DIGITS_MAX 18 /* fits an int64_t; epoch milliseconds have 13 */

struct found {
	const char *path;
	int64_t id;
	struct stat st;
};

/* "…/snapshot_1434122113492.xml"; -1: another name. */
static int64_t
id_of(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	size_t n;

	if (strncmp(name, "snapshot_", 9) != 0)
		return -1;
	n = strspn(name + 9, "0123456789");
	if (n == 0 || n > DIGITS_MAX || strcmp(name + 9 + n, ".xml") != 0)
		return -1;
	return strtoll(name + 9, NULL, 10);
}

static bool
later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec
				      : a->tv_nsec > b->tv_nsec;
}

/* A copied tree has its own times of change, so they count only where it was
 * not copied. */
static bool
was_replaced(const struct capturing *k, const struct found *seed,
    const struct found *newest)
{
	return later(&seed->st.st_mtim, &newest->st.st_mtim) ||
	    (k->words->live && later(&seed->st.st_ctim, &newest->st.st_ctim));
}

static int
take(struct capturing *k, const struct policy_path *one, const char *path,
    size_t of, struct err *e)
{
	struct capture_seed *s = &k->c->seed;

	if (s->path[0] != '\0')
		return conf_err(one->at, e,
		    "Kura snapshots at two places: %s and %s", s->path, path);
	if (snprintf(s->path, sizeof(s->path), "%s", path) >=
	    (int)sizeof(s->path))
		return err_set(e, ENAMETOOLONG, "%.200s", path);
	s->as = one->as;
	s->of = of;
	return 0;
}

/* The word of a person, or what nobody needs to ask about; NULL: asked. */
static const struct found *
choice(
    const struct capturing *k, const struct found *all, size_t n, struct err *e)
{
	const char *word = k->words->seed;
	const struct found *seed = NULL, *newest = &all[0];

	for (size_t i = 0; i < n; i++) {
		if (all[i].id > newest->id)
			newest = &all[i];
		if (all[i].id == 0)
			seed = &all[i];
		if (word != NULL && word[0] >= '0' && word[0] <= '9' &&
		    strtoll(word, NULL, 10) == all[i].id)
			return &all[i];
	}
	if (word != NULL && strcmp(word, "newest") == 0)
		return newest;
	if (word != NULL && strcmp(word, "seed") == 0 && seed != NULL)
		return seed;
	if (word != NULL)
		return (void)err_set(e, ENOENT,
			   "there is no snapshot \"%s\" beside %s", word,
			   newest->path),
		       NULL;
	if (seed == NULL || seed == newest || !was_replaced(k, seed, newest))
		return newest;
	(void)err_set(e, EEXIST,
	    "%s was replaced after %s was written, but Kura runs the latter: "
	    "say which one is meant, --kura-snapshot seed or newest",
	    seed->path, newest->path);
	return NULL;
}

long
capturing_seed(struct capturing *k, const struct policy_path *one,
    struct tree_paths *paths, struct err *e)
{
	own_paths struct tree_paths all = { 0 };
	const struct found *chosen;
	struct found *found;
	size_t n = 0;
	int rc;

	if (tree_list(k->words->root, one->pattern, &all, e) == -1)
		return -1;
	tree_sort(&all);
	if ((found = calloc(all.count + 1, sizeof(*found))) == NULL)
		return err_sys(e, "%zu snapshots", all.count);
	for (size_t i = 0; i < all.count; i++) {
		found[n].path = all.all[i];
		found[n].id = id_of(all.all[i]);
		if (found[n].id >= 0 &&
		    tree_stat(k->words->root, all.all[i], &found[n].st, e) == 0)
			n++;
	}
	chosen = n == 0 ? NULL : choice(k, found, n, e);
	rc = n == 0          ? 0
	    : chosen == NULL ? conf_err(one->at, e, "%s", e->text)
			     : take(k, one, chosen->path, n, e);
	free(found);
	if (rc == -1 || n == 0)
		return rc;
	return tree_list(k->words->root, k->c->seed.path, paths, e);
}
