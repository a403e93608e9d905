/* SPDX-License-Identifier: MIT */
/*
 * Encrypted bundles, by their first byte:
 *
 *	'r'	the rest is the file: the head, the envelope's DER, the parts
 *	'e'	the rest are edits (offset in 2 bytes, what to flip in 1) of a
 *		good box: whatever was changed, it must not open
 *	others	the rest lies in a good box: what is parsed after decryption
 *
 * The recipient's key is fixed, so that seeds stay good; it guards nothing.
 */
#include <sys/mman.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "bundle.h"
#include "file.h"

#define MAGIC 8

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static EVP_PKEY *key;
static X509 *cert;
static STACK_OF(X509) * recipients;
static struct bytes good;

/* The generator of P-256 itself: private 1. */
static void
make_key(void)
{
	static const unsigned char one[32] = { [31] = 1 };
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *private = BN_bin2bn(one, sizeof(one), NULL);
	unsigned char point[65];
	OSSL_PARAM *params;

	(void)EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
	    POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL);
	(void)OSSL_PARAM_BLD_push_utf8_string(
	    build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	(void)OSSL_PARAM_BLD_push_octet_string(
	    build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	(void)OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private);
	params = OSSL_PARAM_BLD_to_param(build);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		abort();
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	EC_GROUP_free(group);
	BN_free(private);
}

static void
make_cert(void)
{
	X509_NAME *name;

	cert = X509_new();
	name = X509_get_subject_name(cert);
	(void)X509_set_version(cert, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	(void)X509_gmtime_adj(X509_getm_notBefore(cert), -1000);
	(void)X509_gmtime_adj(X509_getm_notAfter(cert), 1000000);
	(void)X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"fuzz", -1, -1, 0);
	(void)X509_set_issuer_name(cert, name);
	(void)X509_set_pubkey(cert, key);
	if (X509_sign(cert, key, EVP_sha256()) <= 0)
		abort();
	recipients = sk_X509_new_null();
	(void)sk_X509_push(recipients, cert);
}

/* A file with this in a box. */
static int
box_of(const void *p, size_t len)
{
	int fd = memfd_create("box", MFD_CLOEXEC);
	struct box_writer *w;
	struct err e;

	if (fd == -1 || (w = box_writer_new(fd, recipients, &e)) == NULL ||
	    box_write(w, p, len, &e) == -1 || box_end(w, &e) == -1)
		abort();
	box_writer_free(w);
	return fd;
}

static void
set_up(void)
{
	struct err e;
	int fd;

	make_key();
	make_cert();
	fd = box_of("forty bytes that nobody needs to know...", 40);
	if (file_read_fd(fd, 1 << 20, &good, &e) == -1)
		abort();
	(void)close(fd);
}

/* Does all of it come out? */
static int
opens(int fd)
{
	struct err e = { 0 };
	struct box_reader *r = box_reader_new(fd, cert, key, &e);
	char out[4096];
	long n = -1;

	if (r != NULL)
		while ((n = box_read(r, out, sizeof(out), &e)) > 0)
			;
	if (n == -1 && e.text[0] == '\0')
		abort();
	box_reader_free(r);
	if (ERR_peek_error() != 0)
		abort();
	return n == 0;
}

static int
file_of(const void *p, size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, len) != (ssize_t)len)
		abort();
	return fd;
}

static void
edited(const uint8_t *data, size_t len)
{
	char *copy = malloc(good.len);
	int fd;

	memcpy(copy, good.p, good.len);
	for (; len >= 3; data += 3, len -= 3) {
		size_t at = ((size_t)data[0] << 8 | data[1]) % good.len;

		if (at >= MAGIC) /* without it, it is no box */
			copy[at] = (char)(copy[at] ^ data[2]);
	}
	fd = file_of(copy, good.len);
	if (opens(fd) != (memcmp(copy, good.p, good.len) == 0))
		abort();
	(void)close(fd);
	free(copy);
}

static void
bundle(int fd)
{
	const struct bundle_trust trust = {
		.unsigned_ok = true, .to = cert, .key = key
	};
	struct bundle_info info;
	struct err e = { 0 };

	if (bundle_open(fd, &trust, -1, &info, &e) == -1 && e.text[0] == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = -1;

	if (key == NULL)
		set_up();
	if (len == 0)
		return 0;
	if (data[0] == 'e') {
		edited(data + 1, len - 1);
		return 0;
	}
	if (data[0] == 'r') {
		fd = file_of(data + 1, len - 1);
		(void)opens(fd);
	} else if (len > 1)
		fd = box_of(data + 1, len - 1);
	if (fd != -1)
		bundle(fd);
	(void)close(fd);
	return 0;
}
