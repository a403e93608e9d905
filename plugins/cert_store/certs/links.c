/* SPDX-License-Identifier: MIT */
/*
 * The three names under which other programs find the SECC leaf in use: as
 * EVerest has them, but swapped by rename, all in one commit, so that none is
 * ever missing (D30). A plain file of such a name is somebody's own and stays.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "index.h"
#include "own.h"

struct link {
	char name[INDEX_PATH + 32];
	char target[PATH_MAX]; /* "": it is to go */
};

/* Where from's folder sees to: "../" for each of its parts that is not to's. */
static void
relative(const char *from, const char *to, char *out, size_t size)
{
	size_t same = 0, n = 0;

	for (size_t i = 0; from[i] != '\0' && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i + 1;
	out[0] = '\0';
	for (const char *p = strchr(from + same, '/'); p != NULL && n < size;
	     p = strchr(p + 1, '/'))
		n += (size_t)snprintf(out + n, size - n, "../");
	if (n < size)
		(void)snprintf(out + n, size - n, "%s", to + same);
}

static void
link_to(struct link *l, const char *folder, const char *last, const char *to)
{
	(void)snprintf(l->name, sizeof(l->name), "%s/%s", folder, last);
	l->target[0] = '\0';
	if (to != NULL)
		relative(l->name, to, l->target, sizeof(l->target));
}

/* 1: has to be changed; 0: is so already; -1: something else is there. */
static int
look(const struct certs *c, const struct link *l)
{
	char now[PATH_MAX];
	ssize_t n = readlinkat(c->root, l->name, now, sizeof(now) - 1);

	if (n == -1 && errno == ENOENT)
		return l->target[0] != '\0';
	if (n == -1)
		return -1;
	now[n] = '\0';
	return strcmp(now, l->target) != 0;
}

static enum certs_result
change(struct certs *c, const struct link links[3], struct commit *commit,
    struct err *e)
{
	struct err why;
	int rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++) {
		const struct link *l = &links[i];

		rc = look(c, l);
		if (rc == -1)
			return certs_say(e, CERTS_REJECTED,
			    "%s is a file, not a link: give it another name",
			    l->name);
		if (rc == 1)
			rc = l->target[0] == '\0'
			    ? commit_remove(commit, l->name, &why)
			    : commit_link(commit, l->target, l->name, &why);
	}
	return rc == -1 ? certs_say(e, CERTS_WRITE_ERROR, "%.200s", why.text)
			: CERTS_ACCEPTED;
}

enum certs_result
certs_link(
    struct certs *c, const uint8_t print[32], bool *changed, struct err *e)
{
	const char *folder = c->config.leaves[CERTS_LEAF_SECC];
	own_fd int lock = store_begin(c, e);
	const struct certs_entry *l = NULL;
	struct commit *commit;
	struct link links[3];
	enum certs_result r;
	struct err why;

	*changed = false;
	if (lock == -1)
		return CERTS_FAILED;
	for (size_t i = 0; print != NULL; i++)
		if ((l = certs_leaf_at(c, CERTS_LEAF_SECC, i)) == NULL)
			return certs_say(e, CERTS_NOT_FOUND, "SECC leaf");
		else if (memcmp(l->cert->print, print, 32) == 0)
			break;
	link_to(&links[0], folder, CERTS_LINK_LEAF, l == NULL ? NULL : l->file);
	link_to(&links[1], index_key_folder(c, CERTS_LEAF_SECC), CERTS_LINK_KEY,
	    l == NULL ? NULL : l->key);
	link_to(&links[2], folder, CERTS_LINK_CHAIN,
	    l == NULL              ? NULL
		: l->chain == NULL ? l->file
				   : l->chain);
	if ((commit = commit_begin(c->root, &why)) == NULL)
		return certs_say(e, CERTS_WRITE_ERROR, "%.200s", why.text);
	if ((r = change(c, links, commit, e)) != CERTS_ACCEPTED) {
		commit_drop(commit);
		return r;
	}
	if ((*changed = commit_count(commit) > 0) == false) {
		commit_drop(commit);
		return CERTS_ACCEPTED;
	}
	return store_commit(c, commit, "links of the SECC leaf", e);
}
