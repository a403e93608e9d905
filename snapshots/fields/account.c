/* SPDX-License-Identifier: MIT */
/*
 * passwd(5) and group(5) share the first three fields, and no more is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "tree.h"

#define LIST_MAX  4096
#define TABLE_MAX (1024 * 1024)

struct account {
	unsigned long number;
	char name[33];
};

struct account_list {
	struct account *all;
	size_t count;
};

struct accounts {
	struct account_list users;
	struct account_list groups;
};

static void
parse_line(struct account_list *list, const char *line)
{
	struct account *a = &list->all[list->count];

	if (list->count < LIST_MAX &&
	    sscanf(line, "%32[^:\n]:%*[^:\n]:%lu:", a->name, &a->number) == 2)
		list->count++;
}

/* A tree without the file still has root. */
static int
list_read(int root, const char *path, struct account_list *list, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char *line, *rest;

	if ((list->all = calloc(LIST_MAX + 1, sizeof(*list->all))) == NULL)
		return err_sys(e, "%s", path);
	if (tree_read_through(root, path, TABLE_MAX, &text, e) == -1) {
		(void)strcpy(list->all[0].name, "root");
		list->count = 1;
		return e->code == ENOENT ? 0 : -1;
	}
	for (line = strtok_r(text.p, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		parse_line(list, line);
	return 0;
}

struct accounts *
accounts_read(int root, struct err *e)
{
	struct accounts *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (void)err_sys(e, "accounts"), NULL;
	if (list_read(root, "/etc/passwd", &a->users, e) == 0 &&
	    list_read(root, "/etc/group", &a->groups, e) == 0)
		return a;
	accounts_free(a);
	return NULL;
}

void
accounts_free(struct accounts *a)
{
	if (a == NULL)
		return;
	free(a->users.all);
	free(a->groups.all);
	free(a);
}

static const char *
by_number(const struct account_list *list, unsigned long number)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->all[i].number == number)
			return list->all[i].name;
	return NULL;
}

const char *
account_user(const struct accounts *a, uid_t uid)
{
	return by_number(&a->users, uid);
}

const char *
account_group(const struct accounts *a, gid_t gid)
{
	return by_number(&a->groups, gid);
}
