/* SPDX-License-Identifier: MIT */
#ifndef CERTS_VERIFY_H
#define CERTS_VERIFY_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <time.h>

#include "cert.h"
#include "err.h"
#include "result.h"

/*
 * RFC 5280 section 6 by OpenSSL, X509_V_FLAG_X509_STRICT, security level 2:
 * every certificate of the chain within its time at `at`, purposes and extended
 * key usages, path lengths, name constraints, key and signature floor, CRLs and
 * an OCSP answer when they are at hand. Cross-signed chains: every path is
 * tried (X509_V_FLAG_TRUSTED_FIRST).
 */
enum verify_purpose {
	VERIFY_CSMS_CLIENT, /* we are the client: EKU clientAuth */
	VERIFY_CSMS_SERVER, /* the CSMS: EKU serverAuth, name must match */
	VERIFY_SECC,        /* serverAuth if there is an EKU; ISO 15118-2/-20 */
	VERIFY_MO,          /* contract certificate: digitalSignature */
	VERIFY_MF,          /* signer of firmware: digitalSignature, codeSigning
			     * if there is an EKU */
	VERIFY_CODE,        /* bundles and plugins: codeSigning */
	VERIFY_PURPOSES
};
const char *verify_purpose_name(enum verify_purpose);
enum verify_purpose verify_purpose_of(const char *);

struct verify_job {
	struct cert *const *chain; /* leaf first, then untrusted ones */
	int chain_count;
	struct cert *const *anchors; /* what is trusted; self-signed or not */
	size_t anchor_count;
	X509_STORE
	*store; /* instead of anchors: made once, kept by the caller */
	enum verify_purpose purpose;
	time_t at;        /* a time, never 0 */
	const char *name; /* DNS name or IP the leaf must have; NULL: any */
	bool wildcards;   /* may it be "*.x"? (VerifyCsmsAllowWildcards) */
	STACK_OF(X509_CRL) * crls; /* NULL: none at hand */
	const void *staple; /* DER OCSP response about the leaf, or NULL */
	size_t staple_len;
	bool must_staple; /* no valid answer is CERTS_REVOKED */
};

struct verify_path {
	int count;  /* of the chain found, anchor included */
	int anchor; /* index in job's anchors, -1: from a store */
	int error_depth;
	int error; /* X509_V_ERR_* */
};

/* CERTS_ACCEPTED, or the reason of the first certificate that fails, each
 * OpenSSL error mapped by table; e names the certificate and the remedy. path
 * may be NULL. */
enum certs_result
verify_chain(const struct verify_job *, struct verify_path *, struct err *);

/* The X509_STORE of these anchors, to be kept over many verifications. */
X509_STORE *verify_store(struct cert *const *anchors, size_t, struct err *);

/*
 * A file's signature, base64 or raw: SHA-256, RSA (PKCS#1 v1.5 or PSS) or
 * ECDSA (DER). The signer's chain must verify for VERIFY_MF against anchors at
 * `at`. fd is read to its end, any size, in pieces.
 */
enum certs_result verify_file(int fd, const void *sig, size_t len,
    const struct verify_job *signer, struct err *);

#endif
