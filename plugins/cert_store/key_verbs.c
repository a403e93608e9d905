/* SPDX-License-Identifier: MIT */
/*
 * The verbs that make and use a key: key.create, csr, ek, activate, unwrap,
 * sign. None of them ever says a private key.
 */
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "charging_verbs.h"
#include "digest.h"
#include "sealed.h"
#include "tpm_public.h"

#define BLOB_MAX 600 /* bytes of a TPM2B_ID_OBJECT or an encrypted seed */

static int
say_public(struct ask *a, struct err *e)
{
	const struct tpm_key *k = &a->held.tpm;
	uint8_t name[TPM_NAME_MAX];
	struct tpm_public pub;
	size_t n;

	if (tpm_public_parse(k->pub, k->pub_len, &pub, e) == -1 ||
	    tpm_public_name(&pub, name, &n, e) == -1 ||
	    say_hex(a, "public", k->pub, k->pub_len, e) == -1)
		return -1;
	return say_hex(a, "name", name, n, e);
}

static int
make_key(struct ask *a, struct err *e)
{
	const struct ingot_host *host = a->s->host;

	if (keys_create(a->s, a->purpose, &a->held, e) == -1 ||
	    vault_put(a->s->state, a->purpose, &a->held, e) == -1)
		return -1;
	host->event(host, "KeyCreated", "%s key for %s",
	    origin_name(a->held.origin), a->purpose);
	return 0;
}

/*
 * A pending key that this TPM does not know (it was cleared, or the disk moved)
 * has served for nothing yet and would block every enrolment; nor does one in
 * a file stay, when the unit has a TPM. The active key is never given up here.
 */
static bool
stale(struct ask *a)
{
	static const uint8_t digest[KEY_DIGEST_LEN] = "still usable?";
	uint8_t sig[KEY_SIG_LEN];
	struct err e = { .code = 0 };

	if (strstr(a->purpose, DOC_PENDING) == NULL)
		return false;
	if (a->held.origin == ORIGIN_SOFTWARE)
		return store_has_tpm(a->s);
	return keys_sign(a->s, &a->held, digest, sig, &e) == -1 &&
	    e.code == EKEYREJECTED;
}

/* 0: it is in a->held; -1 with ENOENT: one is to be made. */
static int
have_key(struct ask *a, bool replace, struct err *e)
{
	e->code = ENOENT;
	if (replace || vault_get(a->s->state, a->purpose, &a->held, e) == -1)
		return -1;
	if (!stale(a))
		return 0;
	held_free(&a->held);
	return err_set(e, ENOENT, "key %s cannot be used", a->purpose);
}

int
verb_create(struct ask *a, struct err *e)
{
	json_t *replace = json_object_get(a->q, "replace");
	int rc;

	if (replace != NULL && !json_is_boolean(replace))
		return err_set(e, EBADMSG, "replace: true or false");
	rc = have_key(a, json_is_true(replace), e);
	if (rc == -1 && e->code == ENOENT)
		rc = make_key(a, e);
	if (rc == -1 || say_text(a, "purpose", a->purpose, e) == -1 ||
	    say_key(a, e) == -1)
		return -1;
	return a->held.origin == ORIGIN_TPM ? say_public(a, e) : 0;
}

int
verb_csr(struct ask *a, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	const char *cn;

	if (json_str(a->q, "cn", X509_CN_MAX, &cn, e) == -1 ||
	    keys_csr(a->s, &a->held, cn, &pem, e) == -1 ||
	    vault_put_cn(a->s->state, a->purpose, cn, e) == -1)
		return -1;
	return say_bytes(a, "csr", &pem, e);
}

int
verb_ek(struct ask *a, struct err *e)
{
	struct tpm *tpm = store_tpm(a->s, e);
	own_str char *cert = NULL;
	struct tpm_ek ek;

	if (tpm == NULL || tpm_ek(tpm, &ek, e) == -1 ||
	    say_hex(a, "ek_public", ek.pub, ek.pub_len, e) == -1)
		return -1;
	if (ek.cert_len == 0)
		return 0;
	if ((cert = base64_encode(ek.cert, ek.cert_len)) == NULL)
		return err_sys(e, "answer");
	return say_text(a, "ek_certificate", cert, e);
}

int
verb_activate(struct ask *a, struct err *e)
{
	uint8_t blob[BLOB_MAX], seed[BLOB_MAX], key[TPM_SECRET_MAX];
	long blob_len, seed_len;
	struct tpm *tpm;
	size_t n;
	int rc;

	if (a->held.origin != ORIGIN_TPM)
		return err_set(
		    e, EINVAL, "key %s is in a file: unwrap it", a->purpose);
	blob_len = asked_hex(a, "blob", blob, sizeof(blob), e);
	if (blob_len == -1)
		return -1;
	seed_len = asked_hex(a, "secret", seed, sizeof(seed), e);
	if (seed_len == -1 || (tpm = store_tpm(a->s, e)) == NULL ||
	    tpm_activate(tpm, &a->held.tpm, blob, (size_t)blob_len, seed,
		(size_t)seed_len, key, &n, e) == -1)
		return -1;
	rc = say_hex(a, "key", key, n, e);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
verb_unwrap(struct ask *a, struct err *e)
{
	uint8_t point[SEALED_POINT_LEN], key[SEALED_KEY_LEN];
	int rc;

	if (a->held.origin != ORIGIN_SOFTWARE)
		return err_set(
		    e, EINVAL, "key %s is in the TPM: activate it", a->purpose);
	if (asked_hex(a, "point", point, sizeof(point), e) != sizeof(point))
		return err_set(e, EBADMSG, "point: %d bytes in hexadecimal",
		    SEALED_POINT_LEN);
	if (sealed_unwrap(a->held.soft, point, key, e) == -1)
		return -1;
	rc = say_hex(a, "key", key, sizeof(key), e);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

/* For the agent alone, which shows it the point of an encrypted bundle. */
int
verb_agree(struct ask *a, struct err *e)
{
	uint8_t point[KEY_POINT_LEN], secret[TPM_AGREED_LEN];
	int rc;

	if (asked_hex(a, "point", point, sizeof(point), e) != sizeof(point))
		return err_set(e, EBADMSG, "point: %d bytes in hexadecimal",
		    KEY_POINT_LEN);
	if (keys_agree(a->s, &a->held, point, secret, e) == -1)
		return -1;
	rc = say_hex(a, "secret", secret, sizeof(secret), e);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* For the certificate that bundles are encrypted to; it needs no CSR, and a
 * key that only agrees could sign none. */
int
verb_public(struct ask *a, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_pkey EVP_PKEY *key = key_public(a->held.point, e);
	BIO *bio = key == NULL ? NULL : BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1) {
		BIO_free(bio);
		return err_ssl(e, "public key");
	}
	n = BIO_get_mem_data(bio, &text);
	bytes_add(&pem, text, (size_t)n);
	BIO_free(bio);
	return say_key(a, e) == -1 ? -1 : say_bytes(a, "pem", &pem, e);
}

/* What others keep in this TPM for good. */
int
verb_handles(struct ask *a, struct err *e)
{
	struct tpm_handle found[TPM_HANDLES_MAX];
	struct tpm *tpm = store_tpm(a->s, e);
	json_t *list = json_array();
	char number[16];
	size_t n;

	if (say(a, "handles", list, e) == -1 || tpm == NULL ||
	    tpm_handles(tpm, found, TPM_HANDLES_MAX, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(
		    number, sizeof(number), "0x%08x", found[i].handle);
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "handle", number, "kind",
			    found[i].kind, "name", found[i].name)) == -1)
			return err_set(e, ENOMEM, "out of memory");
	}
	return 0;
}

int
verb_sign(struct ask *a, struct err *e)
{
	uint8_t digest[KEY_DIGEST_LEN], sig[KEY_SIG_LEN];
	long n = asked_hex(a, "digest", digest, sizeof(digest), e);

	if (n == -1)
		return -1;
	if (n != sizeof(digest))
		return err_set(e, EBADMSG, "digest of %ld bytes", n);
	if ((charging_purpose(a)
		    ? charging_sign(a, digest, sig, e)
		    : keys_sign(a->s, &a->held, digest, sig, e)) == -1)
		return -1;
	return say_hex(a, "sig", sig, sizeof(sig), e);
}
