/* SPDX-License-Identifier: MIT */
/*
 * Where a charging key is made and used. The document decides whether a key may
 * lie in a file at all; the request decides between what the document allows. A
 * TPM that fails is an error and never a reason for a file.
 */
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <string.h>

#include "charging_keys.h"
#include "file.h"
#include "key.h"
#include "tkey.h"
#include "words.h"
#include "x509.h"

#define SIGNER   "charging" /* key.h's name of the one that signs a request */
#define FILE_MAX (64 * 1024)

void
charging_key_free(struct charging_key *k)
{
	if (k->tpm)
		key_signer_remove(SIGNER);
	EVP_PKEY_free(k->key);
	if (k->pem.p != NULL)
		OPENSSL_cleanse(k->pem.p, k->pem.len);
	bytes_free(&k->pem);
	bytes_free(&k->spki);
	memset(k, 0, sizeof(*k));
}

/* --- made ----------------------------------------------------------------- */

static int
add_spki(struct charging_key *k, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k->key, &der);

	if (n < 0)
		return err_ssl(e, "public key");
	bytes_add(&k->spki, der, (size_t)n);
	OPENSSL_free(der);
	return k->spki.bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

struct signing {
	struct store *store;
	struct tpm_key key;
};

static int
sign_request(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	struct signing *s = ctx;
	struct tpm *tpm = store_tpm(s->store, e);

	(void)purpose;
	return tpm == NULL ? -1 : tpm_key_sign(tpm, &s->key, digest, sig, e);
}

static int
make_tpm(struct store *s, struct charging_key *k, struct err *e)
{
	/* One request at a time: the plugin has one thread. */
	static struct signing signing;
	struct tpm *tpm = store_tpm(s, e);
	uint8_t point[KEY_POINT_LEN];

	signing.store = s;
	if (tpm == NULL || tpm_key_create(tpm, &signing.key, e) == -1 ||
	    tpm_key_point(&signing.key, point, e) == -1 ||
	    tkey_write(&signing.key, &k->pem, e) == -1 ||
	    (k->key = key_new(SIGNER, point, e)) == NULL ||
	    key_signer_set(SIGNER, sign_request, &signing, e) == -1)
		return -1;
	k->tpm = true;
	return add_spki(k, e);
}

static int
make_file(enum csr_key kind, struct charging_key *k, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text;
	long n;
	int ok;

	k->key = csr_new_key(kind, e);
	if (k->key == NULL || bio == NULL) {
		BIO_free(bio);
		return -1;
	}
	ok = PEM_write_bio_PKCS8PrivateKey(
		 bio, k->key, NULL, NULL, 0, NULL, NULL) == 1;
	n = BIO_get_mem_data(bio, &text);
	if (ok)
		bytes_add(&k->pem, text, (size_t)n);
	BIO_free(bio);
	return ok && !k->pem.bad ? add_spki(k, e) : err_ssl(e, "write a key");
}

enum certs_result
charging_key_make(struct store *s, const struct csr_options *o,
    struct charging_key *k, struct err *e)
{
	bool tpm = store_has_tpm(s), fits = o->key == CSR_P256;

	if (o->where == CSR_TPM && !tpm)
		return certs_say(e, CERTS_KEY_GEN_ERROR,
		    "provider=tpm2 on a unit without a TPM (%s)", s->doc.tcti);
	if (o->where == CSR_TPM && !fits)
		return certs_say(e, CERTS_POLICY_REFUSED,
		    "%s key in the TPM: plugins sign with P-256 alone, so ask "
		    "for P-256, or for provider=default where software_keys "
		    "is true",
		    csr_key_name(o->key));
	if (o->where != CSR_FILE && tpm && fits)
		return make_tpm(s, k, e) == -1 ? CERTS_KEY_GEN_ERROR
					       : CERTS_ACCEPTED;
	if (!s->doc.software_keys)
		return certs_say(e, CERTS_POLICY_REFUSED,
		    "%s key in a file (software_keys is false)",
		    csr_key_name(o->key));
	return make_file(o->key, k, e) == -1 ? CERTS_KEY_GEN_ERROR
					     : CERTS_ACCEPTED;
}

/* --- used ----------------------------------------------------------------- */

/* OpenSSL's own would ask a terminal. */
static int
give_word(char *buf, int size, int writing, void *ctx)
{
	const char *word = ctx;
	int n = word == NULL ? 0 : (int)strlen(word);

	(void)writing;
	if (n == 0 || n > size)
		return -1;
	memcpy(buf, word, (size_t)n);
	return n;
}

const char *
charging_word(void *store, const char *file)
{
	static char word[WORDS_WORD_MAX + 1];
	struct store *s = store;
	own_bytes struct bytes text = { 0 };
	int fd = s->host->handed(s->host, WORDS_HANDED);
	struct err e;
	int rc = 0;

	if (fd == -1)
		return NULL;
	if (file_read_fd(fd, WORDS_MAX, &text, &e) == -1 ||
	    (rc = words_find(
		 text.p == NULL ? "" : text.p, text.len, file, word, &e)) == -1)
		s->host->log(s->host, "%s", e.text);
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.len);
	return rc == 1 ? word : NULL;
}

static EVP_PKEY *
open_soft(struct store *s, const char *file, const struct bytes *text)
{
	char *word = (char *)(uintptr_t)charging_word(s, file);
	BIO *bio = BIO_new_mem_buf(text->p, (int)text->len);
	EVP_PKEY *key = NULL;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, give_word, word);
	BIO_free(bio);
	if (word != NULL)
		OPENSSL_cleanse(word, strlen(word));
	return key;
}

static int
load(
    struct store *s, const struct certs_entry *l, struct held *h, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	size_t n = strlen(l->key);

	memset(h, 0, sizeof(*h));
	if (file_read(s->charging->root, l->key, FILE_MAX, &text, e) == -1)
		return -1;
	if (n > 5 && strcmp(l->key + n - 5, ".tkey") == 0) {
		h->origin = ORIGIN_TPM;
		return tkey_read(text.p, text.len, &h->tpm, e) == -1
		    ? err_in(e, "%s", l->key)
		    : tpm_key_point(&h->tpm, h->point, e);
	}
	h->origin = ORIGIN_SOFTWARE;
	h->soft = open_soft(s, l->key, &text);
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.len);
	if (h->soft == NULL)
		return err_ssl(e,
		    "%s: not a key, or its pass phrase is not known", l->key);
	return key_point(h->soft, h->point, e) == 0
	    ? 0
	    : err_in(e,
		  "%s: a certificate for a key of --key P-256 is needed here",
		  l->key);
}

int
charging_key_sign(struct store *s, const struct certs_entry *l,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	own_held struct held h = { 0 };

	if (load(s, l, &h, e) == -1)
		return -1;
	return keys_sign(s, &h, digest, sig, e);
}
