/* SPDX-License-Identifier: MIT */
/*
 * Where things lie, and how a key with its certificate comes to lie there. A
 * certificate the gate does not find in the registry opens nothing, so it is
 * registered first: a cut between the two leaves a row, never a loose key.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "home.h"

int
home_path(char out[static HOME_PATH_MAX], const char *home, const char *rel,
    struct err *e)
{
	int n = snprintf(out, HOME_PATH_MAX, "%s/%s", home, rel);

	return n > 0 && n < HOME_PATH_MAX
	    ? 0
	    : err_set(e, ENAMETOOLONG, "%.80s...: path too long", home);
}

/* What is missing is mostly the whole folder, or the right to see it. */
static int
there(const char *home, const char *path, struct err *e)
{
	if (access(path, R_OK) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(e, ENOENT,
		    "%s: no service is there; \"ingot-provision init\" makes "
		    "one, --home says where it is",
		    home);
	return err_sys(e, "%s: not for this user", path);
}

int
home_registry(
    struct registry *r, const char *home, enum db_mode mode, struct err *e)
{
	char path[HOME_PATH_MAX];

	r->db = NULL;
	if (home_path(path, home, "registry.db", e) == -1 ||
	    (mode != DB_CREATE && there(home, path, e) == -1))
		return -1;
	return registry_open(r, path, mode, e);
}

int
home_ca(struct ca *ca, const char *home, enum ca_kind kind, const char *uri,
    struct err *e)
{
	char rel[64], certificate[HOME_PATH_MAX], key[HOME_PATH_MAX];

	(void)snprintf(rel, sizeof(rel), "ca/%s.pem", ca_name(kind));
	if (home_path(certificate, home, rel, e) == -1 ||
	    there(home, certificate, e) == -1)
		return -1;
	(void)snprintf(rel, sizeof(rel), "ca/%s.key", ca_name(kind));
	if (home_path(key, home, rel, e) == -1)
		return -1;
	return ca_load(ca, kind, certificate, uri != NULL ? uri : key, e);
}

static int
enter(struct registry *r, const struct home_leaf *l, X509 *x, EVP_PKEY *key,
    int64_t until, struct err *e)
{
	struct registry_cert c = { .role = l->role,
		.name = l->cn,
		.state = "active",
		.not_after = until };
	char spki[SHA256_HEX];

	if (x509_fingerprint(x, c.fingerprint, e) == -1 ||
	    x509_spki_hash(key, spki, e) == -1)
		return -1;
	c.spki = spki;
	return registry_cert_add(r, &c, e);
}

static int
put(const char *folder, const char *name, const struct bytes *b,
    struct file_meta meta, struct err *e)
{
	char path[HOME_PATH_MAX];

	if (home_path(path, folder, name, e) == -1)
		return -1;
	return file_write(AT_FDCWD, path, b->p, b->len, meta, e);
}

static int
write_all(const struct ca *ca, const struct home_leaf *l, X509 *x,
    EVP_PKEY *key, struct err *e)
{
	own_bytes struct bytes chain = { 0 }, secret = { 0 }, root = { 0 };

	if (ca_pem(x, &chain, e) == -1 ||
	    ca_pem(ca->certificate, &chain, e) == -1 ||
	    ca_key_pem(key, &secret, e) == -1 ||
	    file_read(AT_FDCWD, l->root, X509_PEM_MAX, &root, e) == -1 ||
	    file_mkdirs(AT_FDCWD, l->folder, 0750, e) == -1)
		return -1;
	if (put(l->folder, "cert.pem", &chain, FILE_PUBLIC, e) == -1 ||
	    put(l->folder, "key.pem", &secret, FILE_SECRET, e) == -1)
		return -1;
	return put(l->folder, "ca.pem", &root, FILE_PUBLIC, e);
}

int
home_leaf_make(const struct ca *ca, struct registry *r,
    const struct home_leaf *l, struct err *e)
{
	int64_t now = (int64_t)time(NULL);
	own_pkey EVP_PKEY *key = ca_key_new(e);
	const struct ca_order order = { .cn = l->cn,
		.key = key,
		.names = l->names,
		.not_before = now - 3600,
		.not_after = now + l->days * 86400 };
	own_x509 X509 *x = key != NULL ? ca_issue(ca, &order, e) : NULL;

	if (x == NULL)
		return -1;
	if (l->role != NULL && enter(r, l, x, key, order.not_after, e) == -1)
		return -1;
	return write_all(ca, l, x, key, e);
}
