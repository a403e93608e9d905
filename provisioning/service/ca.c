/* SPDX-License-Identifier: MIT */
/*
 * Making certificates with OpenSSL. What a certificate may do is one row of a
 * table here and nowhere else. No CRL points and no OCSP: units live on short
 * leaves and on the gate's registry, and an expired CRL can lock nobody out.
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "ca.h"
#include "digest.h"

OWN_POINTER(bio, BIO, (void)BIO_free)
OWN_POINTER(bn, BIGNUM, BN_free)
OWN_POINTER(ext, X509_EXTENSION, X509_EXTENSION_free)
OWN_POINTER(nc, NAME_CONSTRAINTS, NAME_CONSTRAINTS_free)
#define own_bio    __attribute__((cleanup(own_bio_free), unused))
#define own_bn     __attribute__((cleanup(own_bn_free), unused))
#define own_ext    __attribute__((cleanup(own_ext_free), unused))
#define own_nc     __attribute__((cleanup(own_nc_free), unused))

#define SERIAL_LEN 20 /* RFC 5280, 4.1.2.2: at most 20, positive */
#define SLACK_S    86400

struct profile {
	const char *name, *constraints, *usage, *extended;
};

static const struct profile authorities[CA_KINDS] = {
	[CA_ROOT] = { "root", "critical,CA:TRUE,pathlen:1",
	    "critical,keyCertSign,cRLSign", NULL },
	[CA_UNITS] = { "units", "critical,CA:TRUE,pathlen:0",
	    "critical,keyCertSign", "clientAuth" },
	[CA_CLAIMS] = { "claims", "critical,CA:TRUE,pathlen:0",
	    "critical,keyCertSign", "clientAuth" },
	[CA_SERVICES] = { "services", "critical,CA:TRUE,pathlen:0",
	    "critical,keyCertSign", "serverAuth,clientAuth" },
};

static const struct profile client = { "client", "critical,CA:FALSE",
	"critical,digitalSignature", "clientAuth" };
static const struct profile server = { "server", "critical,CA:FALSE",
	"critical,digitalSignature", "serverAuth" };

const char *
ca_name(enum ca_kind kind)
{
	return authorities[kind].name;
}

static int
add(X509 *x, X509 *issuer, int nid, const char *value, struct err *e)
{
	own_ext X509_EXTENSION *ext = NULL;
	X509V3_CTX ctx;

	if (value == NULL)
		return 0;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		return err_ssl(e, "certificate: %s", value);
	return 0;
}

static int
name_add(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(
	    name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
}

/* O, OU, CN in this order: the first two are what a constraint compares. */
static int
subject(X509_NAME *name, const char *fleet, const char *ou, const char *cn,
    struct err *e)
{
	if (name == NULL || name_add(name, NID_organizationName, fleet) != 1 ||
	    (ou != NULL &&
		name_add(name, NID_organizationalUnitName, ou) != 1) ||
	    (cn != NULL && name_add(name, NID_commonName, cn) != 1))
		return err_ssl(e, "certificate subject");
	return 0;
}

/* What an authority issues stands below O=fleet, OU=its name. */
static int
constrain(X509 *x, const char *fleet, const char *ou, struct err *e)
{
	own_nc NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
	X509_NAME *name = X509_NAME_new();

	if (nc == NULL || tree == NULL || name == NULL ||
	    (nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null()) == NULL ||
	    sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, tree) <= 0) {
		GENERAL_SUBTREE_free(tree);
		X509_NAME_free(name);
		return err_ssl(e, "name constraints");
	}
	tree->base->type = GEN_DIRNAME;
	tree->base->d.directoryName = name;
	if (subject(name, fleet, ou, NULL, e) == -1)
		return -1;
	return X509_add1_ext_i2d(x, NID_name_constraints, nc, 1, 0) == 1
	    ? 0
	    : err_ssl(e, "name constraints");
}

/* Random, so that nobody can foretell what is about to be signed; 159 bits of
 * it are. */
static int
number(X509 *x, struct err *e)
{
	uint8_t raw[SERIAL_LEN];
	own_bn BIGNUM *bn = NULL;

	if (random_bytes(raw, sizeof(raw), e) == -1)
		return -1;
	raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40); /* positive, 20 bytes */
	bn = BN_bin2bn(raw, sizeof(raw), NULL);
	if (bn == NULL ||
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) == NULL)
		return err_ssl(e, "serial number");
	return 0;
}

/* A leaf never outlives its issuer: it would be refused from then on anyway,
 * and the unit would not know why. */
static int
dates(X509 *x, const X509 *issuer, int64_t from, int64_t to, struct err *e)
{
	const ASN1_TIME *end =
	    issuer != NULL ? X509_get0_notAfter(issuer) : NULL;
	time_t until = (time_t)to;

	if (ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) == NULL)
		return err_ssl(e, "certificate dates");
	if (end != NULL && X509_cmp_time(end, &until) < 0)
		return X509_set1_notAfter(x, end) == 1
		    ? 0
		    : err_ssl(e, "certificate dates");
	return ASN1_TIME_set(X509_getm_notAfter(x), until) != NULL
	    ? 0
	    : err_ssl(e, "certificate dates");
}

/* The order of extensions is that of RFC 5280's text; nobody depends on it. */
static int
extensions(X509 *x, X509 *issuer, const struct profile *p, const char *names,
    struct err *e)
{
	if (add(x, issuer, NID_basic_constraints, p->constraints, e) == -1 ||
	    add(x, issuer, NID_key_usage, p->usage, e) == -1 ||
	    add(x, issuer, NID_ext_key_usage, p->extended, e) == -1 ||
	    add(x, issuer, NID_subject_key_identifier, "hash", e) == -1 ||
	    add(x, issuer, NID_authority_key_identifier, "keyid:always", e) ==
		-1)
		return -1;
	return add(x, issuer, NID_subject_alt_name, names, e);
}

static X509 *
blank(EVP_PKEY *key, struct err *e)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    X509_set_pubkey(x, key) == 1 && number(x, e) == 0)
		return x;
	X509_free(x);
	return (void)err_ssl(e, "certificate"), NULL;
}

static int
sign(X509 *x, X509 *issuer, EVP_PKEY *key, struct err *e)
{
	if (X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		return 0;
	return err_ssl(e, "sign certificate");
}

static int
fill_authority(
    struct ca *ca, const struct ca *issuer, int64_t days, struct err *e)
{
	int64_t now = (int64_t)time(NULL);
	X509 *x = ca->certificate;
	X509 *above = issuer != NULL ? issuer->certificate : x;
	const char *ou = issuer != NULL ? ca_name(ca->kind) : NULL;
	char cn[X509_CN_MAX + 1];

	(void)snprintf(cn, sizeof(cn), "ingot-%s", ca_name(ca->kind));
	if (subject(X509_get_subject_name(x), ca->fleet, ou, cn, e) == -1 ||
	    dates(x, issuer != NULL ? above : NULL, now - SLACK_S,
		now + days * 86400, e) == -1 ||
	    extensions(x, above, &authorities[ca->kind], NULL, e) == -1)
		return -1;
	if (issuer != NULL && constrain(x, ca->fleet, ou, e) == -1)
		return -1;
	return sign(x, above, issuer != NULL ? issuer->key : ca->key, e);
}

int
ca_make(struct ca *ca, enum ca_kind kind, const char *fleet,
    const struct ca *issuer, int64_t days, struct err *e)
{
	*ca = (struct ca){ .kind = kind };
	(void)snprintf(ca->fleet, sizeof(ca->fleet), "%s", fleet);
	if ((ca->key = ca_key_new(e)) != NULL &&
	    (ca->certificate = blank(ca->key, e)) != NULL &&
	    fill_authority(ca, issuer, days, e) == 0)
		return 0;
	ca_free(ca);
	return -1;
}

/* Whatever OpenSSL has a loader for: pkcs11:, handle: (a TPM), file:. */
static EVP_PKEY *
key_by_uri(const char *uri, struct err *e)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	OSSL_STORE_INFO *info;
	EVP_PKEY *key = NULL;

	while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
		if ((info = OSSL_STORE_load(store)) == NULL)
			break;
		key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	(void)OSSL_STORE_close(store);
	if (key == NULL)
		(void)err_ssl(e, "%.80s: no private key", uri);
	return key;
}

int
ca_load(struct ca *ca, enum ca_kind kind, const char *certificate,
    const char *key, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_read(certificate, e);
	X509_NAME *name;

	*ca = (struct ca){ .kind = kind };
	if (chain == NULL)
		return -1;
	ca->certificate = sk_X509_shift(chain);
	ca->key = strchr(key, ':') != NULL && key[0] != '/'
	    ? key_by_uri(key, e)
	    : x509_key_read(key, e);
	name = X509_get_subject_name(ca->certificate);
	if (ca->key != NULL &&
	    X509_NAME_get_text_by_NID(
		name, NID_organizationName, ca->fleet, sizeof(ca->fleet)) > 0 &&
	    X509_check_private_key(ca->certificate, ca->key) == 1)
		return 0;
	if (ca->key != NULL)
		(void)err_ssl(e, "%s: not the key of %s", key, certificate);
	ca_free(ca);
	return -1;
}

void
ca_free(struct ca *ca)
{
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
	*ca = (struct ca){ .kind = ca->kind };
}

X509 *
ca_issue(const struct ca *ca, const struct ca_order *o, struct err *e)
{
	own_x509 X509 *x = blank(o->key, e);
	char checked[X509_CN_MAX + 1];

	if (x == NULL)
		return NULL;
	if (subject(X509_get_subject_name(x), ca->fleet, ca_name(ca->kind),
		o->cn, e) == -1 ||
	    x509_common_name(X509_get_subject_name(x), checked, e) == -1 ||
	    dates(x, ca->certificate, o->not_before, o->not_after, e) == -1 ||
	    extensions(x, ca->certificate, o->names != NULL ? &server : &client,
		o->names, e) == -1 ||
	    sign(x, ca->certificate, ca->key, e) == -1)
		return NULL;
	(void)X509_up_ref(x);
	return x;
}

EVP_PKEY *
ca_key_new(struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (key == NULL)
		(void)err_ssl(e, "new key");
	return key;
}

static int
drain(BIO *bio, struct bytes *out, struct err *e)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	bytes_add(out, p, (size_t)n);
	OPENSSL_cleanse(p, (size_t)n);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

int
ca_key_pem(EVP_PKEY *key, struct bytes *out, struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return err_ssl(e, "private key");
	return drain(bio, out, e);
}

int
ca_pem(X509 *x, struct bytes *out, struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL || PEM_write_bio_X509(bio, x) != 1)
		return err_ssl(e, "certificate");
	return drain(bio, out, e);
}
