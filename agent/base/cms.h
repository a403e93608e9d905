/* SPDX-License-Identifier: MIT */
#ifndef INGOT_CMS_H
#define INGOT_CMS_H

#include <openssl/x509.h>

#include "buf.h"
#include "err.h"

/*
 * Detached CMS signatures (RFC 5652 SignedData, DER, SHA-256). The signer's
 * chain travels inside. Used for a bundle's manifest and for plugin files.
 */
#define CMS_SIG_MAX (64 * 1024) /* bytes */

/* out is freed first. chain: leaf first; deterministic keys (RSA) give equal
 * bytes for equal input: no signing time is included. */
int cms_sign(const void *data, size_t len, EVP_PKEY *, STACK_OF(X509) * chain,
    struct bytes *out, struct err *);

/*
 * Good only when exactly one signer signed exactly these bytes, with RSA
 * (PKCS #1 v1.5) or ECDSA and SHA-256 or better, and his chain may sign code
 * (x509_verify_code()). Ed25519 is refused: the CMS of OpenSSL 3.0 does not
 * know it (RFC 8419). who, when not NULL, receives the signer's subject.
 */
int cms_verify(const void *sig, size_t sig_len, const void *data, size_t len,
    X509_STORE *anchors, char *who, size_t who_size, struct err *);
/* The same over the whole file behind fd (from its start). */
int cms_verify_fd(const void *sig, size_t sig_len, int fd, X509_STORE *anchors,
    char *who, size_t who_size, struct err *);

#endif
