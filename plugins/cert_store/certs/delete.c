/* SPDX-License-Identifier: MIT */
/*
 * Deleting, by hash data. An anchor goes from every domain it stands in, and
 * with it the authorities below it that have no other way up: they were trusted
 * for its sake. Leaves it issued stay (they may verify again with another
 * root) and are counted (D09). A leaf goes with its chain, key and answers.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "index.h"
#include "own.h"
#include "x509.h"

/* --- leaves --------------------------------------------------------------- */

static bool
holds_leaf(const struct file *f, const struct entry *n)
{
	const struct cert *x = f->role == FILE_LEAF ? file_leaf(f) : NULL;

	return x != NULL && memcmp(x->print, n->pub.cert->print, 32) == 0;
}

/* Does another certificate have this key (one renewed with the key it had, or
 * the same leaf of the other kind)? */
static bool
shares_key(const struct certs *c, const struct entry *n, const struct file *key)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *other = &c->entries[i];

		if (other != n && other->leaf &&
		    memcmp(other->pub.cert->key_hash[CERT_SHA256], key->key,
			sizeof(key->key)) == 0)
			return true;
	}
	return false;
}

static bool
goes_with(const struct certs *c, const struct entry *n, const struct file *f)
{
	if (holds_leaf(f, n))
		return (f->of & 1u << n->pub.leaf) != 0;
	return f->role == FILE_KEY && f->has_key &&
	    memcmp(f->key, n->pub.cert->key_hash[CERT_SHA256],
		sizeof(f->key)) == 0 &&
	    !shares_key(c, n, f);
}

int
store_remove_leaf(struct certs *c, const struct entry *n, struct commit *commit,
    struct err *e)
{
	for (size_t i = 0; i < c->file_count; i++) {
		const struct file *f = c->files[i];

		if (!goes_with(c, n, f))
			continue;
		if (commit_remove(commit, f->name, e) == -1)
			return -1;
		keyring_remove(&c->keyring, f->name);
	}
	/* A certificate without a row has worked: so it needs none. */
	if (standings_set(&c->standings, choose_kind(n->pub.leaf),
		n->pub.cert->print, STANDING_WORKED, e) == -1)
		return -1;
	return answers_remove(c, n, commit, e) == -1 ? -1 : 0;
}

/* The one in use is asked for before anything is looked up: the question may
 * make the index anew. */
struct active {
	enum certs_result r[CERTS_LEAVES];
	uint8_t print[CERTS_LEAVES][32];
};

static void
find_active(struct certs *c, struct active *a)
{
	const struct certs_entry *l;
	struct err ignored;

	for (int k = 0; k < CERTS_LEAVES; k++) {
		a->r[k] = certs_choose(
		    c, (enum certs_leaf)k, NULL, false, &l, &ignored);
		if (a->r[k] == CERTS_ACCEPTED)
			memcpy(a->print[k], l->cert->print, 32);
	}
}

static enum certs_result
delete_leaf(struct certs *c, const struct entry *n, const struct active *a,
    const char *who, struct err *e)
{
	enum certs_leaf k = n->pub.leaf;
	struct commit *commit;
	struct err why;

	if (a->r[k] == CERTS_CLOCK_INVALID)
		return certs_say(e, CERTS_CLOCK_INVALID, "%s", who);
	if (a->r[k] == CERTS_ACCEPTED &&
	    memcmp(a->print[k], n->pub.cert->print, 32) == 0)
		return certs_say(e, CERTS_IN_USE, "%s", who);
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    store_remove_leaf(c, n, commit, &why) == -1 ||
	    store_put_keyring(c, commit, &why) == -1 ||
	    store_put_standings(c, commit, &why) == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", who, why.text);
	}
	return store_commit(c, commit, who, e);
}

/* --- anchors -------------------------------------------------------------- */

/* An authority in sub's domain that issued it, among the doomed or the others.
 */
static bool
is_below(const struct certs *c, const struct entry *sub, bool doomed)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *by = &c->entries[i];

		if (by->leaf || by == sub || by->doomed != doomed ||
		    !by->pub.anchor || by->pub.domain != sub->pub.domain ||
		    X509_check_issued(by->pub.cert->x, sub->pub.cert->x) !=
			X509_V_OK)
			continue;
		if (X509_verify(sub->pub.cert->x,
			X509_get0_pubkey(by->pub.cert->x)) == 1)
			return true;
	}
	return false;
}

/* AdditionalRootCertificateCheck's new root is signed by the old one and takes
 * its place, so it does not go with it. */
static bool
must_go(const struct certs *c, const struct entry *n)
{
	if (n->leaf || n->doomed || !n->pub.anchor ||
	    n->pub.cert->self_signed ||
	    (c->config.additional_root && n->pub.domain == CERTS_CSMS))
		return false;
	return is_below(c, n, true) && !is_below(c, n, false);
}

/* Marks the target in each of its domains, then what is below; how many are
 * below. */
static size_t
doom(struct certs *c, const struct entry *target)
{
	size_t below = 0;
	bool more = true;

	for (size_t i = 0; i < c->entry_count; i++)
		c->entries[i].doomed = !c->entries[i].leaf &&
		    memcmp(c->entries[i].pub.cert->print,
			target->pub.cert->print, 32) == 0;
	while (more) {
		more = false;
		for (size_t i = 0; i < c->entry_count; i++)
			if (must_go(c, &c->entries[i])) {
				c->entries[i].doomed = more = true;
				below++;
			}
	}
	ERR_clear_error();
	return below;
}

static bool
is_doomed(const struct certs *c, const struct cert *x, int domain)
{
	for (size_t i = 0; i < c->entry_count; i++)
		if (c->entries[i].doomed &&
		    (domain == -1 || (int)c->entries[i].pub.domain == domain) &&
		    memcmp(c->entries[i].pub.cert->print, x->print, 32) == 0)
			return true;
	return false;
}

/* Leaves whose way up ends at what goes. */
static size_t
dependents(const struct certs *c)
{
	const struct cert *by;
	size_t n = 0;

	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *l = &c->entries[i];

		if (!l->leaf)
			continue;
		by = index_issuer(
		    c, l->path[l->pub.chain_count - 1], CERTS_DOMAINS);
		n += by != NULL && is_doomed(c, by, -1);
	}
	return n;
}

/* What is left of a file; a folder's file with nothing left goes, a bundle
 * stays, empty, since EVerest expects it. */
static int
rewrite(struct certs *c, const struct file *f, int domain,
    struct commit *commit, struct err *e)
{
	own_bytes struct bytes left = { 0 };
	int n = 0;

	for (int i = 0; i < f->count; i++) {
		if (is_doomed(c, f->certs[i], domain))
			continue;
		if (store_pem(f->certs[i], &left, e) == -1)
			return -1;
		n++;
	}
	if (n == f->count)
		return 0;
	if (n == 0 && strcmp(f->name, c->config.anchors[domain]) != 0)
		return commit_remove(commit, f->name, e);
	if (f->link)
		return store_is_link(f->name, e);
	return commit_put(
	    commit, f->name, n == 0 ? "" : left.p, left.len, 0644, e);
}

static int
put_deletion(struct certs *c, const struct entry *target, struct commit *commit,
    struct err *e)
{
	for (size_t i = 0; i < c->file_count; i++)
		for (int d = 0; d < CERTS_DOMAINS; d++)
			if (c->files[i]->role == FILE_ANCHORS &&
			    (c->files[i]->of & 1u << d) != 0 &&
			    rewrite(c, c->files[i], d, commit, e) == -1)
				return -1;
	if (standings_set(&c->standings, "root", target->pub.cert->print,
		STANDING_WORKED, e) == -1 ||
	    store_put_standings(c, commit, e) == -1)
		return -1;
	return answers_remove(c, target, commit, e) == -1 ? -1 : 0;
}

static enum certs_result
delete_anchor(struct certs *c, const struct entry *n, const char *who,
    struct certs_deleted *what, struct err *e)
{
	struct commit *commit;
	struct err why;

	what->below = doom(c, n);
	what->dependent = dependents(c);
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    put_deletion(c, n, commit, &why) == -1) {
		store_drop(c, commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%s: %.150s", who, why.text);
	}
	return store_commit(c, commit, who, e);
}

enum certs_result
certs_delete(struct certs *c, const struct cert_hash_data *hash,
    struct certs_deleted *what, struct err *e)
{
	own_fd int lock = store_begin(c, e);
	struct certs_deleted own;
	const struct entry *n;
	struct active active;
	char who[160];

	if (what == NULL)
		what = &own;
	memset(what, 0, sizeof(*what));
	if (lock == -1)
		return CERTS_FAILED;
	if ((unsigned)hash->algorithm >= CERT_HASHES)
		return certs_say(e, CERTS_INVALID_FORMAT, "hash data");
	find_active(c, &active);
	if ((n = index_find(c, hash)) == NULL)
		return certs_say(
		    e, CERTS_NOT_FOUND, "serial %.40s", hash->serial);
	what->anchor = !n->leaf;
	what->domain = n->pub.domain;
	what->leaf = n->pub.leaf;
	x509_subject(n->pub.cert->x, who, sizeof(who));
	if (n->leaf)
		return delete_leaf(c, n, &active, who, e);
	return delete_anchor(c, n, who, what, e);
}
