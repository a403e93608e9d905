/* SPDX-License-Identifier: MIT */
/*
 * What OpenSSL 3.0 lets pass, also when it is asked to be strict: the floor of
 * curves (its level 2 takes P-224), serials and doubled extensions that RFC
 * 5280 forbids, an authority's certificate used as a leaf, and the purposes it
 * has no word for. One table; a certificate is asked what concerns its place.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "verify_in.h"
#include "x509.h"

enum {
	LEAF = 1,
	MIDDLE = 2,
	ANCHOR = 4, /* also the leaf, when it is one itself */
	ALL = LEAF | MIDDLE | ANCHOR
};

typedef bool rule_fn(X509 *, const struct verify_purpose_rule *);

static bool
key_is_strong(X509 *x, const struct verify_purpose_rule *p)
{
	(void)p;
	return cert_key_strong(x);
}

static bool
signature_is_strong(X509 *x, const struct verify_purpose_rule *p)
{
	(void)p;
	return cert_signature_strong(x);
}

/* An exponent of 1 makes every number its own signature. */
static bool
exponent_is_sane(X509 *x, const struct verify_purpose_rule *p)
{
	BIGNUM *exponent = NULL;
	EVP_PKEY *key = X509_get0_pubkey(x);
	bool sane = true;

	(void)p;
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		sane = EVP_PKEY_get_bn_param(
			   key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
		    BN_is_odd(exponent) && !BN_is_one(exponent);
	BN_free(exponent);
	return sane;
}

/* CVE-2020-0601: who may bring his own parameters brings his own generator. */
static bool
curve_is_named(X509 *x, const struct verify_purpose_rule *p)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int explicit = 0;

	(void)p;
	return !EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_int_param(key,
		OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		&explicit) != 1 ||
	    explicit == 0;
}

static bool
is_version_3(X509 *x, const struct verify_purpose_rule *p)
{
	(void)p;
	return X509_get_version(x) == X509_VERSION_3;
}

/* RFC 5280 section 4.1.2.2: positive, at most 20 octets. */
static bool
serial_is_sane(X509 *x, const struct verify_purpose_rule *p)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	const unsigned char *d = ASN1_STRING_get0_data(n);
	int len = ASN1_STRING_length(n);

	(void)p;
	/* The sign bit costs an octet that is not among the data. */
	return ASN1_STRING_type(n) != V_ASN1_NEG_INTEGER && len > 0 &&
	    !(len == 1 && d[0] == 0) && len + (d[0] >= 0x80) <= 20;
}

/* Section 4.2: OpenSSL sees the doubles of those it knows alone. */
static bool
extensions_stand_once(X509 *x, const struct verify_purpose_rule *p)
{
	int n = X509_get_ext_count(x);

	(void)p;
	for (int i = 0; i < n; i++)
		if (X509_get_ext_by_OBJ(x,
			X509_EXTENSION_get_object(X509_get_ext(x, i)), i) != -1)
			return false;
	return true;
}

/* Section 4.2.1.10: only an authority constrains names. */
static bool
constrains_nobody(X509 *x, const struct verify_purpose_rule *p)
{
	(void)p;
	return X509_get_ext_by_NID(x, NID_name_constraints, -1) == -1;
}

static bool
is_no_authority(X509 *x, const struct verify_purpose_rule *p)
{
	(void)p;
	return (X509_get_extension_flags(x) & EXFLAG_CA) == 0;
}

/* Without the extension every use is allowed: all bits are given then. */
static bool
usage_fits(X509 *x, const struct verify_purpose_rule *p)
{
	return (X509_get_key_usage(x) & p->usage) == p->usage;
}

static bool
leaf_extended_fits(X509 *x, const struct verify_purpose_rule *p)
{
	if ((X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0)
		return !p->extended_needed;
	return (X509_get_extended_key_usage(x) & p->extended) == p->extended;
}

/* An authority that names uses allows no other ones below it, "any" apart. */
static bool
authority_extended_fits(X509 *x, const struct verify_purpose_rule *p)
{
	return p->extended == 0 ||
	    (X509_get_extended_key_usage(x) & (p->extended | XKU_ANYEKU)) != 0;
}

static bool
key_is_makers(X509 *x, const struct verify_purpose_rule *p)
{
	struct err unsaid;

	return !p->makers || x509_key_check(x, &unsaid) == 0;
}

static const struct {
	rule_fn *holds;
	unsigned on, but_not;
	enum certs_result result;
	const char *why;
} rules[] = {
	{ key_is_strong, ALL, 0, CERTS_WEAK_KEY, "its key is below the floor" },
	{ exponent_is_sane, ALL, 0, CERTS_WEAK_KEY,
	    "its RSA exponent is 1 or even" },
	{ curve_is_named, ALL, 0, CERTS_WEAK_KEY,
	    "its curve is described, not named" },
	{ signature_is_strong, ALL, ANCHOR, CERTS_WEAK_KEY,
	    "its signature is below the floor" },
	{ key_is_makers, ALL, 0, CERTS_WEAK_KEY,
	    "its key is none that code is signed with (RSA 3072, P-256, P-384, "
	    "P-521)" },
	{ is_version_3, ALL, ANCHOR, CERTS_INVALID_FORMAT,
	    "it is not of version 3" },
	{ serial_is_sane, ALL, ANCHOR, CERTS_INVALID_FORMAT,
	    "its serial number is zero, negative or longer than 20 octets" },
	{ extensions_stand_once, ALL, 0, CERTS_INVALID_FORMAT,
	    "an extension stands in it twice" },
	{ is_no_authority, LEAF, 0, CERTS_WRONG_PURPOSE,
	    "it is an authority's, and was given as a leaf" },
	{ constrains_nobody, LEAF, 0, CERTS_INVALID_FORMAT,
	    "it constrains names and is no authority" },
	{ usage_fits, LEAF, 0, CERTS_WRONG_PURPOSE,
	    "its key usage is without digitalSignature" },
	{ leaf_extended_fits, LEAF, 0, CERTS_WRONG_PURPOSE,
	    "its extended key usage does not name this use" },
	{ authority_extended_fits, MIDDLE | ANCHOR, LEAF, CERTS_WRONG_PURPOSE,
	    "its extended key usage does not name this use" },
};

static unsigned
place_of(int i, int n)
{
	return (i == 0 ? (unsigned)LEAF : 0) |
	    (i == n - 1 ? (unsigned)ANCHOR : 0) |
	    (i > 0 && i < n - 1 ? (unsigned)MIDDLE : 0);
}

static enum certs_result
check_one(
    X509 *x, unsigned place, const struct verify_purpose_rule *p, struct err *e)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if ((place & rules[i].on) != 0 &&
		    (place & rules[i].but_not) == 0 && !rules[i].holds(x, p))
			return verify_say(e, rules[i].result, x, rules[i].why);
	return CERTS_ACCEPTED;
}

enum certs_result
verify_rules(const STACK_OF(X509) * path, enum verify_purpose purpose,
    int *depth, struct err *e)
{
	enum certs_result r = CERTS_ACCEPTED;
	int n = sk_X509_num(path);

	for (int i = 0; i < n && r == CERTS_ACCEPTED; i++) {
		*depth = i;
		r = check_one(sk_X509_value(path, i), place_of(i, n),
		    &verify_purposes[purpose], e);
	}
	if (r == CERTS_ACCEPTED && !verify_wildcards_allowed(path)) {
		*depth = 0;
		r = verify_say(e, CERTS_NAME_CONSTRAINT, sk_X509_value(path, 0),
		    "its wildcard takes in a name that is excluded");
	}
	ERR_clear_error();
	return r;
}
