/* SPDX-License-Identifier: MIT */
#ifndef CERTS_VERIFY_H
#define CERTS_VERIFY_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <time.h>

#include "cert.h"
#include "err.h"
#include "result.h"

#define VERIFY_STAPLE_MAX (64 * 1024) /* bytes; a larger one is none */
#define VERIFY_SIG_MAX    4096        /* bytes of a signature, base64 or not */

/*
 * RFC 5280 section 6 by OpenSSL, X509_V_FLAG_X509_STRICT, security level 2:
 * every certificate of the chain within its time at `at` (the anchor too),
 * purposes and extended key usages, path lengths, policies, name constraints,
 * CRLs and an OCSP answer when they are at hand. Beyond it: the floor of
 * cert_strong(), serials and doubled extensions (verify_rules.c). Cross-signed
 * chains: when the first path fails the other ones are tried, a bounded number
 * of them (verify_path.c).
 *
 * Who names no extended key usage has all of them (RFC 5280 section 4.2.1.12);
 * "any" alone does for an authority, not for a leaf.
 */
enum verify_purpose {
	VERIFY_CSMS_CLIENT, /* we are the client: clientAuth */
	VERIFY_CSMS_SERVER, /* the CSMS: serverAuth, name must match */
	VERIFY_SECC,        /* serverAuth, digitalSignature; ISO 15118-2/-20 */
	VERIFY_MO,          /* contract certificate: digitalSignature */
	VERIFY_MF,          /* signer of firmware: codeSigning, may be left out;
			     * digitalSignature */
	VERIFY_CODE, /* bundles and plugins: codeSigning, and the floor of
		      * x509_key_check() */
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
	time_t at; /* a time; 0 and before: CERTS_CLOCK_INVALID */
	/* DNS name or IP address the leaf must have; NULL: any. "" is nobody's.
	 * The common name counts when no DNS name stands beside it. */
	const char *name;
	bool wildcards; /* may it be "*.x"? (VerifyCsmsAllowWildcards) */
	STACK_OF(X509_CRL) * crls; /* NULL: none at hand */
	/* Those of them that may be old: such a one revokes whom it lists and
	 * says nothing of others. NULL: none may. */
	const STACK_OF(X509_CRL) * stale;
	/* DER OCSP response about the leaf, or NULL. One that cannot be
	 * believed at `at` is as good as none. */
	const void *staple;
	size_t staple_len;
	bool must_staple; /* no answer that is believed is CERTS_REVOKED */
};

struct verify_path {
	int count;  /* of the chain found, anchor included; 0: none */
	int anchor; /* index in job's anchors, -1: from a store */
	int error_depth;
	int error; /* X509_V_ERR_*; APPLICATION_VERIFICATION: a rule of ours */
};

/* CERTS_ACCEPTED, or the reason of the first certificate that fails, each
 * OpenSSL error mapped by table; e names the certificate and the remedy. path
 * may be NULL. */
enum certs_result
verify_chain(const struct verify_job *, struct verify_path *, struct err *);

/* The X509_STORE of these anchors, to be kept over many verifications. */
X509_STORE *verify_store(struct cert *const *anchors, size_t, struct err *);

/*
 * An OCSP answer about x: signed by issuer or by whom issuer let, and of its
 * time at `at` (five minutes of skew; a day where it does not say until when).
 * status is V_OCSP_CERTSTATUS_*. INVALID_FORMAT, INVALID_SIGNATURE, NOT_FOUND
 * (it is about another), EXPIRED, NOT_YET_VALID. known: its signature has been
 * seen to already.
 */
struct verify_answer {
	const void *der;
	size_t len;
	bool known;
};
enum certs_result verify_answer(const X509 *, X509 *issuer,
    const struct verify_answer *, time_t at, int *status);

/*
 * A signature over a SHA-256, SHA-384 or SHA-512 digest (len says which), with
 * the leaf's key: RSA (PKCS#1 v1.5 or PSS with any salt), ECDSA as DER or as r
 * and s of full width (XML signatures, ISO 15118). Whom the certificate comes
 * from is not asked.
 */
enum certs_result verify_digest(const struct cert *, const void *digest,
    size_t len, const void *sig, size_t sig_len, struct err *);

/*
 * A file's signature, base64 (line breaks allowed) or raw, over its SHA-256.
 * The signer's chain must verify for VERIFY_MF against the anchors, at `at`
 * (signer->purpose is not looked at). fd is read from where it stands to its
 * end, any size, in pieces.
 */
enum certs_result verify_file(int fd, const void *sig, size_t len,
    const struct verify_job *signer, struct err *);

#endif
