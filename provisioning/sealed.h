/* SPDX-License-Identifier: MIT */
#ifndef SEALED_H
#define SEALED_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

/*
 * The sealed answer of an enrolment: AES-256-GCM under a key K that is used
 * once. K reaches the unit by MakeCredential (makecred.h), or, where a unit
 * has no TPM, by sealed_wrap(). Bound to unit, request and key by the
 * additional data, so an answer put before another unit, another request or
 * another key does not open even if K were known there.
 *
 *	byte 1 | nonce (12) | ciphertext | tag (16)
 */
#define SEALED_KEY_LEN   32
#define SEALED_POINT_LEN 65 /* SEC 1 section 2.3.3, uncompressed */
#define SEALED_OVERHEAD  (1 + 12 + 16)
#define SEALED_PLAIN_MAX (32 * 1024)

/* name: the key's TPM Name, or without TPM its SPKI hash; both in hex. */
struct sealed_for {
	const char *unit, *id, *name;
};

/* Adds the sealed bytes to out. */
int sealed_close(const uint8_t key[static SEALED_KEY_LEN],
    const struct sealed_for *, const void *plain, size_t len, struct bytes *out,
    struct err *);
/* Adds the plain bytes to out; EACCES: wrong key, or not for this. */
int
sealed_open(const uint8_t key[static SEALED_KEY_LEN], const struct sealed_for *,
    const void *sealed, size_t len, struct bytes *out, struct err *);

/*
 * For a unit without TPM: a new K = SHA-256("ingot-wrap-1" || x) of an ECDH
 * (SP 800-56A one-pass, P-256) between an ephemeral key and the unit's public
 * key; point is the ephemeral public key.
 */
int sealed_wrap(EVP_PKEY *unit, uint8_t key[static SEALED_KEY_LEN],
    uint8_t point[static SEALED_POINT_LEN], struct err *);
/* The unit's half, where its private key is at hand. */
int sealed_unwrap(EVP_PKEY *own, const uint8_t point[static SEALED_POINT_LEN],
    uint8_t key[static SEALED_KEY_LEN], struct err *);

#endif
