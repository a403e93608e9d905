/* SPDX-License-Identifier: MIT */
#ifndef TEST_STORES_H
#define TEST_STORES_H

/*
 * Private keys in DER and in key stores: no text, so no line and no name by
 * which to find them. The key follows from the dice; salts do not.
 */
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "dice.h"
#include "dress.h"

typedef void store_fn(struct dice *, EVP_PKEY *, struct bytes *);

/* RFC 5915: a scalar and its curve; the point is left to the reader. */
static inline void
store_sec1(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	char scalar[32];

	(void)key;
	for (size_t i = 0; i < sizeof(scalar); i++)
		scalar[i] = (char)(roll(d) | 1);
	scalar[0] = 0x42; /* below the order of the curve */
	bytes_add(o, "\x30\x31\x02\x01\x01\x04\x20", 7);
	bytes_add(o, scalar, sizeof(scalar));
	bytes_add(o, "\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 12);
}

static inline EVP_PKEY *
store_key(struct dice *d)
{
	own_bytes struct bytes der = { 0 };
	const unsigned char *p;
	EVP_PKEY *key;

	store_sec1(d, NULL, &der);
	p = (const unsigned char *)der.p;
	key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	assert(key != NULL);
	return key;
}

static inline void
store_add(struct bytes *o, unsigned char *der, int len)
{
	assert(len > 0);
	bytes_add(o, der, (size_t)len);
	OPENSSL_free(der);
}

static inline void
store_pkcs8(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;

	(void)d;
	store_add(o, der, i2d_PKCS8_PRIV_KEY_INFO(info, &der));
	PKCS8_PRIV_KEY_INFO_free(info);
}

static inline void
store_encrypted(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *sig =
	    PKCS8_encrypt(-1, EVP_aes_128_cbc(), "pw", 2, NULL, 0, 1, info);
	unsigned char *der = NULL;

	(void)d;
	store_add(o, der, i2d_X509_SIG(sig, &der));
	X509_SIG_free(sig);
	PKCS8_PRIV_KEY_INFO_free(info);
}

static inline void
store_pkcs12(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	PKCS12 *store =
	    PKCS12_create("changeit", "a", key, NULL, NULL, 0, 0, 1, 1, 0);
	unsigned char *der = NULL;

	(void)d;
	store_add(o, der, i2d_PKCS12(store, &der));
	PKCS12_free(store);
}

/* Version 2, one entry, a key called "a"; the rest is noise to who has no
 * password. */
static inline void
store_java(struct dice *d, const char *magic, struct bytes *o)
{
	bytes_add(o, magic, 4);
	bytes_add(o, "\0\0\0\2\0\0\0\1\0\0\0\1\0\1a", 15);
	for (size_t i = 0; i < 90; i++)
		bytes_add(o, &(char){ (char)roll(d) }, 1);
}

static inline void
store_jks(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	(void)key;
	store_java(d, "\xfe\xed\xfe\xed", o);
}

static inline void
store_jceks(struct dice *d, EVP_PKEY *key, struct bytes *o)
{
	(void)key;
	store_java(d, "\xce\xce\xce\xce", o);
}

static const struct {
	const char *kind;
	store_fn *write;
} stores[] = {
	{ "SEC 1", store_sec1 },
	{ "PKCS #8", store_pkcs8 },
	{ "PKCS #8, encrypted", store_encrypted },
	{ "PKCS #12", store_pkcs12 },
	{ "JKS", store_jks },
	{ "JCEKS", store_jceks },
};

#define STORES (sizeof(stores) / sizeof(stores[0]))

static inline void
store_file(struct dice *d, size_t i, struct bytes *o)
{
	EVP_PKEY *key = store_key(d);

	stores[i].write(d, key, o);
	EVP_PKEY_free(key);
	assert(!o->bad);
}

/* One that means something for what is no text. */
static inline size_t
store_dress(struct dice *d)
{
	size_t dress;

	do
		dress = upto(d, DRESSES);
	while (dresses[dress].text);
	return dress;
}

#endif
