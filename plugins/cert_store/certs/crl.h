/* SPDX-License-Identifier: MIT */
#ifndef CERTS_CRL_H
#define CERTS_CRL_H

#include <openssl/x509.h>

#include "certs.h"

/*
 * Revocation lists that are kept: in "crl" beside a domain's anchors
 * (ca/csms/crl/), one file for each issuer and scope, put there by
 * crl_install() or by anybody who may write there. They count in every
 * verification against that domain's anchors (RFC 5280 section 6.3, by
 * OpenSSL), for whom they were made; who has none is taken without one.
 *
 * Nothing fetches them, so one may grow old on a unit that nobody tends. What
 * it lists stays revoked for ever; for the others an old list says nothing any
 * more, and it depends on certs_config.strict_crls whether that is a refusal
 * (REVOKED) or, unasked, none: a list that ran out must not take a fleet off
 * the air.
 */
#define CRL_BYTES 131072 /* of one file */
#define CRL_LISTS 16     /* of a domain; in one file as well */

/* DER, or PEM with nothing but lists in it. Up to max; how many, or -1. The
 * lists are the caller's. */
int crl_parse(const void *, size_t len, X509_CRL **out, int max, struct err *);

/*
 * Keeps one list (PEM or DER) for a domain; it takes the place of an older one
 * of the same issuer and scope. Its issuer must be an anchor of the domain or
 * an authority of a leaf's chain, and have signed it. ACCEPTED; INVALID_FORMAT;
 * ISSUER_NOT_FOUND; INVALID_SIGNATURE; WRONG_PURPOSE: the issuer may sign no
 * lists; WEAK_KEY; NOT_YET_VALID, EXPIRED; CLOCK_INVALID; REJECTED: the one
 * here is newer; STORE_FULL; WRITE_ERROR; FAILED.
 */
enum certs_result crl_install(
    struct certs *, enum certs_domain, const void *, size_t len, struct err *);

/* By its file, as crl_at() names it. NOT_FOUND, WRITE_ERROR, FAILED. */
enum certs_result crl_remove(struct certs *, const char *file, struct err *);

/* What is kept, in the order of files; false after the last. */
struct crl_entry {
	const X509_CRL *list; /* borrowed until the next operation */
	const char *file;
	time_t from, to; /* thisUpdate; nextUpdate, 0: not said */
	int revoked;     /* how many it lists */
};
bool crl_at(
    const struct certs *, enum certs_domain, size_t i, struct crl_entry *out);

/* All of a domain, for verify_job.crls; NULL: none. Borrowed. */
STACK_OF(X509_CRL) * crl_all(const struct certs *, enum certs_domain);

/* Seconds since 1970; -1: no time. */
time_t crl_time(const ASN1_TIME *);

#endif
