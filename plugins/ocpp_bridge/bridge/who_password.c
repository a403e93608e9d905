/* SPDX-License-Identifier: MIT */
/*
 * Passwords of charge points at rest and in proof. A proper key has 16 random
 * bytes or more and needs no stretching; people choose others, so 10,000 rounds
 * make guessing from a stolen record ten thousand times dearer. More would let
 * 200 charge points that come back after a power cut keep a small gateway busy
 * for minutes (10 to 40 ms each on its one core); it runs in the crew, so that
 * nobody else waits for it.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <errno.h>
#include <string.h>

#include "digest.h"
#include "who.h"

#define KEY_HEX_MIN 32
#define KEY_HEX_MAX 40

static int
stretch(const uint8_t *p, size_t len, const uint8_t salt[16], uint8_t out[32])
{
	return PKCS5_PBKDF2_HMAC((const char *)p, (int)len, salt, 16,
	    WHO_ROUNDS, EVP_sha256(), 32, out);
}

/* Of unequal length too: their digests are compared. */
static bool
same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	uint8_t x[SHA256_LEN], y[SHA256_LEN];

	(void)SHA256(a, a_len, x);
	(void)SHA256(b, b_len, y);
	return CRYPTO_memcmp(x, y, sizeof(x)) == 0;
}

static bool
plain_fits(const struct who_proof *p)
{
	size_t len = strlen(p->plain);
	uint8_t key[KEY_HEX_MAX / 2];
	bool hex, text, decoded;
	long n = -1;

	if (len >= KEY_HEX_MIN && len <= KEY_HEX_MAX)
		n = hex_decode(p->plain, key, sizeof(key));
	hex = n > 0;
	text = same(p->given, p->given_len, (const uint8_t *)p->plain, len);
	decoded = same(p->given, p->given_len, key, hex ? (size_t)n : 0);
	OPENSSL_cleanse(key, sizeof(key));
	return (text | (decoded & hex)) & (len > 0);
}

void
who_prove(struct who_proof *p)
{
	uint8_t out[32];
	bool plain = plain_fits(p), hashed;

	/* Always: time is not to tell who has a password. */
	hashed = stretch(p->given, p->given_len, p->salt, out) == 1 &&
	    CRYPTO_memcmp(out, p->hash, sizeof(out)) == 0;
	p->good = (plain | (hashed & p->has_hash)) & (p->given_len > 0);
	OPENSSL_cleanse(p->given, sizeof(p->given));
	OPENSSL_cleanse(p->plain, sizeof(p->plain));
	OPENSSL_cleanse(out, sizeof(out));
}

int
who_password_is(
    struct charger *c, const uint8_t *password, size_t len, struct err *e)
{
	uint8_t salt[sizeof(c->salt)];

	if (len == 0 || len > WHO_PASSWORD_MAX)
		return err_set(e, EINVAL, "a password of %zu bytes", len);
	if (random_bytes(salt, sizeof(salt), e) == -1)
		return -1;
	if (stretch(password, len, salt, c->hash) != 1)
		return err_ssl(e, "PBKDF2");
	memcpy(c->salt, salt, sizeof(salt));
	c->has_hash = true;
	c->changed = true;
	return 0;
}
