/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <openssl/ocsp.h>

#include <errno.h>

#include "certs_craft.h"
#include "digest.h"

#define own_cert __attribute__((cleanup(own_cert_free)))

static void
own_cert_free(struct cert **c)
{
	cert_free(*c);
}

static void
free_all(struct cert **c, int n)
{
	while (n > 0)
		cert_free(c[--n]);
}

static void
hex_of(const ASN1_STRING *s, char *out)
{
	hex_encode(
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s), out);
}

/* Against what OpenSSL asks a responder. */
static void
hash_data_are_those_of_an_ocsp_request(void **state)
{
	EVP_PKEY *rsa = craft_key("RSA-2048", 0), *ec = craft_key("P-384", 0);
	own_cert struct cert *root = craft_new(
	    &(struct craft_cert){ .cn = "root", .ca = true, .key = rsa });
	own_cert struct cert *sub = craft_new(&(struct craft_cert){ .cn = "sub",
	    .ca = true,
	    .key = ec,
	    .issuer = root->x,
	    .issuer_key = rsa,
	    .serial = "00F1" });
	const EVP_MD *md[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	ASN1_OCTET_STRING *name, *key;
	struct cert_hash_data got;
	char want[CERT_HASH_HEX];

	(void)state;
	for (int i = 0; i < CERT_HASHES; i++) {
		OCSP_CERTID *id = OCSP_cert_to_id(md[i], sub->x, root->x);

		cert_hash_data(sub, root, (enum cert_hash)i, &got);
		assert_int_equal(
		    OCSP_id_get0_info(&name, NULL, &key, NULL, id), 1);
		hex_of(name, want);
		assert_string_equal(got.issuer_name, want);
		hex_of(key, want);
		assert_string_equal(got.issuer_key, want);
		assert_string_equal(got.serial, "f1");
		OCSP_CERTID_free(id);
	}
	cert_hash_data(sub, NULL, CERT_SHA256, &got);
	assert_string_equal(got.issuer_key, "");
}

static void
a_serial_has_no_leading_zeros_and_zero_is_a_zero(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "0" },
		{ "1", "1" },
		{ "0A", "a" },
		{ "80", "80" },
		{ "0100", "100" },
		{ "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		    "ffffffffffffffffffffffffffffffffffffffff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_cert struct cert *c =
		    craft_new(&(struct craft_cert){ .serial = rows[i][0] });

		assert_string_equal(c->serial, rows[i][1]);
	}
}

static void
a_serial_that_no_hash_data_can_hold_is_refused(void **state)
{
	static const char *const rows[] = { "-1", "-80",
		"010000000000000000000000000000000000000000" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *x = craft_x509(&(struct craft_cert){ .serial = rows[i] });

		assert_null(cert_new(x, &e));
		assert_non_null(strstr(e.text, "serial number"));
	}
}

static void
D10_hash_data_are_compared_without_regard_to_case(void **state)
{
	struct cert_hash_data a = { CERT_SHA256, "ab", "cd", "0f" },
			      b = { CERT_SHA256, "AB", "CD", "000F" };

	(void)state;
	assert_true(cert_hash_equal(&a, &b));
	b.algorithm = CERT_SHA384;
	assert_false(cert_hash_equal(&a, &b));
	b = a;
	(void)strcpy(b.issuer_key, "");
	assert_false(cert_hash_equal(&a, &b));
	b = a;
	(void)strcpy(b.serial, "f0");
	assert_false(cert_hash_equal(&a, &b));
	b = a;
	(void)strcpy(b.issuer_name, "abc");
	assert_false(cert_hash_equal(&a, &b));
	(void)strcpy(a.serial, "0");
	(void)strcpy(b.serial, "00");
	(void)strcpy(b.issuer_name, "ab");
	assert_true(cert_hash_equal(&a, &b));
}

static void
an_authority_has_both_constraint_and_usage(void **state)
{
	static const struct {
		const char *basic, *usage;
		bool ca;
	} rows[] = {
		{ "critical,CA:TRUE", "critical,keyCertSign", true },
		{ "CA:TRUE", "keyCertSign,cRLSign", true },
		{ "critical,CA:TRUE", "critical,digitalSignature", false },
		{ "critical,CA:TRUE", "", false },
		{ "critical,CA:FALSE", "critical,keyCertSign", false },
		{ "", "critical,keyCertSign", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_cert struct cert *c = craft_new(&(struct craft_cert){
		    .basic = rows[i].basic, .usage = rows[i].usage });

		assert_int_equal(c->ca, rows[i].ca);
		assert_true(c->self_signed);
	}
}

static void
only_its_own_key_makes_it_self_signed(void **state)
{
	own_cert struct cert *c = craft_new(&(struct craft_cert){
	    .cn = "x", .issuer_key = craft_key("P-256", 7) });

	(void)state;
	/* Subject and issuer are one name, and another key has signed. */
	assert_false(c->self_signed);
}

static void
times_are_seconds(void **state)
{
	own_cert struct cert *c = craft_new(&(struct craft_cert){
	    .begin = 1000000000, .end = INT64_C(253402300799) });

	(void)state;
	assert_int_equal(c->begin, 1000000000);
	assert_int_equal(c->end, INT64_C(253402300799)); /* 9999-12-31 */
}

static void
the_floor_of_keys_and_signatures(void **state)
{
	static const struct {
		const char *kind;
		bool strong;
	} rows[] = {
		{ "RSA-1024", false },
		{ "RSA-2048", true },
		{ "P-224", false },
		{ "P-256", true },
		{ "P-384", true },
		{ "P-521", true },
		{ "secp256k1", false },
		{ "ED25519", true },
		{ "ED448", true },
	};
	EVP_PKEY *key = craft_key("RSA-2048", 0);
	own_cert struct cert *root = craft_new(
	    &(struct craft_cert){ .cn = "root", .ca = true, .key = key });

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_cert struct cert *c = craft_new(
		    &(struct craft_cert){ .key = craft_key(rows[i].kind, 0) });

		assert_int_equal(cert_strong(c), rows[i].strong);
	}
	{
		own_cert struct cert *sha1 = craft_new(&(struct craft_cert){
		    .issuer = root->x, .issuer_key = key, .md = EVP_sha1() });
		own_cert struct cert *sha512 = craft_new(&(struct craft_cert){
		    .issuer = root->x, .issuer_key = key, .md = EVP_sha512() });
		own_cert struct cert *own = craft_new(
		    &(struct craft_cert){ .key = key, .md = EVP_sha1() });

		assert_false(cert_strong(sha1));
		assert_true(cert_strong(sha512));
		assert_true(cert_strong(own));
	}
}

static void
an_extension_that_stands_twice_is_refused(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ .ca = true });
	struct err e;

	(void)state;
	craft_extension(x, x, NID_basic_constraints, "CA:FALSE");
	X509_sign(x, craft_key("P-256", 0), EVP_sha256());
	assert_null(cert_new(x, &e));
	assert_non_null(strstr(e.text, "extension"));
}

/* --- texts ---------------------------------------------------------------- */

static void
der_and_pem_are_told_by_content(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes pem = { 0 }, der = { 0 };
	struct cert *c[2];
	struct err e;

	(void)state;
	bytes_fmt(&pem, "0 s:CN = a text that begins like DER\r\n");
	craft_pem(x, &pem);
	bytes_fmt(&pem, " 1 s:CN = between\n---\n");
	pem.len -= 4; /* a line that begins like a block is none */
	craft_pem(x, &pem);
	craft_der(x, &der);
	assert_int_equal(cert_parse(pem.p, pem.len, c, 2, &e), 2);
	assert_memory_equal(c[0]->print, c[1]->print, 32);
	free_all(c, 2);
	assert_int_equal(cert_parse(der.p, der.len, c, 2, &e), 1);
	free_all(c, 1);
	X509_free(x);
}

static void
lines_may_end_as_windows_ends_them(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes pem = { 0 }, crlf = { 0 };
	struct cert *c[1];
	struct err e;

	(void)state;
	craft_pem(x, &pem);
	bytes_add(&crlf, "\xef\xbb\xbf", 3);
	for (size_t i = 0; i < pem.len; i++)
		bytes_fmt(&crlf, pem.p[i] == '\n' ? "\r\n" : "%c", pem.p[i]);
	assert_int_equal(cert_parse(crlf.p, crlf.len, c, 1, &e), 1);
	free_all(c, 1);
	X509_free(x);
}

static int
parse_text(const char *text, struct err *e)
{
	struct cert *c[2];
	int n = cert_parse(text, strlen(text), c, 2, e);

	if (n > 0)
		free_all(c, n);
	return n;
}

static void
D33_base64_with_rubbish_is_refused(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes pem = { 0 };
	char *middle;
	struct err e;

	(void)state;
	craft_pem(x, &pem);
	middle = strchr(pem.p, '\n') + 70;
	for (const char *p = "!= \t,-"; *p != '\0'; p++) {
		char was = *middle;

		*middle = *p;
		assert_int_equal(parse_text(pem.p, &e), -1);
		*middle = was;
	}
	assert_int_equal(parse_text(pem.p, &e), 1);
	/* Bits that the padding leaves over, a missing last letter. */
	middle = strstr(pem.p, "\n-----END") - 1;
	memmove(middle, middle + 1, strlen(middle));
	assert_int_equal(parse_text(pem.p, &e), -1);
	X509_free(x);
}

static void
other_blocks_are_refused(void **state)
{
	static const char *const kinds[] = { "TRUSTED CERTIFICATE",
		"X509 CERTIFICATE", "PRIVATE KEY", "certificate",
		"CERTIFICATE REQUEST" };
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		own_bytes struct bytes pem = { 0 };

		craft_pem(x, &pem);
		bytes_fmt(&pem, "-----BEGIN %s-----\nAAAA\n-----END %s-----\n",
		    kinds[i], kinds[i]);
		assert_int_equal(parse_text(pem.p, &e), -1);
		assert_non_null(strstr(e.text, "no certificate"));
	}
	X509_free(x);
}

static void
bytes_behind_a_certificate_are_refused(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes der = { 0 };
	struct cert *c[2];
	struct err e;

	(void)state;
	craft_der(x, &der);
	bytes_add(&der, "", 1);
	assert_int_equal(cert_parse(der.p, der.len, c, 2, &e), -1);
	assert_int_equal(cert_parse(der.p, der.len - 2, c, 2, &e), -1);
	/* The same within base64. */
	{
		char *b64 = base64_encode(der.p, der.len);
		own_bytes struct bytes pem = { 0 };

		bytes_fmt(&pem,
		    "-----BEGIN CERTIFICATE-----\n%s\n"
		    "-----END CERTIFICATE-----\n",
		    b64);
		free(b64);
		assert_int_equal(parse_text(pem.p, &e), -1);
		assert_non_null(strstr(e.text, "behind"));
	}
	X509_free(x);
}

static void
nothing_cut_and_too_much_are_refused(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes pem = { 0 };
	struct cert *c[2];
	struct err e;

	(void)state;
	assert_int_equal(cert_parse("", 0, c, 2, &e), -1);
	assert_int_equal(parse_text("hello\n", &e), -1);
	craft_pem(x, &pem);
	/* All but the last dash (and the line's end) is nothing. */
	for (size_t i = 0; i + 1 < pem.len; i += 7)
		assert_int_equal(cert_parse(pem.p, i, c, 2, &e), -1);
	craft_pem(x, &pem);
	craft_pem(x, &pem);
	assert_int_equal(cert_parse(pem.p, pem.len, c, 2, &e), -1);
	assert_non_null(strstr(e.text, "more than 2"));
	bytes_add(&pem, "", 1);
	assert_int_equal(cert_parse(pem.p, pem.len, c, 2, &e), -1);
	assert_non_null(strstr(e.text, "NUL"));
	X509_free(x);
}

static void
a_large_certificate_is_refused_before_it_is_read(void **state)
{
	own_bytes struct bytes pem = { 0 };
	char *big = calloc(1, CERT_FILE_MAX + 1);
	struct cert *c[2];
	struct err e;

	(void)state;
	bytes_fmt(&pem, "-----BEGIN CERTIFICATE-----\n");
	for (int i = 0; i < CERT_DER_MAX; i++)
		bytes_fmt(&pem, "AAAA\n");
	bytes_fmt(&pem, "-----END CERTIFICATE-----\n");
	assert_int_equal(parse_text(pem.p, &e), -1);
	assert_int_equal(e.code, EFBIG);
	memset(big, '\n', CERT_FILE_MAX + 1);
	assert_int_equal(cert_parse(big, CERT_FILE_MAX + 1, c, 2, &e), -1);
	assert_int_equal(e.code, EFBIG);
	free(big);
}

static void
a_length_without_end_is_not_der(void **state)
{
	X509 *x = craft_x509(&(struct craft_cert){ 0 });
	own_bytes struct bytes der = { 0 }, ber = { 0 };
	struct cert *c[1];
	struct err e;

	(void)state;
	craft_der(x, &der);
	/* 30 80 ... 00 00: the same certificate in BER. */
	bytes_add(&ber, "\x30\x80", 2);
	bytes_add(&ber, der.p + 4, der.len - 4);
	bytes_add(&ber, "\0\0", 2);
	assert_int_equal(cert_parse(ber.p, ber.len, c, 1, &e), -1);
	/* A length in more octets than it needs. */
	bytes_free(&ber);
	bytes_add(&ber, "\x30\x83\x00", 3);
	bytes_add(&ber, der.p + 2, der.len - 2);
	assert_int_equal(cert_parse(ber.p, ber.len, c, 1, &e), -1);
	X509_free(x);
}

static void
names_of_hashes_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < CERT_HASHES; i++)
		assert_int_equal(
		    cert_hash_of(cert_hash_name((enum cert_hash)i)), i);
	assert_int_equal(cert_hash_of("SHA1"), CERT_HASHES);
	assert_int_equal(cert_hash_of(""), CERT_HASHES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_data_are_those_of_an_ocsp_request),
		cmocka_unit_test(
		    a_serial_has_no_leading_zeros_and_zero_is_a_zero),
		cmocka_unit_test(
		    a_serial_that_no_hash_data_can_hold_is_refused),
		cmocka_unit_test(
		    D10_hash_data_are_compared_without_regard_to_case),
		cmocka_unit_test(an_authority_has_both_constraint_and_usage),
		cmocka_unit_test(only_its_own_key_makes_it_self_signed),
		cmocka_unit_test(times_are_seconds),
		cmocka_unit_test(the_floor_of_keys_and_signatures),
		cmocka_unit_test(an_extension_that_stands_twice_is_refused),
		cmocka_unit_test(der_and_pem_are_told_by_content),
		cmocka_unit_test(lines_may_end_as_windows_ends_them),
		cmocka_unit_test(D33_base64_with_rubbish_is_refused),
		cmocka_unit_test(other_blocks_are_refused),
		cmocka_unit_test(bytes_behind_a_certificate_are_refused),
		cmocka_unit_test(nothing_cut_and_too_much_are_refused),
		cmocka_unit_test(
		    a_large_certificate_is_refused_before_it_is_read),
		cmocka_unit_test(a_length_without_end_is_not_der),
		cmocka_unit_test(names_of_hashes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
