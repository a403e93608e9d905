/* SPDX-License-Identifier: MIT */
/*
 * Leaf, one authority (contract: two), root; rounds of ours and of bare
 * X509_verify_cert() over the same store alternate, the median counts. Bare is
 * OpenSSL as it comes: no strictness, no purpose, no level, no rules of ours.
 */
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>

#include "certs_chain.h"
#include "timing.h"
#include "x509.h"

#define ROUNDS 9
#define TIMES  60 /* verifications of a round */

/* --- the two -------------------------------------------------------------- */

static void
ours(const struct verify_job *job)
{
	struct err e;

	must(verify_chain(job, NULL, &e) == CERTS_ACCEPTED, "ours refuses");
}

static void
bare(const struct verify_job *job)
{
	STACK_OF(X509) *sent = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	for (int i = 1; i < job->chain_count; i++)
		(void)sk_X509_push(sent, job->chain[i]->x);
	must(X509_STORE_CTX_init(ctx, job->store, job->chain[0]->x, sent) == 1,
	    "bare");
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, job->at);
	must(X509_verify_cert(ctx) == 1, "bare refuses");
	X509_STORE_CTX_free(ctx);
	sk_X509_free(sent);
}

static double
round_of(void (*one)(const struct verify_job *), const struct verify_job *job)
{
	double from = seconds();

	for (int i = 0; i < TIMES; i++)
		one(job);
	return (seconds() - from) / TIMES;
}

static void
compare(const char *name, const struct verify_job *job)
{
	double a[ROUNDS], b[ROUNDS], we, they;

	for (int i = 0; i < ROUNDS; i++) {
		a[i] = round_of(ours, job);
		b[i] = round_of(bare, job);
	}
	we = median(a, ROUNDS);
	they = median(b, ROUNDS);
	printf("cert.verify.%s %.1f us %.2f X509_verify_cert\n", name, we * 1e6,
	    we / they);
}

/* --- kinds of keys, and of stores ----------------------------------------- */

static void
by_key(const char *kind, const EVP_MD *md)
{
	const struct craft_cert spec[C_ALL] = { { .key = craft_key(kind, 0),
						    .md = md },
		{ .key = craft_key(kind, 1), .md = md },
		{ .key = craft_key(kind, 2), .md = md } };
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	job.store = verify_store(job.anchors, 1, &e);
	compare(kind, &job);
	X509_STORE_free(job.store);
}

static void
by_anchors(size_t n)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	own_certs struct chain c = chain_craft(spec);
	struct cert **all = calloc(n, sizeof(struct cert *));
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	char name[32];
	struct err e;

	must(all != NULL, "memory");
	for (size_t i = 1; i < n; i++) {
		struct craft_cert other = {
			.cn = name, .ca = true, .key = craft_key("P-256", 9)
		};

		(void)snprintf(name, sizeof(name), "other %zu", i);
		all[i] = craft_new(&other);
	}
	all[0] = c.c[C_ROOT];
	job.store = verify_store(all, n, &e);
	(void)snprintf(name, sizeof(name), "anchors%zu", n);
	compare(name, &job);
	X509_STORE_free(job.store);
	for (size_t i = 1; i < n; i++)
		cert_free(all[i]);
	free(all);
}

/* --- ISO 15118: a contract's chain and the signature of a message ----------
 */

static void
message(const char *kind, const EVP_MD *md)
{
	EVP_PKEY *key = craft_key(kind, 0);
	const struct craft_cert spec[C_ALL] = { { .key = key, .md = md },
		{ .key = craft_key(kind, 1), .md = md },
		{ .key = craft_key(kind, 2), .md = md } };
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_MO);
	unsigned char text[4096] = "AuthorizeReq", digest[64], sig[256];
	unsigned digest_len;
	size_t sig_len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	double v[ROUNDS], one;
	struct err e;

	must(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
		EVP_DigestSign(ctx, sig, &sig_len, text, sizeof(text)) == 1,
	    "sign");
	EVP_MD_CTX_free(ctx);
	job.store = verify_store(job.anchors, 1, &e);
	for (int i = 0; i < ROUNDS; i++) {
		double from = seconds();

		for (int k = 0; k < TIMES; k++) {
			ours(&job);
			(void)EVP_Digest(
			    text, sizeof(text), digest, &digest_len, md, NULL);
			must(verify_digest(c.c[C_LEAF], digest, digest_len, sig,
				 sig_len, &e) == CERTS_ACCEPTED,
			    "message");
		}
		v[i] = (seconds() - from) / TIMES;
	}
	one = median(v, ROUNDS);
	printf("cert.iso15118.%s %.2f ms %.5f limit-of-2-s\n", kind, one * 1e3,
	    one / 2);
	X509_STORE_free(job.store);
}

int
main(void)
{
	by_key("P-256", EVP_sha256());
	by_key("P-521", EVP_sha512());
	by_key("RSA-2048", EVP_sha256());
	by_key("RSA-4096", EVP_sha512());
	by_anchors(10);
	by_anchors(200);
	by_anchors(2000);
	message("P-256", EVP_sha256());
	message("P-521", EVP_sha512());
	return 0;
}
