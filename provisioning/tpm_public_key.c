/* SPDX-License-Identifier: MIT */
/*
 * A TPM's public area as a key OpenSSL can use. Coordinates may come without
 * their leading zeros and are padded here; a point off the curve is refused,
 * because Diffie-Hellman with it would give secrets away.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <errno.h>
#include <string.h>

#include "tpm_public.h"
#include "x509.h"

OWN_POINTER(ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
#define own_ctx __attribute__((cleanup(own_ctx_free), unused))

static EVP_PKEY *
from_params(const char *type, OSSL_PARAM *params)
{
	own_ctx EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return key;
}

static bool
on_curve(EVP_PKEY *key)
{
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	return ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;
}

static EVP_PKEY *
ecc(const struct tpm_public *pub)
{
	const size_t n = pub->curve == TPM_P256 ? 32 : 48;
	uint8_t point[1 + 2 * TPM_COORD_MAX] = { 0x04 };
	char group[] = "P-256", group384[] = "P-384";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, n == 32 ? group : group384, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key;

	memcpy(point + 1 + n - pub->x.len, pub->x.p, pub->x.len);
	memcpy(point + 1 + 2 * n - pub->y.len, pub->y.p, pub->y.len);
	key = from_params("EC", params);
	if (key == NULL || on_curve(key))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *
rsa(const struct tpm_public *pub)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(pub->x.p, pub->x.len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bld != NULL && n != NULL && BN_is_odd(n) &&
	    BN_num_bits(n) == pub->rsa_bits &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_uint32(bld, OSSL_PKEY_PARAM_RSA_E,
		pub->exponent == 0 ? 65537 : pub->exponent) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		key = from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	return key;
}

EVP_PKEY *
tpm_public_key(const struct tpm_public *pub, struct err *e)
{
	EVP_PKEY *key = pub->type == TPM_ECC ? ecc(pub) : rsa(pub);

	if (key == NULL)
		(void)err_ssl(e, "TPM public area: no usable key");
	return key;
}
