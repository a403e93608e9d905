/* SPDX-License-Identifier: MIT */
/*
 * MakeCredential against a published vector, and against the TPM's own rules
 * undone by hand for what is random in it. A real TPM opens them in
 * tests/system/tpm.test.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "makecred.h"
#include "x509.h"

/* The vector: an EK (TCG template L-2), a Name, a secret, an ephemeral key,
 * and what the TPM must accept. Facts, published with Keylime's tests. */
static const char ek_hex[] =
    "007a0023000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64"
    "f2a1da1b331469aa000600800043001000030010"
    "0020d31f0e190c36691abdc5c8cef7201139664f93bcc45e68861a62d649d9a157d4"
    "00209bf3cc57da9b2c09539cae40f0518e651b65befaab84f26a3285d88be134b0cf";
static const char name_hex[] =
    "000b9f7f75b0564ea96bd70ef98baafbf6bf779641d17576bd11b5c6979273d2ba21";
static const char secret_hex[] =
    "7756666e6e4574706552556d717932656e7954474c64434f576a523545654a69";
static const char ephemeral[] =
    "75548318724506252006992803713632448754009807765151974952668642988315053"
    "146586";
static const char blob_hex[] =
    "004400207d7934f023133b07f7d9bce3062451ea4da5f1917c95e142da1c3277e658f66b"
    "bea694a7c1b30d006a09b28dc534876d59b644b9223c5f3c3432d8bae35f3ea3fba6";
static const char seed_hex[] =
    "00440020361ce888d5152797aaca04838003976967c0c0a0a0e9698b7b5e6e5294e21711"
    "002078daa91b35fb5efc70052a470064a96dd556bd53a784d737e40966edc5f36ce8";

static void
given_ek(struct tpm_public *ek)
{
	uint8_t raw[TPM_PUBLIC_MAX];
	long n = hex_decode(ek_hex, raw, sizeof(raw));
	struct err e;

	assert_int_equal(tpm_public_parse(raw, (size_t)n, ek, &e), 0);
}

/* The private number d and its public point, which the vector gives too. */
static EVP_PKEY *
given_ephemeral(void)
{
	uint8_t point[65] = { 0x04 }, seed[72];
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *d = NULL;
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	assert_int_equal(hex_decode(seed_hex, seed, sizeof(seed)), 70);
	memcpy(point + 1, seed + 4, 32);
	memcpy(point + 33, seed + 38, 32);
	assert_true(BN_dec2bn(&d, ephemeral) > 0);
	OSSL_PARAM_BLD_push_utf8_string(
	    bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d);
	OSSL_PARAM_BLD_push_octet_string(
	    bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	params = OSSL_PARAM_BLD_to_param(bld);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return key;
}

struct vector {
	uint8_t name[TPM_NAME_MAX], secret[32];
	size_t name_len;
};

static void
given_vector(struct vector *v)
{
	v->name_len = (size_t)hex_decode(name_hex, v->name, sizeof(v->name));
	assert_int_equal(v->name_len, 34);
	assert_int_equal(
	    hex_decode(secret_hex, v->secret, sizeof(v->secret)), 32);
}

static void
the_published_vector_is_met_byte_for_byte(void **state)
{
	own_pkey EVP_PKEY *eph = given_ephemeral();
	char got[2 * MAKECRED_SEED_MAX + 1];
	struct tpm_public ek;
	struct makecred mc;
	struct vector v;
	struct err e;

	(void)state;
	given_ek(&ek);
	given_vector(&v);
	assert_int_equal(makecred_ecc(&ek, eph, v.name, v.name_len, v.secret,
			     sizeof(v.secret), &mc, &e),
	    0);
	hex_encode(mc.blob, mc.blob_len, got);
	assert_string_equal(got, blob_hex);
	hex_encode(mc.seed, mc.seed_len, got);
	assert_string_equal(got, seed_hex);
}

static void
two_credentials_for_the_same_secret_share_nothing(void **state)
{
	struct tpm_public ek;
	struct makecred a, b;
	struct vector v;
	struct err e;

	(void)state;
	given_ek(&ek);
	given_vector(&v);
	assert_int_equal(
	    makecred(&ek, v.name, v.name_len, v.secret, 32, &a, &e), 0);
	assert_int_equal(
	    makecred(&ek, v.name, v.name_len, v.secret, 32, &b, &e), 0);
	assert_int_equal(a.blob_len, b.blob_len);
	assert_memory_not_equal(a.blob + 4, b.blob + 4, 32);
	assert_memory_not_equal(a.blob + 36, b.blob + 36, 34);
	assert_memory_not_equal(a.seed + 4, b.seed + 4, 32);
}

/* An EK from the vector, with one thing changed, must be refused. */
struct bad {
	const char *why; /* in the error */
	void (*change)(struct tpm_public *);
};

static void
may_leave(struct tpm_public *ek)
{
	ek->attributes &= ~(uint32_t)TPM_FIXED_TPM;
}

static void
decrypts_anything(struct tpm_public *ek)
{
	ek->attributes &= ~(uint32_t)TPM_RESTRICTED;
}

static void
signs(struct tpm_public *ek)
{
	ek->attributes |= TPM_SIGN;
}

static void
no_storage(struct tpm_public *ek)
{
	ek->sym = TPM_NULL;
}

static void
off_the_curve(struct tpm_public *ek)
{
	ek->y.p[31] ^= 1;
}

static void
what_is_no_endorsement_key_gets_no_credential(void **state)
{
	static const struct bad rows[] = {
		{ "moved", may_leave },
		{ "decrypts anything", decrypts_anything },
		{ "signs", signs },
		{ "no storage key", no_storage },
		{ "no usable key", off_the_curve },
	};
	struct tpm_public ek;
	struct makecred mc;
	struct vector v;
	struct err e;

	(void)state;
	given_vector(&v);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		given_ek(&ek);
		rows[i].change(&ek);
		assert_int_equal(
		    makecred(&ek, v.name, v.name_len, v.secret, 32, &mc, &e),
		    -1);
		assert_non_null(strstr(e.text, rows[i].why));
	}
}

static void
secrets_and_names_of_wrong_size_are_refused(void **state)
{
	static const size_t sizes[][2] = { { 34, 0 }, { 34, 33 }, { 1, 32 },
		{ TPM_NAME_MAX + 1, 32 } };
	uint8_t room[TPM_NAME_MAX + 1] = { 0 };
	struct tpm_public ek;
	struct makecred mc;
	struct err e;

	(void)state;
	given_ek(&ek);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(makecred(&ek, room, sizes[i][0], room,
				     sizes[i][1], &mc, &e),
		    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vector_is_met_byte_for_byte),
		cmocka_unit_test(
		    two_credentials_for_the_same_secret_share_nothing),
		cmocka_unit_test(what_is_no_endorsement_key_gets_no_credential),
		cmocka_unit_test(secrets_and_names_of_wrong_size_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
