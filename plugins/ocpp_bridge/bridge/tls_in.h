/* SPDX-License-Identifier: MIT */
#ifndef OCPP_TLS_IN_H
#define OCPP_TLS_IN_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "json.h"
#include "tls.h"
#include "x509.h"

/* What tls_up.c, tls_down.c and tls_made.c share. */

OWN_POINTER(ctx, SSL_CTX, SSL_CTX_free)
#define own_ctx __attribute__((cleanup(own_ctx_free), unused))

/* Ciphers of TLS 1.2 that both sides like best; ECDHE and AEAD alone. */
#define TLS_SUITES                                                             \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"         \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"

/* What holds for both sides: no compression, no renegotiation, small idle
 * buffers, nothing kept for a resumption. */
void tls_common(SSL_CTX *);

/* Trusts exactly the certificates of a PEM file, or with "cert_store:MF" those
 * of a domain of cert_store; print: a hash of them, to tell whether they are
 * others. NULL: none, e says why. */
#define TLS_CERT_STORE "cert_store:"
X509_STORE *tls_anchors(const struct bridge_host *, const char *where,
    char print[static SHA256_HEX], struct err *);

/* A verb that answers with a result: NULL when it is not "Accepted", and e has
 * result and reason. */
json_t *tls_ask(const struct bridge_host *, const char *verb, json_t *question,
    struct err *);

/* tls_made.c: the listener's certificate of this kind of key, made when there
 * is none that has its names and lasts; leaf, its chain and key are the
 * caller's. */
struct tls_made {
	EVP_PKEY *key;
	X509 *leaf;
	STACK_OF(X509) * chain;
};
int tls_made(const char *state, const struct ocpp_listener *, bool rsa,
    struct tls_made *, struct err *);
void tls_made_free(struct tls_made *);

#endif
