/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_CRAFT_H
#define TEST_CERTS_CRAFT_H

/*
 * Certificates for the tests of the certificate store, made in memory and, on
 * request, wrong in one way. Keys are kept by kind, as RSA takes its time.
 */
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "cert.h"

#define CRAFT_NOW  INT64_C(1798761600) /* 2027-01-01 */
#define CRAFT_DAY  INT64_C(86400)
#define CRAFT_YEAR (365 * CRAFT_DAY)

/* What is 0 or NULL is as it should be: P-256, SHA-256, from a day before
 * CRAFT_NOW for a year, a random serial, usages of a leaf or an authority. */
struct craft_cert {
	const char *cn;
	const X509 *issuer; /* NULL: self-signed */
	EVP_PKEY *issuer_key;
	EVP_PKEY *key; /* NULL: a new one of P-256 */
	bool ca;
	const char *basic;  /* basicConstraints; "": none */
	const char *usage;  /* keyUsage; "": none */
	const char *eku;    /* extendedKeyUsage */
	const char *san;    /* subjectAltName, "DNS:a,IP:1.2.3.4" */
	const char *ocsp;   /* authorityInfoAccess */
	const char *limits; /* nameConstraints */
	time_t begin, end;
	const char *serial; /* hex; may begin with '-' */
	const EVP_MD *md;
	void (*twist)(X509 *); /* last, before it is signed */
};

/* "P-256", ..., "RSA-2048", "ED25519"; number tells keys of a kind apart.
 * Kept until the program ends; borrowed. */
static inline EVP_PKEY *
craft_key(const char *kind, unsigned number)
{
	static struct {
		char kind[12];
		unsigned number;
		EVP_PKEY *key;
	} kept[64];
	size_t i = 0;

	for (; kept[i].key != NULL; i++)
		if (strcmp(kept[i].kind, kind) == 0 && kept[i].number == number)
			return kept[i].key;
	assert(i < 63 && strlen(kind) < sizeof(kept[i].kind));
	(void)strcpy(kept[i].kind, kind);
	kept[i].number = number;
	if (strncmp(kind, "RSA-", 4) == 0)
		kept[i].key = EVP_RSA_gen((unsigned)atoi(kind + 4));
	else if (strncmp(kind, "ED", 2) == 0)
		kept[i].key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		kept[i].key = EVP_EC_gen(kind);
	assert(kept[i].key != NULL);
	return kept[i].key;
}

static inline void
craft_extension(X509 *x, const X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (value == NULL || *value == '\0')
		return;
	X509V3_set_ctx(&ctx, (X509 *)issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static inline void
craft_serial(X509 *x, const char *hex)
{
	static unsigned count;
	char text[48];
	BIGNUM *n = NULL;

	if (hex == NULL) {
		(void)snprintf(
		    text, sizeof(text), "1%08x%08x", (unsigned)rand(), ++count);
		hex = text;
	}
	assert(BN_hex2bn(&n, hex) > 0);
	assert(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL);
	BN_free(n);
}

static inline void
craft_extensions(X509 *x, const struct craft_cert *c)
{
	const X509 *issuer = c->issuer == NULL ? x : c->issuer;
	const char *usage = c->ca ? "critical,keyCertSign,cRLSign"
				  : "critical,digitalSignature,keyAgreement";

	craft_extension(x, issuer, NID_basic_constraints,
	    c->basic != NULL ? c->basic
		: c->ca      ? "critical,CA:TRUE"
			     : "critical,CA:FALSE");
	craft_extension(
	    x, issuer, NID_key_usage, c->usage != NULL ? c->usage : usage);
	craft_extension(x, issuer, NID_subject_key_identifier, "hash");
	craft_extension(x, issuer, NID_authority_key_identifier, "keyid");
	craft_extension(x, issuer, NID_ext_key_usage, c->eku);
	craft_extension(x, issuer, NID_subject_alt_name, c->san);
	craft_extension(x, issuer, NID_info_access, c->ocsp);
	craft_extension(x, issuer, NID_name_constraints, c->limits);
}

/* The caller's. */
static inline X509 *
craft_x509(const struct craft_cert *c)
{
	EVP_PKEY *fresh = c->key == NULL ? EVP_EC_gen("P-256") : NULL;
	EVP_PKEY *key = c->key == NULL ? fresh : c->key;
	EVP_PKEY *signer = c->issuer_key == NULL ? key : c->issuer_key;
	X509_NAME *name = X509_NAME_new();
	X509 *x = X509_new();
	time_t begin = c->begin == 0 ? CRAFT_NOW - CRAFT_DAY : c->begin;
	bool edwards = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED448;

	assert(X509_set_version(x, X509_VERSION_3) == 1);
	craft_serial(x, c->serial);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)(c->cn == NULL ? "unit" : c->cn), -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(
	    x, c->issuer == NULL ? name : X509_get_subject_name(c->issuer));
	X509_NAME_free(name);
	ASN1_TIME_adj(X509_getm_notBefore(x), begin, 0, 0);
	ASN1_TIME_adj(X509_getm_notAfter(x),
	    c->end == 0 ? begin + CRAFT_YEAR : c->end, 0, 0);
	X509_set_pubkey(x, key);
	craft_extensions(x, c);
	if (c->twist != NULL)
		c->twist(x);
	assert(X509_sign(x, signer,
		   edwards             ? NULL
		       : c->md == NULL ? EVP_sha256()
				       : c->md) > 0);
	EVP_PKEY_free(fresh);
	return x;
}

/* Adds PEM, DER; the caller's. */
static inline void
craft_pem(X509 *x, struct bytes *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	assert(PEM_write_bio_X509(bio, x) == 1);
	n = BIO_get_mem_data(bio, &p);
	bytes_add(out, p, (size_t)n);
	BIO_free(bio);
}

static inline void
craft_der(X509 *x, struct bytes *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	assert(n > 0);
	bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* PKCS#8, without a pass phrase, as EVerest keeps it. */
static inline void
craft_key_pem(EVP_PKEY *key, struct bytes *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	assert(
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(bio, &p);
	bytes_add(out, p, (size_t)n);
	BIO_free(bio);
}

/* The same as a struct cert; the caller's. */
static inline struct cert *
craft_new(const struct craft_cert *c)
{
	struct err e = { 0 };
	struct cert *made = cert_new(craft_x509(c), &e);

	assert(made != NULL);
	return made;
}

#endif
