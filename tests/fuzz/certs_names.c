/* SPDX-License-Identifier: MIT */
/*
 * A store into whose folders somebody puts files: of each, the first line is
 * its name, the rest its bytes ("\n\n" ends it). Whatever they are called and
 * hold, the store opens, lists what it lists below its own folders, finds it
 * again by hash data, and collects without touching what is outside.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "file.h"
#include "own.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const folders[] = { "ca/csms", "ca/v2g", "client/csms",
	"client/cso", "client/csms/ocsp" };

static void
put(int root, size_t folder, const char *name, size_t name_len, const char *p,
    size_t n)
{
	char path[400];
	own_fd int fd = -1;

	if (name_len == 0 || name_len > 255 || memchr(name, '/', name_len) ||
	    memchr(name, '\0', name_len))
		return;
	(void)snprintf(path, sizeof(path), "%s/%.*s", folders[folder],
	    (int)name_len, name);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd != -1 && write(fd, p, n) != (ssize_t)n)
		abort();
}

static void
put_all(int root, const char *p, size_t left)
{
	for (size_t i = 0; left > 0 && i < 8; i++) {
		const char *end = memmem(p, left, "\n\n", 2);
		size_t n = end == NULL ? left : (size_t)(end - p);
		const char *nl = memchr(p, '\n', n);
		size_t name = nl == NULL ? n : (size_t)(nl - p);

		put(root, i % 5, p, name, nl == NULL ? p : nl + 1,
		    nl == NULL ? 0 : n - name - 1);
		n += end == NULL ? 0 : 2;
		p += n;
		left -= n;
	}
}

static void
check(const struct certs *c, const struct certs_entry *n)
{
	const struct cert *issuer = certs_issuer(c, n);
	struct cert_hash_data d;

	if (n->file[0] == '/' || strstr(n->file, "..") == n->file ||
	    n->cert == NULL)
		abort();
	cert_hash_data(n->cert, issuer, CERT_SHA256, &d);
	if (certs_find(c, &d) == NULL)
		abort();
}

static void
check_all(struct certs *c)
{
	const struct certs_entry *n;
	struct certs_count count;

	for (int d = 0; d < CERTS_DOMAINS; d++)
		for (size_t i = 0;
		     (n = certs_anchor(c, (enum certs_domain)d, i)) != NULL;
		     i++)
			check(c, n);
	for (int k = 0; k < CERTS_LEAVES; k++)
		for (size_t i = 0;
		     (n = certs_leaf_at(c, (enum certs_leaf)k, i)) != NULL; i++)
			check(c, n);
	certs_count(c, &count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[] = "/dev/shm/ingot-fuzz.XXXXXX";
	struct certs_config config;
	struct certs_collected got;
	own_fd int root = -1;
	struct certs *c;
	struct err e;

	if (mkdtemp(path) == NULL)
		abort();
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	certs_config_default(&config);
	if ((c = certs_open(root, &config, &e)) == NULL ||
	    mkdirat(root, "client/csms/ocsp", 0755) == -1)
		abort();
	certs_close(c);
	put_all(root, (const char *)data, len);
	c = certs_open(root, &config, &e);
	if (c != NULL) {
		check_all(c);
		(void)certs_collect(c, &got, &e);
		check_all(c);
	}
	certs_close(c);
	if (file_remove_tree(AT_FDCWD, path, &e) == -1)
		abort();
	return 0;
}
