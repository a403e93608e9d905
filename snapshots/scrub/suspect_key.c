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

/* So much is searched for every kind of frame at once: what is behind the
 * first one found costs nothing then, however many there are. */
#define STRETCH (8 * 1024)

#define BEGIN   "BEGIN "
#define PUTTY   "PuTTY-User-Key-File-"

/* What stands before BEGIN, and in the rest of its line. */
static const struct {
	const char *before;
	const char *label;
} frames[] = {
	{ "-----", "PRIVATE KEY" }, { "-----", "OpenVPN Static key" },
	{ "-----", "OpenVPN tls-crypt-v2" },
	{ "---- ", "PRIVATE KEY" }, /* RFC 4716 */
};

/* A text that is searched, and where in it. */
struct stretch {
	const char *text;
	const char *p;
	const char *end; /* of the stretch */
	const char *stop;
};

/* The needle that begins in the stretch, or NULL. */
static const char *
begins_in(const struct stretch *s, const char *p, const char *needle)
{
	size_t n = strlen(needle), left = (size_t)(s->stop - p);
	size_t most = (size_t)(s->end - p) + n - 1;

	return memmem(p, left < most ? left : most, needle, n);
}

static bool
is_frame(const struct stretch *s, const char *p)
{
	const size_t before = strlen(frames[0].before);
	const char *rest = p + strlen(BEGIN);
	size_t left = (size_t)(s->stop - rest);

	if ((size_t)(p - s->text) < before)
		return false;
	for (size_t i = 0; i < LENGTH(frames); i++)
		if (memcmp(p - before, frames[i].before, before) == 0 &&
		    memmem(rest, left < 48 ? left : 48, frames[i].label,
			strlen(frames[i].label)) != NULL)
			return true;
	return false;
}

/* The first frame of the stretch, or NULL. */
static const char *
frame(struct stretch *s)
{
	const char *putty = begins_in(s, s->p, PUTTY), *p = s->p;

	if (putty != NULL)
		s->end = putty;
	for (; p < s->end && (p = begins_in(s, p, BEGIN)) != NULL; p++)
		if (is_frame(s, p))
			return p - strlen(frames[0].before);
	return putty;
}

long
suspect_private_key(const char *text, size_t len)
{
	struct stretch s = { text, text, text, text + len };
	const char *found;

	for (; s.p < s.stop; s.p = s.end) {
		s.end = s.stop - s.p > STRETCH ? s.p + STRETCH : s.stop;
		if ((found = frame(&s)) != NULL)
			return found - text;
	}
	return -1;
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
