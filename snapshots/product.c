/* SPDX-License-Identifier: MIT */
/*
 * Products and their versions. The version is read from the product's own
 * properties; one that can not be read is not guessed from paths, since that
 * is what a mixed-up sample has wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "product.h"
#include "tree.h"

#define own_paths      __attribute__((cleanup(tree_free), unused))

#define PROPERTIES_MAX (1024 * 1024)

/* The value of key in Java properties, without blanks around it; 0: none. */
static int
property(const char *text, const char *key, char *out, size_t size)
{
	size_t n = strlen(key), len;

	for (; text != NULL; text = strchr(text, '\n')) {
		text += strspn(text, " \t\r\n");
		if (strncmp(text, key, n) != 0)
			continue;
		text += n;
		if (strspn(text, " \t=:") == 0)
			continue;
		text += strspn(text, " \t=:");
		len = strcspn(text, " \t\r\n");
		(void)snprintf(out, size, "%.*s", (int)len, text);
		return len > 0;
	}
	return 0;
}

static const char *
text_at(conf_node *list, size_t i)
{
	return config_setting_get_string(conf_at(list, i));
}

/* From the first of the files that is there and says it: 1, else 0. */
static int
version_of(const struct policy_product *p, int root, char *out, size_t size)
{
	for (size_t i = 0; i < conf_len(p->files); i++) {
		own_bytes struct bytes text = { 0 };
		struct err ignored;

		if (tree_read_through(root, text_at(p->files, i),
			PROPERTIES_MAX, &text, &ignored) == -1)
			continue;
		for (size_t k = 0; k < conf_len(p->keys); k++)
			if (text.len > 0 &&
			    property(text.p, text_at(p->keys, k), out, size) ==
				1)
				return 1;
	}
	return 0;
}

static bool
one_of(conf_node *patterns, const char *version)
{
	for (size_t i = 0; i < conf_len(patterns); i++)
		if (fnmatch(text_at(patterns, i), version, 0) == 0)
			return true;
	return false;
}

/* "5.*, ESF_5*" */
static const char *
all_of(conf_node *patterns, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < conf_len(patterns) && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s",
		    i == 0 ? "" : ", ", text_at(patterns, i));
	return out;
}

int
product_check(const struct policy_product *p, int root, const char *said,
    char *out, size_t size, struct err *e)
{
	char wanted[200];

	out[0] = '\0';
	if (p->name == NULL || p->versions == NULL)
		return said == NULL
		    ? 0
		    : err_set(e, EINVAL,
			  "the policy asks for no version of a product");
	if (said != NULL)
		(void)snprintf(out, size, "%s", said);
	else if (version_of(p, root, out, size) == 0)
		return conf_err(p->at, e,
		    "the sample does not say which version of %s it is (%s); "
		    "if you know, say it: --product-version, else take the "
		    "profile that fits: --profile list",
		    p->name, text_at(p->files, 0));
	if (one_of(p->versions, out))
		return 0;
	return conf_err(p->at, e,
	    "the sample is version %s, but this profile knows %s %s: take the "
	    "one that fits (--profile list), or have it extended",
	    out, p->name, all_of(p->versions, wanted, sizeof(wanted)));
}

int
product_find(const char *const folders[], const char *name,
    char out[static 1024], struct err *e)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (n == 0 || name[n] != '\0' || n > 64)
		return err_set(e, EINVAL,
		    "\"%s\" is no name of a profile: a-z 0-9 - _", name);
	for (size_t i = 0; folders[i] != NULL; i++) {
		(void)snprintf(
		    out, 1024, "%s/capture/%s.conf", folders[i], name);
		if (access(out, F_OK) == 0)
			return 0;
	}
	return err_set(e, ENOENT,
	    "there is no profile \"%s\"; --profile list shows them all", name);
}

static bool
signs_there(const struct policy_product *p, int root)
{
	for (size_t i = 0; i < conf_len(p->signs); i++) {
		own_paths struct tree_paths found = { 0 };
		struct err ignored;

		if (tree_list_through(
			root, text_at(p->signs, i), &found, &ignored) <= 0)
			return false;
	}
	return conf_len(p->signs) > 0;
}

static json_t *
describe(const char *path, const char *name, int root)
{
	own_policy struct policy p = { 0 };
	char version[64];
	struct err e;
	bool fits;

	if (policy_read(&p, path, &e) == -1)
		return json_pack("{s:s, s:s}", "name", name, "error", e.text);
	fits = signs_there(&p.product, root) &&
	    product_check(
		&p.product, root, NULL, version, sizeof(version), &e) == 0;
	return json_pack("{s:s, s:s, s:s?, s:b}", "name", name, "brief",
	    p.brief == NULL ? "" : p.brief, "product", p.product.name, "fits",
	    (int)fits);
}

static bool
is_listed(const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "name")),
			 name) == 0) return true;
	return false;
}

/* One without a brief is for being included. */
static void
add_described(json_t *list, const char *path, const char *name, int root)
{
	own_json json_t *one = describe(path, name, root);
	const char *brief = json_string_value(json_object_get(one, "brief"));

	if (brief == NULL || brief[0] != '\0')
		(void)json_array_append(list, one);
}

static void
list_folder(json_t *list, const char *folder, int root)
{
	char path[1024], name[256];
	struct dirent **entries;
	int n;

	(void)snprintf(path, sizeof(path), "%s/capture", folder);
	n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');

		if (dot != NULL && dot != entries[i]->d_name &&
		    strcmp(dot, ".conf") == 0) {
			(void)snprintf(name, sizeof(name), "%.*s",
			    (int)(dot - entries[i]->d_name),
			    entries[i]->d_name);
			(void)snprintf(path, sizeof(path), "%s/capture/%s",
			    folder, entries[i]->d_name);
			if (!is_listed(list, name))
				add_described(list, path, name, root);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

json_t *
product_list(const char *const folders[], int root)
{
	json_t *list = json_array();

	for (size_t i = 0; folders[i] != NULL; i++)
		list_folder(list, folders[i], root);
	return list;
}
