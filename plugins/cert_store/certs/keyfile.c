/* SPDX-License-Identifier: MIT */
/*
 * Key files are read for one thing: which certificate they belong to. Nothing
 * of a private key stays in memory after that, and no error text tells of it.
 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include <string.h>

#include "keyfile.h"
#include "tpm_public.h"
#include "x509.h"

/* Asks nobody: a pass phrase is never typed at a daemon. */
static int
give_word(char *buf, int size, int rwflag, void *ctx)
{
	const char *word = ctx;
	size_t n = word == NULL ? 0 : strlen(word);

	(void)rwflag;
	/* An empty word is none. */
	if (n == 0 || n > (size_t)size)
		return -1;
	memcpy(buf, word, n);
	return (int)n;
}

bool
keyfile_hash_spki(const void *der, size_t len, uint8_t out[static 32])
{
	const unsigned char *p = der, *bits;
	X509_PUBKEY *info = d2i_X509_PUBKEY(NULL, &p, (long)len);
	int n;
	bool ok = info != NULL &&
	    X509_PUBKEY_get0_param(NULL, &bits, &n, NULL, info) == 1 &&
	    EVP_Digest(bits, (size_t)n, out, NULL, EVP_sha256(), NULL) == 1;

	X509_PUBKEY_free(info);
	ERR_clear_error();
	return ok;
}

/*
 * TPMKey ::= SEQUENCE { type OID, [0] .. [n] OPTIONAL, parent INTEGER, pubkey
 * OCTET STRING (a TPM2B_PUBLIC), privkey OCTET STRING }: the first octet
 * string, and it may hold the size in front once or twice.
 */
static EVP_PKEY *
read_tss2_der(const unsigned char *p, long len)
{
	const unsigned char *end;
	struct tpm_public pub;
	struct err ignored;
	int tag, class;
	long n;

	if ((ASN1_get_object(&p, &n, &tag, &class, len) & 0x80) != 0 ||
	    tag != V_ASN1_SEQUENCE)
		return NULL;
	for (end = p + n; p < end; p += n) {
		if ((ASN1_get_object(&p, &n, &tag, &class, end - p) & 0x81) !=
		    0)
			return NULL;
		if (class == V_ASN1_UNIVERSAL && tag == V_ASN1_OCTET_STRING)
			return tpm_public_parse(p, (size_t)n, &pub, &ignored) ==
				0
			    ? tpm_public_key(&pub, &ignored)
			    : NULL;
	}
	return NULL;
}

static EVP_PKEY *
read_tss2(BIO *bio)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *key = NULL;
	long n;

	if (PEM_read_bio(bio, &name, &header, &der, &n) == 1 &&
	    strcmp(name, "TSS2 PRIVATE KEY") == 0)
		key = read_tss2_der(der, n);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return key;
}

static EVP_PKEY *
read_key(const char *pem, size_t len, const char *word)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = NULL;
	char *given = word == NULL ? NULL : strdup(word);

	if (bio != NULL &&
	    memmem(pem, len, "BEGIN TSS2 PRIVATE KEY", 22) != NULL)
		key = read_tss2(bio);
	else if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, give_word, given);
	if (given != NULL)
		OPENSSL_cleanse(given, strlen(given));
	free(given);
	BIO_free(bio);
	return key;
}

bool
keyfile_hash(
    const char *pem, size_t len, const char *word, uint8_t out[static 32])
{
	own_pkey EVP_PKEY *key = read_key(pem, len, word);
	unsigned char *der = NULL;
	int n = key == NULL ? -1 : i2d_PUBKEY(key, &der);
	bool ok = n > 0 && keyfile_hash_spki(der, (size_t)n, out);

	OPENSSL_free(der);
	ERR_clear_error();
	return ok;
}
