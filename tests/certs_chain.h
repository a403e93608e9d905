/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_CHAIN_H
#define TEST_CERTS_CHAIN_H

#include "certs_craft.h"
#include "verify.h"

/*
 * Root, one authority below it, a leaf. What a row of a table leaves 0 is as it
 * should be; keys are those of craft_key(), so that two chains may share one.
 */
enum {
	C_LEAF,
	C_MIDDLE,
	C_ROOT,
	C_ALL
};

struct chain {
	struct cert *c[C_ALL];
};

static inline EVP_PKEY *
chain_key(const struct craft_cert *c, unsigned number)
{
	return c->key != NULL ? c->key : craft_key("P-256", number);
}

/* spec: leaf first, as the enum says. */
static inline struct chain
chain_craft(const struct craft_cert spec[C_ALL])
{
	static const char *const names[C_ALL] = { "unit-1", "middle", "root" };
	struct craft_cert s[C_ALL];
	struct chain made;

	for (int i = C_ROOT; i >= 0; i--) {
		s[i] = spec[i];
		s[i].cn = spec[i].cn != NULL ? spec[i].cn : names[i];
		s[i].ca = i != C_LEAF || spec[i].ca;
		s[i].key = chain_key(&spec[i], (unsigned)i);
		if (i < C_ROOT && spec[i].issuer == NULL) {
			s[i].issuer = made.c[i + 1]->x;
			s[i].issuer_key = s[i + 1].key;
		}
		made.c[i] = craft_new(&s[i]);
	}
	return made;
}

static inline void
chain_free(struct chain *c)
{
	for (int i = 0; i < C_ALL; i++)
		cert_free(c->c[i]);
}
#define own_certs __attribute__((cleanup(chain_free), unused))

/* Leaf and authority are sent, the root is trusted. */
static inline struct verify_job
chain_job(const struct chain *c, enum verify_purpose purpose)
{
	return (struct verify_job){ .chain = c->c,
		.chain_count = C_ROOT,
		.anchors = &c->c[C_ROOT],
		.anchor_count = 1,
		.purpose = purpose,
		.at = CRAFT_NOW };
}

#endif
