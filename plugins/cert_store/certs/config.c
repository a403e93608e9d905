/* SPDX-License-Identifier: MIT */
/*
 * The names of domains and leaves, and what the document may say. Places that
 * overlap are refused here, at the beginning: in a folder within a folder a
 * collection would take the one's files for the other's.
 */
#include <errno.h>
#include <string.h>

#include "certs.h"

static const char *const domains[CERTS_DOMAINS] = {
	[CERTS_CSMS] = "CSMS",
	[CERTS_V2G] = "V2G",
	[CERTS_MO] = "MO",
	[CERTS_MF] = "MF",
};

static const char *const leaves[CERTS_LEAVES] = {
	[CERTS_LEAF_CSMS] = "CSMS",
	[CERTS_LEAF_SECC] = "SECC",
};

const char *
certs_domain_name(enum certs_domain d)
{
	return (unsigned)d < CERTS_DOMAINS ? domains[d] : "?";
}

enum certs_domain
certs_domain_of(const char *name)
{
	enum certs_domain d = 0;

	while (d < CERTS_DOMAINS && strcmp(name, domains[d]) != 0)
		d++;
	return d;
}

const char *
certs_leaf_name(enum certs_leaf k)
{
	return (unsigned)k < CERTS_LEAVES ? leaves[k] : "?";
}

enum certs_leaf
certs_leaf_of(const char *name)
{
	enum certs_leaf k = 0;

	if (strcmp(name, "V2G") == 0)
		return CERTS_LEAF_SECC;
	while (k < CERTS_LEAVES && strcmp(name, leaves[k]) != 0)
		k++;
	return k;
}

void
certs_config_default(struct certs_config *c)
{
	*c = (struct certs_config){
		.anchors = {
			[CERTS_CSMS] = "ca/csms/CSMS_ROOT_CA.pem",
			[CERTS_V2G] = "ca/v2g/V2G_ROOT_CA.pem",
			[CERTS_MO] = "ca/mo/MO_ROOT_CA.pem",
			[CERTS_MF] = "ca/mf/MF_ROOT_CA.pem",
		},
		.leaves = {
			[CERTS_LEAF_CSMS] = "client/csms",
			[CERTS_LEAF_SECC] = "client/cso",
		},
		.max_entries = 2000,
		.max_mb = 50,
		.max_anchors = 100,
		.keep = 10,
		.collect_minutes = 20,
		.csr_minutes = 60,
		.future_leaves = true,
	};
}

/* --- places --------------------------------------------------------------- */

static int
check_path(const char *path, const char *what, const char *of, struct err *e)
{
	const char *part = path;
	size_t n;

	/* With room for "/crl" behind a folder's name. */
	if (strlen(path) > 120)
		return err_set(e, ENAMETOOLONG,
		    "%s.%s: longer than 120 characters", what, of);
	for (;; part += n + 1) {
		n = strcspn(part, "/");
		if (n == 0 || part[0] == '.')
			return err_set(e, EINVAL,
			    "%s.%s = \"%s\": a path below the store's root, "
			    "without \".\", \"..\" or a hidden part",
			    what, of, path);
		if (part[n] == '\0')
			return 0;
	}
}

/* Equal, or one within the other, whichever way round. */
static bool
overlap(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (n > m)
		return overlap(b, a);
	return memcmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}

/* EVerest once kept the CSMS's leaves in the folder of its bundle. A bundle is
 * one file, known by its whole name, so nobody takes it for a leaf. */
static bool
is_file_in(const char *file, const char *folder)
{
	const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
	size_t n = strlen(folder);

	return slash != NULL && dot != NULL && dot > slash &&
	    strcmp(dot, ".pem") == 0 && (size_t)(slash - file) == n &&
	    memcmp(file, folder, n) == 0;
}

/* A place, and whether it may be the same folder as another: EVerest keeps
 * keys beside certificates, and some keep both kinds of leaves together. */
struct place {
	const char *path, *what, *of;
	bool may_share;
};

static int
check_places(const struct place *p, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (check_path(p[i].path, p[i].what, p[i].of, e) == -1)
			return -1;
		for (size_t k = 0; k < i; k++) {
			if (!overlap(p[i].path, p[k].path) ||
			    (p[i].may_share && p[k].may_share &&
				strcmp(p[i].path, p[k].path) == 0) ||
			    (p[i].may_share && !p[k].may_share &&
				is_file_in(p[k].path, p[i].path)))
				continue;
			return err_set(e, EINVAL,
			    "%s.%s = \"%s\" and %s.%s = \"%s\" overlap: give "
			    "each a place of its own",
			    p[k].what, p[k].of, p[k].path, p[i].what, p[i].of,
			    p[i].path);
		}
	}
	return 0;
}

/* --- limits --------------------------------------------------------------- */

static int
check_limits(const struct certs_config *c, struct err *e)
{
	const struct {
		const char *name;
		unsigned value, min, max;
	} rows[] = {
		{ "max_entries", c->max_entries, 10, 100000 },
		{ "max_mb", c->max_mb, 1, 4096 },
		{ "max_anchors", c->max_anchors, 1, 10000 },
		{ "keep", c->keep, 1, 1000 },
		{ "collect_minutes", c->collect_minutes, 1, 7 * 24 * 60 },
		{ "csr_minutes", c->csr_minutes, 1, 365 * 24 * 60 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value < rows[i].min || rows[i].value > rows[i].max)
			return err_set(e, ERANGE,
			    "%s = %u: from %u to %u is allowed", rows[i].name,
			    rows[i].value, rows[i].min, rows[i].max);
	return 0;
}

int
certs_config_check(const struct certs_config *c, struct err *e)
{
	struct place p[CERTS_DOMAINS + 2 * CERTS_LEAVES];
	size_t n = 0;

	for (int d = 0; d < CERTS_DOMAINS; d++)
		p[n++] = (struct place){ c->anchors[d], "anchors", domains[d],
			false };
	for (int k = 0; k < CERTS_LEAVES; k++)
		p[n++] =
		    (struct place){ c->leaves[k], "leaves", leaves[k], true };
	for (int k = 0; k < CERTS_LEAVES; k++)
		if (c->keys[k][0] != '\0')
			p[n++] = (struct place){ c->keys[k], "keys", leaves[k],
				true };
	if (check_places(p, n, e) == -1)
		return -1;
	return check_limits(c, e);
}
