/* SPDX-License-Identifier: MIT */
#ifndef CERTS_KEYFILE_H
#define CERTS_KEYFILE_H

#include <openssl/evp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs.h"

/*
 * The public half of a key file, as cert.key_hash[CERT_SHA256] has it: of a
 * plain private key, of a TPM's "TSS2 PRIVATE KEY" (where it is in clear), of
 * an encrypted key when there is a word for it. false: not known.
 */
bool keyfile_hash(
    const char *pem, size_t len, const char *word, uint8_t out[static 32]);
/* Of a SubjectPublicKeyInfo in DER. */
bool keyfile_hash_spki(const void *der, size_t len, uint8_t out[static 32]);

#endif
