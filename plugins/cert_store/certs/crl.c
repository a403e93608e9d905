/* SPDX-License-Identifier: MIT */
/*
 * Revocation lists come and go. One that comes is verified before it is kept,
 * so that what stands in the folder stops nobody by being damaged; and an older
 * one never takes the place of a newer, or whoever can replay it brings back
 * what was revoked.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crl.h"
#include "digest.h"
#include "index.h"
#include "journal.h"
#include "own.h"

#define NAME_DIGITS 32

/* --- who signed it -------------------------------------------------------- */

static bool
signed_by(X509_CRL *list, const struct cert *by)
{
	bool ok = X509_NAME_cmp(X509_CRL_get_issuer(list),
		      X509_get_subject_name(by->x)) == 0 &&
	    X509_CRL_verify(list, X509_get0_pubkey(by->x)) == 1;

	ERR_clear_error();
	return ok;
}

/* Among the domain's anchors and the authorities of leaves' chains. named: one
 * of that name is here, whoever signed. */
static const struct cert *
find_issuer(
    const struct certs *c, enum certs_domain d, X509_CRL *list, bool *named)
{
	const X509_NAME *name = X509_CRL_get_issuer(list);

	*named = false;
	for (size_t i = 0; i < c->entry_count; i++) {
		const struct entry *n = &c->entries[i];
		int count = n->leaf ? n->pub.chain_count : 1;

		if (!n->leaf && (n->pub.domain != d || !n->pub.anchor))
			continue;
		for (int k = n->leaf ? 1 : 0; k < count; k++) {
			const struct cert *x =
			    n->leaf ? n->pub.chain_certs[k] : n->pub.cert;

			if (X509_NAME_cmp(name, X509_get_subject_name(x->x)) !=
			    0)
				continue;
			*named = true;
			if (signed_by(list, x))
				return x;
		}
	}
	return NULL;
}

static bool
is_strong(const X509_CRL *list)
{
	int md = NID_undef, key = NID_undef;

	return OBJ_find_sigid_algs(
		   X509_CRL_get_signature_nid(list), &md, &key) == 1 &&
	    md != NID_sha1 && md != NID_md5 && md != NID_sha224;
}

static enum certs_result
check_time(const struct certs *c, const X509_CRL *list)
{
	time_t now = certs_now(c),
	       to = crl_time(X509_CRL_get0_nextUpdate(list));

	if (!certs_clock_valid(c))
		return CERTS_CLOCK_INVALID;
	if (crl_time(X509_CRL_get0_lastUpdate(list)) > now)
		return CERTS_NOT_YET_VALID;
	return to != -1 && to < now ? CERTS_EXPIRED : CERTS_ACCEPTED;
}

static enum certs_result
check(const struct certs *c, enum certs_domain d, X509_CRL *list,
    const struct cert **by, struct err *e)
{
	enum certs_result r = CERTS_ACCEPTED;
	bool named;

	*by = find_issuer(c, d, list, &named);
	if (*by == NULL)
		r = named ? CERTS_INVALID_SIGNATURE : CERTS_ISSUER_NOT_FOUND;
	else if ((X509_get_key_usage((*by)->x) & KU_CRL_SIGN) == 0)
		r = CERTS_WRONG_PURPOSE;
	else if (!is_strong(list))
		r = CERTS_WEAK_KEY;
	else
		r = check_time(c, list);
	return r == CERTS_ACCEPTED
	    ? r
	    : certs_say(e, r, "revocation list of %s", certs_domain_name(d));
}

/* --- keeping -------------------------------------------------------------- */

/* One name for an issuer's key and a scope: the next list of the same is the
 * same file. */
static int
name_it(const char *folder, const X509_CRL *list, const struct cert *by,
    char out[INDEX_PATH + 64], struct err *e)
{
	static const int scope[] = { NID_issuing_distribution_point,
		NID_delta_crl };
	own_bytes struct bytes b = { 0 };
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];

	bytes_add(&b, by->key_hash[CERT_SHA256], 32);
	for (size_t i = 0; i < sizeof(scope) / sizeof(scope[0]); i++) {
		int at = X509_CRL_get_ext_by_NID(list, scope[i], -1);
		const ASN1_OCTET_STRING *s = at == -1
		    ? NULL
		    : X509_EXTENSION_get_data(X509_CRL_get_ext(list, at));

		/* A delta says of which list; each is one of the same. */
		bytes_fmt(&b, "%d:", s == NULL ? 0 : scope[i]);
		if (s != NULL && scope[i] != NID_delta_crl)
			bytes_add(&b, ASN1_STRING_get0_data(s),
			    (size_t)ASN1_STRING_length(s));
	}
	if (b.bad || sha256(b.p, b.len, digest, e) == -1)
		return err_set(e, ENOMEM, "out of memory");
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(
	    out, INDEX_PATH + 64, "%s/%.*s.crl", folder, NAME_DIGITS, hex);
	return 0;
}

static bool
is_older(const struct file *kept, const X509_CRL *list)
{
	for (int i = 0; kept != NULL && i < kept->crl_count; i++)
		if (crl_time(X509_CRL_get0_lastUpdate(kept->crls[i])) >
		    crl_time(X509_CRL_get0_lastUpdate(list)))
			return true;
	return false;
}

static int
to_pem(X509_CRL *list, struct bytes *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio != NULL && PEM_write_bio_X509_CRL(bio, list) == 1)
		n = BIO_get_mem_data(bio, &p);
	if (n > 0)
		bytes_add(out, p, (size_t)n);
	BIO_free(bio);
	return n > 0 && !out->bad ? 0 : -1;
}

static enum certs_result
write_list(
    struct certs *c, const char *name, const struct bytes *pem, struct err *e)
{
	struct commit *commit;
	struct err why;

	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    commit_put(commit, name, pem->p, pem->len, 0644, &why) == -1) {
		commit_drop(commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "revocation list: %.150s", why.text);
	}
	return store_commit(c, commit, "revocation list", e);
}

static enum certs_result
keep(struct certs *c, enum certs_domain d, X509_CRL *list,
    const struct cert *by, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	char folder[INDEX_PATH], name[INDEX_PATH + 64];
	const struct file *kept;
	enum certs_result r;

	index_crl_folder(c, d, folder);
	if (name_it(folder, list, by, name, e) == -1)
		return CERTS_FAILED;
	if (to_pem(list, &pem) == -1)
		return certs_say(e, CERTS_FAILED, "revocation list");
	kept = index_file(c, name);
	if (is_older(kept, list))
		return certs_say(
		    e, CERTS_REJECTED, "revocation list: a newer one is here");
	/* As PEM it is a third longer than it came. */
	if (pem.len > CRL_BYTES ||
	    (kept == NULL && sk_X509_CRL_num(c->crls[d]) >= CRL_LISTS))
		return certs_say(e, CERTS_STORE_FULL, "%s: %d lists of %d kB",
		    folder, CRL_LISTS, CRL_BYTES / 1024);
	r = store_room(c, kept == NULL, pem.len, e);
	return r == CERTS_ACCEPTED ? write_list(c, name, &pem, e) : r;
}

enum certs_result
crl_install(struct certs *c, enum certs_domain d, const void *text, size_t len,
    struct err *e)
{
	X509_CRL *list = NULL;
	const struct cert *by;
	own_fd int lock = -1;
	enum certs_result r;
	struct err why;

	if (crl_parse(text, len, &list, 1, &why) != 1)
		return certs_say(e, CERTS_INVALID_FORMAT, "%.200s", why.text);
	lock = store_begin(c, e);
	r = lock == -1 ? CERTS_FAILED : check(c, d, list, &by, e);
	if (r == CERTS_ACCEPTED)
		r = keep(c, d, list, by, e);
	X509_CRL_free(list);
	return r;
}

enum certs_result
crl_remove(struct certs *c, const char *file, struct err *e)
{
	own_fd int lock = -1;
	char name[CHANGE_NAME];
	const struct file *f;
	struct commit *commit;
	struct err why;

	/* It may be the index's own name, which a refresh takes away. */
	(void)snprintf(name, sizeof(name), "%s", file);
	if ((lock = store_begin(c, e)) == -1)
		return CERTS_FAILED;
	f = index_file(c, name);
	if (f == NULL || f->role != FILE_CRL)
		return certs_say(
		    e, CERTS_NOT_FOUND, "revocation list %.128s", name);
	if ((commit = commit_begin(c->root, &why)) == NULL ||
	    commit_remove(commit, name, &why) == -1) {
		commit_drop(commit);
		return certs_say(
		    e, CERTS_WRITE_ERROR, "%.100s: %.150s", name, why.text);
	}
	return store_commit(c, commit, name, e);
}

/* Beyond the limit they count for nothing: OpenSSL looks at each for each
 * certificate. */
int
crl_join(struct certs *c, const struct file *f, struct err *e)
{
	for (int d = 0; d < CERTS_DOMAINS; d++)
		for (int i = 0; (f->of & 1u << d) != 0 && i < f->crl_count;
		     i++) {
			if (sk_X509_CRL_num(c->crls[d]) >= CRL_LISTS)
				break;
			if (c->crls[d] == NULL)
				c->crls[d] = sk_X509_CRL_new_null();
			if (sk_X509_CRL_push(c->crls[d], f->crls[i]) <= 0)
				return err_set(e, ENOMEM, "out of memory");
		}
	return 0;
}

/* --- what is there -------------------------------------------------------- */

STACK_OF(X509_CRL) * crl_all(const struct certs *c, enum certs_domain d)
{
	return c->crls[d];
}

bool
crl_at(
    const struct certs *c, enum certs_domain d, size_t i, struct crl_entry *out)
{
	size_t seen = 0;

	for (size_t k = 0; k < c->file_count; k++) {
		const struct file *f = c->files[k];
		const X509_CRL *list;
		time_t to;

		if (f->role != FILE_CRL || (f->of & 1u << d) == 0)
			continue;
		if (i >= seen + (size_t)f->crl_count) {
			seen += (size_t)f->crl_count;
			continue;
		}
		list = f->crls[i - seen];
		to = crl_time(X509_CRL_get0_nextUpdate(list));
		*out = (struct crl_entry){ list, f->name,
			crl_time(X509_CRL_get0_lastUpdate(list)),
			to == -1 ? 0 : to,
			sk_X509_REVOKED_num(X509_CRL_get_REVOKED(
			    (X509_CRL *)(uintptr_t)list)) };
		if (out->revoked < 0)
			out->revoked = 0;
		return true;
	}
	return false;
}
