/* SPDX-License-Identifier: MIT */
/*
 * A leaf comes in, with its chain: verified whole for its purpose, bound to
 * this unit by name and to one of its keys. Leaf, chain and its standing ("on
 * trial") are one commit, so that no leaf is left without its chain (D03).
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "index.h"
#include "own.h"
#include "verify.h"
#include "x509.h"

#define CHAIN_MAX INDEX_PATH_MAX

static const struct kind {
	enum certs_domain domain;
	enum verify_purpose purpose;
} kinds[CERTS_LEAVES] = {
	[CERTS_LEAF_CSMS] = { CERTS_CSMS, VERIFY_CSMS_CLIENT },
	[CERTS_LEAF_SECC] = { CERTS_V2G, VERIFY_SECC },
};

struct coming {
	enum certs_leaf kind;
	struct cert *chain[CHAIN_MAX + 2];
	int count;
	char who[160];
};

/* Roots are dropped: a chain file never holds one. What then does not lead
 * from each to the next would be sent to a peer like that. */
static enum certs_result
check_order(struct coming *in, struct err *e)
{
	int kept = 1;

	for (int i = 1; i < in->count; i++) {
		if (!in->chain[i]->self_signed)
			in->chain[kept++] = in->chain[i];
		else
			cert_free(in->chain[i]);
	}
	in->count = kept;
	for (int i = 0; i + 1 < kept; i++)
		if (X509_check_issued(in->chain[i + 1]->x, in->chain[i]->x) !=
		    X509_V_OK) {
			ERR_clear_error();
			return certs_say(e, CERTS_INVALID_CHAIN, "%s", in->who);
		}
	if (kept > CHAIN_MAX)
		return certs_say(e, CERTS_INVALID_CHAIN,
		    "%s: more than %d certificates", in->who, CHAIN_MAX);
	return CERTS_ACCEPTED;
}

/* When it is to be valid: now, or, where leaves of the future may come, when
 * its own and its chain's time has begun. */
static time_t
time_of(const struct certs *c, const struct coming *in)
{
	time_t at = certs_now(c);

	for (int i = 0; c->config.future_leaves && i < in->count; i++)
		if (in->chain[i]->begin > at)
			at = in->chain[i]->begin;
	return at;
}

static enum certs_result
check_chain(const struct certs *c, const struct coming *in, struct err *e)
{
	const struct kind *kind = &kinds[in->kind];
	const struct list *l = &c->anchors[kind->domain];
	struct cert **anchors;
	enum certs_result r;

	if (l->n == 0)
		return certs_say(e, CERTS_NO_ROOT, "%s leaf, %s",
		    certs_leaf_name(in->kind), certs_domain_name(kind->domain));
	if ((anchors = calloc(l->n, sizeof(*anchors))) == NULL)
		return certs_say(e, CERTS_FAILED, "out of memory");
	for (size_t i = 0; i < l->n; i++)
		anchors[i] = l->v[i]->pub.cert;
	r = verify_chain(
	    &(struct verify_job){
		.chain = in->chain,
		.chain_count = in->count,
		.anchors = anchors,
		.anchor_count = l->n,
		.purpose = kind->purpose,
		.at = time_of(c, in),
		.crls = c->crls[kind->domain],
		.stale = c->config.strict_crls ? NULL : c->crls[kind->domain],
	    },
	    NULL, e);
	free(anchors);
	return r;
}

static enum certs_result
check_leaf(const struct certs *c, const struct coming *in, struct err *e)
{
	const char *name = c->config.name[in->kind];
	const struct cert *leaf = in->chain[0];
	enum certs_result r = clock_check(c, leaf);

	if (leaf->ca || leaf->self_signed)
		return certs_say(e, CERTS_WRONG_PURPOSE,
		    "%s: an authority, or signed by itself", in->who);
	if (r == CERTS_NOT_YET_VALID && c->config.future_leaves)
		r = CERTS_ACCEPTED;
	if (r != CERTS_ACCEPTED)
		return certs_say(e, r, "%s", in->who);
	if (*name != '\0' && !choose_has_name(leaf->x, name))
		return certs_say(e, CERTS_INVALID_COMMON_NAME, "%s: not of %s",
		    in->who, name);
	if (index_key(c, in->kind, leaf->key_hash[CERT_SHA256]) == NULL)
		return certs_say(e, CERTS_KEY_NOT_FOUND, "%s", in->who);
	return CERTS_ACCEPTED;
}

/* --- writing -------------------------------------------------------------- */

struct texts {
	struct bytes leaf, chain;
};

static int
put_files(struct certs *c, const struct coming *in, const struct texts *t,
    struct commit *commit, struct err *e)
{
	const char *folder = c->config.leaves[in->kind];
	const char *prefix = store_prefix(in->kind);
	char name[INDEX_PATH + 128], chain[64];

	(void)snprintf(chain, sizeof(chain), "CPO_CERT_%sCHAIN_", prefix);
	if (store_name(c, folder, prefix, ".pem", name, sizeof(name), e) ==
		-1 ||
	    commit_put(commit, name, t->leaf.p, t->leaf.len, 0644, e) == -1)
		return -1;
	if (in->count == 1)
		return 0;
	if (store_name(c, folder, chain, ".pem", name, sizeof(name), e) == -1)
		return -1;
	return commit_put(commit, name, t->chain.p, t->chain.len, 0644, e);
}

static enum certs_result
write_leaf(struct certs *c, const struct coming *in, const struct texts *t,
    struct err *e)
{
	struct commit *commit;
	struct err why;

	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    put_files(c, in, t, commit, &why) == -1 ||
	    standings_set(&c->standings, choose_kind(in->kind),
		in->chain[0]->print, STANDING_TRIAL, &why) == -1 ||
	    store_put_standings(c, commit, &why) == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", in->who, why.text);
	}
	return store_commit(c, commit, in->who, e);
}

static int
make_texts(const struct coming *in, struct texts *t, struct err *e)
{
	if (store_pem(in->chain[0], &t->leaf, e) == -1)
		return -1;
	for (int i = 0; i < in->count; i++)
		if (store_pem(in->chain[i], &t->chain, e) == -1)
			return -1;
	return 0;
}

static bool
is_there(const struct certs *c, const struct coming *in)
{
	const struct list *l = &c->leaves[in->kind];

	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->v[i]->pub.cert->print, in->chain[0]->print, 32) ==
			0 &&
		    l->v[i]->pub.chain_count >= in->count)
			return true;
	return false;
}

static enum certs_result
install_leaf(struct certs *c, struct coming *in, struct err *e)
{
	struct texts t = { { 0 }, { 0 } };
	enum certs_result r;

	if ((r = check_order(in, e)) != CERTS_ACCEPTED ||
	    (r = check_leaf(c, in, e)) != CERTS_ACCEPTED ||
	    (r = check_chain(c, in, e)) != CERTS_ACCEPTED)
		return r;
	if (is_there(c, in))
		return CERTS_ACCEPTED;
	if (make_texts(in, &t, e) == -1)
		r = CERTS_FAILED;
	if (r == CERTS_ACCEPTED)
		r = store_room(c, 2, t.leaf.len + t.chain.len, e);
	if (r == CERTS_ACCEPTED)
		r = write_leaf(c, in, &t, e);
	bytes_free(&t.leaf);
	bytes_free(&t.chain);
	return r;
}

enum certs_result
certs_install_leaf(struct certs *c, enum certs_leaf kind, const void *p,
    size_t len, struct err *e)
{
	struct coming in = { .kind = kind };
	own_fd int lock = -1;
	enum certs_result r;
	struct err why;

	in.count = cert_parse(p, len, in.chain, CHAIN_MAX + 2, &why);
	if (in.count == -1)
		return certs_say(e, CERTS_INVALID_FORMAT, "%.200s", why.text);
	x509_subject(in.chain[0]->x, in.who, sizeof(in.who));
	lock = store_begin(c, e);
	r = lock == -1 ? CERTS_FAILED : install_leaf(c, &in, e);
	while (in.count > 0)
		cert_free(in.chain[--in.count]);
	return r;
}
