/* SPDX-License-Identifier: MIT */
/*
 * Relations between packages. Architecture qualifiers (":any") are read and
 * not judged: dpkg itself has the last word on them when it installs. What is
 * said here is meant to name, before the first change, what it would refuse.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "package_relation.h"
#include "package_version.h"

static const struct {
	const char *op;
	const char *means; /* opkg and old packages write "<" for "<=" */
	int low, high;     /* of package_version_compare, as a sign */
} operators[] = {
	{ "<<", "<<", -1, -1 },
	{ "<=", "<=", -1, 0 },
	{ ">=", ">=", 0, 1 },
	{ ">>", ">>", 1, 1 },
	{ "=", "=", 0, 0 },
	{ "<", "<=", -1, 0 },
	{ ">", ">=", 0, 1 },
};

#define OPERATORS (sizeof(operators) / sizeof(*operators))

static const char *
skip(const char *p)
{
	return p + strspn(p, " \t");
}

/* Copies n bytes if they fit. */
static int
copy(char *out, size_t size, const char *p, size_t n, struct err *e)
{
	if (n == 0 || n >= size)
		return err_set(e, EBADMSG, "\"%.40s\" is no relation", p);
	memcpy(out, p, n);
	out[n] = '\0';
	return 0;
}

/* "(>= 1.0)" */
static int
read_version(const char **at, struct relation *r, struct err *e)
{
	const char *p = skip(*at + 1);
	size_t n;

	for (size_t i = 0; i < OPERATORS && r->op[0] == '\0'; i++) {
		n = strlen(operators[i].op);
		if (strncmp(p, operators[i].op, n) != 0)
			continue;
		(void)strcpy(r->op, operators[i].means);
		p = skip(p + n);
	}
	n = strcspn(p, " \t)");
	if (r->op[0] == '\0' ||
	    copy(r->version, sizeof(r->version), p, n, e) == -1)
		return err_set(e, EBADMSG, "\"%.40s\" is no version", *at);
	p = skip(p + n);
	if (*p != ')')
		return err_set(e, EBADMSG, "\"%.40s\": no \")\"", *at);
	*at = p + 1;
	return 0;
}

/* Behind the name: ":any", "(...)", "[...]", "<...>" in this order. */
static int
read_rest(const char **at, struct relation *r, struct err *e)
{
	const char *p = *at;

	if (*p == ':')
		p += strcspn(p, " \t(),|[<");
	p = skip(p);
	if (*p == '(' && read_version(&p, r, e) == -1)
		return -1;
	p = skip(p);
	if (*p == '[' || *p == '<')
		p = skip(p + strcspn(p, ",|"));
	if (*p != '\0' && *p != ',' && *p != '|')
		return err_set(e, EBADMSG, "\"%.40s\" is no relation", *at);
	*at = p;
	return 0;
}

int
relation_next(const char **at, struct relation *r, struct err *e)
{
	const char *p = *at + strspn(*at, " \t,");
	size_t n = strcspn(p, " \t:(),|[<");

	memset(r, 0, sizeof(*r));
	if (*p == '\0') {
		*at = p;
		return 0;
	}
	if (copy(r->name, sizeof(r->name), p, n, e) == -1)
		return -1;
	p += n;
	if (read_rest(&p, r, e) == -1)
		return -1;
	r->more = *p == '|';
	*at = *p == '\0' ? p : p + 1;
	return 1;
}

bool
relation_fits(const struct relation *r, const char *version)
{
	int sign;

	if (r->op[0] == '\0')
		return true;
	sign = package_version_compare(version, r->version);
	sign = (sign > 0) - (sign < 0);
	for (size_t i = 0; i < OPERATORS; i++)
		if (strcmp(operators[i].op, r->op) == 0)
			return sign >= operators[i].low &&
			    sign <= operators[i].high;
	return false;
}

/* A name that is provided without a version satisfies no versioned relation
 * (Debian Policy 7.5). */
static bool
provides(const struct package *p, const struct relation *wanted)
{
	const char *at = p->provides;
	struct relation one;
	struct err ignored;

	while (relation_next(&at, &one, &ignored) == 1)
		if (strcmp(one.name, wanted->name) == 0 &&
		    (wanted->op[0] == '\0' ||
			(one.op[0] != '\0' &&
			    relation_fits(wanted, one.version))))
			return true;
	return false;
}

bool
relation_meets(const struct relation *r, const struct package *p)
{
	if (strcmp(r->name, p->name) == 0 && relation_fits(r, p->version))
		return true;
	return *p->provides != '\0' && provides(p, r);
}
