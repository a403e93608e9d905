/* SPDX-License-Identifier: MIT */
/*
 * TLS with a key that is elsewhere, given by the name of its reference file, as
 * a library that knows nothing of it gives it.
 */
#include <openssl/ssl.h>

#include <pthread.h>

#include "unit/elsewhere.h"

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
		cmocka_unit_test(mutual_tls_works_in_versions_1_2_and_1_3),
		cmocka_unit_test(
		    the_reference_of_another_key_does_not_fit_a_certificate),
		cmocka_unit_test(four_threads_shake_hands_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
