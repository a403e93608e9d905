/* SPDX-License-Identifier: MIT */
/*
 * The agent's own step: the packages that documents/packages.conf names are
 * installed on this unit, in the version it names if it names one.
 *
 *	packages = ( { name = "openssh-server"; version = "1:9.2p1-2"; } );
 *
 * Looks into the package database (dpkg's or opkg's, one format) and changes
 * nothing: what is missing is said, not fetched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "apply_parts.h"
#include "conf.h"
#include "own.h"

#define PACKAGES_MAX 512
#define TEXT_MAX     128

static const char *const databases[] = { "/var/lib/dpkg/status",
	"/usr/lib/opkg/status", "/var/lib/opkg/status" };

struct package {
	const char *name;
	const char *version; /* "": any */
	bool found;
	char has[TEXT_MAX]; /* the version that is installed */
};

static FILE *
open_database(struct err *e)
{
	FILE *f = NULL;

	for (size_t i = 0;
	     i < sizeof(databases) / sizeof(databases[0]) && f == NULL; i++)
		f = fopen(databases[i], "re");
	if (f == NULL)
		(void)err_set(e, ENOENT,
		    "this unit has neither dpkg's nor opkg's database of "
		    "packages");
	return f;
}

/* The rest of a line that begins with key; NULL: another line. */
static const char *
field(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 ? line + n : NULL;
}

/* One paragraph of the database is one package. */
struct paragraph {
	char name[TEXT_MAX];
	char version[TEXT_MAX];
	bool installed;
};

static void
settle(struct package *list, size_t n, const struct paragraph *p)
{
	for (size_t i = 0; i < n && p->installed; i++)
		if (strcmp(list[i].name, p->name) == 0) {
			list[i].found = true;
			(void)snprintf(
			    list[i].has, sizeof(list[i].has), "%s", p->version);
		}
}

static void
line_into(struct paragraph *p, const char *line)
{
	const char *v;

	if ((v = field(line, "Package: ")) != NULL)
		(void)snprintf(p->name, sizeof(p->name), "%.127s", v);
	else if ((v = field(line, "Version: ")) != NULL)
		(void)snprintf(p->version, sizeof(p->version), "%.127s", v);
	else if ((v = field(line, "Status: ")) != NULL)
		p->installed = strstr(v, " installed") != NULL;
}

static int
search(struct package *list, size_t n, struct err *e)
{
	own_file FILE *f = open_database(e);
	struct paragraph p = { 0 };
	char *line = NULL;
	size_t room = 0;

	if (f == NULL)
		return -1;
	while (getline(&line, &room, f) != -1) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0') {
			line_into(&p, line);
			continue;
		}
		settle(list, n, &p);
		memset(&p, 0, sizeof(p));
	}
	settle(list, n, &p);
	free(line);
	return 0;
}

static int
judge(const struct package *p, struct err *e)
{
	if (!p->found)
		return err_set(e, ENOENT,
		    "package %s is not installed on this unit", p->name);
	if (p->version[0] != '\0' && strcmp(p->version, p->has) != 0)
		return err_set(e, EINVAL,
		    "package %s is installed in version %s, not %s", p->name,
		    p->has, p->version);
	return 0;
}

static int
one_package(conf_node *n, struct package *p, struct err *e)
{
	static const char *const known[] = { "name", "version", NULL };

	if (conf_known(n, known, e) == -1 ||
	    conf_str(n, "name", TEXT_MAX - 1, &p->name, e) == -1)
		return -1;
	return conf_str_or(n, "version", TEXT_MAX - 1, "", &p->version, e);
}

static int
check(const struct conf *c, struct err *e)
{
	static const char *const known[] = { "packages", NULL };
	struct package list[PACKAGES_MAX] = { 0 };
	conf_node *nodes;
	size_t n;

	if (conf_known(conf_root(c), known, e) == -1 ||
	    conf_list(conf_root(c), "packages", PACKAGES_MAX, &nodes, e) == -1)
		return -1;
	n = conf_len(nodes);
	for (size_t i = 0; i < n; i++)
		if (one_package(conf_at(nodes, i), &list[i], e) == -1)
			return -1;
	if (n > 0 && search(list, n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (judge(&list[i], e) == -1)
			return -1;
	return 0;
}

int
apply_packages(struct apply *a, struct err *e)
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
	return check(&c, e);
}
