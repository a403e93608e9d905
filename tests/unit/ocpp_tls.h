/* SPDX-License-Identifier: MIT */
#ifndef OCPP_TLS_TEST_H
#define OCPP_TLS_TEST_H

#include "ocpp_wire.h"

/*
 * Two authorities and whatever they sign, made anew in each run: nothing here
 * expires on a shelf.
 */
struct authority {
	EVP_PKEY *key;
	X509 *x;
};

static struct authority good_ca, other_ca;

static X509 *
certificate(EVP_PKEY *key, const char *cn, const char *san, long days,
    const struct authority *by)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509V3_CTX ctx;

	(void)X509_set_version(x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -30 * 86400L);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L);
	(void)X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	(void)X509_set_pubkey(x, key);
	(void)X509_set_issuer_name(
	    x, by == NULL ? name : X509_get_subject_name(by->x));
	X509V3_set_ctx(&ctx, by == NULL ? x : by->x, x, NULL, NULL, 0);
	for (int i = 0; i < 2; i++) {
		const char *value = i == 1 ? san
		    : by == NULL           ? "critical,CA:TRUE"
					   : "CA:FALSE";
		X509_EXTENSION *ext = value == NULL
		    ? NULL
		    : X509V3_EXT_conf_nid(NULL, &ctx,
			  i == 0 ? NID_basic_constraints : NID_subject_alt_name,
			  value);

		if (ext != NULL)
			(void)X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(x, by == NULL ? key : by->key, EVP_sha256()) > 0);
	return x;
}

static void
make_authority(struct authority *a, const char *cn)
{
	a->key = EVP_EC_gen("P-256");
	a->x = certificate(a->key, cn, NULL, 30, NULL);
}

static void
free_authority(struct authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->x);
}

struct tls_side {
	const struct authority *by, *trusts; /* NULL: none */
	const char *cn, *san;
	long days;
	bool demands; /* a client's certificate */
	bool rsa;
	int least, most; /* TLS versions; 0: any */
	const char *ciphers;
};

static SSL_CTX *
tls_context(const struct tls_side *s, bool server)
{
	SSL_CTX *c =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	if (s->by != NULL) {
		EVP_PKEY *key =
		    s->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
		X509 *x = certificate(
		    key, s->cn, s->san, s->days == 0 ? 10 : s->days, s->by);

		assert_int_equal(SSL_CTX_use_certificate(c, x), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(c, key), 1);
		X509_free(x);
		EVP_PKEY_free(key);
	}
	if (s->trusts != NULL)
		(void)X509_STORE_add_cert(
		    SSL_CTX_get_cert_store(c), s->trusts->x);
	if (s->demands)
		SSL_CTX_set_verify(
		    c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (s->ciphers != NULL)
		assert_int_equal(SSL_CTX_set_cipher_list(c, s->ciphers), 1);
	(void)SSL_CTX_set_min_proto_version(c, s->least);
	(void)SSL_CTX_set_max_proto_version(c, s->most);
	return c;
}

__attribute__((unused)) static void
listen_tls(const struct tls_side *s)
{
	struct listen_settings set = plain_listener();

	set.tls = tls_context(s, true);
	listen_as(&set);
	SSL_CTX_free(set.tls);
}

/* A dial that ends as it may; w.end says how. */
__attribute__((unused)) static void
dial_tls(const struct tls_side *s, const char *name, bool wildcards)
{
	struct dial_settings set = plain_dial();

	set.tls = tls_context(s, false);
	set.name = name;
	set.wildcards = wildcards;
	dial_as(&set);
	SSL_CTX_free(set.tls);
	until(w.dialled == 1);
}

static int
make_authorities(void **state)
{
	(void)state;
	make_authority(&good_ca, "Good Root");
	make_authority(&other_ca, "Other Root");
	return 0;
}

static int
free_authorities(void **state)
{
	(void)state;
	free_authority(&good_ca);
	free_authority(&other_ca);
	return 0;
}

#endif
