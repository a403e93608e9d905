/* SPDX-License-Identifier: MIT */
#ifndef KEY_H
#define KEY_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

/*
 * A private key that is somewhere else: in a TPM, or behind another process.
 * OpenSSL sees an EVP_PKEY (ECDSA, P-256) whose public part is known; only the
 * private operation, digest -> (r, s), goes to a function that this process
 * has installed for the key's purpose ("mqtt"). Digests, verification,
 * certificates and the rest of TLS stay OpenSSL's own.
 *
 * Libraries that want the NAME OF A KEY FILE (Paho) get a key reference: PEM
 * "PRIVATE KEY", PKCS#8 (RFC 5208) with an object identifier of our own, that
 * holds the purpose and the public point and no secret. Reading it gives the
 * EVP_PKEY. key_setup() must have run before the first one is read.
 *
 * Works without a provider on OpenSSL 3.x; OpenSSL 4 has lost the calls that
 * decode the reference, and the build stops there.
 */
#define KEY_PURPOSE_MAX 32 /* characters, [a-z0-9._-], the first a letter */
#define KEY_POINT_LEN   65 /* 04, x, y: SEC 1 section 2.3.3, uncompressed */
#define KEY_DIGEST_LEN  32
#define KEY_SIG_LEN     64   /* r, s, 32 bytes each, big-endian */
#define KEY_REF_MAX     1024 /* bytes of a key reference file */

/*
 * Teaches OpenSSL the key reference, once per process; more calls do nothing.
 * To be called before other threads use OpenSSL (it grows a table that OpenSSL
 * reads without a lock).
 */
int key_setup(struct err *);

/*
 * The private operation: signs the digest with the key of purpose. Called on
 * whichever thread OpenSSL runs, several at a time: it locks for itself. 0, or
 * -1 with the reason, which ends in OpenSSL's error queue (ERR_LIB_USER) as
 * text. Must not call key_signer_remove().
 */
typedef int key_sign_fn(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *);

/*
 * From now on fn(ctx, ...) signs for purpose, in the whole process; replaces
 * the one before, for which it waits as key_signer_remove() does. Any thread.
 * A purpose with a part behind its last dot ("csms.4f2a91c0") that has no
 * signer is signed for by the one before the dot. At most KEY_SIGNERS_MAX
 * purposes. ctx must live until the signer has been removed or replaced.
 */
#define KEY_SIGNERS_MAX 8
int
key_signer_set(const char *purpose, key_sign_fn *fn, void *ctx, struct err *);
/*
 * Signing for purpose fails from now on. Returns when no thread is inside
 * fn(ctx) any more: then ctx may go. Keys of that purpose stay valid objects.
 * A purpose without a signer: nothing to do.
 */
void key_signer_remove(const char *purpose);

/* The key of purpose with this public point; the caller's. Not on the curve, or
 * a bad purpose: NULL. A signer need not be there yet. */
EVP_PKEY *
key_new(const char *purpose, const uint8_t point[KEY_POINT_LEN], struct err *);

/* The public point of any P-256 key; another kind of key is an error. */
int key_point(EVP_PKEY *, uint8_t point[KEY_POINT_LEN], struct err *);
/* A public key (no private operation) from its point; NULL: not on the curve.
 */
EVP_PKEY *key_public(const uint8_t point[KEY_POINT_LEN], struct err *);

/* The key reference as PEM text; out is added to. */
int key_ref_pem(const char *purpose, const uint8_t point[KEY_POINT_LEN],
    struct bytes *out, struct err *);

/*
 * What stands in a key reference: version byte 1, the point, the purpose up to
 * the end. Strict. (For the decoder, and for those who test it.)
 */
struct key_ref {
	char purpose[KEY_PURPOSE_MAX + 1];
	uint8_t point[KEY_POINT_LEN];
};
int key_ref_parse(const uint8_t *, size_t, struct key_ref *, struct err *);

/*
 * A certificate request (PKCS#10) for subject CN=cn, signed SHA-256 with key;
 * adds PEM to out. The parameters of the signature algorithm are absent, as
 * RFC 5758 section 3.2 asks. cn: 1 to X509_CN_MAX of [A-Za-z0-9._-].
 */
int key_csr(EVP_PKEY *, const char *cn, struct bytes *out, struct err *);

#endif
