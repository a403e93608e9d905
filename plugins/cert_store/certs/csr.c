/* SPDX-License-Identifier: MIT */
/*
 * Certificate signing requests. Whose key it is does not matter here: one in
 * memory, or one whose private operation is a TPM's (key.h). What comes out has
 * been read back and its signature verified, so that a fault of the key shows
 * before a CSMS has answered with a certificate for nobody.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <string.h>

#include "csr.h"
#include "x509.h"

OWN_POINTER(names, GENERAL_NAMES, GENERAL_NAMES_free)
#define own_names __attribute__((cleanup(own_names_free), unused))

static const struct {
	const char *curve; /* NULL: RSA */
	unsigned bits;
} keys[CSR_KEYS] = {
	[CSR_P256] = { "P-256", 0 },
	[CSR_P384] = { "P-384", 0 },
	[CSR_RSA_2048] = { NULL, 2048 },
	[CSR_RSA_3072] = { NULL, 3072 },
	[CSR_RSA_4096] = { NULL, 4096 },
};

EVP_PKEY *
csr_new_key(enum csr_key k, struct err *e)
{
	EVP_PKEY *key;

	if ((unsigned)k >= CSR_KEYS)
		return (void)err_set(e, EINVAL, "no such kind of key"), NULL;
	key = keys[k].curve != NULL ? EVP_EC_gen(keys[k].curve)
				    : EVP_RSA_gen(keys[k].bits);
	if (key == NULL)
		(void)err_ssl(e, "make a key of %s", csr_key_name(k));
	return key;
}

/* --- the subject, in the order EVerest has it ----------------------------- */

static bool
add_text(X509_NAME *name, int nid, const char *text)
{
	return *text == '\0' ||
	    X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
		(const unsigned char *)text, -1, -1, 0) == 1;
}

static bool
fill_subject(X509_NAME *name, const struct csr_options *o)
{
	return add_text(name, NID_countryName, o->country) &&
	    add_text(name, NID_organizationName, o->organization) &&
	    add_text(name, NID_organizationalUnitName, o->unit) &&
	    add_text(name, NID_commonName, o->common) &&
	    add_text(name, NID_domainComponent, o->domain);
}

/* --- extensions ----------------------------------------------------------- */

static GENERAL_NAME *
name_of(const struct csr_san *san)
{
	static const int kinds[] = {
		[CSR_DNS] = GEN_DNS,
		[CSR_IP] = GEN_IPADD,
		[CSR_URI] = GEN_URI,
	};
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = san->kind == CSR_IP ? a2i_IPADDRESS(san->text)
						 : ASN1_IA5STRING_new();

	if (name == NULL || value == NULL ||
	    (san->kind != CSR_IP &&
		ASN1_STRING_set(value, san->text, -1) != 1)) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, kinds[san->kind], value);
	return name;
}

static bool
add_names(STACK_OF(X509_EXTENSION) * *all, const struct csr_options *o)
{
	own_names GENERAL_NAMES *names = GENERAL_NAMES_new();

	if (o->sans == 0)
		return true;
	for (int i = 0; i < o->sans && names != NULL; i++) {
		GENERAL_NAME *name = name_of(&o->san[i]);

		if (name == NULL || sk_GENERAL_NAME_push(names, name) <= 0) {
			GENERAL_NAME_free(name);
			return false;
		}
	}
	return names != NULL &&
	    X509V3_add1_i2d(
		all, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
}

/* The texts are of this file; see csr_check.c for those that are not. */
static bool
add_fixed(STACK_OF(X509_EXTENSION) * *all, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool added = ext != NULL && X509v3_add_ext(all, ext, -1) != NULL;

	X509_EXTENSION_free(ext);
	return added;
}

/* RFC 3279 section 2.3: RSA agrees on nothing, EC seals nothing. */
static bool
add_extensions(STACK_OF(X509_EXTENSION) * *all, const struct csr_options *o,
    const EVP_PKEY *key)
{
	const char *usage = EVP_PKEY_is_a(key, "RSA")
	    ? "critical,digitalSignature,keyEncipherment"
	    : "critical,digitalSignature,keyAgreement";
	const char *extended = o->client_auth && o->server_auth
	    ? "clientAuth,serverAuth"
	    : o->client_auth ? "clientAuth"
	    : o->server_auth ? "serverAuth"
			     : NULL;

	return add_fixed(all, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_fixed(all, NID_key_usage, usage) &&
	    (extended == NULL || add_fixed(all, NID_ext_key_usage, extended)) &&
	    add_names(all, o);
}

/* --- the request ---------------------------------------------------------- */

static bool
fill(X509_REQ *req, EVP_PKEY *key, const struct csr_options *o)
{
	STACK_OF(X509_EXTENSION) *all = NULL;
	bool filled = X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1 &&
	    fill_subject(X509_REQ_get_subject_name(req), o) &&
	    add_extensions(&all, o, key) &&
	    X509_REQ_add_extensions(req, all) == 1;

	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	return filled;
}

static const EVP_MD *
digest_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384
	    ? EVP_sha384()
	    : EVP_sha256();
}

/* A key that is elsewhere is compared by what it shows: its public part. */
static int
check_made(const char *pem, size_t len, EVP_PKEY *key, struct err *e)
{
	own_req X509_REQ *req = x509_req_parse(pem, len, e);

	if (req == NULL)
		return -1;
	if (X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1 ||
	    EVP_PKEY_eq(X509_REQ_get0_pubkey(req), key) != 1)
		return err_ssl(e, "the request's signature is not its key's");
	return 0;
}

int
csr_make(EVP_PKEY *key, const struct csr_options *o, struct bytes *out,
    struct err *e)
{
	own_req X509_REQ *req = X509_REQ_new();
	own_bytes struct bytes pem = { 0 };

	if (csr_check(o, e) == -1)
		return err_in(e, "request");
	ERR_clear_error();
	if (req == NULL || !fill(req, key, o))
		return err_ssl(e, "request");
	if (X509_REQ_sign(req, key, digest_for(key)) <= 0)
		return err_ssl(e, "sign the request");
	if (x509_req_pem(req, &pem, e) == -1 ||
	    check_made(pem.p, pem.len, key, e) == -1)
		return -1;
	if (pem.len > CSR_PEM_MAX)
		return err_set(e, E2BIG,
		    "request: %zu characters, and OCPP carries %d: fewer or "
		    "shorter alternative names",
		    pem.len, CSR_PEM_MAX);
	bytes_add(out, pem.p, pem.len);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}
