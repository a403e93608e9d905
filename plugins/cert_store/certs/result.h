/* SPDX-License-Identifier: MIT */
#ifndef CERTS_RESULT_H
#define CERTS_RESULT_H

#include "err.h"

/*
 * What an operation of the certificate store ends with. The names are those
 * that EVerest's evse_security interface and OCPP know, so that a bridge can
 * pass them on; the ones below "ours" tell apart what those lump together.
 * Nothing overloads 0, "" or a count: an operation says its result and, beside
 * it in struct err, a sentence with the certificate and the remedy.
 */
enum certs_result {
	CERTS_ACCEPTED,
	/* of an installation or a verification */
	CERTS_INVALID_SIGNATURE,
	CERTS_INVALID_CHAIN,
	CERTS_INVALID_FORMAT,
	CERTS_INVALID_COMMON_NAME, /* not this unit's, or not the name asked */
	CERTS_NO_ROOT,             /* NoRootCertificateInstalled */
	CERTS_EXPIRED,
	CERTS_STORE_FULL, /* CertificateStoreMaxLengthExceeded */
	CERTS_WRITE_ERROR,
	CERTS_ISSUER_NOT_FOUND,
	CERTS_INVALID_LEAF_SIGNATURE,
	/* of a deletion, a listing, a question */
	CERTS_FAILED,
	CERTS_NOT_FOUND,
	CERTS_NOT_FOUND_VALID,
	CERTS_KEY_NOT_FOUND, /* PrivateKeyNotFound */
	CERTS_REJECTED,
	/* of a certificate signing request */
	CERTS_INVALID_REQUESTED_TYPE,
	CERTS_KEY_GEN_ERROR,
	CERTS_GENERATION_ERROR,
	/* ours */
	CERTS_NOT_A_CA,
	CERTS_CLOCK_INVALID,  /* the clock is below its floor */
	CERTS_POLICY_REFUSED, /* could be done; the document says no */
	CERTS_NOT_YET_VALID,
	CERTS_WRONG_PURPOSE, /* key usage, extended key usage, path length */
	CERTS_WEAK_KEY,      /* key or signature below the floor */
	CERTS_NAME_CONSTRAINT,
	CERTS_REVOKED,
	CERTS_IN_USE, /* the active leaf, or a key with a certificate */
	CERTS_RESULTS
};

/* "Accepted", "NoRootCertificateInstalled", ...: for ever. */
const char *certs_result_name(enum certs_result);
/* One sentence, what it means and what to do; never NULL. */
const char *certs_result_why(enum certs_result);
/* CERTS_RESULTS: no such name. */
enum certs_result certs_result_of(const char *name);

/* Sets e to "<sentence>: <what>" (errno by kind) and returns the result. */
enum certs_result certs_say(struct err *, enum certs_result, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
