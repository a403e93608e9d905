/* SPDX-License-Identifier: MIT */
/*
 * An EVP_PKEY whose key agreement is done elsewhere. EC_KEY_METHOD is the only
 * way in OpenSSL 3.0 that its CMS follows; a provider would be ten times the
 * code inside the cage.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <errno.h>
#include <unistd.h>

#include "own.h"
#include "unpack_key.h"
#include "x509.h"

OWN_POINTER(ec, EC_KEY, EC_KEY_free)
#define own_ec __attribute__((cleanup(own_ec_free), unused))

static int asking = -1;

static int
agree(unsigned char **secret, size_t *len, const EC_POINT *peer,
    const EC_KEY *key)
{
	uint8_t point[UNPACK_POINT_LEN];
	unsigned char *out = OPENSSL_malloc(UNPACK_SECRET_LEN);

	*secret = NULL;
	if (out != NULL &&
	    EC_POINT_point2oct(EC_KEY_get0_group(key), peer,
		POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point),
		NULL) == sizeof(point) &&
	    write(asking, point, sizeof(point)) == (ssize_t)sizeof(point) &&
	    read(asking, out, UNPACK_SECRET_LEN) == UNPACK_SECRET_LEN) {
		*secret = out;
		*len = UNPACK_SECRET_LEN;
		return 1;
	}
	OPENSSL_clear_free(out, UNPACK_SECRET_LEN);
	ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL,
	    "the unit's key did not answer");
	return 0;
}

/* The public half; a private half that is never used, or OpenSSL would not
 * even ask. */
static EC_KEY *
half_key(const X509 *cert, struct err *e)
{
	EVP_PKEY *whole = X509_get0_pubkey(cert);
	own_ec EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	uint8_t point[UNPACK_POINT_LEN];
	EC_KEY *taken;
	size_t n = 0;

	if (whole == NULL || !EVP_PKEY_is_a(whole, "EC") ||
	    EVP_PKEY_get_octet_string_param(
		whole, "pub", point, sizeof(point), &n) != 1 ||
	    n != sizeof(point) || ec == NULL || method == NULL ||
	    EC_KEY_oct2key(ec, point, n, NULL) != 1 ||
	    EC_KEY_set_private_key(ec, BN_value_one()) != 1)
		return (void)err_ssl(e,
			   "the unit's bundle certificate is not for a P-256 "
			   "key"),
		       NULL;
	EC_KEY_METHOD_set_compute_key(method, agree);
	if (EC_KEY_set_method(ec, method) != 1)
		return (void)err_ssl(e, "key agreement"), NULL;
	taken = ec;
	ec = NULL;
	return taken;
}

EVP_PKEY *
unpack_key_new(const X509 *cert, int ask, struct err *e)
{
	EC_KEY *ec = half_key(cert, e);
	EVP_PKEY *key = EVP_PKEY_new();

	asking = ask;
	if (ec != NULL && key != NULL && EVP_PKEY_assign_EC_KEY(key, ec) == 1)
		return key;
	if (ec != NULL)
		(void)err_ssl(e, "key agreement");
	EC_KEY_free(ec);
	EVP_PKEY_free(key);
	return NULL;
}
