/* SPDX-License-Identifier: MIT */
#ifndef INGOT_CMS_KEY_H
#define INGOT_CMS_KEY_H

#include <openssl/x509.h>

#include "buf.h"
#include "err.h"

/*
 * A symmetric key on the road to several recipients: CMS AuthEnvelopedData
 * (RFC 5083, DER) with AES-256-GCM (RFC 5084), whose content is the key. To an
 * RSA certificate by RSAES-OAEP with SHA-256 (RFC 8017), to an elliptic one by
 * ephemeral-static ECDH with the SHA-256 KDF and AES-256 key wrap (RFC 5753).
 * Nothing else is written, and nothing else is opened: PKCS #1 v1.5 would make
 * an oracle of whoever answers.
 */
#define CMS_KEY_LEN 32
#define CMS_KEY_MAX (64 * 1024) /* bytes of the envelope */

/* out is freed first. A certificate that is no good for it is refused by name:
 * RSA below 3072 bits, a strange curve, expired, another keyUsage. */
int cms_key_wrap(const uint8_t key[static CMS_KEY_LEN],
    STACK_OF(X509) * recipients, struct bytes *out, struct err *);

/*
 * For the holder of cert's private key. EACCES in e->code: it was not encrypted
 * to him. A key whose private operation is somewhere else will do, if OpenSSL
 * can derive or decrypt with it.
 */
int cms_key_unwrap(const void *der, size_t len, X509 *cert, EVP_PKEY *,
    uint8_t key[static CMS_KEY_LEN], struct err *);

#endif
