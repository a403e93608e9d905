/* SPDX-License-Identifier: MIT */
#ifndef CERT_CHARGING_KEYS_H
#define CERT_CHARGING_KEYS_H

#include "certs/csr.h"
#include "store.h"

/*
 * Keys of charging certificates: made in the TPM (P-256, "TSS2 PRIVATE KEY",
 * useless without this TPM, the same file that EVerest's provider reads) or in
 * a 0600 file, and used where they are.
 */
struct charging_key {
	EVP_PKEY *key;     /* signs; a TPM's by its reference */
	struct bytes pem;  /* what is kept */
	struct bytes spki; /* DER of the public half */
	bool tpm;
};
#define own_charging_key __attribute__((cleanup(charging_key_free), unused))
void charging_key_free(struct charging_key *); /* fine on a zeroed one */

/* KEY_GEN_ERROR: it could not be made, and none was made elsewhere;
 * POLICY_REFUSED: no key in a file on a unit with a TPM that is asked for. */
enum certs_result charging_key_make(struct store *, const struct csr_options *,
    struct charging_key *, struct err *);

/* Signs a SHA-256 digest with the key of a leaf, P-256; r and s. */
int charging_key_sign(struct store *, const struct certs_entry *,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *);

/* The pass phrase of a key's file, or NULL: certs_password_fn of certs.h, ctx
 * is the struct store. Valid until the next call; the caller cleanses it. */
const char *charging_word(void *store, const char *file);

#endif
