/* SPDX-License-Identifier: MIT */
#ifndef CERTS_OCSP_H
#define CERTS_OCSP_H

#include "certs.h"

/*
 * OCSP: what to ask a responder (OCPP asks it through the CSMS), and what it
 * said, kept for every kind of leaf and domain: "<rand>_ocsp.der" with ".hash"
 * beside it, four lines as EVerest writes them (algorithm, issuer name hash,
 * issuer key hash, serial).
 */
#define OCSP_URLS     4
#define OCSP_URL_MAX  256
#define OCSP_DER_MAX  (64 * 1024)
#define OCSP_DATA_MAX 32
struct ocsp_data {
	struct cert_hash_data hash;
	char url[OCSP_URLS][OCSP_URL_MAX]; /* of the AIA, each by itself */
	int urls;
};

/* Leaf to root (without it) of every valid or future SECC leaf / of a chain.
 * Certificates without a responder are left out. */
enum certs_result ocsp_of_secc(const struct certs *, struct ocsp_data *out,
    int max, int *count, struct err *);
enum certs_result ocsp_of_chain(const struct certs *, const void *pem,
    size_t len, struct ocsp_data *out, int max, int *count, struct err *);

/* Keeps a response (DER, or base64 of it): must be one, about this hash data;
 * replaces the one before, in one commit. */
enum certs_result ocsp_put(struct certs *, const struct cert_hash_data *,
    const void *, size_t len, struct err *);
/* The kept one, if its nextUpdate has not passed. */
enum certs_result ocsp_get(const struct certs *, const struct cert_hash_data *,
    struct bytes *der, struct err *);

#endif
