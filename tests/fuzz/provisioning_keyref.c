/* SPDX-License-Identifier: MIT */
/*
 * Key references, twice: the content alone, and a PEM file as Paho would read
 * it. What is accepted must come back the same and must not sign here.
 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static void
as_file(const uint8_t *data, size_t len)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);
	own_pkey EVP_PKEY *key =
	    PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
	uint8_t point[KEY_POINT_LEN];
	struct err e;

	if (key != NULL)
		(void)key_point(key, point, &e);
	(void)BIO_free(bio);
	ERR_clear_error();
}

static void
as_content(const uint8_t *data, size_t len)
{
	own_bytes struct bytes pem = { 0 }, csr = { 0 };
	own_pkey EVP_PKEY *key = NULL;
	struct key_ref ref;
	struct err e;

	if (key_ref_parse(data, len, &ref, &e) == -1)
		return;
	if (memcmp(data + 1, ref.point, KEY_POINT_LEN) != 0 ||
	    strlen(ref.purpose) != len - 1 - KEY_POINT_LEN)
		abort();
	if ((key = key_new(ref.purpose, ref.point, &e)) == NULL)
		return;
	if (key_ref_pem(ref.purpose, ref.point, &pem, &e) == -1 ||
	    key_csr(key, "x", &csr, &e) == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e;

	if (key_setup(&e) == -1)
		abort();
	if (len > KEY_REF_MAX)
		return 0;
	as_content(data, len);
	as_file(data, len);
	return 0;
}
