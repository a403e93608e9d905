/* SPDX-License-Identifier: MIT */
/*
 * Keys whose private half is elsewhere: here, an ordinary key in this process
 * plays the one that signs. What OpenSSL makes of it (CSR, TLS 1.2 and 1.3,
 * key files by name, threads) is what counts.
 */
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "digest.h"
#include "key.h"
#include "x509.h"

/* --- the signer ---------------------------------------------------------- */

struct elsewhere {
	EVP_PKEY *key;
	atomic_int calls;
	atomic_bool inside;
	unsigned sleep_us;
};

static void
raw_of(const ECDSA_SIG *sig, uint8_t out[KEY_SIG_LEN])
{
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32), 32);
}

static int
sign_there(void *ctx, const char *purpose, const uint8_t digest[KEY_DIGEST_LEN],
    uint8_t sig[KEY_SIG_LEN], struct err *e)
{
	struct elsewhere *there = ctx;
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(there->key, NULL);
	uint8_t der[80];
	const uint8_t *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *parts;

	(void)purpose;
	(void)e;
	there->inside = true;
	assert_int_equal(EVP_PKEY_sign_init(pctx), 1);
	assert_int_equal(EVP_PKEY_sign(pctx, der, &n, digest, 32), 1);
	parts = d2i_ECDSA_SIG(NULL, &p, (long)n);
	raw_of(parts, sig);
	ECDSA_SIG_free(parts);
	EVP_PKEY_CTX_free(pctx);
	if (there->sleep_us != 0)
		usleep(there->sleep_us);
	there->calls++;
	there->inside = false;
	return 0;
}

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

static struct elsewhere there;
static uint8_t point[KEY_POINT_LEN];
static char ref_path[] = "/tmp/ingot-keyref-XXXXXX";

static int
start(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct err e;
	int fd;

	(void)state;
	there.key = EVP_EC_gen("P-256");
	if (key_setup(&e) == -1 || key_point(there.key, point, &e) == -1 ||
	    key_signer_set("mqtt", sign_there, &there, &e) == -1 ||
	    key_ref_pem("mqtt", point, &pem, &e) == -1)
		return -1;
	fd = mkstemp(ref_path);
	if (write(fd, pem.p, pem.len) != (ssize_t)pem.len)
		return -1;
	return close(fd);
}

static int
stop(void **state)
{
	(void)state;
	key_signer_remove("mqtt");
	EVP_PKEY_free(there.key);
	return unlink(ref_path);
}

/* --- keys and CSR -------------------------------------------------------- */

static EVP_PKEY *
from_file(void)
{
	struct err e;
	EVP_PKEY *key = x509_key_read(ref_path, &e);

	if (key == NULL)
		print_error("%s\n", e.text);
	assert_non_null(key);
	return key;
}

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
	static const char *const names[] = { "", "a/b", "a b", "+", "#",
		"\xc3\xa9",
		"0123456789012345678901234567890123456789012345678"
		"901234567890123456789" };
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

/* --- TLS ----------------------------------------------------------------- */

static X509 *
certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"GW-0001", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static SSL_CTX *
side(int version, const SSL_METHOD *how, X509 *trusted)
{
	SSL_CTX *ctx = SSL_CTX_new(how);

	assert_non_null(ctx);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), trusted);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

/* Both sides in one thread, over memory. */
static int
shake(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
	SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
	BIO *near, *far;
	int done = 0;

	assert_int_equal(BIO_new_bio_pair(&near, 0, &far, 0), 1);
	SSL_set_bio(client, near, near);
	SSL_set_bio(server, far, far);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < 20 && !done; i++) {
		int a = SSL_do_handshake(client), b = SSL_do_handshake(server);

		done = a == 1 && b == 1;
	}
	SSL_free(client);
	SSL_free(server);
	return done;
}

/* Client and server both hold the key by its file name. */
static int
mutual_tls(int version)
{
	own_pkey EVP_PKEY *key = from_file();
	own_x509 X509 *cert = certificate(key);
	SSL_CTX *ctx[2] = { side(version, TLS_client_method(), cert),
		side(version, TLS_server_method(), cert) };
	int done;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(SSL_CTX_use_certificate(ctx[i], cert), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(
				     ctx[i], ref_path, SSL_FILETYPE_PEM),
		    1);
		assert_int_equal(SSL_CTX_check_private_key(ctx[i]), 1);
	}
	done = shake(ctx[0], ctx[1]);
	SSL_CTX_free(ctx[0]);
	SSL_CTX_free(ctx[1]);
	return done;
}

static void
mutual_tls_works_in_versions_1_2_and_1_3(void **state)
{
	int before = there.calls;

	(void)state;
	assert_true(mutual_tls(TLS1_2_VERSION));
	assert_true(mutual_tls(TLS1_3_VERSION));
	/* two certificates and two handshakes with two signatures each */
	assert_int_equal(there.calls, before + 6);
}

static void
the_reference_of_another_key_does_not_fit_a_certificate(void **state)
{
	own_pkey EVP_PKEY *other = EVP_EC_gen("P-256");
	own_x509 X509 *cert = certificate(other);
	SSL_CTX *ctx = side(TLS1_3_VERSION, TLS_client_method(), cert);

	(void)state;
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_not_equal(
	    SSL_CTX_use_PrivateKey_file(ctx, ref_path, SSL_FILETYPE_PEM), 1);
	SSL_CTX_free(ctx);
}

static void *
many_handshakes(void *failures)
{
	for (int i = 0; i < 25; i++)
		if (!mutual_tls(i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION))
			++*(atomic_int *)failures;
	return NULL;
}

static void
four_threads_shake_hands_at_once(void **state)
{
	atomic_int failures = 0;
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     many_handshakes, &failures),
		    0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
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
		cmocka_unit_test(mutual_tls_works_in_versions_1_2_and_1_3),
		cmocka_unit_test(
		    the_reference_of_another_key_does_not_fit_a_certificate),
		cmocka_unit_test(four_threads_shake_hands_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
