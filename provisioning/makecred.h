/* SPDX-License-Identifier: MIT */
#ifndef MAKECRED_H
#define MAKECRED_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "tpm_public.h"

/*
 * TPM2_MakeCredential in software (TPM 2.0 Part 1, 24; Part 3, 12.6): seals a
 * secret so that only the TPM with this endorsement key AND the object of this
 * Name loaded can open it (TPM2_ActivateCredential). OpenSSL only. RSA and ECC
 * endorsement keys, AES-128 or AES-256.
 */
#define MAKECRED_SECRET_MAX 32 /* bytes, the digest size of SHA-256 */
#define MAKECRED_BLOB_MAX   (2 + 2 + 48 + 2 + MAKECRED_SECRET_MAX)
#define MAKECRED_SEED_MAX   (2 + TPM_RSA_MAX)

struct makecred {
	uint8_t blob[MAKECRED_BLOB_MAX]; /* TPM2B_ID_OBJECT, with its size */
	size_t blob_len;
	uint8_t seed[MAKECRED_SEED_MAX]; /* TPM2B_ENCRYPTED_SECRET, likewise */
	size_t seed_len;
};

/*
 * ek must pass tpm_public_is_ek(). name is of the key to activate, and its
 * attributes have been checked (tpm_public_is_leaf()): this function cannot.
 */
int makecred(const struct tpm_public *ek, const uint8_t *name, size_t name_len,
    const uint8_t *secret, size_t secret_len, struct makecred *, struct err *);

/* The same with a given ephemeral key on the EK's curve, for known-answer
 * tests. ECC only. */
int makecred_ecc(const struct tpm_public *ek, EVP_PKEY *ephemeral,
    const uint8_t *name, size_t name_len, const uint8_t *secret,
    size_t secret_len, struct makecred *, struct err *);

#endif
