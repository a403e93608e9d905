/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_WORLD_H
#define TEST_CERTS_WORLD_H

/*
 * A certificate store for tests, in the folder that the process stands in, at
 * CRAFT_NOW, and authorities to fill it: a CSMS root, a V2G root with an
 * authority below it.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "certs.h"
#include "certs_craft.h"
#include "file.h"

struct world {
	int root;
	struct certs *c;
	EVP_PKEY *csms_key, *v2g_key, *sub_key;
	X509 *csms, *v2g, *sub;
};

static inline struct certs *
world_open(int root, const struct certs_config *config)
{
	struct certs_config standard;
	struct err e = { 0 };
	struct certs *c;

	certs_config_default(&standard);
	c = certs_open(root, config == NULL ? &standard : config, &e);
	if (c == NULL)
		(void)fprintf(stderr, "open: %s\n", e.text);
	assert(c != NULL);
	certs_set_clock(c, CRAFT_NOW);
	return c;
}

static inline void
world_make(struct world *w, const struct certs_config *config)
{
	w->csms_key = craft_key("P-256", 100);
	w->v2g_key = craft_key("P-256", 101);
	w->sub_key = craft_key("P-256", 102);
	w->csms = craft_x509(&(struct craft_cert){ .cn = "CSMS root",
	    .ca = true,
	    .key = w->csms_key,
	    .serial = "C0",
	    .end = CRAFT_NOW + 10 * CRAFT_YEAR });
	w->v2g = craft_x509(&(struct craft_cert){ .cn = "V2G root",
	    .ca = true,
	    .key = w->v2g_key,
	    .serial = "D0",
	    .end = CRAFT_NOW + 10 * CRAFT_YEAR });
	w->sub = craft_x509(&(struct craft_cert){ .cn = "CPO sub",
	    .ca = true,
	    .key = w->sub_key,
	    .issuer = w->v2g,
	    .issuer_key = w->v2g_key,
	    .serial = "D1",
	    .end = CRAFT_NOW + 5 * CRAFT_YEAR });
	w->root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->c = world_open(w->root, config);
}

static inline void
world_again(struct world *w, const struct certs_config *config)
{
	struct certs_config same = *certs_config(w->c);

	certs_close(w->c);
	w->c = world_open(w->root, config == NULL ? &same : config);
}

static inline void
world_drop(struct world *w)
{
	certs_close(w->c);
	X509_free(w->csms);
	X509_free(w->v2g);
	X509_free(w->sub);
	(void)close(w->root);
}

static inline enum certs_result
world_anchor(struct world *w, enum certs_domain d, X509 *x, struct err *e)
{
	own_bytes struct bytes pem = { 0 };

	craft_pem(x, &pem);
	return certs_install_anchor(w->c, d, pem.p, pem.len, e);
}

/* Keeps the key in the store, as after a request. */
static inline enum certs_result
world_key(struct world *w, enum certs_leaf kind, EVP_PKEY *key, char name[128],
    struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	unsigned char *spki = NULL;
	int n = i2d_PUBKEY(key, &spki);
	enum certs_result r;

	craft_key_pem(key, &pem);
	r = certs_put_key(
	    w->c, kind, pem.p, pem.len, false, spki, (size_t)n, name, e);
	OPENSSL_free(spki);
	return r;
}

/* A leaf for key, from the kind's authority; what spec leaves open is right.
 * SECC leaves bring the authority below the root. Adds PEM. */
static inline X509 *
world_leaf(struct world *w, enum certs_leaf kind, EVP_PKEY *key,
    struct craft_cert spec, struct bytes *pem)
{
	bool secc = kind == CERTS_LEAF_SECC;
	X509 *x;

	spec.key = key;
	if (spec.issuer == NULL) {
		spec.issuer = secc ? w->sub : w->csms;
		spec.issuer_key = secc ? w->sub_key : w->csms_key;
	}
	if (spec.eku == NULL)
		spec.eku = secc ? "serverAuth" : "clientAuth";
	x = craft_x509(&spec);
	if (pem != NULL)
		craft_pem(x, pem);
	if (pem != NULL && secc)
		craft_pem(w->sub, pem);
	return x;
}

/* Key, request, leaf, installed. The leaf is the caller's. */
static inline X509 *
world_install(struct world *w, enum certs_leaf kind, struct craft_cert spec)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	own_bytes struct bytes pem = { 0 };
	struct err e = { 0 };
	enum certs_result r;
	char name[128];
	X509 *x;

	r = world_key(w, kind, key, name, &e);
	x = world_leaf(w, kind, key, spec, &pem);
	if (r == CERTS_ACCEPTED)
		r = certs_install_leaf(w->c, kind, pem.p, pem.len, &e);
	if (r != CERTS_ACCEPTED)
		(void)fprintf(stderr, "install: %s\n", e.text);
	assert(r == CERTS_ACCEPTED);
	EVP_PKEY_free(key);
	return x;
}

static inline void
world_roots(struct world *w)
{
	struct err e = { 0 };

	if (world_anchor(w, CERTS_CSMS, w->csms, &e) != CERTS_ACCEPTED ||
	    world_anchor(w, CERTS_V2G, w->v2g, &e) != CERTS_ACCEPTED) {
		(void)fprintf(stderr, "roots: %s\n", e.text);
		abort();
	}
}

/* The entry of a leaf or an anchor, as its hash data find it. */
static inline const struct certs_entry *
world_find(struct world *w, X509 *x, X509 *issuer, struct cert_hash_data *hash)
{
	struct err e;
	struct cert *c, *by;

	X509_up_ref(x);
	X509_up_ref(issuer);
	c = cert_new(x, &e);
	by = cert_new(issuer, &e);
	cert_hash_data(c, by, CERT_SHA256, hash);
	cert_free(c);
	cert_free(by);
	return certs_find(w->c, hash);
}

#endif
