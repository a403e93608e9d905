/* SPDX-License-Identifier: MIT */
/*
 * The other paths. A cross-signed authority has several certificates with one
 * name and one key, and OpenSSL takes the one that looks best from below: it
 * does not come back when what stands above that one fails. Here each way from
 * the leaf to an anchor is walked, depth first, and taken to OpenSSL alone,
 * where nothing is left to choose. Both the walk and the attempts are counted,
 * so nobody can buy minutes with a chain of mirrors.
 */
#include <openssl/x509v3.h>

#include "verify_in.h"
#include "x509.h"

struct walk {
	struct search *search;
	STACK_OF(X509) * path; /* leaf first, no anchor; borrowed */
	struct err *e;
};

static bool
issued(X509 *issuer, X509 *x)
{
	return X509_check_issued(issuer, x) == X509_V_OK;
}

/* A key may stand in a path once: a second certificate of the same name and
 * key (RFC 4158 section 2.3) leads round in a circle. */
static bool
stands_in(const STACK_OF(X509) * path, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(path); i++) {
		const X509 *y = sk_X509_value(path, i);

		if (X509_cmp(y, x) == 0 ||
		    (X509_NAME_cmp(X509_get_subject_name(y),
			 X509_get_subject_name(x)) == 0 &&
			EVP_PKEY_eq(X509_get0_pubkey(y), X509_get0_pubkey(x)) ==
			    1))
			return true;
	}
	return false;
}

static enum certs_result
try_anchor(struct walk *w, X509 *anchor)
{
	STACK_OF(X509) *untrusted = sk_X509_dup(w->path);
	STACK_OF(X509) *trusted = sk_X509_new_null();
	enum certs_result r = CERTS_FAILED;

	w->search->tries--;
	if (untrusted != NULL && trusted != NULL &&
	    sk_X509_push(trusted, anchor) > 0) {
		(void)sk_X509_shift(untrusted); /* the leaf */
		r = verify_try(w->search, untrusted, trusted, w->e);
	}
	sk_X509_free(untrusted);
	sk_X509_free(trusted);
	return r;
}

static STACK_OF(X509) * anchors_named(struct search *s, const X509_NAME *name)
{
	STACK_OF(X509) *found = NULL;

	if (X509_STORE_CTX_init(s->ctx, s->store, NULL, NULL) == 1)
		found = X509_STORE_CTX_get1_certs(s->ctx, name);
	X509_STORE_CTX_cleanup(s->ctx);
	return found;
}

static enum certs_result
try_anchors(struct walk *w, X509 *last)
{
	own_chain STACK_OF(X509) *anchors =
	    anchors_named(w->search, X509_get_issuer_name(last));
	enum certs_result r = CERTS_ISSUER_NOT_FOUND;

	for (int i = 0; i < sk_X509_num(anchors) && w->search->tries > 0 &&
	     r != CERTS_ACCEPTED;
	     i++)
		if (issued(sk_X509_value(anchors, i), last))
			r = try_anchor(w, sk_X509_value(anchors, i));
	return r;
}

/* Whether x may be the next of the path. The signature is looked at last, and
 * here at all so that a wrong turn ends where it is taken. */
static bool
leads_to(struct walk *w, X509 *last, X509 *x)
{
	if (!issued(x, last) || stands_in(w->path, x) || w->search->edges == 0)
		return false;
	w->search->edges--;
	return X509_verify(last, X509_get0_pubkey(x)) == 1;
}

static enum certs_result
climb(struct walk *w)
{
	const STACK_OF(X509) *others = w->search->untrusted;
	X509 *last = sk_X509_value(w->path, sk_X509_num(w->path) - 1);
	enum certs_result r = try_anchors(w, last);

	if (sk_X509_num(w->path) >= VERIFY_DEPTH - 1)
		return r;
	for (int i = 0; i < sk_X509_num(others) && w->search->tries > 0 &&
	     r != CERTS_ACCEPTED;
	     i++) {
		X509 *x = sk_X509_value(others, i);

		if (!leads_to(w, last, x))
			continue;
		if (sk_X509_push(w->path, x) <= 0)
			return CERTS_FAILED;
		r = climb(w);
		(void)sk_X509_pop(w->path);
	}
	return r;
}

enum certs_result
verify_other_paths(struct search *s, struct err *e)
{
	struct walk w = { .search = s, .path = sk_X509_new_null(), .e = e };
	enum certs_result r = CERTS_FAILED;

	if (w.path != NULL && sk_X509_push(w.path, s->job->chain[0]->x) > 0)
		r = climb(&w);
	sk_X509_free(w.path);
	return r;
}
