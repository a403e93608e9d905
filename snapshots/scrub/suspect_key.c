/* SPDX-License-Identifier: MIT */
/*
 * Private keys, told by what they are and not by what their file is called:
 * frames around base64, DER, and the key stores of Java and of PKCS #12.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <string.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Larger ones are no single key, and a guess should cost little. */
#define DER_MAX (1024 * 1024)

/* How the frame begins, and what its first line then holds. */
static const struct {
	const char *begin;
	const char *label;
} frames[] = {
	{ "-----BEGIN ", "PRIVATE KEY" },
	{ "-----BEGIN ", "OpenVPN Static key" },
	{ "-----BEGIN ", "OpenVPN tls-crypt-v2" },
	{ "---- BEGIN ", "PRIVATE KEY" }, /* RFC 4716 */
	{ "PuTTY-User-Key-File-", ":" },
};

/* The first frame of this kind, or stop. */
static const char *
frame(const char *p, const char *stop, size_t i)
{
	const size_t n = strlen(frames[i].begin);
	size_t left;

	while (
	    (p = memmem(p, (size_t)(stop - p), frames[i].begin, n)) != NULL) {
		left = (size_t)(stop - p) - n;
		if (memmem(p + n, left < 48 ? left : 48, frames[i].label,
			strlen(frames[i].label)) != NULL)
			return p;
		p += n;
	}
	return stop;
}

long
suspect_private_key(const char *text, size_t len)
{
	const char *stop = text + len, *first = stop, *p;

	for (size_t i = 0; i < LENGTH(frames); i++)
		if ((p = frame(text, stop, i)) < first)
			first = p;
	return first == stop ? -1 : first - text;
}

static bool
der_key(const unsigned char *p, long len)
{
	const unsigned char *at = p;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, len);
	bool found = key != NULL;

	EVP_PKEY_free(key);
	return found;
}

static bool
der_pkcs12(const unsigned char *p, long len)
{
	const unsigned char *at = p;
	PKCS12 *store = d2i_PKCS12(NULL, &at, len);
	bool found = store != NULL;

	PKCS12_free(store);
	return found;
}

/* PKCS #8 under a password: an algorithm for passwords, and octets. */
static bool
der_encrypted(const unsigned char *p, long len)
{
	const unsigned char *at = p;
	X509_SIG *sig = d2i_X509_SIG(NULL, &at, len);
	const X509_ALGOR *algorithm = NULL;
	bool found = false;

	if (sig != NULL) {
		X509_SIG_get0(sig, &algorithm, NULL);
		found = EVP_PBE_find(EVP_PBE_TYPE_OUTER,
			    OBJ_obj2nid(algorithm->algorithm), NULL, NULL,
			    NULL) == 1;
	}
	X509_SIG_free(sig);
	return found;
}

bool
suspect_key_store(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	bool found;

	if (len >= 8 &&
	    (memcmp(p, "\xfe\xed\xfe\xed", 4) == 0 ||
		memcmp(p, "\xce\xce\xce\xce", 4) == 0))
		return true; /* JKS, JCEKS */
	if (len < 16 || len > DER_MAX || p[0] != 0x30)
		return false;
	found = der_key(p, (long)len) || der_pkcs12(p, (long)len) ||
	    der_encrypted(p, (long)len);
	ERR_clear_error();
	return found;
}
