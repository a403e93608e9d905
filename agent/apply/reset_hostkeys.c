/* SPDX-License-Identifier: MIT */
/*
 * The HostKey lines of sshd_config(5) and of what it includes. Only these two
 * keywords are understood: `sshd -T` would say the rest as well, but it refuses
 * to speak as long as a key is missing, which is when it is asked.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "own.h"
#include "reset_plan.h"
#include "tree.h"

#define own_paths  __attribute__((cleanup(tree_free), unused))

#define CONFIG     "/etc/ssh/sshd_config"
#define CONFIG_MAX (256 * 1024)
#define DEPTH_MAX  16 /* as sshd's own */

struct reading {
	struct planning *p;
	struct tree_paths *out;
	int depth;
};

static int read_config(struct reading *, const char *path, struct err *);

static int
on_include(struct reading *r, char *value, struct err *e)
{
	own_paths struct tree_paths files = { 0 };
	char *rest = NULL, pattern[1024];

	for (char *one = strtok_r(value, " \t\"", &rest); one != NULL;
	     one = strtok_r(NULL, " \t\"", &rest)) {
		(void)snprintf(pattern, sizeof(pattern), "%s%s",
		    one[0] == '/' ? "" : "/etc/ssh/", one);
		if (tree_list_through(r->p->root, pattern, &files, e) == -1)
			return -1;
	}
	tree_sort(&files);
	for (size_t i = 0; i < files.count; i++)
		if (read_config(r, files.all[i], e) == -1)
			return -1;
	return 0;
}

static int
on_host_key(struct reading *r, char *value, struct err *e)
{
	bool quoted = *value == '"';
	char *path = value + quoted;

	path[strcspn(path, quoted ? "\"" : " \t")] = '\0';
	if (path[0] != '/' || strlen(path) >= SNAPSHOT_PATH_MAX ||
	    strstr(path, "/../") != NULL)
		return err_set(e, EINVAL,
		    "HostKey %.100s is no absolute path without \"..\"", path);
	return tree_add(r->out, path, e);
}

/* "keyword value", "keyword=value", any case. */
static int
on_line(struct reading *r, char *line, struct err *e)
{
	static const struct {
		const char *name;
		int (*fn)(struct reading *, char *, struct err *);
	} keywords[] = { { "hostkey", on_host_key },
		{ "include", on_include } };
	char *word = line + strspn(line, " \t");
	size_t n = strcspn(word, " \t=");
	char *value = word + n + strspn(word + n, " \t=");
	char *end = value + strlen(value);

	while (end > value && isspace((unsigned char)end[-1]))
		*--end = '\0';
	for (size_t i = 0; i < 2; i++)
		if (n == strlen(keywords[i].name) &&
		    strncasecmp(word, keywords[i].name, n) == 0)
			return keywords[i].fn(r, value, e);
	return 0;
}

static int
read_config(struct reading *r, const char *path, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char *rest = NULL;
	int rc = 0;

	if (r->depth == DEPTH_MAX)
		return err_set(e, ELOOP, "%s: included too deeply", path);
	if (tree_read_through(r->p->root, path, CONFIG_MAX, &text, e) == -1)
		return e->code == ENOENT || e->code == ENOTDIR ? 0 : -1;
	r->depth++;
	for (char *line = text.len == 0 ? NULL : strtok_r(text.p, "\n", &rest);
	     line != NULL && rc == 0; line = strtok_r(NULL, "\n", &rest))
		rc = on_line(r, line, e);
	r->depth--;
	return rc == -1 ? err_in(e, "%s", path) : 0;
}

int
reset_sshd_paths(struct planning *p, struct tree_paths *out, struct err *e)
{
	static const char *const usual[] = { "/etc/ssh/ssh_host_rsa_key",
		"/etc/ssh/ssh_host_ecdsa_key",
		"/etc/ssh/ssh_host_ed25519_key" };
	struct reading r = { .p = p, .out = out };

	if (read_config(&r, CONFIG, e) == -1)
		return -1;
	/* sshd's own places, when its configuration names none. */
	if (out->count > 0 || faccessat(p->root, &CONFIG[1], F_OK, 0) == -1)
		return 0;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (tree_add(out, usual[i], e) == -1)
			return -1;
	return 0;
}
