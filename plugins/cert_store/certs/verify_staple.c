/* SPDX-License-Identifier: MIT */
/*
 * Revocation with what is at hand: CRLs and one OCSP answer. Nothing is
 * fetched. A CRL counts for whom it was made; who has none is taken without
 * one. An answer that cannot be believed is as good as none, since whoever
 * made it could as well have left it out; one that can be believed decides.
 *
 * OpenSSL's own OCSP_basic_verify() and OCSP_check_validity() read the clock;
 * here the time is the one asked about, so who signed is worked out here (RFC
 * 6960 section 4.2.2.2) and OpenSSL is left the signature.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "verify_in.h"
#include "x509.h"

#define SKEW (5 * 60)    /* seconds that a responder's clock may be ahead */
#define LIFE (24 * 3600) /* of an answer that does not say it */

OWN_POINTER(response, OCSP_RESPONSE, OCSP_RESPONSE_free)
OWN_POINTER(basic, OCSP_BASICRESP, OCSP_BASICRESP_free)
#define own_response __attribute__((cleanup(own_response_free), unused))
#define own_basic    __attribute__((cleanup(own_basic_free), unused))

/* --- CRLs ----------------------------------------------------------------- */

static bool
crl_of(const struct verify_job *job, const X509_NAME *issuer)
{
	for (int i = 0; i < sk_X509_CRL_num(job->crls); i++)
		if (X509_NAME_cmp(
			X509_CRL_get_issuer(sk_X509_CRL_value(job->crls, i)),
			issuer) == 0)
			return true;
	return false;
}

/* RFC 5280 section 4.2.1.13: another than its issuer may list it. */
static bool
crl_of_another(const struct verify_job *job, const DIST_POINT *point)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(point->CRLissuer); i++) {
		const GENERAL_NAME *name =
		    sk_GENERAL_NAME_value(point->CRLissuer, i);

		if (name->type == GEN_DIRNAME &&
		    crl_of(job, name->d.directoryName))
			return true;
	}
	return false;
}

static bool
has_crl(const struct verify_job *job, const X509 *x)
{
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool has = crl_of(job, X509_get_issuer_name(x));

	for (int i = 0; i < sk_DIST_POINT_num(points) && !has; i++)
		has = crl_of_another(job, sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return has;
}

static bool
may_be_stale(const struct verify_job *job, const X509_CRL *crl)
{
	for (int i = 0; i < sk_X509_CRL_num(job->stale); i++)
		if (sk_X509_CRL_value(job->stale, i) == crl)
			return true;
	return false;
}

/* What is said of a list, and not of who is on it. */
static bool
is_of_the_list(int error)
{
	static const int errors[] = { X509_V_ERR_UNABLE_TO_GET_CRL,
		X509_V_ERR_DIFFERENT_CRL_SCOPE,
		X509_V_ERR_CRL_PATH_VALIDATION_ERROR,
		X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
		X509_V_ERR_CRL_SIGNATURE_FAILURE,
		X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i] == error)
			return true;
	return false;
}

/* OpenSSL wants a CRL for everybody once it looks at any, and where there is
 * none it takes an indirect one that was made for others. One that is there and
 * could not be used (another scope, an unknown critical extension) still
 * counts: else a revoked certificate would pass behind a CRL that is odd. */
bool
verify_pass_crl(X509_STORE_CTX *ctx, const struct verify_job *job)
{
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	return (is_of_the_list(error) && x != NULL && !has_crl(job, x)) ||
	    (error == X509_V_ERR_CRL_HAS_EXPIRED &&
		may_be_stale(job, X509_STORE_CTX_get0_current_crl(ctx)));
}

void
verify_use_crls(X509_STORE_CTX *ctx, const struct verify_job *job)
{
	if (job->crls == NULL || sk_X509_CRL_num(job->crls) <= 0)
		return;
	X509_STORE_CTX_set0_crls(ctx, job->crls);
	X509_STORE_CTX_set_flags(ctx,
	    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
		X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS);
}

/* --- OCSP ----------------------------------------------------------------- */

static time_t
seconds(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : -1;
}

static enum certs_result
freshness(const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update, time_t at)
{
	time_t begin = seconds(this_update);
	time_t end = next_update == NULL ? begin + LIFE : seconds(next_update);

	if (begin < 0 || end < 0)
		return CERTS_INVALID_FORMAT;
	if (begin > at + SKEW)
		return CERTS_NOT_YET_VALID;
	return at > end + SKEW ? CERTS_EXPIRED : CERTS_ACCEPTED;
}

static bool
is_about(const OCSP_SINGLERESP *one, const X509 *x, const X509 *issuer)
{
	const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(one);
	ASN1_OBJECT *alg = NULL;
	const EVP_MD *md;
	OCSP_CERTID *wanted = NULL;
	bool same;

	if (OCSP_id_get0_info(NULL, &alg, NULL, NULL, (OCSP_CERTID *)id) != 1 ||
	    (md = EVP_get_digestbyobj(alg)) == NULL)
		return false;
	wanted = OCSP_cert_to_id(md, x, issuer);
	same = wanted != NULL && OCSP_id_cmp(wanted, id) == 0;
	OCSP_CERTID_free(wanted);
	return same;
}

/* RFC 6960 section 4.2.2.2: signed by the issuer itself, or by one to whom
 * that same issuer has given the right, for the time asked about. */
static bool
may_answer(X509 *signer, X509 *issuer, time_t at)
{
	if (X509_cmp(signer, issuer) == 0)
		return true;
	return X509_check_issued(issuer, signer) == X509_V_OK &&
	    X509_verify(signer, X509_get0_pubkey(issuer)) == 1 &&
	    (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) != 0 &&
	    (X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE) != 0 &&
	    X509_cmp_time(X509_get0_notBefore(signer), &at) < 0 &&
	    X509_cmp_time(X509_get0_notAfter(signer), &at) > 0 &&
	    cert_key_strong(signer) && cert_signature_strong(signer);
}

static bool
digest_is_strong(const OCSP_BASICRESP *basic)
{
	int md = NID_undef, bits = 0;
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(basic);

	if (OBJ_find_sigid_algs(OBJ_obj2nid(alg->algorithm), &md, &bits) != 1)
		return false;
	/* Edwards curves have no digest of their own name; RSA-PSS names it in
	 * parameters, which no responder uses: it is not believed. */
	return md == NID_sha256 || md == NID_sha384 || md == NID_sha512 ||
	    bits == NID_ED25519 || bits == NID_ED448;
}

static bool
signed_rightly(OCSP_BASICRESP *basic, X509 *issuer, time_t at)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	X509 *signer = NULL;
	bool right = known != NULL && sk_X509_push(known, issuer) > 0 &&
	    OCSP_resp_get0_signer(basic, &signer, known) == 1 &&
	    may_answer(signer, issuer, at) && digest_is_strong(basic);

	sk_X509_free(known);
	known = sk_X509_new_null();
	/* Who signed is settled: OpenSSL has the signature to check alone. */
	right = right && known != NULL && sk_X509_push(known, signer) > 0 &&
	    OCSP_basic_verify(
		basic, known, NULL, OCSP_NOINTERN | OCSP_TRUSTOTHER) == 1;
	sk_X509_free(known);
	return right;
}

static enum certs_result
status_of(OCSP_BASICRESP *basic, const X509 *x, const X509 *issuer, time_t at,
    int *status)
{
	enum certs_result r = CERTS_NOT_FOUND;
	ASN1_GENERALIZEDTIME *from, *to;

	for (int i = 0; i < OCSP_resp_count(basic) && r != CERTS_ACCEPTED;
	     i++) {
		OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);

		if (!is_about(one, x, issuer))
			continue;
		*status = OCSP_single_get0_status(one, NULL, NULL, &from, &to);
		r = freshness(from, to, at);
	}
	return r;
}

enum certs_result
verify_answer(const X509 *x, X509 *issuer, const struct verify_answer *a,
    time_t at, int *status)
{
	const unsigned char *p = a->der, *end = p + a->len;
	own_response OCSP_RESPONSE *response = NULL;
	own_basic OCSP_BASICRESP *basic = NULL;
	enum certs_result r = CERTS_INVALID_FORMAT;

	if (a->len > 0 && a->len <= VERIFY_STAPLE_MAX)
		response = d2i_OCSP_RESPONSE(NULL, &p, (long)a->len);
	if (response != NULL && p == end &&
	    OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic != NULL)
		r = status_of(basic, x, issuer, at, status);
	if (r == CERTS_ACCEPTED && !a->known &&
	    !signed_rightly(basic, issuer, at))
		r = CERTS_INVALID_SIGNATURE;
	ERR_clear_error();
	return r;
}

enum certs_result
verify_staple(
    const struct verify_job *job, const STACK_OF(X509) * path, struct err *e)
{
	const struct verify_answer answer = { job->staple, job->staple_len,
		false };
	X509 *leaf = sk_X509_value(path, 0), *issuer = sk_X509_value(path, 1);
	int status = -1;

	if (job->staple == NULL || issuer == NULL ||
	    verify_answer(leaf, issuer, &answer, job->at, &status) !=
		CERTS_ACCEPTED)
		status = -1;
	if (status == V_OCSP_CERTSTATUS_GOOD ||
	    (status == -1 && !job->must_staple))
		return CERTS_ACCEPTED;
	return verify_say(e, CERTS_REVOKED, leaf,
	    status == V_OCSP_CERTSTATUS_REVOKED ? "revoked, says its responder"
		: status == -1 ? "no OCSP answer that can be believed"
			       : "its responder does not know it");
}
