/* SPDX-License-Identifier: MIT */
/*
 * The EVP_PKEY whose private half is elsewhere. An EC_KEY with a method of our
 * own that replaces nothing but "sign this digest": OpenSSL 3 takes a key with
 * another method for foreign and keeps it off its providers, so the signature
 * is asked for here, while every public operation stays where it was.
 *
 * Promises that a process without the right signer gets an error and never a
 * wrong signature, and that no signer runs after its removal. It does not
 * cache, does not know the TPM, and does not serialize: the signer does.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY_METHOD; no provider does this */
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/opensslv.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "key_ref.h"
#include "x509.h"

#if OPENSSL_VERSION_MAJOR >= 4
#error "OpenSSL 4 cannot decode key references this way: a provider is needed"
#endif

/* One slot of the process-wide table of signers. */
struct signer {
	char purpose[KEY_PURPOSE_MAX + 1]; /* "": free */
	key_sign_fn *fn;
	void *ctx;
	unsigned busy; /* threads inside fn */
	bool leaving;  /* somebody waits for them; no more go in */
};

static struct signer signers[KEY_SIGNERS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EC_KEY_METHOD *method; /* lives as long as the process */
static int purpose_index = -1;

OWN_POINTER(ec, EC_KEY, EC_KEY_free)
#define own_ec __attribute__((cleanup(own_ec_free), unused))

/* --- the table of signers ------------------------------------------------ */

static struct signer *
find(const char *purpose)
{
	for (size_t i = 0; i < KEY_SIGNERS_MAX; i++)
		if (strcmp(signers[i].purpose, purpose) == 0)
			return &signers[i];
	return NULL;
}

/* Other threads may put another signer there while this one waits: it then is
 * their signer that is waited for, and goes too. */
static struct signer *
find_idle(const char *purpose)
{
	struct signer *s;

	while ((s = find(purpose)) != NULL && s->busy > 0) {
		s->leaving = true;
		(void)pthread_cond_wait(&idle, &lock);
	}
	return s;
}

int
key_signer_set(const char *purpose, key_sign_fn *fn, void *ctx, struct err *e)
{
	struct signer *s;

	if (!key_purpose_ok(purpose))
		return err_set(e, EINVAL, "\"%s\" is no key purpose", purpose);
	(void)pthread_mutex_lock(&lock);
	if ((s = find_idle(purpose)) == NULL && (s = find("")) != NULL)
		strcpy(s->purpose, purpose);
	if (s != NULL) {
		s->fn = fn;
		s->ctx = ctx;
		s->leaving = false;
		(void)pthread_cond_broadcast(&idle);
	}
	(void)pthread_mutex_unlock(&lock);
	return s == NULL
	    ? err_set(e, ENOSPC, "more than %d key purposes", KEY_SIGNERS_MAX)
	    : 0;
}

void
key_signer_remove(const char *purpose)
{
	struct signer *s;

	(void)pthread_mutex_lock(&lock);
	if (purpose[0] != '\0' && (s = find_idle(purpose)) != NULL) {
		memset(s, 0, sizeof(*s));
		(void)pthread_cond_broadcast(&idle);
	}
	(void)pthread_mutex_unlock(&lock);
}

/* "csms.4f2a91c0...", one key among those of "csms", has the signer of all of
 * them when it has none of its own. */
static struct signer *
find_for(const char *purpose)
{
	char family[KEY_PURPOSE_MAX + 1];
	struct signer *s = find(purpose);
	char *dot;

	(void)snprintf(family, sizeof(family), "%s", purpose);
	if (s != NULL || (dot = strrchr(family, '.')) == NULL)
		return s;
	*dot = '\0';
	return find(family);
}

/* Runs the signer outside the lock: it may take a second. */
static int
sign_with(const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	struct signer *s, call;
	int rc;

	(void)pthread_mutex_lock(&lock);
	while ((s = find_for(purpose)) != NULL && s->leaving)
		(void)pthread_cond_wait(&idle, &lock);
	if (s != NULL) {
		s->busy++;
		call = *s;
	}
	(void)pthread_mutex_unlock(&lock);
	if (s == NULL)
		return err_set(
		    e, ENOKEY, "nobody here signs with the key %s", purpose);
	rc = call.fn(call.ctx, purpose, digest, sig, e);
	(void)pthread_mutex_lock(&lock);
	if (--s->busy == 0)
		(void)pthread_cond_broadcast(&idle);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

/* --- what OpenSSL calls -------------------------------------------------- */

/* FIPS 186-4 section 6.4: the leftmost bits count; a shorter one is a number
 * with zeros in front. */
static void
fit_digest(const unsigned char *dgst, int len, uint8_t out[KEY_DIGEST_LEN])
{
	size_t n = len < 0 ? 0 : (size_t)len;

	if (n > KEY_DIGEST_LEN)
		n = KEY_DIGEST_LEN;
	memset(out, 0, KEY_DIGEST_LEN);
	memcpy(out + KEY_DIGEST_LEN - n, dgst, n);
}

static ECDSA_SIG *
signature_of(const uint8_t sig[KEY_SIG_LEN])
{
	const int half = KEY_SIG_LEN / 2;
	ECDSA_SIG *out = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, half, NULL);
	BIGNUM *s = BN_bin2bn(sig + half, half, NULL);

	if (out != NULL && r != NULL && s != NULL && !BN_is_zero(r) &&
	    !BN_is_zero(s) && ECDSA_SIG_set0(out, r, s) == 1)
		return out;
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(out);
	return NULL;
}

static ECDSA_SIG *
sign_sig(const unsigned char *dgst, int len, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *ec)
{
	const char *purpose = EC_KEY_get_ex_data(ec, purpose_index);
	uint8_t digest[KEY_DIGEST_LEN], sig[KEY_SIG_LEN];
	ECDSA_SIG *out;
	struct err e = { 0 };

	(void)kinv;
	(void)r;
	fit_digest(dgst, len, digest);
	if (purpose == NULL)
		(void)err_set(&e, EINVAL, "key without a purpose");
	else if (sign_with(purpose, digest, sig, &e) == 0) {
		if ((out = signature_of(sig)) != NULL)
			return out;
		(void)err_set(&e, EPROTO, "key %s: no signature", purpose);
	}
	ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", e.text);
	return NULL;
}

static void
free_purpose(void *parent, void *p, CRYPTO_EX_DATA *ad, int i, long l, void *q)
{
	(void)parent;
	(void)ad;
	(void)i;
	(void)l;
	(void)q;
	OPENSSL_free(p);
}

/* A copied EC_KEY (TLS copies none, others may) needs a purpose of its own. */
static int
dup_purpose(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **p, int i,
    long l, void *q)
{
	(void)to;
	(void)from;
	(void)i;
	(void)l;
	(void)q;
	if (*p == NULL)
		return 1;
	*p = OPENSSL_strdup(*p);
	return *p != NULL;
}

/* sign_setup NULL: a kinv made beforehand would be the private operation. */
static void
setup(void)
{
	int (*sign)(int, const unsigned char *, int, unsigned char *,
	    unsigned int *, const BIGNUM *, const BIGNUM *, EC_KEY *);
	EC_KEY_METHOD *m = EC_KEY_METHOD_new(EC_KEY_OpenSSL());

	if (m == NULL)
		return;
	EC_KEY_METHOD_get_sign(m, &sign, NULL, NULL);
	EC_KEY_METHOD_set_sign(m, sign, NULL, sign_sig);
	EC_KEY_METHOD_set_keygen(m, NULL);
	EC_KEY_METHOD_set_compute_key(m, NULL);
	purpose_index =
	    EC_KEY_get_ex_new_index(0, NULL, NULL, dup_purpose, free_purpose);
	if (purpose_index != -1 && key_ref_register() == 0)
		method = m;
	else
		EC_KEY_METHOD_free(m);
}

int
key_setup(struct err *e)
{
	if (pthread_once(&once, setup) != 0 || method == NULL)
		return err_ssl(e, "OpenSSL takes no key references");
	return 0;
}

/* --- keys ---------------------------------------------------------------- */

static EC_KEY *
ec_of(const uint8_t point[KEY_POINT_LEN])
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);

	if (ec != NULL && point[0] == POINT_CONVERSION_UNCOMPRESSED &&
	    EC_KEY_oct2key(ec, point, KEY_POINT_LEN, NULL) == 1 &&
	    EC_KEY_check_key(ec) == 1)
		return ec;
	EC_KEY_free(ec);
	return NULL;
}

static EVP_PKEY *
wrap(EC_KEY *ec, struct err *e)
{
	EVP_PKEY *key = EVP_PKEY_new();

	if (key != NULL && EVP_PKEY_set1_EC_KEY(key, ec) == 1)
		return key;
	EVP_PKEY_free(key);
	return (void)err_ssl(e, "key"), NULL;
}

static int
give_method(EC_KEY *ec, const char *purpose)
{
	char *own = OPENSSL_strdup(purpose);

	if (own != NULL && EC_KEY_set_method(ec, method) == 1 &&
	    EC_KEY_set_ex_data(ec, purpose_index, own) == 1)
		return 0;
	OPENSSL_free(own);
	return -1;
}

EVP_PKEY *
key_new(const char *purpose, const uint8_t point[KEY_POINT_LEN], struct err *e)
{
	own_ec EC_KEY *ec = NULL;

	if (key_setup(e) == -1)
		return NULL;
	if (!key_purpose_ok(purpose))
		return (void)err_set(
			   e, EINVAL, "\"%s\" is no key purpose", purpose),
		       NULL;
	if ((ec = ec_of(point)) == NULL || give_method(ec, purpose) == -1)
		return (void)err_ssl(e, "key %s", purpose), NULL;
	return wrap(ec, e);
}

EVP_PKEY *
key_public(const uint8_t point[KEY_POINT_LEN], struct err *e)
{
	own_ec EC_KEY *ec = ec_of(point);

	if (ec == NULL)
		return (void)err_ssl(e, "P-256 public key"), NULL;
	return wrap(ec, e);
}

int
key_point(EVP_PKEY *key, uint8_t point[KEY_POINT_LEN], struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der), rc = -1;

	/* SubjectPublicKeyInfo of a P-256 key, RFC 5480: 26 bytes of head that
	 * are always the same, then the point. */
	static const uint8_t head[26] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

	if (n != (int)sizeof(head) + KEY_POINT_LEN ||
	    memcmp(der, head, sizeof(head)) != 0)
		(void)err_set(e, EINVAL, "not an ECDSA P-256 key");
	else {
		memcpy(point, der + sizeof(head), KEY_POINT_LEN);
		rc = 0;
	}
	OPENSSL_free(der);
	ERR_clear_error();
	return rc;
}
