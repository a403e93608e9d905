/* SPDX-License-Identifier: MIT */
/*
 * The packages of a capture: the list of what belongs to the product, and the
 * payloads that are at hand, each copied from the very file that was looked
 * at. A package whose payload is nowhere is listed all the same: a unit then
 * has to have it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capturing.h"
#include "file.h"
#include "own.h"
#include "package_choice.h"
#include "package_list.h"
#include "package_shelf.h"

#define CACHE "var/cache/apt/archives"
#define CHUNK 65536

struct gathering {
	struct capturing *k;
	struct package_db db;
	struct package_list list;
	struct package_shelf shelf;
	const bool *chosen; /* of the database */
	char **owned;       /* file names and hashes of the rows */
	size_t owned_count;
};

/* In this very version, and not on the shelf yet. */
static bool
is_chosen(void *ctx, const struct package *p)
{
	const struct gathering *g = ctx;
	const struct package *is = package_db_find(&g->db, p->name, p->arch);

	return is != NULL && g->chosen[is - g->db.all] &&
	    strcmp(is->version, p->version) == 0 &&
	    strcmp(is->arch, p->arch) == 0 &&
	    package_shelf_find(&g->shelf, p) == NULL;
}

static int
open_shelves(struct gathering *g, struct err *e)
{
	const char *const *folders = g->k->words->packages;
	struct err ignored;
	own_fd int cache = file_open_beneath(
	    g->k->words->root, CACHE, O_RDONLY | O_DIRECTORY, 0, &ignored);

	for (size_t i = 0; folders != NULL && folders[i] != NULL; i++) {
		own_fd int dir =
		    open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir == -1)
			return err_sys(e, "%s", folders[i]);
		if (package_shelf_add(&g->shelf, dir, true, is_chosen, g, e) ==
		    -1)
			return err_in(e, "%s", folders[i]);
	}
	return cache == -1
	    ? 0
	    : package_shelf_add(&g->shelf, cache, false, is_chosen, g, e);
}

/* Where the next members go, with one place left for the proof. */
static int
make_room(struct gathering *g, size_t more, struct err *e)
{
	struct capture *c = g->k->c;
	size_t room = c->snapshot.count + more + 2;
	struct member *members =
	    reallocarray(c->snapshot.members, room, sizeof(*members));
	uint64_t *offsets;

	if (members == NULL)
		return err_sys(e, "%zu members", room);
	c->snapshot.members = members;
	memset(&members[c->snapshot.count], 0,
	    (room - c->snapshot.count) * sizeof(*members));
	offsets = reallocarray(c->offsets, room, sizeof(*offsets));
	if (offsets == NULL)
		return err_sys(e, "%zu members", room);
	c->offsets = offsets;
	return 0;
}

static void public(struct member *m)
{
	(void)strcpy(m->owner, "root");
	(void)strcpy(m->group, "root");
	m->mode = 0644;
}

/* The epoch's colon as apt writes it in file names. */
static int
name_payload(const struct package *p, enum package_manager manager,
    char out[static SNAPSHOT_PATH_MAX], struct err *e)
{
	const char *colon = strchr(p->version, ':');
	int epoch = colon == NULL ? 0 : (int)(colon - p->version);

	(void)snprintf(out, SNAPSHOT_PATH_MAX, "packages/%s_%.*s%s%s_%s.%s",
	    p->name, epoch, p->version, colon == NULL ? "" : "%3a",
	    colon == NULL ? p->version : colon + 1, p->arch,
	    manager == PACKAGES_DPKG ? "deb" : "ipk");
	return snapshot_path_check(out, e);
}

/* Copies the file into the spool, from its start; the size and the hash. */
static int
copy_payload(
    struct capturing *k, int fd, struct member *m, uint64_t *at, struct err *e)
{
	own_str char *chunk = malloc(CHUNK);
	struct sha256 *hash = sha256_new(e);
	uint64_t where;
	ssize_t n = chunk == NULL ? 0 : 1;
	int rc = hash == NULL || chunk == NULL ? -1 : 0;

	for (m->size = 0; rc == 0 && n > 0; m->size += (uint64_t)n) {
		n = pread(fd, chunk, CHUNK, (off_t)m->size);
		if (n == -1)
			rc = err_sys(e, "read");
		else if (m->size + (uint64_t)n > SNAPSHOT_PACKAGE_MAX)
			rc = err_set(e, EFBIG, "larger than %d bytes",
			    SNAPSHOT_PACKAGE_MAX);
		else if (spool_add(k->c->spool, chunk, (size_t)n, &where, e) ==
			-1 ||
		    sha256_add(hash, chunk, (size_t)n, e) == -1)
			rc = -1;
		if (m->size == 0)
			*at = where;
		if (rc == -1)
			break;
	}
	if (rc == 0)
		rc = sha256_end(hash, m->sha256, e);
	sha256_free(hash);
	return rc;
}

static const char *
keep(struct gathering *g, const char *text)
{
	char *copy = strdup(text);

	if (copy != NULL)
		g->owned[g->owned_count++] = copy;
	return copy;
}

static int
add_payload(struct gathering *g, struct package_row *r, const struct shelved *s,
    struct err *e)
{
	struct capture *c = g->k->c;
	struct member *m = &c->snapshot.members[c->snapshot.count];
	char hex[SHA256_HEX];

	/* What the file says of itself, for the unit checks that it does. */
	r->is = s->is;
	if (name_payload(&r->is, g->db.manager, m->path, e) == -1 ||
	    copy_payload(g->k, s->fd, m, &c->offsets[c->snapshot.count], e) ==
		-1)
		return err_in(e, "package %s", r->is.name);
	public(m);
	g->k->total += m->size;
	if (g->k->total > BUNDLE_MAX)
		return err_set(e, EFBIG, "more than %llu bytes in all",
		    (unsigned long long)BUNDLE_MAX);
	hex_encode(m->sha256, SHA256_LEN, hex);
	r->file = keep(g, m->path);
	r->sha256 = keep(g, hex);
	if (r->file == NULL || r->sha256 == NULL)
		return err_set(e, ENOMEM, "no memory");
	c->snapshot.count++;
	return 0;
}

static int
add_row(struct gathering *g, const struct package *p, struct err *e)
{
	struct package_row *r = &g->list.rows[g->list.count];
	const struct shelved *s = package_shelf_find(&g->shelf, p);
	const char *origin = p->origin;

	if (package_check(p, e) == -1)
		return -1;
	*r = (struct package_row){ *p, "", "" };
	if (s != NULL && add_payload(g, r, s, e) == -1)
		return -1;
	if (*r->is.origin == '\0')
		r->is.origin = origin;
	g->k->c->packages++;
	g->k->c->payloads += s != NULL;
	g->list.count++;
	return 0;
}

static int
add_list(struct gathering *g, struct err *e)
{
	struct capture *c = g->k->c;
	struct member *m = &c->snapshot.members[c->snapshot.count];
	own_bytes struct bytes text = { 0 };

	if (package_list_write(&g->list, &text, e) == -1)
		return -1;
	(void)strcpy(m->path, PACKAGE_LIST_FILE);
	public(m);
	return capturing_member(g->k, m, &text, e);
}

static int
gather(struct gathering *g, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < g->db.count; i++)
		n += g->chosen[i];
	if (n == 0)
		return 0;
	if (n > PACKAGE_LIST_MAX)
		return err_set(e, E2BIG,
		    "more than %d packages; name those of the product in the "
		    "policy (packages)",
		    PACKAGE_LIST_MAX);
	g->list.rows = calloc(n + 1, sizeof(*g->list.rows));
	g->owned = calloc(2 * n + 1, sizeof(*g->owned));
	if (g->list.rows == NULL || g->owned == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (make_room(g, n + 1, e) == -1 || open_shelves(g, e) == -1)
		return -1;
	for (size_t i = 0; i < g->db.count; i++)
		if (g->chosen[i] && add_row(g, &g->db.all[i], e) == -1)
			return -1;
	return add_list(g, e);
}

static int
gather_all(struct gathering *g, struct err *e)
{
	int root = g->k->words->root;
	bool *chosen;
	int rc;

	if (package_db_read(&g->db, root, e) == -1 ||
	    release_read(&g->list.release, root, e) == -1)
		return err_in(e, "packages");
	if (g->db.manager == PACKAGES_NONE)
		return 0;
	g->list.manager = g->db.manager;
	g->list.arch = package_db_arch(&g->db);
	if ((chosen = calloc(g->db.count + 1, sizeof(*chosen))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	rc = package_choose(&g->db, root, &g->k->c->policy, chosen, e);
	g->chosen = chosen;
	if (rc == 0)
		rc = gather(g, e);
	free(chosen);
	return rc;
}

int
capturing_packages(struct capturing *k, struct err *e)
{
	struct gathering g = { .k = k };
	int rc = gather_all(&g, e);

	for (size_t i = 0; i < g.owned_count; i++)
		free(g.owned[i]);
	free(g.owned);
	package_shelf_free(&g.shelf);
	package_list_free(&g.list);
	package_db_free(&g.db);
	return rc;
}
