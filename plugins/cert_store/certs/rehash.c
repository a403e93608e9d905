/* SPDX-License-Identifier: MIT */
/*
 * A folder of anchors as OpenSSL wants one (X509_LOOKUP_hash_dir, what c_rehash
 * makes): "<hash of the subject>.<n>" links to each file. Links that point at
 * what is gone go; other names are not looked at.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index.h"
#include "own.h"

#define NAME_LEN 16 /* 8 digits, a dot, a number */

/* "0123abcd.0" */
static bool
is_hash_name(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n == 8 && s[8] == '.' && s[9] != '\0' &&
	    s[9 + strspn(s + 9, "0123456789")] == '\0' && strlen(s) < NAME_LEN;
}

/* The anchors' links, made once: hashing names again for each would cost the
 * square of their number. */
struct names {
	char (*name)[NAME_LEN];
	size_t n;
};

static int
make_names(
    const struct certs *c, enum certs_domain d, struct names *s, struct err *e)
{
	unsigned long *hash;

	s->n = 0;
	while (certs_anchor(c, d, s->n) != NULL)
		s->n++;
	s->name = calloc(s->n + 1, NAME_LEN);
	hash = calloc(s->n + 1, sizeof(*hash));
	if (s->name == NULL || hash == NULL) {
		free(hash);
		return err_set(e, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < s->n; i++) {
		unsigned same = 0;

		hash[i] =
		    X509_subject_name_hash(certs_anchor(c, d, i)->cert->x);
		for (size_t k = 0; k < i; k++)
			same += hash[k] == hash[i];
		(void)snprintf(s->name[i], NAME_LEN, "%08lx.%u",
		    hash[i] & 0xffffffffUL, same);
	}
	free(hash);
	return 0;
}

static const char *
target_of(const struct certs_entry *a)
{
	const char *slash = strrchr(a->file, '/');

	return slash == NULL ? a->file : slash + 1;
}

/* Is this link one of ours, and right? */
static bool
wanted(const struct certs *c, enum certs_domain d, const struct names *s,
    int folder, const char *link)
{
	char now[PATH_MAX];
	ssize_t n = readlinkat(folder, link, now, sizeof(now) - 1);

	if (n == -1)
		return false;
	now[n] = '\0';
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->name[i], link) == 0)
			return strcmp(now, target_of(certs_anchor(c, d, i))) ==
			    0;
	return false;
}

/* Takes stale links into the commit, as many as one holds. */
static int
drop_stale(const struct certs *c, enum certs_domain d, const struct names *s,
    struct commit *commit, struct err *e)
{
	const char *path = c->config.anchors[d];
	own_fd int folder = openat(
	    c->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int again = folder == -1 ? -1 : dup(folder);
	DIR *list = again == -1 ? NULL : fdopendir(again);
	const struct dirent *one;
	char name[INDEX_PATH + NAME_LEN];
	int rc = 0;

	if (list == NULL) {
		if (again != -1)
			(void)close(again);
		return err_sys(e, "%s", path);
	}
	while (rc == 0 && (one = readdir(list)) != NULL) {
		if (!is_hash_name(one->d_name) ||
		    wanted(c, d, s, folder, one->d_name) ||
		    commit_count(commit) >= COMMIT_MAX / 2)
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, one->d_name);
		rc = commit_remove(commit, name, e);
	}
	(void)closedir(list);
	return rc;
}

static int
add_missing(const struct certs *c, enum certs_domain d, const struct names *s,
    struct commit *commit, struct err *e)
{
	char name[INDEX_PATH + NAME_LEN], now[PATH_MAX];

	for (size_t i = 0; i < s->n; i++) {
		const struct certs_entry *a = certs_anchor(c, d, i);
		ssize_t n;

		(void)snprintf(name, sizeof(name), "%s/%s",
		    c->config.anchors[d], s->name[i]);
		n = readlinkat(c->root, name, now, sizeof(now) - 1);
		/* A wrong one goes in this round and comes in the next. */
		if (n != -1 || errno != ENOENT ||
		    commit_count(commit) == COMMIT_MAX)
			continue;
		if (commit_link(commit, target_of(a), name, e) == -1)
			return -1;
	}
	return 0;
}

/* One commit; 1: something was changed. */
static int
round_of(
    struct certs *c, enum certs_domain d, const struct names *s, struct err *e)
{
	struct commit *commit = commit_begin(c->root, e);

	if (commit == NULL)
		return -1;
	if (drop_stale(c, d, s, commit, e) == -1 ||
	    add_missing(c, d, s, commit, e) == -1) {
		store_drop(c, commit);
		return -1;
	}
	if (commit_count(commit) == 0) {
		commit_drop(commit);
		return 0;
	}
	return store_commit(c, commit, "hash links", e) == CERTS_ACCEPTED ? 1
									  : -1;
}

enum certs_result
certs_rehash(struct certs *c, enum certs_domain d, struct err *e)
{
	own_fd int lock = -1;
	struct names s = { NULL, 0 };
	struct stat st;
	int rc;

	if (fstatat(c->root, c->config.anchors[d], &st, AT_SYMLINK_NOFOLLOW) ==
		-1 ||
	    !S_ISDIR(st.st_mode))
		return CERTS_ACCEPTED; /* a bundle needs no links */
	if ((lock = store_begin(c, e)) == -1)
		return CERTS_FAILED;
	/* A commit holds so many; anchors stay the same meanwhile. */
	rc = make_names(c, d, &s, e) == -1 ? -1 : 1;
	while (rc == 1)
		rc = round_of(c, d, &s, e);
	free(s.name);
	return rc == -1 ? CERTS_WRITE_ERROR : CERTS_ACCEPTED;
}
