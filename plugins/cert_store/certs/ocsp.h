/* SPDX-License-Identifier: MIT */
#ifndef CERTS_OCSP_H
#define CERTS_OCSP_H

#include "certs.h"

/*
 * OCSP: what to ask a responder (OCPP asks it through the CSMS), and what it
 * said, kept for whatever is in the store: leaves of every kind, the
 * authorities of their chains, anchors of every domain. "NAME_ocsp.der" with
 * "NAME_ocsp.hash" beside it in "ocsp" below the certificate's own folder, four
 * lines as EVerest writes them (algorithm, issuer name hash, issuer key hash,
 * serial). NAME is made of these, so an answer takes the place of the one
 * before; answers that EVerest wrote are found as well, and replaced.
 */
#define OCSP_URLS     4
#define OCSP_URL_MAX  256 /* with its NUL; a longer one is left out */
#define OCSP_DER_MAX  (64 * 1024)
#define OCSP_DATA_MAX 32
struct ocsp_data {
	struct cert_hash_data hash;
	char url[OCSP_URLS][OCSP_URL_MAX]; /* of the AIA, each by itself */
	int urls;
};

/*
 * Leaf to root (without it): of every SECC leaf that is valid or will be, each
 * certificate once; or of a chain (PEM, leaf first), which has to lead to an
 * anchor of V2G or MO. SHA-256. Certificates without a responder (http or
 * https) are left out, so count may be 0. NOT_FOUND: no such leaf;
 * ISSUER_NOT_FOUND; INVALID_FORMAT; FAILED: more than max.
 */
enum certs_result ocsp_of_secc(const struct certs *, struct ocsp_data *out,
    int max, int *count, struct err *);
enum certs_result ocsp_of_chain(const struct certs *, const void *pem,
    size_t len, struct ocsp_data *out, int max, int *count, struct err *);

/*
 * Keeps a response (DER, or base64 of it) about this hash data, of any
 * algorithm, in one commit. It must be signed by whom the issuer lets and be of
 * this time; what it says of the certificate is not asked. NOT_FOUND: nothing
 * here has this hash data, or the response is about another.
 */
enum certs_result ocsp_put(struct certs *, const struct cert_hash_data *,
    const void *, size_t len, struct err *);
/* Adds the kept one. NOT_FOUND_VALID: there is one, and its time is over. Its
 * signature was verified when it came. */
enum certs_result ocsp_get(const struct certs *, const struct cert_hash_data *,
    struct bytes *der, struct err *);

#endif
