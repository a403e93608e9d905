/* SPDX-License-Identifier: MIT */
#ifndef TEST_ISSUE_H
#define TEST_ISSUE_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <string.h>

#include "x509.h"

/* A certificate authority of the tests' own: no files, no command line. */
struct issued {
	EVP_PKEY *key;
	X509 *cert;
};

struct issue {
	const char *cn;
	const struct issued *by; /* NULL: itself */
	const char *eku;         /* "codeSigning", or NULL */
	const char *usage;       /* keyUsage; NULL: as ca says */
	const char *constraints; /* basicConstraints; NULL: as ca says */
	int ca;
	long from_s;          /* from now */
	long to_s;            /* 0: a day */
	const EVP_MD *digest; /* NULL: SHA-256 */
	EVP_PKEY *key;        /* NULL: a new one, P-256 */
};

static inline void
issue_extension(X509 *x, const struct issued *by, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, by == NULL ? x : by->cert, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert(ext != NULL);
	(void)X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static inline struct issued
issue(const struct issue *want)
{
	static long serial = 1;
	struct issued out = { .cert = X509_new() };
	X509_NAME *name = X509_get_subject_name(out.cert);

	out.key = want->key != NULL ? want->key : EVP_EC_gen("P-256");
	(void)X509_set_version(out.cert, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(out.cert), serial++);
	(void)X509_gmtime_adj(X509_getm_notBefore(out.cert), want->from_s);
	(void)X509_gmtime_adj(
	    X509_getm_notAfter(out.cert), want->to_s == 0 ? 86400 : want->to_s);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)want->cn, -1, -1, 0);
	(void)X509_set_issuer_name(out.cert,
	    want->by == NULL ? name : X509_get_subject_name(want->by->cert));
	(void)X509_set_pubkey(out.cert, out.key);
	issue_extension(out.cert, want->by, NID_basic_constraints,
	    want->constraints != NULL ? want->constraints
		: want->ca            ? "critical,CA:TRUE"
				      : "critical,CA:FALSE");
	issue_extension(out.cert, want->by, NID_key_usage,
	    want->usage != NULL ? want->usage
		: want->ca      ? "critical,keyCertSign,cRLSign"
				: "critical,digitalSignature");
	issue_extension(out.cert, want->by, NID_subject_key_identifier, "hash");
	if (want->by != NULL)
		issue_extension(
		    out.cert, want->by, NID_authority_key_identifier, "keyid");
	if (want->eku != NULL)
		issue_extension(
		    out.cert, want->by, NID_ext_key_usage, want->eku);
	(void)X509_sign(out.cert, want->by == NULL ? out.key : want->by->key,
	    want->digest == NULL ? EVP_sha256() : want->digest);
	return out;
}

static inline void
issued_free(struct issued *i)
{
	EVP_PKEY_free(i->key);
	X509_free(i->cert);
}
#define own_issued __attribute__((cleanup(issued_free), unused))

/* A chain that borrows its certificates: freed by sk_X509_free() alone. */
static inline STACK_OF(X509) * issue_chain(X509 *leaf, X509 *next)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	(void)sk_X509_push(chain, leaf);
	if (next != NULL)
		(void)sk_X509_push(chain, next);
	return chain;
}

static inline X509_STORE *
issue_store(const struct issued *anchor)
{
	X509_STORE *store = X509_STORE_new();

	(void)X509_STORE_add_cert(store, anchor->cert);
	return store;
}

#endif
