/* SPDX-License-Identifier: MIT */
/*
 * What to ask responders. A way up is walked from a certificate to the one that
 * issued it, among those that were sent and those that are here, by signature:
 * names alone would let a stranger's authority answer for ours.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string.h>

#include "index.h"
#include "ocsp.h"

struct asking {
	const struct certs *certs;
	struct cert *const *chain; /* leaf first */
	int chain_count;
	struct ocsp_data *out;
	int max, count;
	bool full;
};

/* One with other bytes than a URL has could not be told in JSON, and nobody
 * could ask there. */
static bool
is_web(const char *url)
{
	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return strncmp(url, "http://", 7) == 0 ||
	    strncmp(url, "https://", 8) == 0;
}

static void
read_urls(struct ocsp_data *d, X509 *x)
{
	STACK_OF(OPENSSL_STRING) *all = X509_get1_ocsp(x);

	d->urls = 0;
	for (int i = 0; i < sk_OPENSSL_STRING_num(all) && d->urls < OCSP_URLS;
	     i++) {
		const char *url = sk_OPENSSL_STRING_value(all, i);

		if (strlen(url) < OCSP_URL_MAX && is_web(url))
			(void)strcpy(d->url[d->urls++], url);
	}
	X509_email_free(all);
}

static void
add(struct asking *a, const struct cert *x, const struct cert *issuer)
{
	struct ocsp_data d;

	read_urls(&d, x->x);
	if (d.urls == 0)
		return;
	cert_hash_data(x, issuer, CERT_SHA256, &d.hash);
	for (int i = 0; i < a->count; i++)
		if (cert_hash_equal(&a->out[i].hash, &d.hash))
			return;
	if (a->count == a->max)
		a->full = true;
	else
		a->out[a->count++] = d;
}

static bool
issued(const struct cert *issuer, const struct cert *x)
{
	return issuer != x && X509_check_issued(issuer->x, x->x) == X509_V_OK &&
	    X509_verify(x->x, X509_get0_pubkey(issuer->x)) == 1;
}

/* Who is trusted goes before who was sent. The index takes the only one of a
 * name for the issuer; here a stranger brings the certificate. */
static const struct cert *
issuer_of(const struct asking *a, const struct cert *x, bool *trusted)
{
	static const enum certs_domain domains[] = { CERTS_V2G, CERTS_MO };
	const struct cert *by = NULL;

	*trusted = true;
	for (size_t i = 0; i < 2 && by == NULL; i++) {
		by = index_issuer(a->certs, x, domains[i]);
		if (by != NULL && !issued(by, x))
			by = NULL;
	}
	for (int i = 0; i < a->chain_count && by == NULL; i++) {
		*trusted = false;
		if (issued(a->chain[i], x))
			by = a->chain[i];
	}
	return by;
}

/* Adds what stands on the way from the leaf up; false: it leads to no anchor.
 */
static bool
walk_up(struct asking *a)
{
	const struct cert *x = a->chain[0], *by;
	bool trusted = false, now;

	for (int i = 0; i < INDEX_PATH_MAX && !x->self_signed; i++) {
		if ((by = issuer_of(a, x, &now)) == NULL)
			break;
		add(a, x, by);
		trusted = trusted || now;
		x = by;
	}
	ERR_clear_error();
	return trusted;
}

static enum certs_result
finish(const struct asking *a, int *count, struct err *e)
{
	*count = a->count;
	return a->full ? certs_say(e, CERTS_FAILED,
			     "more than %d certificates to ask about", a->max)
		       : CERTS_ACCEPTED;
}

enum certs_result
ocsp_of_secc(const struct certs *c, struct ocsp_data *out, int max, int *count,
    struct err *e)
{
	struct asking a = { .certs = c, .out = out, .max = max };
	const struct certs_entry *leaf;
	bool any = false;

	*count = 0;
	for (size_t i = 0;
	     (leaf = certs_leaf_at(c, CERTS_LEAF_SECC, i)) != NULL; i++) {
		if (certs_clock_valid(c) && leaf->cert->end < certs_now(c))
			continue;
		any = true;
		a.chain = leaf->chain_certs;
		a.chain_count = leaf->chain_count;
		/* One whose root is gone is asked about as far as it goes. */
		(void)walk_up(&a);
	}
	if (!any)
		return certs_say(e, CERTS_NOT_FOUND, "SECC leaf");
	return finish(&a, count, e);
}

enum certs_result
ocsp_of_chain(const struct certs *c, const void *pem, size_t len,
    struct ocsp_data *out, int max, int *count, struct err *e)
{
	struct cert *chain[INDEX_PATH_MAX];
	struct asking a = {
		.certs = c, .chain = chain, .out = out, .max = max
	};
	enum certs_result r;
	struct err why;

	*count = 0;
	a.chain_count = cert_parse(pem, len, chain, INDEX_PATH_MAX, &why);
	if (a.chain_count < 1)
		return certs_say(e, CERTS_INVALID_FORMAT, "%.200s", why.text);
	r = walk_up(&a) ? finish(&a, count, e)
			: certs_say(e, CERTS_ISSUER_NOT_FOUND,
			      "the chain leads to no anchor of V2G or MO");
	for (int i = 0; i < a.chain_count; i++)
		cert_free(chain[i]);
	return r;
}
