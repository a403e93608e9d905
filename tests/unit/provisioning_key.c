/* SPDX-License-Identifier: MIT */
/*
 * Keys whose private half is elsewhere: here, an ordinary key in this process
 * plays the one that signs. What OpenSSL makes of it (CSR, key files by name)
 * is what counts; TLS has a test of its own.
 */
#include <openssl/pem.h>

#include <pthread.h>

#include "unit/elsewhere.h"

/* --- signers that fail --------------------------------------------------- */

static int
refuse(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	(void)ctx;
	(void)digest;
	(void)sig;
	return err_set(e, EIO, "the TPM of %s is on fire", purpose);
}

static int
sign_nothing(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	(void)ctx;
	(void)purpose;
	(void)digest;
	(void)e;
	memset(sig, 0, KEY_SIG_LEN);
	return 0;
}

/* --- keys and CSR -------------------------------------------------------- */

static void
a_key_reference_is_read_as_the_key_it_names(void **state)
{
	own_pkey EVP_PKEY *key = from_file();
	uint8_t again[KEY_POINT_LEN];
	struct err e;

	(void)state;
	assert_int_equal(EVP_PKEY_eq(key, there.key), 1);
	assert_int_equal(EVP_PKEY_get_base_id(key), EVP_PKEY_EC);
	assert_int_equal(key_point(key, again, &e), 0);
	assert_memory_equal(again, point, sizeof(point));
}

static void
a_csr_is_signed_elsewhere_and_verifies(void **state)
{
	own_pkey EVP_PKEY *key = from_file();
	own_bytes struct bytes pem = { 0 };
	own_req X509_REQ *req = NULL;
	const X509_ALGOR *alg;
	const ASN1_OBJECT *oid;
	int type, before = there.calls;
	struct err e;

	(void)state;
	assert_int_equal(key_csr(key, "GW-0001", &pem, &e), 0);
	assert_int_equal(there.calls, before + 1);
	assert_non_null(req = x509_req_parse(pem.p, pem.len, &e));
	assert_int_equal(X509_REQ_verify(req, there.key), 1);
	X509_REQ_get0_signature(req, NULL, &alg);
	X509_ALGOR_get0(&oid, &type, NULL, alg);
	assert_int_equal(OBJ_obj2nid(oid), NID_ecdsa_with_SHA256);
	assert_int_equal(type, V_ASN1_UNDEF); /* absent, not NULL */
}

static void
a_csr_for_a_strange_name_is_refused(void **state)
{
	static const char too_long[] =
	    "0123456789012345678901234567890123456789"
	    "0123456789012345678901234";
	static const char *const names[] = { "", "a/b", "a b", "+", "#",
		"\xc3\xa9", too_long };
	own_pkey EVP_PKEY *key = from_file();
	own_bytes struct bytes pem = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(key_csr(key, names[i], &pem, &e), -1);
	assert_int_equal(pem.len, 0);
}

/* --- when nobody signs --------------------------------------------------- */

static void
expect_csr_error(const char *purpose, const char *text)
{
	struct err e;
	own_pkey EVP_PKEY *key = key_new(purpose, point, &e);
	own_bytes struct bytes pem = { 0 };

	assert_non_null(key);
	assert_int_equal(key_csr(key, "GW-0001", &pem, &e), -1);
	if (strstr(e.text, text) == NULL)
		print_error("%s\n", e.text);
	assert_non_null(strstr(e.text, text));
}

static void
without_a_signer_there_is_an_error_and_no_signature(void **state)
{
	struct err e;

	(void)state;
	expect_csr_error("orphan", "nobody here signs with the key orphan");
	assert_int_equal(key_signer_set("orphan", refuse, NULL, &e), 0);
	expect_csr_error("orphan", "the TPM of orphan is on fire");
	assert_int_equal(key_signer_set("orphan", sign_nothing, NULL, &e), 0);
	expect_csr_error("orphan", "no signature");
	/* One of a family goes to the signer of all, and of nobody else. */
	expect_csr_error("orphan.0a1b", "no signature");
	expect_csr_error("orphans.0a1b", "nobody here signs");
	key_signer_remove("orphan");
	expect_csr_error("orphan", "nobody here signs");
	key_signer_remove("orphan");
}

static void
the_table_of_signers_has_an_end(void **state)
{
	char purpose[8];
	struct err e;

	(void)state;
	for (int i = 0; i < KEY_SIGNERS_MAX - 1; i++) { /* "mqtt" is there */
		snprintf(purpose, sizeof(purpose), "p%d", i);
		assert_int_equal(key_signer_set(purpose, refuse, NULL, &e), 0);
	}
	assert_int_equal(key_signer_set("more", refuse, NULL, &e), -1);
	assert_int_equal(e.code, ENOSPC);
	for (int i = 0; i < KEY_SIGNERS_MAX - 1; i++) {
		snprintf(purpose, sizeof(purpose), "p%d", i);
		key_signer_remove(purpose);
	}
	assert_int_equal(key_signer_set("more", refuse, NULL, &e), 0);
	key_signer_remove("more");
}

static void *
one_csr(void *key)
{
	own_bytes struct bytes pem = { 0 };
	struct err e;

	return key_csr(key, "GW-0001", &pem, &e) == 0 ? key : NULL;
}

static void
a_removed_signer_is_not_running_any_more(void **state)
{
	struct elsewhere slow = { .key = there.key, .sleep_us = 50000 };
	struct err e;
	own_pkey EVP_PKEY *key = key_new("slow", point, &e);
	pthread_t thread;
	void *signed_it;

	(void)state;
	assert_int_equal(key_signer_set("slow", sign_there, &slow, &e), 0);
	assert_int_equal(pthread_create(&thread, NULL, one_csr, key), 0);
	while (!slow.inside)
		usleep(1000);
	key_signer_remove("slow");
	assert_false(slow.inside);
	assert_int_equal(slow.calls, 1);
	assert_int_equal(pthread_join(thread, &signed_it), 0);
	assert_non_null(signed_it);
}

/* --- references that lie ------------------------------------------------- */

struct lie {
	const char *name;
	size_t len;
	size_t at; /* this byte gets that value */
	uint8_t value;
};

static void
a_damaged_key_reference_is_refused(void **state)
{
	static const struct lie rows[] = {
		{ "nothing", 0, 0, 1 },
		{ "no purpose", 66, 0, 1 },
		{ "too long", 66 + KEY_PURPOSE_MAX + 1, 0, 1 },
		{ "version 2", 70, 0, 2 },
		{ "NUL in the purpose", 70, 68, 0 },
		{ "slash in the purpose", 70, 68, '/' },
		{ "upper case", 70, 66, 'M' },
		{ "begins with a dot", 70, 66, '.' },
	};
	uint8_t raw[128];
	struct key_ref ref;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(raw, 'm', sizeof(raw));
		raw[0] = 1;
		memcpy(raw + 1, point, sizeof(point));
		raw[rows[i].at] = rows[i].value;
		if (key_ref_parse(raw, rows[i].len, &ref, &e) != -1)
			fail_msg("accepted: %s", rows[i].name);
	}
	raw[66] = 'm';
	assert_int_equal(key_ref_parse(raw, 70, &ref, &e), 0);
	assert_string_equal(ref.purpose, "mmmm");
}

static void
a_point_off_the_curve_is_no_key(void **state)
{
	own_bytes struct bytes pem = { 0 };
	uint8_t off[KEY_POINT_LEN];
	struct err e;

	(void)state;
	memcpy(off, point, sizeof(off));
	off[64] ^= 1;
	assert_null(key_new("mqtt", off, &e));
	assert_null(key_public(off, &e));
	assert_int_equal(key_ref_pem("mqtt", off, &pem, &e), -1);
	off[64] ^= 1;
	off[0] = 0x02;
	assert_null(key_new("mqtt", off, &e));
	memset(off, 0, sizeof(off));
	assert_null(key_public(off, &e));
}

static void
keys_of_another_kind_have_no_point(void **state)
{
	own_pkey EVP_PKEY *p384 = EVP_EC_gen("P-384");
	own_pkey EVP_PKEY *rsa = EVP_RSA_gen(2048);
	uint8_t out[KEY_POINT_LEN];
	struct err e;

	(void)state;
	assert_int_equal(key_point(p384, out, &e), -1);
	assert_int_equal(key_point(rsa, out, &e), -1);
}

static void
ordinary_key_files_are_read_as_before(void **state)
{
	own_pkey EVP_PKEY *again = NULL;
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	PEM_write_bio_PKCS8PrivateKey(
	    bio, there.key, NULL, NULL, 0, NULL, NULL);
	again = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(again);
	assert_int_equal(EVP_PKEY_eq(again, there.key), 1);
	BIO_free(bio);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_reference_is_read_as_the_key_it_names),
		cmocka_unit_test(a_csr_is_signed_elsewhere_and_verifies),
		cmocka_unit_test(a_csr_for_a_strange_name_is_refused),
		cmocka_unit_test(
		    without_a_signer_there_is_an_error_and_no_signature),
		cmocka_unit_test(the_table_of_signers_has_an_end),
		cmocka_unit_test(a_removed_signer_is_not_running_any_more),
		cmocka_unit_test(a_damaged_key_reference_is_refused),
		cmocka_unit_test(a_point_off_the_curve_is_no_key),
		cmocka_unit_test(keys_of_another_kind_have_no_point),
		cmocka_unit_test(ordinary_key_files_are_read_as_before),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
