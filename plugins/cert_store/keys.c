/* SPDX-License-Identifier: MIT */
/*
 * Where a key is decides here, and nowhere else, who does its work: the TPM, or
 * OpenSSL with the key from its file. A unit with a TPM never gets a key in a
 * file, not even while the TPM does not answer: a fault must not weaken the
 * identity it is going to keep for years.
 */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

OWN_POINTER(ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
#define own_ctx __attribute__((cleanup(own_ctx_free), unused))

bool
store_has_tpm(const struct store *s)
{
	if (strcmp(s->doc.tcti, "none") == 0)
		return false;
	if (strncmp(s->doc.tcti, "device:", 7) != 0)
		return true;
	return access(s->doc.tcti + 7, F_OK) == 0 || errno != ENOENT;
}

struct tpm *
store_tpm(struct store *s, struct err *e)
{
	if (!store_has_tpm(s))
		return (void)err_set(
			   e, ENODEV, "this unit has no TPM (%s)", s->doc.tcti),
		       NULL;
	if (s->tpm == NULL)
		s->tpm = tpm_open(s->doc.tcti, e);
	return s->tpm;
}

static int
create_soft(struct store *s, struct held *h, struct err *e)
{
	if (!s->doc.software_keys)
		return err_set(e, ENODEV,
		    "this unit has no TPM (%s), and its document allows no "
		    "software_keys",
		    s->doc.tcti);
	h->origin = ORIGIN_SOFTWARE;
	if ((h->soft = EVP_EC_gen("P-256")) == NULL)
		return err_ssl(e, "make a key");
	return key_point(h->soft, h->point, e);
}

bool
keys_agrees(const char *purpose)
{
	size_t n = doc_active_len(purpose);

	return n == strlen(DOC_AGREES) && strncmp(purpose, DOC_AGREES, n) == 0;
}

int
keys_create(struct store *s, const char *purpose, struct held *h, struct err *e)
{
	struct tpm *tpm;

	memset(h, 0, sizeof(*h));
	if (!store_has_tpm(s))
		return create_soft(s, h, e);
	h->origin = ORIGIN_TPM;
	if ((tpm = store_tpm(s, e)) == NULL)
		return -1;
	if ((keys_agrees(purpose) ? tpm_key_create_agree(tpm, &h->tpm, e)
				  : tpm_key_create(tpm, &h->tpm, e)) == -1)
		return -1;
	return tpm_key_point(&h->tpm, h->point, e);
}

/* DER, as OpenSSL makes it, to r and s of fixed width. */
static int
raw_signature(const uint8_t *der, size_t n, uint8_t sig[KEY_SIG_LEN])
{
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)n);
	const int half = KEY_SIG_LEN / 2;
	int ok = parts != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(parts), sig, half) == half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(parts), sig + half, half) == half;

	ECDSA_SIG_free(parts);
	return ok ? 0 : -1;
}

static int
sign_soft(EVP_PKEY *key, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[80];
	size_t n = sizeof(der);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, der, &n, digest, KEY_DIGEST_LEN) != 1 ||
	    raw_signature(der, n, sig) == -1)
		return err_ssl(e, "sign");
	return 0;
}

int
keys_sign(struct store *s, const struct held *h,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	struct tpm *tpm;

	if (h->origin == ORIGIN_SOFTWARE)
		return sign_soft(h->soft, digest, sig, e);
	if ((tpm = store_tpm(s, e)) == NULL)
		return -1;
	return tpm_key_sign(tpm, &h->tpm, digest, sig, e);
}

static int
agree_soft(EVP_PKEY *key, const uint8_t point[KEY_POINT_LEN],
    uint8_t secret[TPM_AGREED_LEN], struct err *e)
{
	own_pkey EVP_PKEY *peer = key_public(point, e);
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = TPM_AGREED_LEN;

	if (peer == NULL)
		return -1;
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &n) != 1 || n != TPM_AGREED_LEN)
		return err_ssl(e, "agree on a secret");
	return 0;
}

int
keys_agree(struct store *s, const struct held *h,
    const uint8_t point[KEY_POINT_LEN], uint8_t secret[TPM_AGREED_LEN],
    struct err *e)
{
	struct tpm *tpm;

	if (h->origin == ORIGIN_SOFTWARE)
		return agree_soft(h->soft, point, secret, e);
	if ((tpm = store_tpm(s, e)) == NULL)
		return -1;
	return tpm_key_agree(tpm, &h->tpm, point, secret, e);
}

/* --- CSR: the key as OpenSSL wants it ------------------------------------ */

struct signing {
	struct store *store;
	const struct held *held;
};

static int
sign_csr(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	struct signing *s = ctx;

	(void)purpose;
	return keys_sign(s->store, s->held, digest, sig, e);
}

int
keys_csr(struct store *s, const struct held *h, const char *cn,
    struct bytes *pem, struct err *e)
{
	struct signing ctx = { s, h };
	own_pkey EVP_PKEY *key = key_new("csr", h->point, e);
	int rc;

	if (key == NULL || key_signer_set("csr", sign_csr, &ctx, e) == -1)
		return -1;
	rc = key_csr(key, cn, pem, e);
	key_signer_remove("csr");
	return rc;
}
