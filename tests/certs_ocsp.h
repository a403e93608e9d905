/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_OCSP_H
#define TEST_CERTS_OCSP_H

#include <openssl/ocsp.h>

#include "certs_craft.h"

/* An answer of a responder; what is 0 or NULL is as it should be. */
struct craft_answer {
	const X509 *about, *issuer;
	X509 *signer; /* NULL: the issuer */
	EVP_PKEY *key;
	int status;       /* V_OCSP_CERTSTATUS_* */
	time_t from, to;  /* thisUpdate, nextUpdate; 0: an hour ago, a day;
			   * to -1: not said */
	const EVP_MD *id; /* digest of the certificate's name; NULL: SHA-256 */
	const EVP_MD *md; /* of the signature; NULL: SHA-256 */
	bool with_signer; /* the signer's certificate travels with it */
};

/* Adds DER. */
static inline void
craft_answer(const struct craft_answer *a, struct bytes *out)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(
	    a->id == NULL ? EVP_sha256() : a->id, a->about, a->issuer);
	ASN1_TIME *from = ASN1_TIME_adj(
	    NULL, a->from == 0 ? CRAFT_NOW - 3600 : a->from, 0, 0);
	ASN1_TIME *to = a->to == -1
	    ? NULL
	    : ASN1_TIME_adj(
		  NULL, a->to == 0 ? CRAFT_NOW + CRAFT_DAY : a->to, 0, 0);
	X509 *signer = a->signer == NULL ? (X509 *)a->issuer : a->signer;
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int n;

	assert(OCSP_basic_add1_status(basic, id, a->status, 0,
		   a->status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from,
		   to) != NULL);
	assert(OCSP_basic_sign(basic, signer, a->key,
		   a->md == NULL ? EVP_sha256() : a->md, NULL,
		   a->with_signer ? 0 : OCSP_NOCERTS) == 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	n = i2d_OCSP_RESPONSE(response, &der);
	assert(n > 0);
	bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
}

#endif
