/* SPDX-License-Identifier: MIT */
/*
 * Products that lie behind a link: Kura's installer unpacks kura_5.0.1_... and
 * makes /opt/eclipse/kura a link to it, so a profile can not know the place
 * where the files really are. The patterns of a product's policy are led
 * through the links of the sample once, before anything is listed; from then
 * on nothing is followed any more. What would be taken, what is never opened
 * and what a rule names by its place move together.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_in.h"
#include "tree.h"

/* How much of a pattern is folders without a pattern in it. */
static size_t
plain_folders(const char *pattern)
{
	size_t n = strcspn(pattern, "*?[");

	while (n > 0 && pattern[n] != '/')
		n--;
	return n;
}

static int
add_link(struct policy *p, const char *folder, const char *real,
    const char **text, const char *rest, struct err *e)
{
	struct policy_link *l =
	    reallocarray(p->links, p->link_count + 1, sizeof(*l));

	if (l == NULL)
		return err_sys(e, "policy");
	p->links = l;
	l += p->link_count;
	l->real = strlen(real);
	if ((l->known = strdup(folder)) == NULL)
		return err_sys(e, "policy");
	if (asprintf(&l->pattern, "%s%s", real, rest) == -1) {
		free(l->known);
		return err_set(e, ENOMEM, "policy: out of memory");
	}
	p->link_count++;
	*text = l->pattern;
	return 0;
}

/* The pattern's folders that are there, as they are without links; the rest
 * as it was. *text moves where the two differ. */
static int
lead(struct policy *p, int root, const char **text, struct err *e)
{
	char folder[PATH_MAX], real[PATH_MAX];
	size_t n;

	if (*text == NULL || (*text)[0] != '/')
		return 0;
	for (n = plain_folders(*text); n > 0 && n < sizeof(folder);) {
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)n, *text);
		if (tree_real(root, folder, real, sizeof(real)))
			break;
		while (n > 0 && (*text)[--n] != '/')
			;
	}
	if (n == 0 || n >= sizeof(folder) || strcmp(folder, real) == 0)
		return 0;
	return add_link(p, folder, real, text, *text + n, e);
}

int
policy_follow(struct policy *p, int root, struct err *e)
{
	if (p->product.name == NULL)
		return 0;
	for (size_t i = 0; i < p->path_count; i++)
		if (lead(p, root, &p->paths[i].pattern, e) == -1)
			return -1;
	for (size_t i = 0; i < p->exclude_count; i++)
		if (lead(p, root, &p->excludes[i], e) == -1)
			return -1;
	for (size_t i = 0; i < p->rule_count; i++)
		if (lead(p, root, &p->rules[i].file, e) == -1)
			return -1;
	for (size_t i = 0; i < p->accept_count; i++)
		if (lead(p, root, &p->accepts[i].file, e) == -1)
			return -1;
	return 0;
}

void
policy_known(const struct policy *p, const char *path, char *out, size_t size)
{
	const char *folder = "";
	size_t n = 0;

	for (size_t i = 0; i < p->link_count; i++) {
		const struct policy_link *l = &p->links[i];

		if (l->real > n && strncmp(l->pattern, path, l->real) == 0 &&
		    path[l->real] == '/') {
			n = l->real;
			folder = l->known;
		}
	}
	(void)snprintf(out, size, "%s%s", folder, path + n);
}

void
policy_links_free(struct policy *p)
{
	for (size_t i = 0; i < p->link_count; i++) {
		free(p->links[i].pattern);
		free(p->links[i].known);
	}
	free(p->links);
}
