/* SPDX-License-Identifier: MIT */
/*
 * One file of the store: what it is for, told by its place and name, and what
 * is in it. What cannot be read stands aside and hides nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crl.h"
#include "file.h"
#include "index.h"
#include "journal.h"
#include "keyfile.h"
#include "own.h"

/* --- what a file is for, by its place and name ---------------------------- */

static bool
ends_in(const char *name, const char *const ends[])
{
	const char *dot = strrchr(name, '.');

	for (int i = 0; dot != NULL && ends[i] != NULL; i++)
		if (strcmp(dot, ends[i]) == 0)
			return true;
	return false;
}

static bool
is_cert_name(const char *name)
{
	static const char *const ends[] = { ".pem", ".der", ".crt", ".cer",
		NULL };

	return ends_in(name, ends);
}

static bool
is_crl_name(const char *name)
{
	static const char *const ends[] = { ".crl", ".pem", ".der", NULL };

	return ends_in(name, ends);
}

static bool
is_key_name(const char *name)
{
	static const char *const ends[] = { ".key", ".tkey", NULL };

	return ends_in(name, ends);
}

const char *
index_key_folder(const struct certs *c, int k)
{
	return c->config.keys[k][0] != '\0' ? c->config.keys[k]
					    : c->config.leaves[k];
}

bool
index_is_bundle(const struct certs *c, enum certs_domain d)
{
	const char *path = c->config.anchors[d];
	struct stat st;

	if (fstatat(c->root, path, &st, 0) == 0)
		return !S_ISDIR(st.st_mode);
	return is_cert_name(path);
}

/* The path is short enough: config.c has seen to it. */
void
index_crl_folder(
    const struct certs *c, enum certs_domain d, char out[INDEX_PATH])
{
	char folder[CHANGE_NAME];

	(void)snprintf(folder, sizeof(folder), "%s", c->config.anchors[d]);
	if (index_is_bundle(c, d))
		change_folder(c->config.anchors[d], folder);
	(void)snprintf(out, INDEX_PATH, "%.*s%scrl", INDEX_PATH - 5,
	    strcmp(folder, ".") == 0 ? "" : folder,
	    strcmp(folder, ".") == 0 ? "" : "/");
}

/* Two domains whose bundles lie in one folder have their lists in common. */
static enum file_role
role_of_crl(
    const struct certs *c, const char *name, const char *folder, unsigned *of)
{
	char own[INDEX_PATH];

	for (int d = 0; d < CERTS_DOMAINS; d++) {
		index_crl_folder(c, (enum certs_domain)d, own);
		if (strcmp(folder, own) == 0 && is_crl_name(name))
			*of |= 1u << d;
	}
	return *of != 0 ? FILE_CRL : FILE_OTHER;
}

static enum file_role
role_of(const struct certs *c, const char *name, unsigned *of)
{
	const char *slash = strrchr(name, '/');
	char folder[CHANGE_NAME];
	enum file_role role = FILE_OTHER;

	*of = 0;
	if ((slash == NULL ? name : slash + 1)[0] == '.')
		return FILE_OTHER;
	change_folder(name, folder);
	for (int d = 0; d < CERTS_DOMAINS; d++)
		if (strcmp(name, c->config.anchors[d]) == 0 ||
		    (strcmp(folder, c->config.anchors[d]) == 0 &&
			is_cert_name(name))) {
			*of |= 1u << d;
			return FILE_ANCHORS;
		}
	for (int k = 0; k < CERTS_LEAVES; k++)
		if (strcmp(folder, c->config.leaves[k]) == 0 &&
		    is_cert_name(name)) {
			*of |= 1u << k;
			role = FILE_LEAF;
		} else if (strcmp(folder, index_key_folder(c, k)) == 0 &&
		    is_key_name(name)) {
			*of |= 1u << k;
			role = FILE_KEY;
		}
	return role != FILE_OTHER ? role : role_of_crl(c, name, folder, of);
}

/* --- one file ------------------------------------------------------------- */

static void
file_empty(struct file *f)
{
	while (f->count > 0)
		cert_free(f->certs[--f->count]);
	while (f->crl_count > 0)
		X509_CRL_free(f->crls[--f->crl_count]);
	free(f->certs);
	free(f->crls);
	f->certs = NULL;
	f->crls = NULL;
	f->has_key = false;
	f->unreadable = true;
}

void
file_free(struct file *f)
{
	file_empty(f);
	free(f->name);
	free(f);
}

/* A word is asked for only where nothing else tells whose key it is. */
static void
parse_key(struct certs *c, struct file *f, const struct bytes *pem)
{
	const struct keyring_row *row = keyring_find(&c->keyring, f->name);
	const char *word;

	f->has_key = keyfile_hash(pem->p, pem->len, NULL, f->key);
	if (!f->has_key && row != NULL && row->known) {
		memcpy(f->key, row->hash, sizeof(f->key));
		f->has_key = true;
	}
	if (!f->has_key && c->password != NULL &&
	    (word = c->password(c->password_ctx, f->name)) != NULL)
		f->has_key = keyfile_hash(pem->p, pem->len, word, f->key);
	f->unreadable = !f->has_key;
}

static void
parse_crls(struct file *f, const struct bytes *b)
{
	X509_CRL *all[CRL_LISTS];
	struct err ignored;
	int n = crl_parse(b->p, b->len, all, CRL_LISTS, &ignored);

	if (n < 1 ||
	    (f->crls = calloc((size_t)n, sizeof(X509_CRL *))) == NULL) {
		while (n > 0)
			X509_CRL_free(all[--n]);
		return;
	}
	memcpy(f->crls, all, (size_t)n * sizeof(all[0]));
	f->crl_count = n;
	f->unreadable = false;
}

/* What cannot be read is noted as such and stands aside: one bad file, maybe
 * half written by another program, must not hide the others. */
void
file_parse(struct certs *c, struct file *f)
{
	struct cert *all[CERT_BUNDLE_MAX];
	own_bytes struct bytes b = { 0 };
	own_fd int fd =
	    openat(c->root, f->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct err ignored;
	int n;

	file_empty(f);
	if (f->role == FILE_KEY) {
		if (fd != -1 &&
		    file_read_fd(fd, INDEX_KEY_MAX, &b, &ignored) == 0)
			parse_key(c, f, &b);
		return;
	}
	if (fd == -1 || file_read_fd(fd, CERT_FILE_MAX, &b, &ignored) == -1)
		return;
	if (f->role == FILE_CRL) {
		parse_crls(f, &b);
		return;
	}
	n = cert_parse(b.p, b.len, all, CERT_BUNDLE_MAX, &ignored);
	if (n < 1 || (f->certs = calloc((size_t)n, sizeof(*all))) == NULL) {
		while (n > 0)
			cert_free(all[--n]);
		return;
	}
	memcpy(f->certs, all, (size_t)n * sizeof(*all));
	f->count = n;
	f->unreadable = false;
}

struct cert *
file_leaf(const struct file *f)
{
	for (int i = 0; i < f->count; i++)
		if (!f->certs[i]->ca)
			return f->certs[i];
	return NULL;
}

/* Where name is among the files, or would be. */
static size_t
place_of(const struct certs *c, const char *name, bool *there)
{
	size_t low = 0, high = c->file_count, mid;
	int cmp;

	*there = false;
	while (low < high) {
		mid = (low + high) / 2;
		cmp = strcmp(c->files[mid]->name, name);
		if (cmp == 0)
			*there = true;
		if (cmp >= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct file *
index_file(const struct certs *c, const char *name)
{
	bool there;
	size_t at = place_of(c, name, &there);

	return there ? c->files[at] : NULL;
}

static struct file *
file_insert(struct certs *c, size_t at, const char *name)
{
	struct file *f = calloc(1, sizeof(*f));
	struct file **grown;

	if (c->file_count == c->file_room) {
		grown =
		    realloc(c->files, (c->file_room * 2 + 64) * sizeof(*grown));
		if (grown == NULL)
			return free(f), NULL;
		c->files = grown;
		c->file_room = c->file_room * 2 + 64;
	}
	if (f == NULL || (f->name = strdup(name)) == NULL)
		return free(f), NULL;
	memmove(c->files + at + 1, c->files + at,
	    (c->file_count - at) * sizeof(*c->files));
	c->files[at] = f;
	c->file_count++;
	return f;
}

void
file_forget(struct certs *c, size_t at)
{
	file_free(c->files[at]);
	memmove(c->files + at, c->files + at + 1,
	    (c->file_count - at - 1) * sizeof(*c->files));
	c->file_count--;
}

static bool
same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int
index_look_at(struct certs *c, const char *name, bool certain, struct err *e)
{
	struct stat st, to;
	unsigned of;
	enum file_role role = role_of(c, name, &of);
	bool there;
	size_t at;

	if (role == FILE_OTHER)
		return 0;
	at = place_of(c, name, &there);
	if (fstatat(c->root, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstatat(c->root, name, &to, 0) == -1 || !S_ISREG(to.st_mode)) {
		if (there)
			file_forget(c, at);
		return there;
	}
	if (there && !certain && same_stat(&c->files[at]->st, &to))
		return 0;
	if (!there && file_insert(c, at, name) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	c->files[at]->role = role;
	c->files[at]->of = of;
	c->files[at]->st = to;
	c->files[at]->link = S_ISLNK(st.st_mode);
	file_parse(c, c->files[at]);
	return 1;
}

const struct file *
index_key(const struct certs *c, enum certs_leaf k, const uint8_t hash[32])
{
	for (size_t i = 0; i < c->file_count; i++) {
		const struct file *f = c->files[i];

		if (f->has_key && (f->of & 1u << k) != 0 &&
		    memcmp(f->key, hash, sizeof(f->key)) == 0)
			return f;
	}
	return NULL;
}
