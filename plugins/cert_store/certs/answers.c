/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "file.h"
#include "journal.h"
#include "own.h"

#define HASH_FILE_MAX 1024

static bool
take_line(const char **p, const char *end, char *out, size_t size)
{
	const char *nl =
	    *p == end ? NULL : memchr(*p, '\n', (size_t)(end - *p));
	size_t n = (size_t)((nl == NULL ? end : nl) - *p);

	if (n > 0 && (*p)[n - 1] == '\r')
		n--;
	if (n == 0 || n >= size || memchr(*p, '\0', n) != NULL)
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p = nl == NULL ? end : nl + 1;
	return true;
}

static bool
take_hex(const char **p, const char *end, char *out, size_t size)
{
	return take_line(p, end, out, size) &&
	    strspn(out, "0123456789abcdefABCDEF") == strlen(out);
}

int
answers_parse(
    const char *text, size_t len, struct cert_hash_data *out, struct err *e)
{
	const char *p = text, *end = text + len;
	char algorithm[16];

	if (!take_line(&p, end, algorithm, sizeof(algorithm)) ||
	    !take_hex(&p, end, out->issuer_name, sizeof(out->issuer_name)) ||
	    !take_hex(&p, end, out->issuer_key, sizeof(out->issuer_key)) ||
	    !take_hex(&p, end, out->serial, sizeof(out->serial)) ||
	    (out->algorithm = cert_hash_of(algorithm)) == CERT_HASHES)
		return err_set(e, EBADMSG, "not the hash data of an answer");
	return 0;
}

static bool
is_of(const struct cert *x, const struct cert *issuer,
    const struct cert_hash_data *d)
{
	struct cert_hash_data own;

	cert_hash_data(x, issuer, d->algorithm, &own);
	/* Whose issuer is not here is kept an answer by name and serial. */
	if (issuer == NULL)
		(void)strcpy(own.issuer_key, d->issuer_key);
	return cert_hash_equal(&own, d);
}

/* Is it about something that is here: an entry, or one of a leaf's chain? */
static bool
is_about(const struct certs *c, const struct cert_hash_data *d)
{
	if (index_find(c, d) != NULL)
		return true;
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *n = &c->entries[i];

		for (int k = 1; n->leaf && k < n->pub.chain_count; k++)
			if (is_of(n->path[k],
				k + 1 < n->pub.chain_count
				    ? n->path[k + 1]
				    : index_issuer(
					  c, n->path[k], CERTS_DOMAINS),
				d))
				return true;
	}
	return false;
}

static bool
wanted(const struct certs *c, const struct entry *x, const char *name)
{
	own_bytes struct bytes b = { 0 };
	struct cert_hash_data d;
	struct err ignored;

	if (file_read(c->root, name, HASH_FILE_MAX, &b, &ignored) == -1 ||
	    answers_parse(b.p, b.len, &d, &ignored) == -1)
		return false;
	return x != NULL ? is_of(x->pub.cert, x->issuer, &d) : !is_about(c, &d);
}

static int
remove_pair(const char *name, struct commit *commit, struct err *e)
{
	char der[CHANGE_NAME];

	(void)snprintf(der, sizeof(der), "%.*s.der",
	    (int)(strlen(name) - strlen(".hash")), name);
	return commit_remove(commit, name, e) == -1 ||
		commit_remove(commit, der, e) == -1
	    ? -1
	    : 0;
}

/* "<folder>/ocsp" of the i-th folder; NULL: it has none. */
static DIR *
open_answers(const struct certs *c, int i, char folder[static CHANGE_NAME])
{
	const char *of = c->folders[i].path;
	int fd;

	(void)snprintf(folder, CHANGE_NAME, "%s%socsp",
	    strcmp(of, ".") == 0 ? "" : of, strcmp(of, ".") == 0 ? "" : "/");
	fd = openat(c->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? NULL : fdopendir(fd);
}

void
answers_size(const struct certs *c, size_t *files, unsigned long long *bytes)
{
	char folder[CHANGE_NAME];
	const struct dirent *d;
	struct stat st;

	for (int i = 0; i < c->folder_count; i++) {
		DIR *dir = open_answers(c, i, folder);

		while (dir != NULL && (d = readdir(dir)) != NULL)
			if (d->d_name[0] != '.' &&
			    fstatat(dirfd(dir), d->d_name, &st,
				AT_SYMLINK_NOFOLLOW) == 0) {
				(*files)++;
				*bytes += (unsigned long long)st.st_size;
			}
		if (dir != NULL)
			(void)closedir(dir);
	}
}

static int
remove_in(struct certs *c, const struct entry *x, int i, struct commit *commit,
    int room, struct err *e)
{
	char folder[CHANGE_NAME], name[CHANGE_NAME];
	DIR *dir = open_answers(c, i, folder);
	const struct dirent *d;
	const char *dot;
	int n = 0;

	while (
	    dir != NULL && n != -1 && n < room && (d = readdir(dir)) != NULL) {
		dot = strrchr(d->d_name, '.');
		if (d->d_name[0] == '.' || dot == NULL ||
		    strcmp(dot, ".hash") != 0)
			continue;
		(void)snprintf(
		    name, sizeof(name), "%.200s/%.255s", folder, d->d_name);
		if (!wanted(c, x, name))
			continue;
		n = remove_pair(name, commit, e) == -1 ? -1 : n + 1;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

int
answers_remove(struct certs *c, const struct entry *x, struct commit *commit,
    struct err *e)
{
	int n = 0, one;

	for (int i = 0; i < c->folder_count; i++) {
		one = remove_in(c, x, i, commit, ANSWERS_MAX - n, e);
		if (one == -1)
			return -1;
		n += one;
	}
	return n;
}
