/* SPDX-License-Identifier: MIT */
#ifndef TEST_OCPP_KEYFILE_H
#define TEST_OCPP_KEYFILE_H

/*
 * The certificate store's part in a bridge that runs alone: one leaf for the
 * CSMS and its P-256 key, from PEM files. It answers certs.leaf and signs;
 * everything else it refuses. In a unit the key is in the TPM.
 */
#include <jansson.h>

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "own.h"
#include "x509.h"

struct keyfile {
	char *chain, *key; /* paths */
};

static inline json_t *
keyfile_leaf(const struct keyfile *k, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	uint8_t hash[EVP_MAX_MD_SIZE];
	char print[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;
	X509 *leaf;
	BIO *b;

	if (file_read(AT_FDCWD, k->chain, 65536, &pem, e) == -1)
		return NULL;
	b = BIO_new_mem_buf(pem.p, (int)pem.len);
	leaf = PEM_read_bio_X509(b, NULL, NULL, NULL);
	BIO_free(b);
	if (leaf == NULL || X509_digest(leaf, EVP_sha256(), hash, &len) != 1)
		return (void)err_ssl(e, "%s", k->chain), NULL;
	X509_free(leaf);
	hex_encode(hash, len, print);
	return json_pack("{s:s, s:s%, s:{s:s, s:s}}", "result", "Accepted",
	    "chain", pem.p, pem.len, "certificate", "fingerprint", print,
	    "state", "in use");
}

static inline json_t *
keyfile_certs(
    const struct keyfile *k, const char *verb, json_t *question, struct err *e)
{
	json_decref(question);
	if (k->chain != NULL && strcmp(verb, "certs.leaf") == 0)
		return keyfile_leaf(k, e);
	return (void)err_set(e, ENOTSUP, "%s: no certificate store", verb),
	       NULL;
}

/* r and s, 32 bytes each. */
static inline int
keyfile_sign(const struct keyfile *k, const uint8_t digest[32], uint8_t sig[64])
{
	FILE *f = k->key == NULL ? NULL : fopen(k->key, "re");
	EVP_PKEY *key =
	    f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, NULL, NULL);
	EVP_PKEY_CTX *c = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *s = NULL;
	int rc = -1;

	if (f != NULL)
		(void)fclose(f);
	if (c != NULL && EVP_PKEY_sign_init(c) == 1 &&
	    EVP_PKEY_sign(c, der, &len, digest, 32) == 1)
		s = d2i_ECDSA_SIG(NULL, &p, (long)len);
	if (s != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, 32) == 32 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + 32, 32) == 32)
		rc = 0;
	ECDSA_SIG_free(s);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	return rc;
}

#endif
