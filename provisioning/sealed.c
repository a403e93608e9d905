/* SPDX-License-Identifier: MIT */
/*
 * AES-256-GCM and an ephemeral ECDH, both from OpenSSL. The nonce is random:
 * each K seals one answer, so it can not repeat.
 */
#include <openssl/crypto.h>
#include <openssl/ec.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "key.h"
#include "own.h"
#include "sealed.h"
#include "x509.h"

#define VERSION   1
#define NONCE_LEN 12
#define TAG_LEN   16
#define AAD_MAX   400

OWN_POINTER(cipher, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
OWN_POINTER(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
#define own_cipher   __attribute__((cleanup(own_cipher_free), unused))
#define own_pkey_ctx __attribute__((cleanup(own_pkey_ctx_free), unused))

/* '|' stands in none of the three, so no two triples give the same bytes. */
static int
additional(const struct sealed_for *f, char aad[static AAD_MAX], struct err *e)
{
	int n = snprintf(
	    aad, AAD_MAX, "ingot-sealed-1|%s|%s|%s", f->unit, f->id, f->name);

	return n > 0 && n < AAD_MAX
	    ? n
	    : err_set(e, EINVAL, "sealed answer: names too long");
}

/* The one routine for both directions: begins and feeds the names. */
static int
begin(EVP_CIPHER_CTX *c, int closing, const uint8_t *key, const uint8_t *nonce,
    const struct sealed_for *f, struct err *e)
{
	char aad[AAD_MAX];
	int n, unused;

	if ((n = additional(f, aad, e)) == -1)
		return -1;
	if (c == NULL ||
	    EVP_CipherInit_ex(
		c, EVP_aes_256_gcm(), NULL, key, nonce, closing) != 1 ||
	    EVP_CipherUpdate(c, NULL, &unused, (const uint8_t *)aad, n) != 1)
		return err_ssl(e, "sealed answer");
	return 0;
}

int
sealed_close(const uint8_t key[static SEALED_KEY_LEN],
    const struct sealed_for *f, const void *plain, size_t len,
    struct bytes *out, struct err *e)
{
	own_cipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t box[1 + NONCE_LEN + SEALED_PLAIN_MAX + TAG_LEN];
	uint8_t *text = box + 1 + NONCE_LEN;
	int n, more;

	if (len == 0 || len > SEALED_PLAIN_MAX)
		return err_set(e, EFBIG, "sealed answer of %zu bytes", len);
	box[0] = VERSION;
	if (random_bytes(box + 1, NONCE_LEN, e) == -1 ||
	    begin(c, 1, key, box + 1, f, e) == -1)
		return -1;
	if (EVP_CipherUpdate(c, text, &n, plain, (int)len) != 1 ||
	    EVP_CipherFinal_ex(c, text + n, &more) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) !=
		1)
		return err_ssl(e, "sealed answer");
	bytes_add(out, box, len + SEALED_OVERHEAD);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

int
sealed_open(const uint8_t key[static SEALED_KEY_LEN],
    const struct sealed_for *f, const void *sealed, size_t len,
    struct bytes *out, struct err *e)
{
	own_cipher EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	const uint8_t *box = sealed;
	uint8_t text[SEALED_PLAIN_MAX];
	size_t n = len - SEALED_OVERHEAD;
	int got = 0, more, ok;

	if (len <= SEALED_OVERHEAD || n > sizeof(text) || box[0] != VERSION)
		return err_set(e, EBADMSG, "sealed answer: not of this form");
	if (begin(c, 0, key, box + 1, f, e) == -1)
		return -1;
	ok =
	    EVP_CipherUpdate(c, text, &got, box + 1 + NONCE_LEN, (int)n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN,
		(void *)(box + len - TAG_LEN)) == 1 &&
	    EVP_CipherFinal_ex(c, text + got, &more) == 1;
	if (ok)
		bytes_add(out, text, n);
	OPENSSL_cleanse(text, sizeof(text));
	if (!ok)
		return err_set(e, EACCES,
		    "sealed answer: not for this unit, request and key");
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* Only x enters: both halves compute the same. */
static int
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t key[static SEALED_KEY_LEN],
    struct err *e)
{
	static const char label[] = "ingot-wrap-1";
	own_pkey_ctx EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
	uint8_t in[sizeof(label) - 1 + 32];
	size_t n = 32;
	int rc;

	memcpy(in, label, sizeof(label) - 1);
	if (c == NULL || EVP_PKEY_derive_init(c) != 1 ||
	    EVP_PKEY_derive_set_peer(c, peer) != 1 ||
	    EVP_PKEY_derive(c, in + sizeof(label) - 1, &n) != 1 || n != 32)
		return err_ssl(e, "ECDH");
	rc = sha256(in, sizeof(in), key, e);
	OPENSSL_cleanse(in, sizeof(in));
	return rc;
}

int
sealed_wrap(EVP_PKEY *unit, uint8_t key[static SEALED_KEY_LEN],
    uint8_t point[static SEALED_POINT_LEN], struct err *e)
{
	own_pkey EVP_PKEY *ephemeral = EVP_EC_gen("P-256");

	if (ephemeral == NULL)
		return err_ssl(e, "ephemeral key");
	if (key_point(ephemeral, point, e) == -1)
		return -1;
	return derive(ephemeral, unit, key, e);
}

int
sealed_unwrap(EVP_PKEY *own, const uint8_t point[static SEALED_POINT_LEN],
    uint8_t key[static SEALED_KEY_LEN], struct err *e)
{
	own_pkey EVP_PKEY *peer = key_public(point, e);

	return peer == NULL ? -1 : derive(own, peer, key, e);
}
