/* SPDX-License-Identifier: MIT */
#ifndef INGOT_X509_H
#define INGOT_X509_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "own.h"

/*
 * Certificates, chains and keys as PEM, with limits. A chain is leaf first.
 * What is returned is the caller's; NULL: failed, e says why.
 */
#define X509_PEM_MAX   (64 * 1024) /* bytes of one PEM text */
#define X509_CHAIN_MAX 8
#define X509_CN_MAX    64 /* characters, RFC 5280 ub-common-name */

OWN_POINTER(x509, X509, X509_free)
OWN_POINTER(pkey, EVP_PKEY, EVP_PKEY_free)
OWN_POINTER(store, X509_STORE, X509_STORE_free)
OWN_POINTER(req, X509_REQ, X509_REQ_free)
#define own_x509  __attribute__((cleanup(own_x509_free), unused))
#define own_pkey  __attribute__((cleanup(own_pkey_free), unused))
#define own_store __attribute__((cleanup(own_store_free), unused))
#define own_req   __attribute__((cleanup(own_req_free), unused))
#define own_chain __attribute__((cleanup(own_chain_free), unused))

void own_chain_free(STACK_OF(X509) **);

/* All certificates of the text, in its order; none at all is an error. */
STACK_OF(X509) * x509_chain_parse(const char *pem, size_t len, struct err *);
STACK_OF(X509) * x509_chain_read(const char *path, struct err *);
/* Without pass phrase; asks nobody. */
EVP_PKEY *x509_key_read(const char *path, struct err *);
X509_REQ *x509_req_parse(const char *pem, size_t len, struct err *);

int x509_chain_pem(const STACK_OF(X509) *, struct bytes *out, struct err *);
int x509_req_pem(const X509_REQ *, struct bytes *out, struct err *);

/* A store that trusts exactly the certificates of the file. */
X509_STORE *x509_anchors(const char *path, struct err *);

/*
 * Verifies chain (leaf first, the rest untrusted) at the time `at` (0: now)
 * for purpose (X509_PURPOSE_*), RFC 5280 section 6. Signatures below security
 * level 2 are refused.
 */
int x509_verify(
    X509_STORE *, STACK_OF(X509) * chain, int purpose, time_t at, struct err *);

/*
 * Whether chain (leaf first) may sign code: it leads to an anchor, the leaf is
 * for code signing (RFC 5280 section 4.2.1.12) and for signatures, and no
 * authority of it excludes that; RSA of X509_RSA_MIN bits or more or ECDSA on
 * P-256, P-384 or P-521, SHA-256 or better, throughout; valid now. EACCES in
 * e->code: refused; the text names the certificate and the remedy.
 */
#define X509_RSA_MIN 3072
int x509_verify_code(X509_STORE *, STACK_OF(X509) * chain, struct err *);
/* RSA of X509_RSA_MIN bits or more, or P-256, P-384, P-521. */
int x509_key_check(X509 *, struct err *);
/* The leaf's part of it: what a maker can know before signing. */
int x509_code_check(X509 *leaf, struct err *);
/*
 * No clock that is earlier is believed by x509_verify_code() any more; seconds
 * since 1970. It only rises, from X509_CLOCK_FLOOR on. A clock behind it was
 * never set, and is taken for the later of the floor and the beginning of the
 * signer's certificate.
 */
#define X509_CLOCK_FLOOR                                                       \
	INT64_C(1767225600) /* 2026-01-01: Ingot is younger                    \
			     */
void x509_clock_raise(int64_t floor);

/* The one CN; none, several, or characters outside [A-Za-z0-9._-]: -1. */
int x509_common_name(
    const X509_NAME *, char out[static X509_CN_MAX + 1], struct err *);
/* "O=..., CN=..." (RFC 2253); cut to size. */
void x509_subject(const X509 *, char *out, size_t size);
/* SHA-256 over SubjectPublicKeyInfo, in hex. */
int x509_spki_hash(EVP_PKEY *, char out[static SHA256_HEX], struct err *);
int x509_fingerprint(const X509 *, char out[static SHA256_HEX], struct err *);

#endif
