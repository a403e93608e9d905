/* SPDX-License-Identifier: MIT */
/*
 * Public areas of TPM keys: what the TPM gave (a leaf and an EK), and what
 * somebody without a TPM might send instead.
 */
#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "tpm_public.h"
#include "x509.h"

/* A signing key as swtpm made it, and its Name. */
static const char leaf_hex[] =
    "00560023000b00040472000000100010000300100020f46bec30bbc97e5f843e973df4"
    "d1e0628bda3cce3b7a5569b05c681da19d39a0002053fdbef3d6ba51ac37e324318bac"
    "aa02396b48ab202043e67a83d77d60722210";
static const char leaf_name[] =
    "000b206f6cf528478526022943fde325c07da40f3f9cbe5efe7a35f3f0bf5611ce86";
/* swtpm's P-384 endorsement key. */
static const char ek_hex[] =
    "00aa0023000c000300f20030b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4"
    "e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e1200060100004300100004"
    "001000302f95d95157cd26c1d1c4a3120049193068fa2df48dcc9da49168f662bdc39a"
    "111393ce485b0722a878f118a461204a5800302082179ee53d41b4a656d204e9888ab8"
    "696746e95659b2eba1f33ff7c20d4ad7a62cba7b63a1670e1f24f9e4eef6ae66";

static struct tpm_public
given(const char *hex)
{
	uint8_t raw[TPM_PUBLIC_MAX];
	struct tpm_public pub;
	struct err e;
	long n = hex_decode(hex, raw, sizeof(raw));

	assert_true(n > 0);
	assert_int_equal(tpm_public_parse(raw, (size_t)n, &pub, &e), 0);
	return pub;
}

static void
a_public_area_is_written_as_it_was_read(void **state)
{
	static const char *const all[] = { leaf_hex, ek_hex };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tpm_public pub = given(all[i]);
		uint8_t out[TPM_PUBLIC_MAX];
		char hex[2 * TPM_PUBLIC_MAX + 1];
		struct err e;
		size_t n;

		assert_int_equal(tpm_public_marshal(&pub, out, &n, &e), 0);
		hex_encode(out, n, hex);
		assert_string_equal(hex, all[i]);
	}
}

static void
the_name_is_the_one_the_tpm_says(void **state)
{
	struct tpm_public pub = given(leaf_hex);
	uint8_t name[TPM_NAME_MAX];
	char hex[2 * TPM_NAME_MAX + 1];
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(tpm_public_name(&pub, name, &n, &e), 0);
	hex_encode(name, n, hex);
	assert_string_equal(hex, leaf_name);
}

static void
a_leaf_is_a_leaf_and_an_ek_an_ek(void **state)
{
	struct tpm_public leaf = given(leaf_hex), ek = given(ek_hex);
	struct err e;

	(void)state;
	assert_int_equal(tpm_public_is_leaf(&leaf, &e), 0);
	assert_int_equal(tpm_public_is_ek(&ek, &e), 0);
	assert_int_equal(tpm_public_is_leaf(&ek, &e), -1);
	assert_int_equal(tpm_public_is_ek(&leaf, &e), -1);
}

/* One attribute flipped, and the word of the refusal. */
struct flip {
	uint32_t bit;
	const char *why;
};

static void
each_attribute_of_a_leaf_counts(void **state)
{
	static const struct flip rows[] = {
		{ TPM_FIXED_TPM, "another TPM" },
		{ TPM_FIXED_PARENT, "another parent" },
		{ TPM_ORIGIN, "not made in the TPM" },
		{ TPM_SIGN, "not for signing" },
		{ TPM_USER_AUTH, "own auth" },
		{ TPM_RESTRICTED, "restricted" },
		{ TPM_DECRYPT, "decryption" },
		{ TPM_ADMIN_POLICY, "policy" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tpm_public pub = given(leaf_hex);

		pub.attributes ^= rows[i].bit;
		assert_int_equal(tpm_public_is_leaf(&pub, &e), -1);
		assert_non_null(strstr(e.text, rows[i].why));
	}
}

/* The bytes of leaf_hex with some changed. */
struct damage {
	const char *name;
	size_t at;
	uint8_t value;
};

static void
areas_that_lie_are_refused(void **state)
{
	static const struct damage rows[] = {
		{ "outer size", 1, 0x57 },
		{ "type KEYEDHASH", 3, 0x08 },
		{ "nameAlg SHA-1", 5, 0x04 },
		{ "nameAlg NULL", 5, 0x10 },
		{ "reserved attribute", 6, 0x80 },
		{ "policy of one byte", 11, 0x01 },
		{ "policy larger than a digest", 10, 0x01 },
		{ "symmetric of an unknown kind", 13, 0x26 },
		{ "scheme ECDAA", 15, 0x1a },
		{ "curve P-521", 17, 0x05 },
		{ "kdf", 19, 0x20 },
		{ "x of 33 bytes", 21, 0x21 },
		{ "x of 65535 bytes", 20, 0xff },
		{ "y of 31 bytes, one too many behind", 55, 0x1f },
	};
	uint8_t raw[TPM_PUBLIC_MAX];
	struct tpm_public pub;
	struct err e;
	long n = hex_decode(leaf_hex, raw, sizeof(raw));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t kept = raw[rows[i].at];

		raw[rows[i].at] = rows[i].value;
		if (tpm_public_parse(raw, (size_t)n, &pub, &e) != -1)
			fail_msg("accepted: %s", rows[i].name);
		raw[rows[i].at] = kept;
	}
	for (long cut = 0; cut < n; cut++)
		assert_int_equal(
		    tpm_public_parse(raw, (size_t)cut, &pub, &e), -1);
	assert_int_equal(tpm_public_parse(raw, (size_t)n, &pub, &e), 0);
}

static void
bytes_behind_the_end_are_refused(void **state)
{
	uint8_t raw[TPM_PUBLIC_MAX + 8] = { 0 };
	struct tpm_public pub;
	struct err e;
	long n = hex_decode(leaf_hex, raw, sizeof(raw));

	(void)state;
	assert_int_equal(tpm_public_parse(raw, (size_t)n + 1, &pub, &e), -1);
	raw[1]++; /* the size agrees, the content does not */
	assert_int_equal(tpm_public_parse(raw, (size_t)n + 1, &pub, &e), -1);
	raw[0] = (sizeof(raw) - 2) >> 8;
	raw[1] = (uint8_t)(sizeof(raw) - 2);
	assert_int_equal(tpm_public_parse(raw, sizeof(raw), &pub, &e), -1);
}

static void
the_key_can_be_used_by_openssl(void **state)
{
	struct tpm_public leaf = given(leaf_hex), ek = given(ek_hex);
	struct err e;
	own_pkey EVP_PKEY *a = tpm_public_key(&leaf, &e);
	own_pkey EVP_PKEY *b = tpm_public_key(&ek, &e);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(EVP_PKEY_get_bits(a), 256);
	assert_int_equal(EVP_PKEY_get_bits(b), 384);
	leaf.x.p[5] ^= 1;
	assert_null(tpm_public_key(&leaf, &e));
}

/* Some TPMs leave out leading zeros: the same key, another Name. */
static void
short_coordinates_are_the_same_key(void **state)
{
	struct err e;
	own_pkey EVP_PKEY *whole = NULL, *cut = NULL;
	struct tpm_public pub = given(leaf_hex);
	uint8_t point[97];
	size_t n;
	EVP_PKEY *found = NULL;

	(void)state;
	while (found == NULL) {
		EVP_PKEY *key = EVP_EC_gen("P-256");

		assert_int_equal(
		    EVP_PKEY_get_octet_string_param(
			key, "encoded-pub-key", point, sizeof(point), &n),
		    1);
		if (point[1] == 0)
			found = key;
		else
			EVP_PKEY_free(key);
	}
	memcpy(pub.x.p, point + 1, 32);
	memcpy(pub.y.p, point + 33, 32);
	whole = tpm_public_key(&pub, &e);
	pub.x.len = 31;
	memcpy(pub.x.p, point + 2, 31);
	cut = tpm_public_key(&pub, &e);
	assert_int_equal(EVP_PKEY_eq(whole, found), 1);
	assert_int_equal(EVP_PKEY_eq(cut, found), 1);
	EVP_PKEY_free(found);
}

static void
rsa_keys_have_their_size_and_exponent(void **state)
{
	struct tpm_public pub = { .type = TPM_RSA,
		.name_alg = TPM_SHA256,
		.attributes = 0x000300b2,
		.sym = TPM_AES,
		.sym_bits = 128,
		.scheme = TPM_NULL,
		.rsa_bits = 2048,
		.x = { .len = 256 } };
	uint8_t out[TPM_PUBLIC_MAX];
	struct err e;
	size_t n;

	(void)state;
	memset(pub.x.p, 0xff, 256);
	assert_int_equal(tpm_public_marshal(&pub, out, &n, &e), 0);
	assert_int_equal(tpm_public_parse(out, n, &pub, &e), 0);
	assert_int_equal(tpm_public_is_ek(&pub, &e), 0);
	pub.x.p[255] = 0xfe; /* even: no modulus */
	assert_null(tpm_public_key(&pub, &e));
	pub.exponent = 3;
	assert_int_equal(tpm_public_marshal(&pub, out, &n, &e), -1);
	pub.exponent = 0;
	pub.rsa_bits = 1024;
	assert_int_equal(tpm_public_marshal(&pub, out, &n, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_public_area_is_written_as_it_was_read),
		cmocka_unit_test(the_name_is_the_one_the_tpm_says),
		cmocka_unit_test(a_leaf_is_a_leaf_and_an_ek_an_ek),
		cmocka_unit_test(each_attribute_of_a_leaf_counts),
		cmocka_unit_test(areas_that_lie_are_refused),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(the_key_can_be_used_by_openssl),
		cmocka_unit_test(short_coordinates_are_the_same_key),
		cmocka_unit_test(rsa_keys_have_their_size_and_exponent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
