/* SPDX-License-Identifier: MIT */
/*
 * Pruning: what no link and no journal speaks of goes, but for a few snapshots
 * that were live last. What goes is first moved to trash/, in one step that is
 * durable before the next: killed anywhere, the store holds whole snapshots
 * only, and the next start empties the trash.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "history.h"
#include "log.h"
#include "own.h"

#define LISTED_MAX 256 /* snapshots looked at in one go; more wait */

/* Numbers and ids that must stay: of the links, and of the journal. */
struct kept {
	int64_t numbers[5];
	char snapshots[6][SHA256_HEX];
	size_t number_count, snapshot_count;
};

static void
keep_number(struct apply *a, struct kept *k, int64_t n)
{
	own_applied struct applied found = { 0 };
	struct err ignored;

	if (n <= 0)
		return;
	k->numbers[k->number_count++] = n;
	if (applied_read(&found, a->agent->state, n, false, &ignored) == 0)
		(void)strcpy(k->snapshots[k->snapshot_count++], found.snapshot);
}

/* -1: a damaged journal may mean anything, so nothing goes. */
static int
find_kept(struct apply *a, struct kept *k, struct err *e)
{
	static const char *const links[] = { "current", "previous",
		"confirmed" };
	struct err ignored;
	struct journal j;
	int rc = journal_read(a->agent->state, &j, e);

	memset(k, 0, sizeof(*k));
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < 3; i++)
		keep_number(
		    a, k, applied_link(a->agent->state, links[i], &ignored));
	if (rc == 0)
		return 0;
	keep_number(a, k, j.target);
	keep_number(a, k, j.before);
	/* Its target may not have been written yet. */
	(void)strcpy(k->snapshots[k->snapshot_count++], j.snapshot);
	return 0;
}

static DIR *
open_list(int state, const char *path)
{
	int fd = openat(
	    state, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL)
		own_fd_close(&fd);
	return d;
}

static int
sync_folder(int state, const char *path, struct err *e)
{
	own_fd int fd = openat(state, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd == -1 || fsync(fd) == -1 ? err_sys(e, "sync %s", path) : 0;
}

/* folder/name, in one step out of sight. */
static int
discard(int state, const char *folder, const char *name, struct err *e)
{
	char from[SHA256_HEX + 32], to[SHA256_HEX + 32];

	(void)snprintf(from, sizeof(from), "%s/%s", folder, name);
	(void)snprintf(to, sizeof(to), TRASH "/%s", name);
	if (file_mkdirs(state, TRASH, 0700, e) == -1)
		return -1;
	if (faccessat(state, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file_remove_tree(state, to, e) == -1)
		return -1;
	if (renameat(state, from, state, to) == -1)
		return err_sys(e, "move %s to " TRASH, from);
	if (sync_folder(state, folder, e) == -1)
		return -1;
	return file_remove_tree(state, to, e);
}

static bool
number_kept(const struct kept *k, int64_t n)
{
	for (size_t i = 0; i < k->number_count; i++)
		if (k->numbers[i] == n)
			return true;
	return false;
}

/* Without the trash: half of one is as good as none, since no link leads to
 * it; and taking away works on a full disk, moving may not. */
static void
prune_applied(struct apply *a, const struct kept *k)
{
	DIR *d = open_list(a->agent->state, "applied");
	struct dirent *de;
	struct err e;

	while (d != NULL && (de = readdir(d)) != NULL) {
		int64_t n = strtoll(de->d_name, NULL, 10);

		if (n > 0 && !number_kept(k, n) &&
		    applied_remove(a->agent->state, n, &e) == -1)
			log_warn("prune: %s", e.text);
	}
	if (d != NULL)
		(void)closedir(d);
}

struct old {
	char name[SHA256_HEX];
	size_t rank; /* in the history; of those that never were live, last */
	time_t at;   /* newer ones first */
};

static int
best_first(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->at < y->at) - (x->at > y->at);
}

static bool
snapshot_kept(const struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->snapshot_count; i++)
		if (strcmp(name, k->snapshots[i]) == 0)
			return true;
	return false;
}

static size_t
rank_of(const json_t *history, const char *id)
{
	size_t i;

	for (i = 0; i < json_array_size(history); i++)
		if (strcmp(json_string_value(json_array_get(history, i)), id) ==
		    0)
			break;
	return i;
}

/* At most max snapshots that may go, those to keep longest first. */
static size_t
find_old(int state, const struct kept *k, struct old *list, size_t max)
{
	own_json json_t *history = history_read(state);
	DIR *d = open_list(state, "snapshots");
	struct dirent *de;
	struct stat st;
	size_t n = 0;

	while (d != NULL && n < max && (de = readdir(d)) != NULL) {
		if (strlen(de->d_name) != SHA256_HEX - 1 ||
		    snapshot_kept(k, de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			-1)
			continue;
		(void)strcpy(list[n].name, de->d_name);
		list[n].rank = rank_of(history, de->d_name);
		list[n++].at = st.st_mtime;
	}
	if (d != NULL)
		(void)closedir(d);
	qsort(list, n, sizeof(*list), best_first);
	return n;
}

int
store_prune(struct apply *a, size_t keep, json_t *removed, struct err *e)
{
	struct old *list = calloc(LISTED_MAX, sizeof(*list));
	struct kept k;
	size_t n;
	int rc = 0;

	if (list == NULL)
		return err_set(e, ENOMEM, "no memory");
	rc = find_kept(a, &k, e);
	if (rc == 0)
		prune_applied(a, &k);
	n = rc == 0 ? find_old(a->agent->state, &k, list, LISTED_MAX) : 0;
	for (size_t i = keep; i < n && rc == 0; i++) {
		rc = discard(a->agent->state, "snapshots", list[i].name, e);
		if (rc == 0 && removed != NULL)
			(void)json_array_append_new(
			    removed, json_string(list[i].name));
	}
	free(list);
	return rc;
}

void
apply_prune(struct apply *a)
{
	struct err e;

	/* A stuck one may still be looked at. */
	if (!a->stuck && store_prune(a, STORE_SPARE, NULL, &e) == -1)
		log_warn("prune: %s", e.text);
}
