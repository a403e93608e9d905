/* SPDX-License-Identifier: MIT */
/*
 * The choice. What the base release holds is on every vanilla unit of that
 * release already; taking it along would make each bundle a distribution.
 */
#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "own.h"
#include "package_choice.h"
#include "package_relation.h"
#include "tree.h"

#define LIST_MAX (32 * 1024 * 1024)

OWN_POINTER(archive, struct archive, (void)archive_read_free)
#define own_archive __attribute__((cleanup(own_archive_free), unused))

struct choice {
	const struct package_db *db;
	bool *base;
	bool *chosen;
};

static int
base_mark(void *ctx, const struct package *p, struct err *e)
{
	struct choice *c = ctx;

	(void)e;
	for (size_t i = package_db_first(c->db, p->name);
	     i < c->db->count && strcmp(c->db->all[i].name, p->name) == 0; i++)
		c->base[i] = true;
	return 0;
}

/* Debian's installer leaves a list of what it installed, gzipped. */
static int
unpack(const struct bytes *packed, struct bytes *out, struct err *e)
{
	own_archive struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char chunk[16384];
	la_ssize_t n = -1;

	out->limit = LIST_MAX;
	if (a == NULL || archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_open_memory(a, packed->p, packed->len) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return err_set(e, EBADMSG, "can not be unpacked");
	while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
		bytes_add(out, chunk, (size_t)n);
	return n < 0 || out->bad ? err_set(e, EBADMSG, "can not be unpacked")
				 : 0;
}

static int
base_from_list(
    struct choice *c, int root, const char *path, bool packed, struct err *e)
{
	own_bytes struct bytes text = { 0 }, plain = { 0 };
	struct bytes *use = packed ? &plain : &text;

	if (tree_read_through(root, path, LIST_MAX, &text, e) == -1)
		return e->code == ENOENT ? 0 : -1;
	if ((packed && unpack(&text, &plain, e) == -1) ||
	    (use->len > 0 &&
		package_parse(use->p, use->len, base_mark, c, e) == -1))
		return err_in(e, "%s", path);
	return 0;
}

static int
find_base(struct choice *c, int root, struct err *e)
{
	static const char *const priorities[] = { "required", "important",
		"standard" };

	for (size_t i = 0; i < c->db->count; i++) {
		const struct package *p = &c->db->all[i];

		c->base[i] = package_is_vital(p);
		for (size_t k = 0; k < 3; k++)
			if (strcmp(p->priority, priorities[k]) == 0)
				c->base[i] = true;
	}
	if (base_from_list(
		c, root, "/var/log/installer/initial-status.gz", true, e) == -1)
		return -1;
	return base_from_list(c, root, "/rom/usr/lib/opkg/status", false, e);
}

static bool
is_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->package_count; i++)
		if (fnmatch(policy->packages[i], name, 0) == 0)
			return true;
	return false;
}

static bool
by_itself(const struct package *p)
{
	return strcmp(p->automatic, "1") == 0 ||
	    strcmp(p->automatic, "yes") == 0;
}

static bool
is_own(const struct package *p)
{
	return strcmp(p->name, "ingot") == 0;
}

/* Who meets this relation comes along; all who do, when several are there. */
static void
follow(struct choice *c, const struct relation *r, bool *more)
{
	for (size_t i = 0; i < c->db->count; i++) {
		const struct package *p = &c->db->all[i];

		if (c->chosen[i] || c->base[i] || is_own(p) ||
		    !package_is_installed(p) || !relation_meets(r, p))
			continue;
		c->chosen[i] = *more = true;
	}
}

static int
follow_field(struct choice *c, const char *field, bool *more, struct err *e)
{
	struct relation r;
	int rc;

	while ((rc = relation_next(&field, &r, e)) == 1)
		follow(c, &r, more);
	return rc;
}

/* In rounds; each package is looked at once. */
static int
find_needs(struct choice *c, struct err *e)
{
	bool *seen = calloc(c->db->count + 1, sizeof(*seen));
	bool more = true;
	int rc = seen == NULL ? err_set(e, ENOMEM, "no memory") : 0;

	while (more && rc == 0) {
		more = false;
		for (size_t i = 0; i < c->db->count && rc == 0; i++) {
			const struct package *p = &c->db->all[i];

			if (!c->chosen[i] || seen[i])
				continue;
			seen[i] = true;
			rc = follow_field(c, p->pre_depends, &more, e);
			if (rc == 0)
				rc = follow_field(c, p->depends, &more, e);
			if (rc == -1)
				(void)err_in(e, "package %s", p->name);
		}
	}
	free(seen);
	return rc;
}

int
package_choose(const struct package_db *db, int root,
    const struct policy *policy, bool *chosen, struct err *e)
{
	struct choice c = { .db = db, .chosen = chosen };
	int rc;

	if ((c.base = calloc(db->count + 1, sizeof(*c.base))) == NULL)
		return err_set(e, ENOMEM, "no memory");
	rc = find_base(&c, root, e);
	for (size_t i = 0; i < db->count && rc == 0; i++) {
		const struct package *p = &db->all[i];

		chosen[i] = package_is_installed(p) && !is_own(p) &&
		    (policy->packages_said ? is_named(policy, p->name)
					   : !c.base[i] && !by_itself(p));
	}
	if (rc == 0)
		rc = find_needs(&c, e);
	free(c.base);
	return rc;
}
