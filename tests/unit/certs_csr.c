/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string.h>

#include "csr.h"
#include "key.h"
#include "x509.h"

static const struct csr_options plain = { .key = CSR_P256, .common = "unit-1" };

static X509_REQ *
made(EVP_PKEY *key, const struct csr_options *o)
{
	own_bytes struct bytes pem = { 0 };
	struct err e = { 0 };
	X509_REQ *req;

	if (csr_make(key, o, &pem, &e) == -1)
		fail_msg("%s", e.text);
	req = x509_req_parse(pem.p, pem.len, &e);
	assert_non_null(req);
	return req;
}

static int
digest_of(const X509_REQ *req)
{
	int md = NID_undef;

	(void)OBJ_find_sigid_algs(X509_REQ_get_signature_nid(req), &md, NULL);
	return md;
}

/* R8, D20: which key is the request's choice, not the build's. */
static void
D20_each_kind_of_key_makes_a_request_that_verifies(void **state)
{
	static const struct {
		enum csr_key key;
		int bits, md;
	} rows[] = {
		{ CSR_P256, 256, NID_sha256 },
		{ CSR_P384, 384, NID_sha384 },
		{ CSR_RSA_2048, 2048, NID_sha256 },
		{ CSR_RSA_3072, 3072, NID_sha256 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct csr_options o = plain;
		own_pkey EVP_PKEY *key = csr_new_key(rows[i].key, &e);
		own_req X509_REQ *req = NULL;

		o.key = rows[i].key;
		req = made(key, &o);
		assert_int_equal(EVP_PKEY_get_bits(key), rows[i].bits);
		assert_int_equal(digest_of(req), rows[i].md);
		assert_int_equal(X509_REQ_get_version(req), 0);
		assert_int_equal(
		    EVP_PKEY_eq(key, X509_REQ_get0_pubkey(req)), 1);
	}
}

/* RFC 5758 section 3.2: with parameters some authorities refuse it. */
static void
the_parameters_of_ecdsa_are_absent(void **state)
{
	struct err e;
	own_pkey EVP_PKEY *key = csr_new_key(CSR_P384, &e);
	own_req X509_REQ *req = made(key, &plain);
	const X509_ALGOR *alg;
	int type;

	(void)state;
	X509_REQ_get0_signature(req, NULL, &alg);
	X509_ALGOR_get0(NULL, &type, NULL, alg);
	assert_int_equal(type, V_ASN1_UNDEF);
}

static void
text_of(const X509_REQ *req, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n;

	assert_int_equal(
	    X509_REQ_print_ex(bio, (X509_REQ *)req, XN_FLAG_ONELINE, 0), 1);
	n = BIO_read(bio, out, (int)size - 1);
	out[n < 0 ? 0 : n] = '\0';
	BIO_free(bio);
}

/* R8: one build, two units, two names. */
static void
R8_one_image_makes_requests_of_two_units_with_names_of_their_own(void **state)
{
	struct err e;
	own_pkey EVP_PKEY *key = csr_new_key(CSR_P256, &e);
	char text[8192], want[64];

	(void)state;
	for (int unit = 1; unit <= 2; unit++) {
		struct csr_options o = { .key = CSR_P256,
			.country = "DE",
			.organization = "Stadtwerke M\303\274nchen",
			.unit = "Ladepark",
			.domain = "CPO",
			.sans = 4,
			.client_auth = true,
			.server_auth = unit == 2,
			.san = { { CSR_DNS, "" }, { CSR_IP, "192.0.2.7" },
			    { CSR_IP, "2001:db8::7" },
			    { CSR_URI, "urn:ocpp:cs:1" } } };
		own_req X509_REQ *req = NULL;

		(void)snprintf(o.common, sizeof(o.common), "unit-%d", unit);
		(void)snprintf(o.san[0].text, sizeof(o.san[0].text),
		    "unit-%d.example", unit);
		req = made(key, &o);
		text_of(req, text, sizeof(text));
		(void)snprintf(
		    want, sizeof(want), "CN = unit-%d, DC = CPO", unit);
		assert_non_null(strstr(text, want));
		(void)snprintf(
		    want, sizeof(want), "DNS:unit-%d.example, IP", unit);
		assert_non_null(strstr(text, want));
		assert_non_null(strstr(text,
		    "IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, "
		    "URI:urn:ocpp:cs:1"));
		assert_non_null(strstr(text, "C = DE, O = Stadtwerke"));
		assert_non_null(strstr(text, "CA:FALSE"));
		assert_non_null(strstr(text, "TLS Web Client Authentication"));
		assert_int_equal(
		    strstr(text, "TLS Web Server Authentication") != NULL,
		    unit == 2);
	}
}

/* Texts are data: none becomes another name, section or extension. */
static void
what_looks_like_configuration_stays_a_name(void **state)
{
	struct csr_options o = plain;
	struct err e;
	own_pkey EVP_PKEY *key = csr_new_key(CSR_P256, &e);
	own_req X509_REQ *req = NULL;
	char text[8192];

	(void)state;
	(void)strcpy(o.common, "a,CN=b/O=c+OU=d\\,DNS:e;@section");
	req = made(key, &o);
	assert_int_equal(
	    X509_NAME_entry_count(X509_REQ_get_subject_name(req)), 1);
	text_of(req, text, sizeof(text));
	assert_null(strstr(text, "Alternative Name"));
}

static const struct {
	const char *what, *says;
	struct csr_options o;
} refused[] = {
	{ "no name", "common name", { .key = CSR_P256 } },
	{ "no such key", "key", { .key = CSR_KEYS, .common = "a" } },
	{ "country", "country", { .common = "a", .country = "de" } },
	{ "country", "country", { .common = "a", .country = "D" } },
	{ "line break", "common name", { .common = "a\nb" } },
	{ "delete", "common name", { .common = "a\x7f" } },
	{ "C1", "common name", { .common = "a\302\205" } },
	{ "half a character", "organization",
	    { .common = "a", .organization = "M\303" } },
	{ "overlong", "organization",
	    { .common = "a", .organization = "\300\257" } },
	{ "surrogate", "organizational unit",
	    { .common = "a", .unit = "\355\240\200" } },
	{ "beyond Unicode", "organizational unit",
	    { .common = "a", .unit = "\364\220\200\200" } },
	{ "lone continuation", "organizational unit",
	    { .common = "a", .unit = "\200" } },
	{ "blank", "common name", { .common = " a" } },
	{ "blank", "common name", { .common = "a " } },
	{ "domain", "domain", { .common = "a", .domain = "C PO" } },
	{ "too many", "alternative names",
	    { .common = "a", .sans = CSR_SANS + 1 } },
	{ "less than none", "alternative names",
	    { .common = "a", .sans = -1 } },
};

static const struct csr_san bad_names[] = {
	{ CSR_DNS, "" },
	{ CSR_DNS, "*.example" },
	{ CSR_DNS, "a..b" },
	{ CSR_DNS, ".a" },
	{ CSR_DNS, "a." },
	{ CSR_DNS, "-a" },
	{ CSR_DNS, "a_b" },
	{ CSR_DNS, "a b" },
	{ CSR_DNS, "a,DNS:b" },
	{ CSR_IP, "" },
	{ CSR_IP, "192.0.2" },
	{ CSR_IP, "192.0.2.7/24" },
	{ CSR_IP, "unit" },
	{ CSR_URI, "" },
	{ CSR_URI, "urn:" },
	{ CSR_URI, "unit" },
	{ CSR_URI, "http://a b" },
	{ CSR_URI, "http://a\nb" },
	{ CSR_URI, "1a:b" },
};

static void
what_may_not_stand_in_a_request_is_named(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		e = (struct err){ 0 };
		if (csr_check(&refused[i].o, &e) != -1 ||
		    strstr(e.text, refused[i].says) == NULL)
			fail_msg("%s: %s", refused[i].what, e.text);
	}
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		struct csr_options o = plain;

		o.san[0] = bad_names[i];
		o.sans = 1;
		if (csr_check(&o, &e) != -1)
			fail_msg("%s is taken", bad_names[i].text);
		assert_non_null(strstr(e.text, "alternative name 1"));
	}
}

/* OCPP carries 5,500 characters: what is longer could never be sent. */
static void
a_request_too_long_for_ocpp_is_refused(void **state)
{
	struct csr_options o = plain;
	struct err e;
	own_pkey EVP_PKEY *key = csr_new_key(CSR_RSA_2048, &e);
	own_bytes struct bytes pem = { 0 };

	(void)state;
	o.sans = CSR_SANS;
	for (int i = 0; i < CSR_SANS; i++) {
		o.san[i].kind = CSR_URI;
		(void)memset(o.san[i].text, 'x', CSR_SAN_MAX);
		(void)memcpy(o.san[i].text, "urn:", 4);
	}
	assert_int_equal(csr_make(key, &o, &pem, &e), -1);
	assert_non_null(strstr(e.text, "OCPP"));
	assert_int_equal(pem.len, 0);
}

/* --- a key that is elsewhere ---------------------------------------------- */

static int
sign_badly(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	(void)ctx;
	(void)purpose;
	(void)digest;
	(void)e;
	(void)memset(sig, 1, KEY_SIG_LEN);
	return 0;
}

/* R14: a key whose private operation fails makes no request at all. */
static void
R14_a_key_that_signs_wrongly_makes_no_request(void **state)
{
	struct err e = { 0 };
	own_pkey EVP_PKEY *real = csr_new_key(CSR_P256, &e);
	own_pkey EVP_PKEY *elsewhere = NULL;
	own_bytes struct bytes pem = { 0 };
	uint8_t point[KEY_POINT_LEN];

	(void)state;
	assert_int_equal(key_point(real, point, &e), 0);
	assert_int_equal(key_setup(&e), 0);
	elsewhere = key_new("csr", point, &e);
	assert_non_null(elsewhere);
	assert_int_equal(csr_make(elsewhere, &plain, &pem, &e), -1);
	assert_int_equal(key_signer_set("csr", sign_badly, NULL, &e), 0);
	assert_int_equal(csr_make(elsewhere, &plain, &pem, &e), -1);
	assert_non_null(strstr(e.text, "signature"));
	assert_int_equal(pem.len, 0);
	key_signer_remove("csr");
}

static void
property_strings_are_read_as_everest_writes_them(void **state)
{
	static const struct {
		const char *text;
		int rc;
		enum csr_where where;
	} rows[] = {
		{ "provider=tpm2", 0, CSR_TPM },
		{ "?provider=tpm2", 0, CSR_TPM_OR_FILE },
		{ "provider=default", 0, CSR_FILE },
		{ "?provider=default", 0, CSR_FILE },
		{ "?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes", 0,
		    CSR_TPM_OR_FILE },
		{ "?tpm2.digest!=yes,provider=tpm2", 0, CSR_TPM },
		{ "", -1, CSR_FILE },
		{ "provider=tpm2,", -1, CSR_FILE },
		{ "provider=tpm2,provider=default", -1, CSR_FILE },
		{ "tpm2.digest!=yes", -1, CSR_FILE },
		{ "provider=tpm", -1, CSR_FILE },
		{ "provider=pkcs11", -1, CSR_FILE },
		{ "provider = tpm2", -1, CSR_FILE },
		{ "provider=tpm2,fips=yes", -1, CSR_FILE },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum csr_where where;

		assert_int_equal(
		    csr_where_of(rows[i].text, &where, &e), rows[i].rc);
		if (rows[i].rc == 0)
			assert_int_equal(where, rows[i].where);
	}
}

static void
kinds_of_keys_have_names(void **state)
{
	struct err e;

	(void)state;
	for (int i = 0; i < CSR_KEYS; i++)
		assert_int_equal(csr_key_of(csr_key_name((enum csr_key)i)), i);
	assert_int_equal(csr_key_of("P-224"), CSR_KEYS);
	assert_int_equal(csr_key_of("RSA-1024"), CSR_KEYS);
	assert_null(csr_new_key(CSR_KEYS, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    D20_each_kind_of_key_makes_a_request_that_verifies),
		cmocka_unit_test(the_parameters_of_ecdsa_are_absent),
		cmocka_unit_test(
		    R8_one_image_makes_requests_of_two_units_with_names_of_their_own),
		cmocka_unit_test(what_looks_like_configuration_stays_a_name),
		cmocka_unit_test(what_may_not_stand_in_a_request_is_named),
		cmocka_unit_test(a_request_too_long_for_ocpp_is_refused),
		cmocka_unit_test(R14_a_key_that_signs_wrongly_makes_no_request),
		cmocka_unit_test(
		    property_strings_are_read_as_everest_writes_them),
		cmocka_unit_test(kinds_of_keys_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
