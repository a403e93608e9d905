/* SPDX-License-Identifier: MIT */
/*
 * A certificate, read once: what the store sorts, finds and names it by is
 * worked out here, so that no later question parses or hashes anything. Whether
 * a chain holds is not asked here (see verify.h); what is refused here could
 * not be named in hash data, or is no certificate of one reading only.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cert.h"
#include "digest.h"

static const struct {
	const char *name;
	const EVP_MD *(*md)(void);
} hashes[CERT_HASHES] = {
	[CERT_SHA256] = { "SHA256", EVP_sha256 },
	[CERT_SHA384] = { "SHA384", EVP_sha384 },
	[CERT_SHA512] = { "SHA512", EVP_sha512 },
};

const char *
cert_hash_name(enum cert_hash h)
{
	return (unsigned)h < CERT_HASHES ? hashes[h].name : "?";
}

enum cert_hash
cert_hash_of(const char *name)
{
	enum cert_hash h = 0;

	while (h < CERT_HASHES && strcmp(name, hashes[h].name) != 0)
		h++;
	return h;
}

static int
digest_name(const X509_NAME *name, uint8_t out[CERT_HASHES][64], struct err *e)
{
	const unsigned char *der;
	size_t n;

	if (X509_NAME_get0_der(name, &der, &n) != 1)
		return err_ssl(e, "name");
	for (int i = 0; i < CERT_HASHES; i++)
		if (EVP_Digest(der, n, out[i], NULL, hashes[i].md(), NULL) != 1)
			return err_ssl(e, "hash");
	return 0;
}

/* RFC 6960 section 4.1.1: of the key's bits, without tag, length and the
 * number of unused bits. */
static int
digest_key(const X509 *x, uint8_t out[CERT_HASHES][64], struct err *e)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	const unsigned char *p = ASN1_STRING_get0_data(bits);
	size_t n = (size_t)ASN1_STRING_length(bits);

	for (int i = 0; i < CERT_HASHES; i++)
		if (EVP_Digest(p, n, out[i], NULL, hashes[i].md(), NULL) != 1)
			return err_ssl(e, "hash");
	return 0;
}

/* RFC 5280 section 4.1.2.2: at most 20 octets, not negative. OCPP's field has
 * room for 40 characters, so a longer one could never be asked for again. */
static int
read_serial(const X509 *x, char out[static CERT_SERIAL_MAX], struct err *e)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	char hex[CERT_SERIAL_MAX];
	const unsigned char *p = ASN1_STRING_get0_data(n);
	int len = ASN1_STRING_length(n);
	size_t zeros;

	if (ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER)
		return err_set(e, EINVAL, "its serial number is negative");
	for (; len > 0 && *p == 0; p++)
		len--;
	if (len > (CERT_SERIAL_MAX - 1) / 2)
		return err_set(e, EINVAL,
		    "its serial number has more than %d octets",
		    (CERT_SERIAL_MAX - 1) / 2);
	hex_encode(p, (size_t)len, hex);
	zeros = strspn(hex, "0");
	(void)strcpy(out, len == 0 ? "0" : hex + zeros);
	return 0;
}

static int
read_time(const ASN1_TIME *t, time_t *out, struct err *e)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return err_set(e, EINVAL, "its validity cannot be read");
	*out = timegm(&tm);
	return 0;
}

/* X509_V_FLAG_X509_STRICT asks an authority for its key usage as well: without
 * the extension (get_key_usage: all bits) it is none. */
static bool
is_ca(X509 *x)
{
	const uint32_t wanted = EXFLAG_CA | EXFLAG_KUSAGE;

	return (X509_get_extension_flags(x) & wanted) == wanted &&
	    (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0;
}

static int
read_all(struct cert *c, struct err *e)
{
	X509 *x = c->x;

	if ((X509_get_extension_flags(x) & EXFLAG_INVALID) != 0)
		return err_set(e, EINVAL,
		    "an extension of it cannot be read, or stands twice");
	if (read_serial(x, c->serial, e) == -1 ||
	    read_time(X509_get0_notBefore(x), &c->begin, e) == -1 ||
	    read_time(X509_get0_notAfter(x), &c->end, e) == -1 ||
	    digest_name(X509_get_subject_name(x), c->name_hash, e) == -1 ||
	    digest_name(X509_get_issuer_name(x), c->issuer_hash, e) == -1 ||
	    digest_key(x, c->key_hash, e) == -1)
		return -1;
	if (X509_digest(x, EVP_sha256(), c->print, NULL) != 1)
		return err_ssl(e, "hash");
	c->ca = is_ca(x);
	c->self_signed = X509_self_signed(x, 1) == 1;
	return 0;
}

struct cert *
cert_new(X509 *x, struct err *e)
{
	struct cert *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		X509_free(x);
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	}
	c->x = x;
	if (read_all(c, e) == -1) {
		cert_free(c);
		c = NULL;
	}
	/* What X509_self_signed() could not verify is no error of ours. */
	ERR_clear_error();
	return c;
}

void
cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	X509_free(c->x);
	free(c);
}

void
cert_hash_data(const struct cert *c, const struct cert *issuer,
    enum cert_hash h, struct cert_hash_data *out)
{
	size_t n = (size_t)EVP_MD_get_size(hashes[h].md());

	out->algorithm = h;
	hex_encode(c->issuer_hash[h], n, out->issuer_name);
	out->issuer_key[0] = '\0';
	if (issuer != NULL)
		hex_encode(issuer->key_hash[h], n, out->issuer_key);
	(void)strcpy(out->serial, c->serial);
}

static const char *
without_zeros(const char *serial)
{
	return serial + strspn(serial, "0");
}

bool
cert_hash_equal(const struct cert_hash_data *a, const struct cert_hash_data *b)
{
	return a->algorithm == b->algorithm &&
	    strcasecmp(a->issuer_name, b->issuer_name) == 0 &&
	    strcasecmp(a->issuer_key, b->issuer_key) == 0 &&
	    strcasecmp(without_zeros(a->serial), without_zeros(b->serial)) == 0;
}

/* --- the floor ------------------------------------------------------------ */

static bool
is_curve(EVP_PKEY *key)
{
	static const char *const curves[] = { SN_X9_62_prime256v1, SN_secp384r1,
		SN_secp521r1 };
	char name[32];
	size_t n;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(name, curves[i]) == 0)
			return true;
	return false;
}

bool
cert_key_strong(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	switch (key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(key) >= 2048;
	case EVP_PKEY_EC:
		return is_curve(key);
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return true;
	default:
		return false;
	}
}

/* RSA-PSS names its digest in parameters, which X509_get_signature_info()
 * reads; Edwards curves have theirs built in and give none. */
bool
cert_signature_strong(X509 *x)
{
	int md = NID_undef, key = NID_undef;

	if (X509_get_signature_info(x, &md, &key, NULL, NULL) != 1)
		return false;
	return md == NID_sha256 || md == NID_sha384 || md == NID_sha512 ||
	    key == NID_ED25519 || key == NID_ED448;
}

bool
cert_strong(const struct cert *c)
{
	bool strong = cert_key_strong(c->x) &&
	    (c->self_signed || cert_signature_strong(c->x));

	ERR_clear_error();
	return strong;
}
