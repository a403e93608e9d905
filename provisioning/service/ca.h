/* SPDX-License-Identifier: MIT */
#ifndef CA_H
#define CA_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "x509.h"

/*
 * The certificate authority: one root and three that issue, all ECDSA P-256.
 *
 *	root	   pathlen 1; its key is needed at `init` only
 *	 units	   clientAuth; leaves below O=<fleet>, OU=units
 *	 claims	   clientAuth; leaves below O=<fleet>, OU=claims
 *	 services  serverAuth, clientAuth; below O=<fleet>, OU=services
 *
 * The OU stands in each issuer's name constraints (RFC 5280, 4.2.1.10), so the
 * worker that holds the units' key can not make a claim or a broker
 * certificate. A CN is 1 to 64 of [A-Za-z0-9._-].
 */
enum ca_kind {
	CA_ROOT,
	CA_UNITS,
	CA_CLAIMS,
	CA_SERVICES,
	CA_KINDS
};

struct ca {
	enum ca_kind kind;
	X509 *certificate;
	EVP_PKEY *key;
	char fleet[X509_CN_MAX + 1]; /* O of all it issues */
};

struct ca_order {
	const char *cn;
	EVP_PKEY *key;     /* the subject's public key */
	const char *names; /* "DNS:a,IP:1.2.3.4": a server; NULL: a client */
	int64_t not_before, not_after; /* seconds since 1970; cut to the CA's */
};

const char *ca_name(enum ca_kind); /* "root", "units", ... */

/* A new authority below issuer, or with NULL the root. */
int ca_make(struct ca *, enum ca_kind, const char *fleet,
    const struct ca *issuer, int64_t days, struct err *);
/* key: a PEM file or an OpenSSL store URI ("pkcs11:..."). It must fit. */
int ca_load(struct ca *, enum ca_kind, const char *certificate, const char *key,
    struct err *);
void ca_free(struct ca *); /* zeroed: fine */

/* A leaf with a random 20-byte serial number; the caller's. NULL: failed. */
X509 *ca_issue(const struct ca *, const struct ca_order *, struct err *);

EVP_PKEY *ca_key_new(struct err *); /* P-256 */
/* PKCS#8 PEM, unencrypted; adds to out. */
int ca_key_pem(EVP_PKEY *, struct bytes *out, struct err *);
/* Adds the PEM of the certificate to out. */
int ca_pem(X509 *, struct bytes *out, struct err *);

#endif
