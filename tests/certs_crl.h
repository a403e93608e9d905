/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_CRL_H
#define TEST_CERTS_CRL_H

#include "certs_craft.h"

/* A revocation list; what is 0 or NULL is as it should be. */
struct craft_crl {
	X509 *by;
	EVP_PKEY *key;
	X509 *lists;          /* NULL: nobody */
	time_t from, to;      /* 0: a day ago, in a day; to -1: not said */
	const char *critical; /* an extension nobody knows */
	const char *key_id;   /* of the key that signed, it says */
	bool authorities;     /* lists authorities alone */
	bool indirect;        /* lists what others have issued */
	const EVP_MD *md;     /* NULL: SHA-256 */
};

/* OpenSSL looks at a CRL's extensions when it reads one. */
static inline X509_CRL *
craft_crl_read_back(X509_CRL *made)
{
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(made, &der);
	const unsigned char *at = der;
	X509_CRL *back = d2i_X509_CRL(NULL, &at, n);

	assert(back != NULL);
	OPENSSL_free(der);
	X509_CRL_free(made);
	return back;
}

static inline void
craft_crl_extensions(X509_CRL *made, const struct craft_crl *c)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

	if (c->critical != NULL) {
		ASN1_OBJECT *oid = OBJ_txt2obj(c->critical, 1);
		X509_EXTENSION *ext =
		    X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);

		assert(X509_CRL_add_ext(made, ext, -1) == 1);
		X509_EXTENSION_free(ext);
		ASN1_OBJECT_free(oid);
	}
	if (c->key_id != NULL) {
		AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();

		id->keyid = ASN1_OCTET_STRING_new();
		ASN1_OCTET_STRING_set(id->keyid,
		    (const unsigned char *)c->key_id, (int)strlen(c->key_id));
		assert(X509_CRL_add1_ext_i2d(
			   made, NID_authority_key_identifier, id, 0, 0) == 1);
		AUTHORITY_KEYID_free(id);
	}
	if (c->authorities || c->indirect) {
		ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();

		idp->onlyCA = c->authorities ? 255 : 0;
		idp->indirectCRL = c->indirect ? 255 : 0;
		assert(X509_CRL_add1_ext_i2d(made,
			   NID_issuing_distribution_point, idp, 1, 0) == 1);
		ISSUING_DIST_POINT_free(idp);
	}
	ASN1_OCTET_STRING_free(value);
}

/* The caller's. */
static inline X509_CRL *
craft_crl(const struct craft_crl *c)
{
	X509_CRL *made = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_adj(
	    NULL, c->from == 0 ? CRAFT_NOW - CRAFT_DAY : c->from, 0, 0);
	ASN1_TIME *to = ASN1_TIME_adj(
	    NULL, c->to == 0 ? CRAFT_NOW + CRAFT_DAY : c->to, 0, 0);

	X509_CRL_set_version(made, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(made, X509_get_subject_name(c->by));
	X509_CRL_set1_lastUpdate(made, from);
	if (c->to != -1)
		X509_CRL_set1_nextUpdate(made, to);
	if (c->lists != NULL) {
		X509_REVOKED *one = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(
		    one, X509_get_serialNumber(c->lists));
		X509_REVOKED_set_revocationDate(one, from);
		assert(X509_CRL_add0_revoked(made, one) == 1);
	}
	craft_crl_extensions(made, c);
	assert(X509_CRL_sign(
		   made, c->key, c->md == NULL ? EVP_sha256() : c->md) > 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return craft_crl_read_back(made);
}

/* Adds PEM. */
static inline void
craft_crl_pem(X509_CRL *list, struct bytes *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	assert(PEM_write_bio_X509_CRL(bio, list) == 1);
	n = BIO_get_mem_data(bio, &p);
	bytes_add(out, p, (size_t)n);
	BIO_free(bio);
}

#endif
