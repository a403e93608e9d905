/* SPDX-License-Identifier: MIT */
/*
 * Key references: the file that stands for a key that is elsewhere. OpenSSL's
 * PEM reader meets an object identifier it does not know, finds the decoder
 * that was registered for it, and so SSL_CTX_use_PrivateKey_file(), and Paho
 * on top of it, need not know that this is no common key.
 *
 * The file holds nothing secret and gives no right: whoever copies it has a
 * public key and a word. It does not say which TPM or which process signs.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP_PKEY_asn1_*, for OpenSSL 3 */
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <string.h>

#include "key.h"
#include "key_ref.h"
#include "x509.h"

/* An arc of our own below joint-iso-itu-t(2) uuid(25), ITU-T X.667: nobody
 * needs to be asked for it. */
#define OID     "2.25.331601804231832397726078428470008835138"
#define VERSION 1

static int nid;

bool
key_purpose_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return n >= 1 && n <= KEY_PURPOSE_MAX && s[n] == '\0' && s[0] >= 'a' &&
	    s[0] <= 'z';
}

int
key_ref_parse(const uint8_t *p, size_t len, struct key_ref *ref, struct err *e)
{
	const size_t head = 1 + KEY_POINT_LEN;

	if (len <= head || len > head + KEY_PURPOSE_MAX)
		return err_set(e, EBADMSG, "key reference of %zu bytes", len);
	if (p[0] != VERSION)
		return err_set(e, EBADMSG, "key reference of version %u", p[0]);
	memcpy(ref->point, p + 1, KEY_POINT_LEN);
	memcpy(ref->purpose, p + head, len - head);
	ref->purpose[len - head] = '\0';
	if (strlen(ref->purpose) != len - head || !key_purpose_ok(ref->purpose))
		return err_set(e, EBADMSG, "key reference without purpose");
	return 0;
}

/* The reader has made a key of our kind; it becomes an EC key, and with that
 * everything OpenSSL knows about EC keys applies. */
static int
become(EVP_PKEY *key, const struct key_ref *ref, struct err *e)
{
	own_pkey EVP_PKEY *made = key_new(ref->purpose, ref->point, e);

	if (made == NULL)
		return -1;
	if (EVP_PKEY_set1_EC_KEY(
		key, (EC_KEY *)(uintptr_t)EVP_PKEY_get0_EC_KEY(made)) != 1)
		return err_ssl(e, "key %s", ref->purpose);
	return 0;
}

static int
priv_decode(EVP_PKEY *key, const PKCS8_PRIV_KEY_INFO *p8)
{
	const unsigned char *p;
	int len;
	struct key_ref ref;
	struct err e = { 0 };

	if (PKCS8_pkey_get0(NULL, &p, &len, NULL, p8) != 1)
		return 0;
	if (key_ref_parse(p, (size_t)len, &ref, &e) == 0 &&
	    become(key, &ref, &e) == 0)
		return 1;
	ERR_raise_data(
	    ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT, "%s", e.text);
	return 0;
}

int
key_ref_register(void)
{
	EVP_PKEY_ASN1_METHOD *m;

	nid = OBJ_create(OID, "ingot-key", "Ingot key reference");
	if (nid == NID_undef)
		return -1;
	m = EVP_PKEY_asn1_new(nid, 0, "INGOT", "Ingot key reference");
	if (m == NULL)
		return -1;
	EVP_PKEY_asn1_set_private(m, priv_decode, NULL, NULL);
	if (EVP_PKEY_asn1_add0(m) == 1)
		return 0;
	EVP_PKEY_asn1_free(m);
	return -1;
}

/* NULL parameters, as the AlgorithmIdentifier of a key without any. penc goes
 * to the structure when it was taken. */
static PKCS8_PRIV_KEY_INFO *
p8_of(const char *purpose, const uint8_t point[KEY_POINT_LEN])
{
	int len = 1 + KEY_POINT_LEN + (int)strlen(purpose);
	PKCS8_PRIV_KEY_INFO *p8 = PKCS8_PRIV_KEY_INFO_new();
	unsigned char *p = OPENSSL_malloc((size_t)len);

	if (p8 != NULL && p != NULL) {
		p[0] = VERSION;
		memcpy(p + 1, point, KEY_POINT_LEN);
		memcpy(p + 1 + KEY_POINT_LEN, purpose, strlen(purpose));
		if (PKCS8_pkey_set0(p8, OBJ_nid2obj(nid), 0, V_ASN1_NULL, NULL,
			p, len) == 1)
			return p8;
	}
	OPENSSL_free(p);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return NULL;
}

int
key_ref_pem(const char *purpose, const uint8_t point[KEY_POINT_LEN],
    struct bytes *out, struct err *e)
{
	own_pkey EVP_PKEY *checked = key_new(purpose, point, e);
	PKCS8_PRIV_KEY_INFO *p8;
	BIO *bio;
	char *text;
	long n = 0;

	if (checked == NULL)
		return -1;
	p8 = p8_of(purpose, point);
	bio = BIO_new(BIO_s_mem());
	if (p8 != NULL && bio != NULL &&
	    PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, p8) == 1) {
		n = BIO_get_mem_data(bio, &text);
		bytes_add(out, text, (size_t)n);
	}
	PKCS8_PRIV_KEY_INFO_free(p8);
	(void)BIO_free(bio);
	if (n <= 0)
		return err_ssl(e, "key reference %s", purpose);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}
