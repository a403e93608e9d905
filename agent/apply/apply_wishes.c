/* SPDX-License-Identifier: MIT */
/*
 * What a document wishes of packages: those that documents/packages.conf names
 * are installed on this unit, in the version it names if it names one.
 *
 *	packages = ( { name = "openssh-server"; version = "1:9.2p1-2"; } );
 *
 * Looked at when the packages of the snapshot are in place. Changes nothing:
 * what is missing then is said, not fetched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "apply_packages.h"
#include "apply_parts.h"
#include "conf.h"
#include "own.h"

#define PACKAGES_MAX 512
#define TEXT_MAX     128

struct wish {
	const char *name;
	const char *version; /* "": any */
};

static int
judge(const struct wish *w, const struct package_db *db, struct err *e)
{
	const struct package *p = package_db_find(db, w->name, NULL);

	if (p == NULL || !package_is_installed(p))
		return err_set(e, ENOENT,
		    "package %s is not installed on this unit", w->name);
	if (w->version[0] != '\0' && strcmp(w->version, p->version) != 0)
		return err_set(e, EINVAL,
		    "package %s is installed in version %s, not %s", w->name,
		    p->version, w->version);
	return 0;
}

static int
one_wish(conf_node *n, struct wish *p, struct err *e)
{
	static const char *const known[] = { "name", "version", NULL };

	if (conf_known(n, known, e) == -1 ||
	    conf_str(n, "name", TEXT_MAX - 1, &p->name, e) == -1)
		return -1;
	return conf_str_or(n, "version", TEXT_MAX - 1, "", &p->version, e);
}

static int
check(struct apply *a, const struct conf *c, struct err *e)
{
	static const char *const known[] = { "packages", NULL };
	own_package_db struct package_db db = { 0 };
	struct wish list[PACKAGES_MAX] = { 0 };
	conf_node *nodes;
	size_t n;

	if (conf_known(conf_root(c), known, e) == -1 ||
	    conf_list(conf_root(c), "packages", PACKAGES_MAX, &nodes, e) == -1)
		return -1;
	n = conf_len(nodes);
	for (size_t i = 0; i < n; i++)
		if (one_wish(conf_at(nodes, i), &list[i], e) == -1)
			return -1;
	if (n > 0 && packages_db(a, &db, e) == -1)
		return -1;
	if (n > 0 && db.manager == PACKAGES_NONE)
		return err_set(e, ENOENT,
		    "this unit has neither dpkg's nor opkg's database of "
		    "packages");
	for (size_t i = 0; i < n; i++)
		if (judge(&list[i], &db, e) == -1)
			return -1;
	return 0;
}

int
apply_wishes(struct apply *a, struct err *e)
{
	char source[SOURCE_MAX], path[SOURCE_MAX + 32];
	own_bytes struct bytes text = { 0 };
	own_conf struct conf c = { 0 };

	apply_source(a, source);
	(void)snprintf(
	    path, sizeof(path), "%s/documents/packages.conf", source);
	if (faccessat(a->agent->state, path, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return 0;
	if (file_read(a->agent->state, path, CONF_SIZE_MAX, &text, e) == -1 ||
	    conf_parse(&c, "packages.conf", text.p, text.len, e) == -1)
		return -1;
	return check(a, &c, e);
}
