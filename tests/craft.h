/* SPDX-License-Identifier: MIT */
#ifndef TEST_CRAFT_H
#define TEST_CRAFT_H

/*
 * Bundles as nobody should make them, and makers who sign them. A crafted
 * bundle is right in its frame and seal, so that what is refused is refused
 * for what it holds.
 */
#include <archive.h>
#include <archive_entry.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cms.h"
#include "snapshot.h"
#include "x509.h"
#include "zst.h"

/* Who signs: a key, its certificate, and the one above it. */
struct craft_maker {
	EVP_PKEY *root_key;
	X509 *root;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* of one */
	X509_STORE *anchors;
};

/* One entry of an archive. type 0: a plain file. */
struct craft_entry {
	const char *path;
	const void *content;
	size_t len;
	int type; /* AE_IF* */
	int mode; /* 0: 0644 */
	const char *symlink;
	const char *hardlink;
	const char *xattr;
};

static inline void
craft_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

/* usage NULL: a CA, signed by itself. */
static inline X509 *
craft_certificate(const char *cn, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, const char *usage)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	bool ca = usage == NULL;

	assert(x != NULL && name != NULL);
	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), ca ? 1 : 2);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	(void)X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	(void)X509_set_subject_name(x, name);
	(void)X509_set_issuer_name(
	    x, ca ? name : X509_get_subject_name(issuer));
	(void)X509_set_pubkey(x, key);
	craft_extend(x, ca ? x : issuer, NID_basic_constraints,
	    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	craft_extend(x, ca ? x : issuer, NID_key_usage,
	    ca ? "critical,keyCertSign" : "critical,digitalSignature");
	craft_extend(x, ca ? x : issuer, NID_subject_key_identifier, "hash");
	craft_extend(
	    x, ca ? x : issuer, NID_authority_key_identifier, "keyid:always");
	if (!ca)
		craft_extend(x, issuer, NID_ext_key_usage, usage);
	assert(X509_sign(x, issuer_key, EVP_sha256()) > 0);
	X509_NAME_free(name);
	return x;
}

static inline void
craft_maker_make(struct craft_maker *m, const char *usage)
{
	m->root_key = EVP_EC_gen("P-256");
	m->key = EVP_EC_gen("P-256");
	assert(m->root_key != NULL && m->key != NULL);
	m->root = craft_certificate(
	    "Maker Root", m->root_key, NULL, m->root_key, NULL);
	m->chain = sk_X509_new_null();
	(void)sk_X509_push(m->chain,
	    craft_certificate("Maker", m->key, m->root, m->root_key, usage));
	m->anchors = X509_STORE_new();
	assert(X509_STORE_add_cert(m->anchors, m->root) == 1);
}

static inline void
craft_maker_free(struct craft_maker *m)
{
	EVP_PKEY_free(m->root_key);
	EVP_PKEY_free(m->key);
	X509_free(m->root);
	own_chain_free(&m->chain);
	X509_STORE_free(m->anchors);
}

static inline la_ssize_t
craft_write(struct archive *a, void *z, const void *p, size_t n)
{
	struct err e;

	(void)a;
	return zst_write(z, p, n, &e) == 0 ? (la_ssize_t)n : -1;
}

static inline void
craft_put(struct archive *a, const struct craft_entry *c)
{
	struct archive_entry *entry = archive_entry_new();
	unsigned type = c->type == 0 ? AE_IFREG : (unsigned)c->type;

	archive_entry_set_pathname(entry, c->path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, c->mode == 0 ? 0644 : (mode_t)c->mode);
	archive_entry_set_size(entry, (la_int64_t)c->len);
	if (type == AE_IFCHR)
		archive_entry_set_rdev(entry, 0x0101);
	if (c->symlink != NULL)
		archive_entry_set_symlink(entry, c->symlink);
	if (c->hardlink != NULL)
		archive_entry_set_hardlink(entry, c->hardlink);
	if (c->xattr != NULL)
		archive_entry_xattr_add_entry(entry, c->xattr, "x", 1);
	assert(archive_write_header(a, entry) == ARCHIVE_OK);
	if (type == AE_IFREG && c->hardlink == NULL && c->len > 0)
		assert(archive_write_data(a, c->content, c->len) ==
		    (la_ssize_t)c->len);
	archive_entry_free(entry);
}

/* An archive of these entries and, behind its end, more bytes. */
static inline int
craft_bundle(const struct craft_entry *entries, size_t n, const char *behind)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);
	struct err e;
	struct zst_writer *z = zst_writer_new(fd, &e);
	struct archive *a = archive_write_new();

	assert(fd != -1 && z != NULL && a != NULL);
	(void)archive_write_set_format_pax_restricted(a);
	(void)archive_write_set_bytes_per_block(a, 0);
	(void)archive_write_open(a, z, NULL, craft_write, NULL);
	for (size_t i = 0; i < n; i++)
		craft_put(a, &entries[i]);
	(void)archive_write_close(a);
	(void)archive_write_free(a);
	if (behind != NULL)
		(void)zst_write(z, behind, strlen(behind), &e);
	assert(zst_seal(z, &e) == 0);
	zst_writer_free(z);
	return fd;
}

/* The manifest of members given as path and content; size_lie: 0, or what the
 * first member claims. */
static inline void
craft_manifest(const struct craft_entry *members, size_t n, uint64_t size_lie,
    struct bytes *out)
{
	struct snapshot s = { .name = "site", .model = "gw100", .sequence = 5 };
	struct err e;

	s.members = calloc(n + 1, sizeof(*s.members));
	assert(s.members != NULL);
	for (s.count = 0; s.count < n; s.count++) {
		struct member *m = &s.members[s.count];

		(void)strcpy(m->path, members[s.count].path);
		(void)strcpy(m->owner, "root");
		(void)strcpy(m->group, "root");
		m->mode = 0644;
		m->size = members[s.count].len;
		assert(sha256(members[s.count].content, m->size, m->sha256,
			   &e) == 0);
	}
	if (size_lie != 0)
		s.members[0].size = size_lie;
	assert(snapshot_manifest(&s, out, &e) == 0);
	snapshot_free(&s);
}

static inline void
craft_signature(const struct craft_maker *m, const struct bytes *manifest,
    struct bytes *out)
{
	struct err e;

	assert(cms_sign(
		   manifest->p, manifest->len, m->key, m->chain, out, &e) == 0);
}

#endif
