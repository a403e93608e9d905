/* SPDX-License-Identifier: MIT */
/*
 * Reading the reset list. Everything that could make an item lie (a pattern
 * that fits nothing, a way of making that contradicts the mark, no reason) is
 * refused here, with its line: on a unit it would be found out too late.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reset.h"

#define TEXT_MAX  256
#define PATHS_MAX 200
#define FILES_MAX 8 /* included ones all told, so a circle ends too */

const char *const reset_classes[RESET_CLASSES + 1] = { "identity", "randomness",
	"server-keys", "user-keys", "cloud", "tpm", "network", "storage",
	"accounts", "history", "vendor", "values", NULL };

static const char *const marks[] = { [RESET_NEVER] = "capture-never",
	[RESET_APPLY] = "reset-on-apply",
	[RESET_BOOT] = "regenerate-on-first-boot",
	[RESET_KEEP] = "keep",
	NULL };

static const char *const makes[] = { [MAKE_NOTHING] = "nothing",
	[MAKE_TEXT] = "text",
	[MAKE_HEX] = "hex",
	[MAKE_UUID] = "uuid",
	[MAKE_RANDOM] = "random",
	[MAKE_MACHINE_ID] = "machine-id",
	[MAKE_MACHINE_LINK] = "machine-id-link",
	[MAKE_HOSTNAME] = "hostname",
	[MAKE_HOSTS] = "hosts",
	[MAKE_SSH_KEYS] = "ssh-host-keys",
	[MAKE_DROPBEAR_KEYS] = "dropbear-host-keys",
	NULL };

static const char *const file_keys[] = { "include", "items", NULL };
static const char *const item_keys[] = { "class", "operation", "paths", "mark",
	"make", "text", "why", NULL };

const char *
reset_mark_name(enum reset_mark m)
{
	return marks[m];
}

/* The place of word in a NULL-ended list; -1: not there. */
static int
place_in(const char *const list[], const char *word)
{
	for (int i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], word) == 0)
			return i;
	return -1;
}

/* A word of the list, as its place in it. */
static int
word_of(conf_node *n, const char *key, const char *const list[],
    const char *otherwise, struct err *e)
{
	const char *word;
	int at;

	if (conf_str_or(n, key, TEXT_MAX, otherwise, &word, e) == -1)
		return -1;
	if (word == NULL)
		return conf_err(n, e, "%s is missing", key);
	if ((at = place_in(list, word)) == -1)
		return conf_err(n, e, "%s = \"%s\" is not known", key, word);
	return at;
}

/* A bracket that nobody closes would be a plain character to fnmatch(). */
static int
pattern_check(conf_node *n, const char *pattern, struct err *e)
{
	const char *open = strchr(pattern, '[');

	if (pattern[0] != '/' || strstr(pattern, "//") != NULL ||
	    strstr(pattern, "/../") != NULL)
		return conf_err(
		    n, e, "\"%s\" is no absolute path without \"..\"", pattern);
	for (; open != NULL; open = strchr(open + 1, '['))
		if (strchr(open, ']') == NULL)
			return conf_err(
			    n, e, "\"%s\": a [ without its ]", pattern);
	if (fnmatch(pattern, "/", 0) == 0 || pattern[1] == '\0')
		return conf_err(n, e, "\"%s\" would be everything", pattern);
	return 0;
}

static int
paths_read(conf_node *n, struct reset_item *item, struct err *e)
{
	const char *pattern;

	if (conf_list(n, "paths", PATHS_MAX, &item->paths, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(item->paths); i++) {
		conf_node *one = conf_at(item->paths, i);

		if (conf_text(one, TEXT_MAX, &pattern, e) == -1 ||
		    pattern_check(one, pattern, e) == -1)
			return -1;
	}
	if (conf_len(item->paths) == 0 && item->mark != RESET_KEEP)
		return conf_err(n, e, "%s needs paths", marks[item->mark]);
	return 0;
}

static int
sense_check(conf_node *n, const struct reset_item *item, struct err *e)
{
	bool with_text = item->make == MAKE_TEXT ||
	    item->make == MAKE_HOSTNAME || item->make == MAKE_HOSTS;
	bool marked = item->mark == RESET_APPLY || item->mark == RESET_BOOT;

	if (item->class == NULL && item->operation == NULL)
		return conf_err(n, e, "needs a class or an operation");
	if (item->why[0] == '\0')
		return conf_err(n, e, "why must say something");
	if (!marked && conf_get(n, "make") != NULL)
		return conf_err(n, e, "%s makes nothing", marks[item->mark]);
	if (with_text && item->text[0] == '\0')
		return conf_err(
		    n, e, "make = \"%s\" needs a text", makes[item->make]);
	return 0;
}

static int
item_read(const struct conf *file, conf_node *n, struct reset_item *item,
    struct err *e)
{
	int mark, make;

	if (!config_setting_is_group(n))
		return conf_err(n, e, "items holds groups { }");
	if (conf_known(n, item_keys, e) == -1 ||
	    conf_str_or(n, "class", TEXT_MAX, NULL, &item->class, e) == -1 ||
	    conf_str_or(n, "operation", TEXT_MAX, NULL, &item->operation, e) ==
		-1 ||
	    conf_str_or(n, "text", TEXT_MAX, "", &item->text, e) == -1 ||
	    conf_str(n, "why", TEXT_MAX, &item->why, e) == -1 ||
	    (mark = word_of(n, "mark", marks, NULL, e)) == -1 ||
	    (make = word_of(n, "make", makes, "nothing", e)) == -1 ||
	    (item->class != NULL &&
		word_of(n, "class", reset_classes, NULL, e) == -1))
		return -1;
	item->mark = (enum reset_mark)mark;
	item->make = (enum reset_make)make;
	item->file = file;
	item->line = config_setting_source_line(n);
	return paths_read(n, item, e) == -1 ? -1 : sense_check(n, item, e);
}

static int
items_read(struct reset *r, const struct conf *file, struct err *e)
{
	conf_node *list;
	struct reset_item *grown;
	size_t n;

	if (conf_list(conf_root(file), "items", RESET_ITEMS_MAX, &list, e) ==
	    -1)
		return -1;
	if ((n = conf_len(list)) == 0)
		return 0;
	grown = reallocarray(r->items, r->count + n, sizeof(*grown));
	if (grown == NULL)
		return err_sys(e, "%s", file->name);
	memset(grown + r->count, 0, n * sizeof(*grown));
	r->items = grown;
	for (size_t i = 0; i < n; i++, r->count++)
		if (item_read(file, conf_at(list, i), &r->items[r->count], e) ==
		    -1)
			return -1;
	return 0;
}

static int file_read_in(struct reset *, const char *path, struct err *);

static int
includes_read(
    struct reset *r, const struct conf *file, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name;
	int folder = slash == NULL ? 0 : (int)(slash - path) + 1;
	char beside[1024];
	conf_node *list;

	if (conf_list(conf_root(file), "include", FILES_MAX, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		if (conf_text(conf_at(list, i), TEXT_MAX, &name, e) == -1)
			return -1;
		if (r->file_count == FILES_MAX)
			return conf_err(conf_at(list, i), e,
			    "more than %d files; do they include each other?",
			    FILES_MAX);
		(void)snprintf(beside, sizeof(beside), "%.*s%s",
		    name[0] == '/' ? 0 : folder, path, name);
		if (file_read_in(r, beside, e) == -1)
			return conf_err(conf_at(list, i), e, "%s", e->text);
	}
	return 0;
}

static int
file_read_in(struct reset *r, const char *path, struct err *e)
{
	struct conf *file = &r->files[r->file_count];

	if (conf_read(file, path, e) == -1)
		return -1;
	r->file_count++;
	if (conf_known(conf_root(file), file_keys, e) == -1 ||
	    items_read(r, file, e) == -1)
		return -1;
	return includes_read(r, file, path, e);
}

int
reset_read(struct reset *r, const char *path, struct err *e)
{
	memset(r, 0, sizeof(*r));
	if ((r->files = calloc(FILES_MAX, sizeof(*r->files))) == NULL)
		return err_sys(e, "%s", path);
	return file_read_in(r, path, e);
}

void
reset_free(struct reset *r)
{
	for (size_t i = 0; i < r->file_count; i++)
		conf_free(&r->files[i]);
	free(r->files);
	free(r->items);
	memset(r, 0, sizeof(*r));
}

static bool
fits(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);
	char folder[TEXT_MAX + 1];

	if (fnmatch(pattern, path, 0) == 0)
		return true;
	if (n < 3 || strcmp(pattern + n - 2, "/*") != 0)
		return false;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)n - 2, pattern);
	return fnmatch(folder, path, 0) == 0;
}

const struct reset_item *
reset_of(const struct reset *r, const char *path)
{
	for (size_t i = 0; i < r->count; i++) {
		conf_node *paths = r->items[i].paths;

		for (size_t k = 0; k < conf_len(paths); k++)
			if (fits(config_setting_get_string(conf_at(paths, k)),
				path))
				return &r->items[i];
	}
	return NULL;
}
