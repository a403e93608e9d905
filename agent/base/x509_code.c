/* SPDX-License-Identifier: MIT */
/*
 * Who may sign what a unit runs or applies. OpenSSL 3.0 builds and checks the
 * chain; it knows no code-signing purpose, so that is judged here, and with it
 * what an algorithm has to be worth. Every refusal names the certificate and
 * what to do, since it is read on a factory floor.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "x509.h"

#define LEVEL   3 /* 128 bits: RSA 3072, P-256, SHA-256; no SHA-1 */
#define WHO_MAX 256

static atomic_llong clock_floor = X509_CLOCK_FLOOR;

void
x509_clock_raise(int64_t floor)
{
	if (floor > atomic_load(&clock_floor))
		atomic_store(&clock_floor, floor);
}

static time_t
time_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0;
}

/*
 * When certificates are judged. A clock behind the floor was never set: then
 * it is at least the floor, and at least when the signer's certificate began,
 * because a unit whose battery died must still take a bundle. What has ended
 * by then has ended.
 */
static time_t
judged_at(const X509 *leaf)
{
	time_t now = time(NULL), floor = (time_t)atomic_load(&clock_floor);
	time_t from = time_of(X509_get0_notBefore(leaf));

	if (now >= floor)
		return now;
	return from > floor ? from : floor;
}

static const struct {
	int code; /* X509_V_ERR_* */
	const char *remedy;
} remedies[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	    "sign again with a certificate that is valid, or set this "
	    "machine's clock" },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	    "set this machine's clock, or wait until it is valid" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	    "the trusted certificates do not hold its issuer, nor does the "
	    "signature; sign with the whole chain, or trust its root" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	    "sign with the whole chain, or trust its root" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	    "it is nobody that is trusted; add it to the trusted certificates "
	    "if it is the maker's" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	    "its root is not trusted; add that to the trusted certificates if "
	    "it is the maker's" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL,
	    "take RSA of 3072 bits or more, or P-256" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL,
	    "an authority needs RSA of 3072 bits or more, or P-256" },
	{ X509_V_ERR_CA_MD_TOO_WEAK,
	    "have it issued again with SHA-256 or better" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
	    "the authority above it may not have authorities below it" },
	{ X509_V_ERR_INVALID_CA, "who issued it is no authority" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
	    "it is damaged, or not issued by whom it says" },
};

static const char *
remedy_of(int code)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].code == code)
			return remedies[i].remedy;
	return "have the maker's certificate issued again";
}

static int
refused(const X509 *x, struct err *e, const char *why, const char *remedy)
{
	char who[WHO_MAX] = "?";

	if (x != NULL)
		x509_subject(x, who, sizeof(who));
	return err_set(e, EACCES, "certificate %s: %s; %s", who, why, remedy);
}

/* RSA, or ECDSA on a curve of NIST by name; OpenSSL has seen to the size. */
int
x509_key_check(X509 *x, struct err *e)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	char curve[64] = "";

	if (key != NULL && EVP_PKEY_is_a(key, "RSA")) {
		if (EVP_PKEY_get_bits(key) >= X509_RSA_MIN)
			return 0;
		return refused(x, e, "its RSA key is shorter than 3072 bits",
		    remedy_of(X509_V_ERR_EE_KEY_TOO_SMALL));
	}
	if (key != NULL && EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1 &&
	    (strcmp(curve, SN_X9_62_prime256v1) == 0 ||
		strcmp(curve, SN_secp384r1) == 0 ||
		strcmp(curve, SN_secp521r1) == 0))
		return 0;
	ERR_clear_error();
	return refused(x, e,
	    "its key is neither RSA nor on P-256, P-384 or P-521",
	    "take RSA-4096 or P-256");
}

int
x509_code_check(X509 *leaf, struct err *e)
{
	if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
	    (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) == 0)
		return refused(leaf, e, "it is not for code signing",
		    "have one issued with extendedKeyUsage=codeSigning");
	if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
		return refused(leaf, e, "it may not sign (keyUsage)",
		    "have one issued with keyUsage=digitalSignature");
	return x509_key_check(leaf, e);
}

/* An authority that names purposes passes on no other. */
static int
authority_check(X509 *x, struct err *e)
{
	if ((X509_get_extension_flags(x) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(x) & (XKU_CODE_SIGN | XKU_ANYEKU)) ==
		0)
		return refused(x, e, "it may not issue for code signing",
		    "have the signer's issued by an authority that may");
	return x509_key_check(x, e);
}

static int
chain_check(STACK_OF(X509) * chain, struct err *e)
{
	if (x509_code_check(sk_X509_value(chain, 0), e) == -1)
		return -1;
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (authority_check(sk_X509_value(chain, i), e) == -1)
			return -1;
	return 0;
}

static int
verify_with(X509_STORE_CTX *ctx, X509 *leaf, struct err *e)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	int code;

	X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
	X509_VERIFY_PARAM_set_depth(param, X509_CHAIN_MAX);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(param, judged_at(leaf));
	if (X509_verify_cert(ctx) == 1)
		return chain_check(X509_STORE_CTX_get0_chain(ctx), e);
	code = X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	return refused(X509_STORE_CTX_get_current_cert(ctx), e,
	    X509_verify_cert_error_string(code), remedy_of(code));
}

int
x509_verify_code(X509_STORE *store, STACK_OF(X509) * chain, struct err *e)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *leaf = sk_X509_value(chain, 0);
	int rc;

	/* The purpose first: it says most about what went wrong. */
	if (x509_code_check(leaf, e) == -1)
		rc = -1;
	else if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, store, leaf, chain) != 1)
		rc = err_ssl(e, "verify");
	else
		rc = verify_with(ctx, leaf, e);
	X509_STORE_CTX_free(ctx);
	return rc;
}
