/* SPDX-License-Identifier: MIT */
#ifndef ELSEWHERE_H
#define ELSEWHERE_H

/*
 * For the tests of key.h: an ordinary key in this process plays the one that
 * is elsewhere, and its reference lies in a file. Included once per test.
 */
#include <openssl/ecdsa.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "key.h"
#include "x509.h"

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

#endif
