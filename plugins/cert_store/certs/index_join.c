/* SPDX-License-Identifier: MIT */
/*
 * What is made of the files: one entry for each certificate that can be listed
 * and deleted, joined with its key, its chain and its issuer, in lists sorted
 * by notBefore and in tables for look-ups. A certificate that lies in several
 * files (alone, in a chain, behind a link) is one entry.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"

/* --- entries -------------------------------------------------------------- */

/* A leaf's kind where both kinds share a folder: by the file's name, else by
 * what it may be used for (D11, D12: EVerest takes all for one kind). */
static enum certs_leaf
kind_of(const struct file *f, const struct cert *leaf)
{
	uint32_t use;

	for (int k = 0; k < CERTS_LEAVES; k++)
		if (f->of == 1u << k)
			return (enum certs_leaf)k;
	for (int k = 0; k < CERTS_LEAVES; k++)
		if (strstr(f->name, store_prefix((enum certs_leaf)k)) != NULL)
			return (enum certs_leaf)k;
	use = X509_get_extended_key_usage(leaf->x);
	return use != UINT32_MAX && (use & XKU_SSL_CLIENT) != 0
	    ? CERTS_LEAF_CSMS
	    : CERTS_LEAF_SECC;
}

/* What is made in one go, and gone after it. */
struct joining {
	struct certs *c;
	struct table by_print, by_key;
};

static struct entry *
known(const struct joining *j, const struct cert *x, bool leaf, int of)
{
	uint64_t hash = hash_of_bytes(x->print);
	struct entry *n;
	size_t i = hash;

	while ((n = table_next(&j->by_print, hash, &i)) != NULL)
		if (n->leaf == leaf &&
		    of == (leaf ? (int)n->pub.leaf : (int)n->pub.domain) &&
		    memcmp(n->pub.cert->print, x->print, sizeof(x->print)) == 0)
			return n;
	return NULL;
}

static struct entry *
new_entry(struct joining *j, const struct file *f, struct cert *x, bool leaf)
{
	struct entry *n = &j->c->entries[j->c->entry_count++];

	n->in = f;
	n->leaf = leaf;
	n->pub.cert = x;
	n->pub.file = f->name;
	table_add(&j->by_print, hash_of_bytes(x->print), n);
	return n;
}

static int
join_anchors(struct joining *j, const struct file *f, struct err *e)
{
	struct certs *c = j->c;
	int d = 0;

	while ((f->of & 1u << d) == 0)
		d++;
	for (int i = 0; i < f->count; i++) {
		struct entry *n = known(j, f->certs[i], false, d);

		if (n != NULL)
			continue;
		n = new_entry(j, f, f->certs[i], false);
		n->pub.domain = (enum certs_domain)d;
		n->pub.anchor = f->certs[i]->ca;
		if (list_add(n->pub.anchor ? &c->anchors[d] : &c->odd[d], n,
			e) == -1)
			return -1;
	}
	return 0;
}

/* A plain file goes before a link, one certificate before a chain. */
static bool
better(const struct file *f, const struct file *than)
{
	if (f->link != than->link)
		return than->link;
	return f->count < than->count;
}

static int
join_leaf(struct joining *j, const struct file *f, struct err *e)
{
	struct cert *x = file_leaf(f);
	enum certs_leaf kind;
	struct entry *n;

	if (x == NULL)
		return 0;
	kind = kind_of(f, x);
	if ((n = known(j, x, true, (int)kind)) == NULL) {
		n = new_entry(j, f, x, true);
		n->pub.leaf = kind;
		if (list_add(&j->c->leaves[kind], n, e) == -1)
			return -1;
	} else if (better(f, n->in)) {
		n->in = f;
		n->pub.file = f->name;
	}
	if (f->count > 1 &&
	    (n->chain == NULL || (n->chain->link && !f->link) ||
		f->count > n->chain->count)) {
		n->chain = f;
		n->pub.chain = f->name;
	}
	return 0;
}

/* --- what belongs to an entry --------------------------------------------- */

static void
join_key(const struct joining *j, struct entry *n)
{
	const uint8_t *hash = n->pub.cert->key_hash[CERT_SHA256];
	const struct file *best = NULL;
	size_t i = hash_of_bytes(hash);
	struct file *f;

	while ((f = table_next(&j->by_key, hash_of_bytes(hash), &i)) != NULL) {
		if (memcmp(f->key, hash, sizeof(f->key)) != 0)
			continue;
		f->used = true;
		if ((f->of & 1u << n->pub.leaf) != 0 &&
		    (best == NULL || (best->link && !f->link)))
			best = f;
	}
	n->pub.key = best == NULL ? NULL : best->name;
}

static bool
issued(const struct cert *by, const struct cert *x)
{
	bool ok = memcmp(by->print, x->print, sizeof(x->print)) != 0 &&
	    X509_check_issued(by->x, x->x) == X509_V_OK;

	ERR_clear_error();
	return ok;
}

/* The leaf, then what issued it and so on, out of the chain's file in whatever
 * order it has, roots left out. */
static void
join_path(struct entry *n)
{
	const struct cert *last = n->pub.cert;
	int count = 1;

	n->path[0] = n->pub.cert;
	for (int i = 0; n->chain != NULL && i < n->chain->count; i++) {
		struct cert *x = n->chain->certs[i];

		if (count == INDEX_PATH_MAX)
			break;
		if (x->self_signed || !x->ca || !issued(x, last))
			continue;
		n->path[count++] = x;
		last = x;
		i = -1;
	}
	n->pub.chain_certs = n->path;
	n->pub.chain_count = count;
}

/* Those of the issuer's name that could have issued it, each once. */
static int
candidates(const struct certs *c, const struct cert *x, enum certs_domain of,
    struct cert *out[INDEX_ISSUERS])
{
	uint64_t hash = hash_of_name(X509_get_issuer_name(x->x));
	struct entry *n;
	size_t i = hash;
	int count = 0, k;

	while (count < INDEX_ISSUERS &&
	    (n = table_next(&c->by_subject, hash, &i)) != NULL) {
		if ((of != CERTS_DOMAINS && n->pub.domain != of) ||
		    !issued(n->pub.cert, x))
			continue;
		for (k = 0; k < count; k++)
			if (memcmp(out[k]->print, n->pub.cert->print, 32) == 0)
				break;
		if (k == count)
			out[count++] = n->pub.cert;
	}
	return count;
}

/* One of that name is taken for it; among several the signature says which. (An
 * installation verifies it in any case.) */
struct cert *
index_issuer(const struct certs *c, const struct cert *x, enum certs_domain of)
{
	struct cert *by[INDEX_ISSUERS], *found = NULL;
	int count = candidates(c, x, of, by);

	if (count == 1)
		return by[0];
	for (int i = 0; i < count && found == NULL; i++)
		if (X509_verify(x->x, X509_get0_pubkey(by[i]->x)) == 1)
			found = by[i];
	ERR_clear_error();
	return found;
}

static void
join_issuer(const struct certs *c, struct entry *n)
{
	if (n->leaf)
		n->issuer = n->pub.chain_count > 1
		    ? n->path[1]
		    : index_issuer(c, n->pub.cert, CERTS_DOMAINS);
	else if (n->pub.cert->self_signed)
		n->issuer = n->pub.cert;
	else if ((n->issuer = index_issuer(c, n->pub.cert, n->pub.domain)) ==
	    NULL)
		n->issuer = index_issuer(c, n->pub.cert, CERTS_DOMAINS);
}

static void
join_hash(struct certs *c, struct entry *n)
{
	struct cert_hash_data d;

	for (int h = 0; h < CERT_HASHES; h++) {
		cert_hash_data(n->pub.cert, NULL, (enum cert_hash)h, &d);
		table_add(&c->by_hash, hash_of_data(&d), n);
	}
}

/* --- all of it ------------------------------------------------------------ */

void
index_unjoin(struct certs *c)
{
	for (int d = 0; d < CERTS_DOMAINS; d++) {
		free(c->anchors[d].v);
		free(c->odd[d].v);
		c->anchors[d] = c->odd[d] = (struct list){ 0 };
		sk_X509_CRL_free(c->crls[d]);
		c->crls[d] = NULL;
	}
	for (int k = 0; k < CERTS_LEAVES; k++) {
		free(c->leaves[k].v);
		c->leaves[k] = (struct list){ 0 };
	}
	free(c->by_hash.slots);
	free(c->by_subject.slots);
	free(c->entries);
	c->by_hash = c->by_subject = (struct table){ 0 };
	c->entries = NULL;
	c->entry_count = 0;
}

static int
join_files(struct joining *j, struct err *e)
{
	struct certs *c = j->c;

	for (size_t i = 0; i < c->file_count; i++) {
		struct file *f = c->files[i];
		int rc = 0;

		f->used = false;
		if (f->role == FILE_ANCHORS)
			rc = join_anchors(j, f, e);
		else if (f->role == FILE_LEAF)
			rc = join_leaf(j, f, e);
		else if (f->role == FILE_CRL)
			rc = crl_join(c, f, e);
		else if (f->has_key)
			table_add(&j->by_key, hash_of_bytes(f->key), f);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static void
join_entries(struct joining *j)
{
	struct certs *c = j->c;

	for (size_t i = 0; i < c->entry_count; i++) {
		struct entry *n = &c->entries[i];

		if (n->leaf)
			join_path(n);
		else if (n->pub.anchor)
			table_add(&c->by_subject,
			    hash_of_name(X509_get_subject_name(n->pub.cert->x)),
			    n);
	}
	for (size_t i = 0; i < c->entry_count; i++) {
		struct entry *n = &c->entries[i];

		if (n->leaf)
			join_key(j, n);
		join_issuer(c, n);
		join_hash(c, n);
	}
}

static int
join_room(struct joining *j, struct err *e)
{
	struct certs *c = j->c;
	size_t n = 0;

	for (size_t i = 0; i < c->file_count; i++)
		n += (size_t)c->files[i]->count;
	c->entries = calloc(n + 1, sizeof(*c->entries));
	if (c->entries == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (table_new(&c->by_hash, n * CERT_HASHES, e) == -1 ||
	    table_new(&c->by_subject, n, e) == -1 ||
	    table_new(&j->by_print, n, e) == -1 ||
	    table_new(&j->by_key, c->file_count, e) == -1)
		return -1;
	return 0;
}

/* A leaf has the standing of its kind, a root of the CSMS one of its own. */
static const char *
trial_kind(const struct entry *n)
{
	if (n->leaf)
		return choose_kind(n->pub.leaf);
	return n->pub.anchor && n->pub.domain == CERTS_CSMS ? "root" : NULL;
}

void
index_trials(struct certs *c)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		struct entry *n = &c->entries[i];
		const char *kind = trial_kind(n);

		n->pub.trial = kind != NULL &&
		    standings_of(&c->standings, kind, n->pub.cert->print) ==
			STANDING_TRIAL;
	}
}

int
index_join(struct certs *c, struct err *e)
{
	struct joining j = { .c = c };
	int rc;

	index_unjoin(c);
	rc = join_room(&j, e) == -1 || join_files(&j, e) == -1 ? -1 : 0;
	if (rc == 0) {
		join_entries(&j);
		for (int d = 0; d < CERTS_DOMAINS; d++) {
			list_sort(&c->anchors[d]);
			list_sort(&c->odd[d]);
		}
		for (int k = 0; k < CERTS_LEAVES; k++)
			list_sort(&c->leaves[k]);
		index_trials(c);
		index_sum_up(c);
	} else {
		index_unjoin(c);
		c->all_stale = true;
	}
	free(j.by_print.slots);
	free(j.by_key.slots);
	return rc;
}
