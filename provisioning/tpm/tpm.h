/* SPDX-License-Identifier: MIT */
#ifndef TPM_H
#define TPM_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "key.h"

/*
 * The unit's TPM 2.0, through ESYS. One process alone uses it (cert_store): one
 * ESYS context under one mutex, so every function may be called from any
 * thread. At most three transient objects are loaded at a time, which is what
 * a TPM without a resource manager guarantees.
 *
 * A failed command that tells of lost state (TPM reset, slots full of what
 * somebody left, a broken connection) is answered by starting over with an
 * empty TPM and trying once more; what fails then is reported. Nothing is made
 * persistent and nothing the TPM's owner set is changed.
 *
 * Signing uses no salted session: digest and signature are public in TLS and
 * in a CSR, and who sits on the bus can ask for signatures anyway; it would
 * cost two more commands. The secret of tpm_activate() does cross the bus
 * encrypted, in a session salted with the endorsement key.
 */
#define TPM_PRIVATE_MAX 512
#define TPM_EK_CERT_MAX 4096
#define TPM_SECRET_MAX  64

/* A key at rest: useless without the TPM in which it was made. */
struct tpm_key {
	uint8_t pub[512]; /* TPM2B_PUBLIC, marshalled */
	size_t pub_len;
	uint8_t priv[TPM_PRIVATE_MAX]; /* TPM2B_PRIVATE, wrapped by the TPM */
	size_t priv_len;
};

/* The endorsement key. cert_len 0: the TPM holds no certificate for it. */
struct tpm_ek {
	uint8_t pub[512]; /* TPM2B_PUBLIC, marshalled */
	size_t pub_len;
	uint8_t cert[TPM_EK_CERT_MAX]; /* DER */
	size_t cert_len;
	const char *kind; /* "ECC P-256", "ECC P-384" or "RSA 2048" */
};

struct tpm; /* safe to share between threads */

/*
 * tcti: "device:/dev/tpmrm0" or "swtpm:path=SOCKET" ("swtpm:host=H,port=P").
 * No other: a name is never taken for a library to be loaded. Needs the TPM
 * to answer. NULL: failed.
 */
struct tpm *tpm_open(const char *tcti, struct err *);
void tpm_close(struct tpm *); /* leaves the TPM empty; NULL is fine */

/* Is it there and working? */
int tpm_ping(struct tpm *, struct err *);

/*
 * A new P-256 signing key under the deterministic storage primary: fixedTPM,
 * fixedParent, sensitiveDataOrigin, userWithAuth, noDA, sign, not restricted.
 */
int tpm_key_create(struct tpm *, struct tpm_key *, struct err *);
/* One that can only agree on secrets: decrypt instead of sign, ECDH. */
int tpm_key_create_agree(struct tpm *, struct tpm_key *, struct err *);
/*
 * TPM2_ECDH_ZGen: x of point times the key's private half. EACCES: the point is
 * not on the curve, or the key is not of that kind. The secret crosses the bus
 * in the clear, as the plaintext would that it opens: who sits there has the
 * unit's memory anyway.
 */
#define TPM_AGREED_LEN 32
int tpm_key_agree(struct tpm *, const struct tpm_key *,
    const uint8_t point[KEY_POINT_LEN], uint8_t secret[TPM_AGREED_LEN],
    struct err *);
/* Its public point, for key_new(). Asks no TPM. */
int tpm_key_point(
    const struct tpm_key *, uint8_t point[KEY_POINT_LEN], struct err *);
/*
 * ECDSA over a SHA-256 digest. EKEYREJECTED in e->code: this TPM did not make
 * the key (another TPM, or it was cleared). The two keys used last stay
 * loaded.
 */
int tpm_key_sign(struct tpm *, const struct tpm_key *,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *);

/*
 * The endorsement key and, from NV, its certificate: the first of P-256,
 * P-384, RSA 2048 whose certificate is there and names that very key; without
 * any certificate, the P-256 one (TCG EK Credential Profile, template L-2),
 * else RSA (L-1). May take many seconds on hardware.
 */
int tpm_ek(struct tpm *, struct tpm_ek *, struct err *);

/*
 * TPM2_ActivateCredential: opens what makecred() sealed to this EK and to the
 * Name of this key. blob and seed are marshalled TPM2Bs. secret_len: bytes
 * written. EACCES: made for another key or another TPM.
 */
int tpm_activate(struct tpm *, const struct tpm_key *, const uint8_t *blob,
    size_t blob_len, const uint8_t *seed, size_t seed_len,
    uint8_t secret[TPM_SECRET_MAX], size_t *secret_len, struct err *);

/*
 * The persistent objects (0x81......), which are others': nothing here makes
 * one, changes one or evicts one.
 */
#define TPM_HANDLES_MAX 64
#define TPM_NAME_BYTES  66 /* algorithm and SHA-512 */
struct tpm_handle {
	uint32_t handle;
	char kind[16];                     /* "ECC key", "RSA storage", ... */
	char name[2 * TPM_NAME_BYTES + 1]; /* hex of its Name */
};
int tpm_handles(struct tpm *, struct tpm_handle *out, size_t max, size_t *count,
    struct err *);

#endif
