/* SPDX-License-Identifier: MIT */
/*
 * Certificates in and out. Nothing here asks for a pass phrase, follows a URL
 * or trusts the system's anchors.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "x509.h"

OWN_POINTER(bio, BIO, (void)BIO_free)
#define own_bio __attribute__((cleanup(own_bio_free), unused))

void
own_chain_free(STACK_OF(X509) * *chain)
{
	if (*chain != NULL)
		sk_X509_pop_free(*chain, X509_free);
}

/* OpenSSL's own would ask on a terminal, and a daemon would wait there. */
static int
no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

/* Reads one after another; the end is told from an error by the queue. */
static int
read_all(BIO *bio, STACK_OF(X509) * chain, struct err *e)
{
	X509 *x;

	while (
	    (x = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL)) != NULL) {
		if (sk_X509_num(chain) == X509_CHAIN_MAX ||
		    sk_X509_push(chain, x) <= 0) {
			X509_free(x);
			return err_set(e, E2BIG, "more than %d certificates",
			    X509_CHAIN_MAX);
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return err_ssl(e, "certificate %d", sk_X509_num(chain) + 1);
	ERR_clear_error();
	return sk_X509_num(chain) == 0
	    ? err_set(e, EBADMSG, "no PEM certificate in it")
	    : 0;
}

STACK_OF(X509) * x509_chain_parse(const char *pem, size_t len, struct err *e)
{
	own_bio BIO *bio = NULL;
	STACK_OF(X509) *chain = sk_X509_new_null();

	if (len > X509_PEM_MAX)
		(void)err_set(e, EFBIG, "larger than %d bytes", X509_PEM_MAX);
	else if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL ||
	    chain == NULL)
		(void)err_ssl(e, "certificates");
	else if (read_all(bio, chain, e) == 0)
		return chain;
	own_chain_free(&chain);
	return NULL;
}

STACK_OF(X509) * x509_chain_read(const char *path, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	STACK_OF(X509) *chain = NULL;

	if (file_read(AT_FDCWD, path, X509_PEM_MAX, &pem, e) == 0 &&
	    (chain = x509_chain_parse(pem.p, pem.len, e)) == NULL)
		(void)err_in(e, "%s", path);
	return chain;
}

EVP_PKEY *
x509_key_read(const char *path, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	own_bio BIO *bio = NULL;
	EVP_PKEY *key;

	if (file_read(AT_FDCWD, path, X509_PEM_MAX, &pem, e) == -1)
		return NULL;
	if ((bio = BIO_new_mem_buf(pem.p, (int)pem.len)) == NULL)
		return (void)err_ssl(e, "%s", path), NULL;
	key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
	if (key == NULL)
		(void)err_ssl(e, "%s: no usable private key", path);
	return key;
}

X509_REQ *
x509_req_parse(const char *pem, size_t len, struct err *e)
{
	own_bio BIO *bio = NULL;
	X509_REQ *req;

	if (len > X509_PEM_MAX)
		return (void)err_set(
			   e, EFBIG, "CSR larger than %d bytes", X509_PEM_MAX),
		       NULL;
	if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return (void)err_ssl(e, "CSR"), NULL;
	req = PEM_read_bio_X509_REQ(bio, NULL, no_pass_phrase, NULL);
	if (req == NULL)
		(void)err_ssl(e, "CSR");
	return req;
}

static int
bio_to_bytes(BIO *bio, struct bytes *out, struct err *e)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	bytes_add(out, p, (size_t)n);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

int
x509_chain_pem(const STACK_OF(X509) * chain, struct bytes *out, struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		return err_ssl(e, "certificates");
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (PEM_write_bio_X509(bio, sk_X509_value(chain, i)) != 1)
			return err_ssl(e, "certificate %d", i + 1);
	return bio_to_bytes(bio, out, e);
}

int
x509_req_pem(const X509_REQ *req, struct bytes *out, struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL || PEM_write_bio_X509_REQ(bio, req) != 1)
		return err_ssl(e, "CSR");
	return bio_to_bytes(bio, out, e);
}

X509_STORE *
x509_anchors(const char *path, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_read(path, e);
	X509_STORE *store;

	if (chain == NULL)
		return NULL;
	if ((store = X509_STORE_new()) == NULL)
		return (void)err_ssl(e, "trust store"), NULL;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (X509_STORE_add_cert(store, sk_X509_value(chain, i)) == 1)
			continue;
		X509_STORE_free(store);
		return (void)err_ssl(e, "%s: certificate %d", path, i + 1),
		       NULL;
	}
	return store;
}

static int
verify_with(X509_STORE_CTX *ctx, int purpose, time_t at, struct err *e)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	char who[256] = "?";
	X509 *bad;

	/* At least 112 bits everywhere, no SHA-1; and those rules of RFC 5280
	 * that OpenSSL leaves aside unless it is told. */
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	/* A unit whose clock was never set judges by a time it is sure of. */
	if (at != 0)
		X509_VERIFY_PARAM_set_time(param, at);
	if (X509_STORE_CTX_set_purpose(ctx, purpose) != 1)
		return err_ssl(e, "purpose %d", purpose);
	if (X509_verify_cert(ctx) == 1)
		return 0;
	if ((bad = X509_STORE_CTX_get_current_cert(ctx)) != NULL)
		x509_subject(bad, who, sizeof(who));
	ERR_clear_error();
	return err_set(e, EACCES, "certificate %s: %s", who,
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
}

int
x509_verify(X509_STORE *store, STACK_OF(X509) * chain, int purpose, time_t at,
    struct err *e)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc;

	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) !=
		1)
		rc = err_ssl(e, "verify");
	else
		rc = verify_with(ctx, purpose, at, e);
	X509_STORE_CTX_free(ctx);
	return rc;
}

/* Exactly one: of two, one program would read the first and the next one the
 * last. A NUL in it ends the text early and so fails the comparison. */
int
x509_common_name(
    const X509_NAME *name, char out[static X509_CN_MAX + 1], struct err *e)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789._-";
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s;
	size_t n;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return err_set(e, EBADMSG, "subject needs exactly one CN");
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	n = (size_t)ASN1_STRING_length(s);
	if (n == 0 || n > X509_CN_MAX)
		return err_set(e, EBADMSG, "CN of %zu characters", n);
	memcpy(out, ASN1_STRING_get0_data(s), n);
	out[n] = '\0';
	if (strspn(out, ok) != n)
		return err_set(
		    e, EBADMSG, "CN may hold only A-Z a-z 0-9 . _ -");
	return 0;
}

void
x509_subject(const X509 *x, char *out, size_t size)
{
	own_bio BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio != NULL &&
	    X509_NAME_print_ex(
		bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, out, (int)size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

static int
hash_der(unsigned char *der, int n, char out[static SHA256_HEX], struct err *e)
{
	uint8_t hash[SHA256_LEN];
	int rc;

	if (n <= 0)
		return err_ssl(e, "DER");
	rc = sha256(der, (size_t)n, hash, e);
	OPENSSL_free(der);
	if (rc == 0)
		hex_encode(hash, sizeof(hash), out);
	return rc;
}

int
x509_spki_hash(EVP_PKEY *key, char out[static SHA256_HEX], struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	return hash_der(der, n, out, e);
}

int
x509_fingerprint(const X509 *x, char out[static SHA256_HEX], struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	return hash_der(der, n, out, e);
}
