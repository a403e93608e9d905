/* SPDX-License-Identifier: MIT */
/* Signatures over files and messages. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <sys/mman.h>

#include <unistd.h>

#include "certs_chain.h"
#include "digest.h"

#define BIG (3 * 65536 + 17) /* bytes of the file: several pieces */

static uint8_t content[BIG];

static int
file_of(const void *p, size_t n)
{
	int fd = memfd_create("signed", 0);

	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static size_t
sign(EVP_PKEY *key, const EVP_MD *md, bool pss, const void *p, size_t n,
    uint8_t *out, size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *k;

	assert_int_equal(EVP_DigestSignInit(ctx, &k, md, NULL, key), 1);
	if (pss)
		assert_int_equal(
		    EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &room, p, n), 1);
	EVP_MD_CTX_free(ctx);
	return room;
}

/* r and s of full width, as XML has them. */
static size_t
parts_of(const uint8_t *der, size_t n, int half, uint8_t *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half), half);
	assert_int_equal(
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half), half);
	ECDSA_SIG_free(sig);
	return 2 * (size_t)half;
}

static struct chain
signer(const char *kind, const char *eku)
{
	const struct craft_cert spec[C_ALL] = { { .key = craft_key(kind, 1),
	    .eku = eku } };

	return chain_craft(spec);
}

static enum certs_result
verify(const struct chain *c, const void *sig, size_t n)
{
	const struct verify_job job = chain_job(c, VERIFY_CSMS_CLIENT);
	int fd = file_of(content, sizeof(content));
	struct err e;
	enum certs_result r = verify_file(fd, sig, n, &job, &e);

	(void)close(fd);
	return r;
}

static const struct {
	const char *kind;
	bool pss;
} kinds[] = { { "P-256", false }, { "P-384", false }, { "P-521", false },
	{ "RSA-2048", false }, { "RSA-2048", true } };

static void
a_file_signed_in_any_known_way_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		own_certs struct chain c = signer(kinds[i].kind, "codeSigning");
		uint8_t sig[1024];
		size_t n = sign(craft_key(kinds[i].kind, 1), EVP_sha256(),
		    kinds[i].pss, content, BIG, sig, sizeof(sig));
		char *text = base64_encode(sig, n), broken[2048];
		size_t at = 0;

		assert_int_equal(verify(&c, sig, n), CERTS_ACCEPTED);
		assert_int_equal(
		    verify(&c, text, strlen(text)), CERTS_ACCEPTED);
		/* As openssl base64 writes it: lines of 64. */
		for (size_t k = 0; text[k] != '\0'; k++) {
			broken[at++] = text[k];
			if (k % 64 == 63)
				broken[at++] = '\n';
		}
		broken[at++] = '\n';
		assert_int_equal(verify(&c, broken, at), CERTS_ACCEPTED);
		free(text);
	}
}

static void
a_changed_bit_of_file_or_signature_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		own_certs struct chain c = signer(kinds[i].kind, NULL);
		uint8_t sig[1024];
		size_t n = sign(craft_key(kinds[i].kind, 1), EVP_sha256(),
		    kinds[i].pss, content, BIG, sig, sizeof(sig));

		content[BIG - 1] ^= 1;
		assert_int_equal(verify(&c, sig, n), CERTS_INVALID_SIGNATURE);
		content[BIG - 1] ^= 1;
		sig[n / 2] ^= 1;
		assert_int_equal(verify(&c, sig, n), CERTS_INVALID_SIGNATURE);
		sig[n / 2] ^= 1;
		assert_int_equal(
		    verify(&c, sig, n - 1), CERTS_INVALID_SIGNATURE);
		assert_int_equal(verify(&c, sig, n), CERTS_ACCEPTED);
	}
}

static void
who_signs_is_judged_before_the_file_is_read(void **state)
{
	own_certs struct chain server = signer("P-256", "serverAuth");
	own_certs struct chain fine = signer("P-256", NULL);
	struct verify_job job = chain_job(&server, VERIFY_CSMS_SERVER);
	uint8_t sig[256];
	size_t n = sign(craft_key("P-256", 1), EVP_sha256(), false, content,
	    BIG, sig, sizeof(sig));
	int fd = file_of(content, BIG);
	struct err e;

	(void)state;
	/* The purpose is MF, whatever the job says. */
	assert_int_equal(
	    verify_file(fd, sig, n, &job, &e), CERTS_WRONG_PURPOSE);
	job = chain_job(&fine, VERIFY_MF);
	job.at = CRAFT_NOW + 2 * CRAFT_YEAR;
	assert_int_equal(verify_file(fd, sig, n, &job, &e), CERTS_EXPIRED);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	(void)close(fd);
}

static void
what_is_no_signature_is_refused(void **state)
{
	static const uint8_t zeros[VERIFY_SIG_MAX + 1];
	own_certs struct chain ec = signer("P-256", NULL);
	own_certs struct chain rsa = signer("RSA-2048", NULL);
	own_certs struct chain edwards = signer("ED25519", NULL);

	(void)state;
	assert_int_equal(verify(&ec, "", 0), CERTS_INVALID_FORMAT);
	assert_int_equal(
	    verify(&ec, zeros, sizeof(zeros)), CERTS_INVALID_FORMAT);
	for (size_t n = 1; n <= VERIFY_SIG_MAX; n = n * 2 + 1) {
		/* CVE-2022-21449: r and s of zero. */
		assert_int_equal(
		    verify(&ec, zeros, n), CERTS_INVALID_SIGNATURE);
		assert_int_equal(
		    verify(&rsa, zeros, n), CERTS_INVALID_SIGNATURE);
	}
	assert_int_equal(verify(&ec, zeros, 64), CERTS_INVALID_SIGNATURE);
	assert_int_equal(verify(&ec, "AAAA", 4), CERTS_INVALID_SIGNATURE);
	assert_int_equal(verify(&edwards, zeros, 64), CERTS_WRONG_PURPOSE);
}

static void
a_file_that_cannot_be_read_is_no_good_signature(void **state)
{
	own_certs struct chain c = signer("P-256", NULL);
	const struct verify_job job = chain_job(&c, VERIFY_MF);
	struct err e;

	(void)state;
	assert_int_equal(verify_file(-1, "AAAA", 4, &job, &e), CERTS_FAILED);
}

/* ISO 15118-2: P-256 and SHA-256; -20: P-521 and SHA-512; r and s as they
 * are. */
static void
a_message_of_iso_15118_is_verified(void **state)
{
	static const struct {
		const char *kind;
		const EVP_MD *(*md)(void);
		int half;
	} rows[] = { { "P-256", EVP_sha256, 32 }, { "P-521", EVP_sha512, 66 },
		{ "P-384", EVP_sha384, 48 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_certs struct chain c = signer(rows[i].kind, NULL);
		uint8_t der[256], raw[256], digest[64];
		unsigned len;
		struct err e;
		size_t n = sign(craft_key(rows[i].kind, 1), rows[i].md(), false,
		    content, BIG, der, sizeof(der));
		size_t m = parts_of(der, n, rows[i].half, raw);

		EVP_Digest(content, BIG, digest, &len, rows[i].md(), NULL);
		assert_int_equal(verify_digest(c.c[0], digest, len, raw, m, &e),
		    CERTS_ACCEPTED);
		assert_int_equal(verify_digest(c.c[0], digest, len, der, n, &e),
		    CERTS_ACCEPTED);
		raw[m - 1] ^= 1;
		assert_int_equal(verify_digest(c.c[0], digest, len, raw, m, &e),
		    CERTS_INVALID_SIGNATURE);
		assert_int_equal(verify_digest(c.c[0], digest, 20, raw, m, &e),
		    CERTS_INVALID_FORMAT);
	}
}

static void
a_weak_key_signs_nothing(void **state)
{
	const struct craft_cert spec = { .key = craft_key("RSA-1024", 1) };
	struct cert *c = craft_new(&spec);
	uint8_t sig[256], digest[32];
	struct err e;
	size_t n = sign(craft_key("RSA-1024", 1), EVP_sha256(), false, content,
	    BIG, sig, sizeof(sig));

	(void)state;
	assert_int_equal(sha256(content, BIG, digest, &e), 0);
	assert_int_equal(
	    verify_digest(c, digest, 32, sig, n, &e), CERTS_WEAK_KEY);
	cert_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_signed_in_any_known_way_is_accepted),
		cmocka_unit_test(a_changed_bit_of_file_or_signature_is_noticed),
		cmocka_unit_test(who_signs_is_judged_before_the_file_is_read),
		cmocka_unit_test(what_is_no_signature_is_refused),
		cmocka_unit_test(
		    a_file_that_cannot_be_read_is_no_good_signature),
		cmocka_unit_test(a_message_of_iso_15118_is_verified),
		cmocka_unit_test(a_weak_key_signs_nothing),
	};

	for (size_t i = 0; i < BIG; i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
