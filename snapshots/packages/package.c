/* SPDX-License-Identifier: MIT */
/*
 * Control paragraphs, in place: a field's lines are joined where they stand
 * and end in a NUL, so a database of megabytes costs no more than itself.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "package.h"
#include "package_version.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "Package", offsetof(struct package, name) },
	{ "Version", offsetof(struct package, version) },
	{ "Architecture", offsetof(struct package, arch) },
	{ "Origin", offsetof(struct package, origin) },
	{ "Priority", offsetof(struct package, priority) },
	{ "Status", offsetof(struct package, status) },
	{ "Depends", offsetof(struct package, depends) },
	{ "Pre-Depends", offsetof(struct package, pre_depends) },
	{ "Provides", offsetof(struct package, provides) },
	{ "Conflicts", offsetof(struct package, conflicts) },
	{ "Breaks", offsetof(struct package, breaks) },
	{ "Installed-Size", offsetof(struct package, size) },
	{ "Essential", offsetof(struct package, essential) },
	{ "Protected", offsetof(struct package, is_protected) },
	{ "Auto-Installed", offsetof(struct package, automatic) },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

static const char **
field_of(struct package *p, size_t i)
{
	return (const char **)((char *)p + fields[i].offset);
}

static void
empty(struct package *p)
{
	for (size_t i = 0; i < FIELDS; i++)
		*field_of(p, i) = "";
}

bool
package_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= PACKAGE_NAME_MAX &&
	    strspn(name, LOWER UPPER "+._-") == n &&
	    isalnum((unsigned char)*name);
}

bool
package_arch_ok(const char *arch)
{
	size_t n = strlen(arch);

	return n > 0 && n <= 31 && strspn(arch, LOWER "_-") == n &&
	    isalnum((unsigned char)*arch);
}

int
package_check(const struct package *p, struct err *e)
{
	if (!package_name_ok(p->name))
		return err_set(
		    e, EBADMSG, "\"%.60s\" is no name of a package", p->name);
	if (!package_version_ok(p->version))
		return err_set(e, EBADMSG, "%s: \"%.60s\" is no version",
		    p->name, p->version);
	if (!package_arch_ok(p->arch))
		return err_set(e, EBADMSG, "%s: \"%.60s\" is no architecture",
		    p->name, p->arch);
	return 0;
}

/* The third word of Status. */
static const char *
state_of(const struct package *p)
{
	const char *space = strrchr(p->status, ' ');

	return space == NULL ? "" : space + 1;
}

bool
package_is_installed(const struct package *p)
{
	const char *state = state_of(p);

	/* With triggers to come it is in place; dpkg runs them at its end. */
	return strcmp(state, "installed") == 0 ||
	    strncmp(state, "triggers-", 9) == 0;
}

bool
package_is_present(const struct package *p)
{
	const char *state = state_of(p);

	return *state != '\0' && strcmp(state, "not-installed") != 0 &&
	    strcmp(state, "config-files") != 0;
}

bool
package_is_held(const struct package *p)
{
	/* dpkg says it by the first word, opkg among the flags in the middle;
	 * nothing else in a status has these letters. */
	return strstr(p->status, "hold") != NULL;
}

bool
package_is_vital(const struct package *p)
{
	return strcasecmp(p->essential, "yes") == 0 ||
	    strcasecmp(p->is_protected, "yes") == 0 ||
	    strcmp(p->priority, "required") == 0;
}

/* The end of the field that begins at p: its lines joined, NUL-ended; the
 * place behind it. */
static char *
join(char *p, char *end)
{
	char *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p = newline + 1;
		if (p == end || (*p != ' ' && *p != '\t')) {
			*newline = '\0';
			return p;
		}
		*newline = ' ';
	}
	return end; /* the byte behind the text is a NUL already */
}

static void
trim(char *value)
{
	size_t n = strlen(value);

	while (n > 0 && isspace((unsigned char)value[n - 1]))
		value[--n] = '\0';
}

static int
take(struct package *p, char *line, struct err *e)
{
	char *colon = strchr(line, ':'), *value;

	if (colon == NULL || colon == line)
		return err_set(
		    e, EBADMSG, "\"%.40s\" is no field of a package", line);
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcasecmp(line, fields[i].name) != 0)
			continue;
		trim(value);
		if (strlen(value) > PACKAGE_FIELD_MAX)
			return err_set(e, EFBIG, "%s: %s is too long", p->name,
			    fields[i].name);
		*field_of(p, i) = value;
	}
	return 0;
}

int
package_parse(char *text, size_t len, package_fn *fn, void *ctx, struct err *e)
{
	char *p = text, *end = text + len;
	struct package one;
	bool some = false;

	if (len > 0 && memchr(text, '\0', len) != NULL)
		return err_set(e, EBADMSG, "holds a NUL byte");
	empty(&one);
	while (p < end) {
		char *line = p;

		if (*p == '\n') {
			p++;
			if (some && fn(ctx, &one, e) == -1)
				return -1;
			empty(&one);
			some = false;
			continue;
		}
		p = join(p, end);
		if (take(&one, line, e) == -1)
			return -1;
		some = true;
	}
	return some ? fn(ctx, &one, e) : 0;
}
