/* SPDX-License-Identifier: MIT */
#ifndef CERTS_VERIFY_IN_H
#define CERTS_VERIFY_IN_H

#include "verify.h"

/*
 * Between the files of verify.h; nobody else includes this. A search takes one
 * path after another to OpenSSL, at most VERIFY_TRIES of them.
 */
#define VERIFY_DEPTH 16 /* certificates of one path */
#define VERIFY_TRIES 32
#define VERIFY_EDGES 256 /* signatures looked at to find further paths */

struct verify_purpose_rule {
	const char *name;
	int openssl;              /* X509_PURPOSE_* */
	uint32_t usage, extended; /* the leaf's, where it limits itself */
	bool extended_needed;
	bool makers; /* the floor of code signing holds as well (x509.h) */
};
extern const struct verify_purpose_rule verify_purposes[VERIFY_PURPOSES];

struct search {
	const struct verify_job *job;
	X509_STORE *store;
	X509_STORE_CTX *ctx;
	STACK_OF(X509) * untrusted; /* the job's chain, borrowed */
	STACK_OF(X509) * found; /* of the attempt that was accepted; owned */
	struct verify_path at;  /* where the last attempt ended */
	int tries, edges;       /* what is left of them */
};

/* One path to OpenSSL and through the rules. trusted NULL: the search's store.
 * On success found is the path. */
enum certs_result verify_try(struct search *, STACK_OF(X509) * untrusted,
    STACK_OF(X509) * trusted, struct err *);

/*
 * RFC 5280 section 6.1 leaves the finding of paths open, and OpenSSL takes the
 * first that looks best. This tries the others: ACCEPTED, or any other result
 * for "none of them".
 */
enum certs_result verify_other_paths(struct search *, struct err *);

/* What OpenSSL does not ask; path: leaf first, anchor last. depth: whom. */
enum certs_result verify_rules(
    const STACK_OF(X509) * path, enum verify_purpose, int *depth, struct err *);

/* Whether no wildcard of path's leaf takes in a name that one of its
 * authorities excludes (CVE-2025-61727 tells of the case). */
bool verify_wildcards_allowed(const STACK_OF(X509) * path);

/* Of X509_V_ERR_*; depth 0 is the leaf. */
enum certs_result verify_result_of(int error, int depth);

/* Makes the CRLs at hand known to ctx: they count for who has one, and nobody
 * has to have one. */
void verify_use_crls(X509_STORE_CTX *, const struct verify_job *);

/* Of an error of OpenSSL's about CRLs: is it none for this job? */
bool verify_pass_crl(X509_STORE_CTX *, const struct verify_job *);

/* What the job's OCSP answer says of path's leaf. */
enum certs_result verify_staple(
    const struct verify_job *, const STACK_OF(X509) * path, struct err *);

/* Says "certificate NAME: why: <the result's sentence>". */
enum certs_result
verify_say(struct err *, enum certs_result, const X509 *, const char *why);

#endif
