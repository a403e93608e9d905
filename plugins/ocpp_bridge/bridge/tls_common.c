/* SPDX-License-Identifier: MIT */
/* What TLS of both sides has in common, and where its anchors come from. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "tls_in.h"

#define BUNDLE_MAX (512 * 1024) /* PEM of all anchors of a domain */

void
tls_common(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* 34 kB an idle leg would otherwise keep for records. */
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

json_t *
tls_ask(const struct bridge_host *host, const char *verb, json_t *question,
    struct err *e)
{
	own_json json_t *r = NULL;
	const char *result, *why;

	if (question == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	if (host->certs == NULL) {
		json_decref(question);
		return (void)err_set(e, ENOTCONN, "no certificate store"), NULL;
	}
	if ((r = host->certs(host->ctx, verb, question, e)) == NULL)
		return NULL;
	if (json_str(r, "result", 64, &result, e) == -1 ||
	    json_str_or(r, "why", ERR_TEXT_MAX, "", &why, e) == -1)
		return NULL;
	if (strcmp(result, "Accepted") != 0)
		return (void)err_set(
			   e, EREMOTEIO, "cert_store: %s: %.300s", result, why),
		       NULL;
	return take_json(&r);
}

/* --- anchors -------------------------------------------------------------- */

/* What is named is trusted, an authority in the middle of a chain too: that is
 * how cert_store judges. */
static X509_STORE *
store_of(const STACK_OF(X509) * chain, struct err *e)
{
	own_store X509_STORE *store = X509_STORE_new();
	X509_STORE *taken;

	if (store == NULL ||
	    X509_STORE_set_flags(store,
		X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1)
		return (void)err_ssl(e, "trust store"), NULL;
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(chain, i)) != 1)
			return (void)err_ssl(e, "certificate %d", i + 1), NULL;
	taken = store;
	store = NULL;
	return taken;
}

/* x509.h's parser has the limits of one chain; a domain may hold more. */
static STACK_OF(X509) * bundle(const char *pem, size_t len, struct err *e)
{
	own_chain STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	STACK_OF(X509) * taken;
	X509 *x;

	while (all != NULL && bio != NULL &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(all, x) == 0)
			X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	if (all == NULL || sk_X509_num(all) == 0)
		return (void)err_set(e, ENOENT, "no certificate in it"), NULL;
	taken = all;
	all = NULL;
	return taken;
}

static X509_STORE *
from_text(const char *where, const char *pem, size_t len,
    char print[static SHA256_HEX], struct err *e)
{
	own_chain STACK_OF(X509) *chain = bundle(pem, len, e);
	uint8_t digest[SHA256_LEN];
	X509_STORE *store;

	if (chain == NULL || sha256(pem, len, digest, e) == -1 ||
	    (store = store_of(chain, e)) == NULL)
		return (void)err_in(e, "anchors %s", where), NULL;
	hex_encode(digest, sizeof(digest), print);
	return store;
}

static X509_STORE *
from_cert_store(const struct bridge_host *host, const char *where,
    char print[static SHA256_HEX], struct err *e)
{
	own_json json_t *r = tls_ask(host, "certs.anchors",
	    json_pack("{s:s}", "domain", where + strlen(TLS_CERT_STORE)), e);
	bool of_system = json_is_true(json_object_get(r, "system"));
	X509_STORE *store;
	const char *pem;

	if (r == NULL || json_str(r, "chain", BUNDLE_MAX, &pem, e) == -1)
		return NULL;
	if (*pem != '\0' || !of_system)
		store = from_text(where, pem, strlen(pem), print, e);
	else if ((store = X509_STORE_new()) != NULL)
		(void)strcpy(print, "system");
	/* Folders are looked into when a peer is judged, so a system without
	 * them is no error here. */
	if (store != NULL && of_system)
		(void)X509_STORE_set_default_paths(store);
	return store;
}

X509_STORE *
tls_anchors(const struct bridge_host *host, const char *where,
    char print[static SHA256_HEX], struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (strncmp(where, TLS_CERT_STORE, strlen(TLS_CERT_STORE)) == 0)
		return from_cert_store(host, where, print, e);
	if (file_read(AT_FDCWD, where, BUNDLE_MAX, &text, e) == -1)
		return NULL;
	return from_text(
	    where, text.p == NULL ? "" : text.p, text.len, print, e);
}
