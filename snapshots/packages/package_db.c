/* SPDX-License-Identifier: MIT */
/*
 * dpkg keeps one file, and, while it works or after it was killed, numbered
 * files in updates/ that count more, the later the more. Who reads only the
 * first believes what was true before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "package_db.h"
#include "tree.h"

#define STATUS_MAX  (48 * 1024 * 1024)
#define UPDATES_MAX 2000
#define LIST_MAX    20000

static const struct {
	const char *path;
	enum package_manager manager;
} databases[] = {
	{ "/var/lib/dpkg/status", PACKAGES_DPKG },
	{ "/usr/lib/opkg/status", PACKAGES_OPKG },
	{ "/var/lib/opkg/status", PACKAGES_OPKG },
};

const char *
package_manager_name(enum package_manager m)
{
	static const char *const names[] = { [PACKAGES_NONE] = "none",
		[PACKAGES_DPKG] = "dpkg",
		[PACKAGES_OPKG] = "opkg" };

	return names[m];
}

static int
add(void *ctx, const struct package *p, struct err *e)
{
	struct package_db *db = ctx;
	struct package *grown;
	size_t room = db->room == 0 ? 512 : 2 * db->room;

	if (db->count == LIST_MAX)
		return err_set(e, E2BIG, "more than %d packages", LIST_MAX);
	if (db->count == db->room) {
		grown = reallocarray(db->all, room, sizeof(*grown));
		if (grown == NULL)
			return err_sys(e, "%zu packages", room);
		db->all = grown;
		db->room = room;
	}
	db->all[db->count++] = *p;
	return 0;
}

/* 1: read; 0: there is no such file. */
static int
read_one(struct package_db *db, int root, const char *path, package_fn *fn,
    struct err *e)
{
	struct bytes *text = &db->texts[db->text_count];

	if (tree_read_through(root, path, STATUS_MAX, text, e) == -1)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	db->text_count++;
	if (package_parse(text->p, text->len, fn, db, e) == -1)
		return err_in(e, "%s", path);
	return 1;
}

/* By name and architecture; of equals the one that was read later first. */
static int
by_name(const void *a, const void *b)
{
	const struct package *x = a, *y = b;
	int rc = strcmp(x->name, y->name);

	if (rc == 0)
		rc = strcmp(x->arch, y->arch);
	return rc;
}

/* A merge sort that keeps the order of equals is what glibc's qsort may or may
 * not be, so the place in the list is part of what is compared. */
struct numbered {
	struct package package;
	size_t number;
};

static int
by_name_newest(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int rc = by_name(&x->package, &y->package);

	if (rc == 0)
		rc = (x->number < y->number) - (x->number > y->number);
	return rc;
}

static int
settle(struct package_db *db, struct err *e)
{
	struct numbered *all = calloc(db->count + 1, sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		return err_sys(e, "%zu packages", db->count);
	for (size_t i = 0; i < db->count; i++)
		all[i] = (struct numbered){ db->all[i], i };
	qsort(all, db->count, sizeof(*all), by_name_newest);
	for (size_t i = 0; i < db->count; i++)
		if (n == 0 || by_name(&db->all[n - 1], &all[i].package) != 0)
			db->all[n++] = all[i].package;
	db->count = n;
	free(all);
	return 0;
}

static int
read_updates(struct package_db *db, int root, struct err *e)
{
	struct tree_paths paths = { 0 };
	int rc = 0;

	if (tree_list(root, "/var/lib/dpkg/updates/[0-9]*", &paths, e) == -1)
		return -1;
	tree_sort(&paths);
	if (paths.count > UPDATES_MAX)
		rc = err_set(
		    e, E2BIG, "more than %d files in updates", UPDATES_MAX);
	for (size_t i = 0; i < paths.count && rc != -1; i++)
		rc = read_one(db, root, paths.all[i], add, e);
	tree_free(&paths);
	return rc == -1 ? -1 : 0;
}

/* One paragraph of apt's extended_states. */
static int
mark(void *ctx, const struct package *p, struct err *e)
{
	struct package_db *db = ctx;

	(void)e;
	for (size_t i = package_db_first(db, p->name);
	     i < db->count && strcmp(db->all[i].name, p->name) == 0; i++)
		if (strcmp(db->all[i].arch, p->arch) == 0 ||
		    strcmp(db->all[i].arch, "all") == 0)
			db->all[i].automatic = p->automatic;
	return 0;
}

static int
read_dpkg(struct package_db *db, int root, struct err *e)
{
	if (read_updates(db, root, e) == -1 || settle(db, e) == -1)
		return -1;
	return read_one(db, root, "/var/lib/apt/extended_states", mark, e) == -1
	    ? -1
	    : 0;
}

int
package_db_read(struct package_db *db, int root, struct err *e)
{
	int rc = 0;

	memset(db, 0, sizeof(*db));
	db->texts = calloc(UPDATES_MAX + 3, sizeof(*db->texts));
	if (db->texts == NULL)
		return err_sys(e, "packages");
	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++) {
		rc = read_one(db, root, databases[i].path, add, e);
		if (rc == 0)
			continue;
		db->manager = databases[i].manager;
		break;
	}
	if (rc != 1)
		return rc;
	return db->manager == PACKAGES_DPKG ? read_dpkg(db, root, e)
					    : settle(db, e);
}

void
package_db_free(struct package_db *db)
{
	for (size_t i = 0; i < db->text_count; i++)
		bytes_free(&db->texts[i]);
	free(db->texts);
	free(db->all);
	memset(db, 0, sizeof(*db));
}

size_t
package_db_first(const struct package_db *db, const char *name)
{
	size_t low = 0, high = db->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(db->all[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
fits(const struct package *p, const char *arch)
{
	return arch == NULL || strcmp(p->arch, arch) == 0 ||
	    strcmp(p->arch, "all") == 0 || strcmp(arch, "all") == 0;
}

const struct package *
package_db_find(const struct package_db *db, const char *name, const char *arch)
{
	const struct package *found = NULL;

	for (size_t i = package_db_first(db, name);
	     i < db->count && strcmp(db->all[i].name, name) == 0; i++)
		if (fits(&db->all[i], arch) &&
		    (found == NULL || package_is_installed(&db->all[i])))
			found = &db->all[i];
	return found;
}

const char *
package_db_arch(const struct package_db *db)
{
	static const char *const everywhere[] = { "dpkg", "libc6", "libc",
		"busybox", "opkg" };
	const struct package *p;

	for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]);
	     i++) {
		p = package_db_find(db, everywhere[i], NULL);
		if (p != NULL && package_is_installed(p))
			return p->arch;
	}
	return "";
}

/* The value of a line KEY=value, without its quotes. */
static void
release_line(const char *line, const char *key, char out[static 64])
{
	size_t n = strlen(key), len;

	if (strncmp(line, key, n) != 0 || line[n] != '=')
		return;
	line += n + 1;
	if (*line == '"' || *line == '\'')
		line++;
	len = strcspn(line, "\"'\r\n");
	if (len < 64) {
		memcpy(out, line, len);
		out[len] = '\0';
	}
}

int
release_read(struct release *r, int root, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char *line, *rest;

	memset(r, 0, sizeof(*r));
	if (tree_read_through(root, "/etc/os-release", 65536, &text, e) == -1 &&
	    (e->code != ENOENT ||
		tree_read_through(
		    root, "/usr/lib/os-release", 65536, &text, e) == -1))
		return e->code == ENOENT ? 0 : -1;
	if (text.len == 0)
		return 0;
	for (line = strtok_r(text.p, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		release_line(line, "ID", r->id);
		release_line(line, "VERSION_ID", r->version);
	}
	return 0;
}
