/* SPDX-License-Identifier: MIT */
#ifndef TPM_PUBLIC_H
#define TPM_PUBLIC_H

#include <openssl/evp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * TPM2B_PUBLIC (TPM 2.0 Part 2, 12.2.5): the public area of a key in a TPM, as
 * it travels in an enrolment. Own code without a TPM library, so that the
 * service needs none. Known are RSA 2048 to 4096 and ECC P-256 and P-384, with
 * nameAlg SHA-256 or SHA-384; all else is refused.
 */
#define TPM_PUBLIC_MAX 1024 /* bytes of a marshalled TPM2B_PUBLIC */
#define TPM_NAME_MAX   50   /* nameAlg (2) and a digest of at most 48 */
#define TPM_RSA_MAX    512
#define TPM_COORD_MAX  48

enum { /* TPM_ALG_ID, Part 2, 6.3 */
	TPM_RSA = 0x0001,
	TPM_AES = 0x0006,
	TPM_SHA256 = 0x000b,
	TPM_SHA384 = 0x000c,
	TPM_NULL = 0x0010,
	TPM_ECDSA = 0x0018,
	TPM_ECC = 0x0023,
	TPM_CFB = 0x0043,
};

enum { /* TPM_ECC_CURVE, Part 2, 6.4 */
	TPM_P256 = 0x0003,
	TPM_P384 = 0x0004,
};

enum { /* TPMA_OBJECT, Part 2, 8.3 */
	TPM_FIXED_TPM = 1u << 1,
	TPM_FIXED_PARENT = 1u << 4,
	TPM_ORIGIN = 1u << 5, /* sensitiveDataOrigin: made in the TPM */
	TPM_USER_AUTH = 1u << 6,
	TPM_ADMIN_POLICY = 1u << 7,
	TPM_NO_DA = 1u << 10,
	TPM_RESTRICTED = 1u << 16,
	TPM_DECRYPT = 1u << 17,
	TPM_SIGN = 1u << 18,
};

struct tpm_bytes {
	uint16_t len;
	uint8_t p[TPM_RSA_MAX];
};

struct tpm_public {
	uint16_t type; /* TPM_RSA or TPM_ECC */
	uint16_t name_alg;
	uint32_t attributes;
	struct tpm_bytes policy;
	uint16_t sym; /* TPM_AES in CFB mode with sym_bits, or TPM_NULL */
	uint16_t sym_bits;
	uint16_t scheme; /* TPM_NULL, or one with scheme_hash */
	uint16_t scheme_hash;
	uint16_t curve;     /* ECC */
	uint16_t rsa_bits;  /* RSA */
	uint32_t exponent;  /* RSA; 0 stands for 65537 */
	struct tpm_bytes x; /* the modulus, or x as it was marshalled: some
			       TPMs leave out leading zeros */
	struct tpm_bytes y; /* ECC */
};

/*
 * Strict: every byte consumed, sizes that agree with the algorithm, reserved
 * attribute bits clear. Says nothing of who made it: see tpm_public_is_leaf().
 */
int
tpm_public_parse(const void *, size_t len, struct tpm_public *, struct err *);
/* The same bytes back: parse and marshal are each other's inverse. */
int tpm_public_marshal(const struct tpm_public *, uint8_t out[TPM_PUBLIC_MAX],
    size_t *len, struct err *);

/* The object's Name (Part 1, 16): nameAlg and the digest of TPMT_PUBLIC. */
int tpm_public_name(const struct tpm_public *, uint8_t name[TPM_NAME_MAX],
    size_t *len, struct err *);

/*
 * Is it the key of a TLS client, made in this TPM and unable to leave it?
 * ECC P-256; fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth and sign
 * set; restricted, decrypt and adminWithPolicy clear; scheme NULL or ECDSA.
 * To be asked before a credential is made for it: a TPM activates one for an
 * imported key just as well.
 */
int tpm_public_is_leaf(const struct tpm_public *, struct err *);
/* Is it a restricted, fixed decryption key, as an endorsement key is? */
int tpm_public_is_ek(const struct tpm_public *, struct err *);

/* The public key, the caller's; a point off the curve is refused. Compare it
 * with the key of a CSR or a certificate by EVP_PKEY_eq(). */
EVP_PKEY *tpm_public_key(const struct tpm_public *, struct err *);

#endif
