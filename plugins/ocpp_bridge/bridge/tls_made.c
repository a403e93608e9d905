/* SPDX-License-Identifier: MIT */
/*
 * Certificates for listeners to which the document names none. A small
 * authority is made once and kept: its certificate is what an installer gives
 * to charge points (or the CSMS by InstallCertificate), so it outlives every
 * leaf, every change of the names and every snapshot. Leaves are made again
 * when the names change or their end comes near.
 *
 * A key and its certificate are one file, so that a power cut leaves both or
 * none. The keys lie in the plugin's own folder, 0600: they speak for this
 * gateway towards its charge points and for nothing else.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "tls_in.h"

#define FOLDER      "tls"
#define AUTHORITY   "authority.pem"
#define FILE_MAX    (32 * 1024)
#define DAY         INT64_C(86400)
#define YEAR        (365 * DAY)
#define CA_YEARS    20
#define LEAF_YEARS  10
#define RENEW_YEARS 2 /* left of a leaf, when it is made anew */

OWN_POINTER(bio, BIO, BIO_free_all)
#define own_bio  __attribute__((cleanup(own_bio_free), unused))
#define own_made __attribute__((cleanup(tls_made_free), unused))

void
tls_made_free(struct tls_made *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->leaf);
	sk_X509_pop_free(m->chain, X509_free);
	memset(m, 0, sizeof(*m));
}

/* --- a certificate -------------------------------------------------------- */

/* A unit that has never had the time believes to be in 1970. */
static int64_t
now(void)
{
	int64_t t = (int64_t)time(NULL);

	return t < X509_CLOCK_FLOOR ? X509_CLOCK_FLOOR : t;
}

static int
add_serial(X509 *x)
{
	uint8_t raw[16];
	BIGNUM *n = NULL;
	int ok = RAND_bytes(raw, sizeof(raw)) == 1;

	raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40); /* positive, 16 bytes */
	ok = ok && (n = BN_bin2bn(raw, sizeof(raw), NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

static int
add_name(X509 *x, const char *cn)
{
	/* RFC 5280: a common name has at most 64 characters; the alternative
	 * names hold all of it. */
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
		   MBSTRING_UTF8, (const unsigned char *)cn,
		   (int)strnlen(cn, X509_CN_MAX), -1, 0) == 1;
}

static int
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* A day back: charge points' clocks are not better than others. */
static int
add_times(X509 *x, int64_t life)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), now() - DAY) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), now() + life) != NULL;
}

static X509 *
begin(EVP_PKEY *key, const char *cn, int64_t life)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    add_serial(x) && add_times(x, life) && add_name(x, cn) &&
	    X509_set_pubkey(x, key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

/* --- on disk -------------------------------------------------------------- */

static const char *
path_of(char *out, size_t size, const char *state, const char *name)
{
	(void)snprintf(out, size, "%s/" FOLDER "/%s", state, name);
	return out;
}

static int
keep(const char *state, const char *name, const struct tls_made *m,
    struct err *e)
{
	own_bio BIO *bio = BIO_new(BIO_s_secmem());
	char path[512], *text;
	bool ok;
	long n;

	ok = bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(
		bio, m->key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_bio_X509(bio, m->leaf) == 1;
	for (int i = 0; ok && i < sk_X509_num(m->chain); i++)
		ok = PEM_write_bio_X509(bio, sk_X509_value(m->chain, i)) == 1;
	if (!ok)
		return err_ssl(e, "write %s", name);
	(void)snprintf(path, sizeof(path), "%s/" FOLDER, state);
	if (file_mkdirs(AT_FDCWD, path, 0700, e) == -1)
		return -1;
	n = BIO_get_mem_data(bio, &text);
	return file_write(AT_FDCWD, path_of(path, sizeof(path), state, name),
	    text, (size_t)n, FILE_SECRET, e);
}

static int
take(BIO *bio, struct tls_made *m)
{
	X509 *x;

	m->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	m->leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	m->chain = sk_X509_new_null();
	while (m->chain != NULL &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(m->chain, x) == 0)
			X509_free(x);
	ERR_clear_error();
	return m->key != NULL && m->leaf != NULL && m->chain != NULL &&
		X509_check_private_key(m->leaf, m->key) == 1
	    ? 0
	    : -1;
}

/* -1 with ENOENT: there is none. What is there and can not be read is an
 * error: to make another authority would lock out every charge point. */
static int
get(const char *state, const char *name, struct tls_made *m, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_bio BIO *bio = NULL;
	char path[512];

	(void)path_of(path, sizeof(path), state, name);
	if (file_read(AT_FDCWD, path, FILE_MAX, &text, e) == -1)
		return -1;
	bio = BIO_new_mem_buf(text.p, (int)text.len);
	if (bio != NULL && take(bio, m) == 0)
		return 0;
	tls_made_free(m);
	return err_set(e, EBADMSG,
	    "%s is damaged; put it back from a copy, or remove it: then "
	    "charge points need the new authority",
	    path);
}

/* --- the authority -------------------------------------------------------- */

/* Its name has a number in it: charge points of two gateways hold both. */
static int
make_authority(struct tls_made *m, struct err *e)
{
	char cn[64], hex[2 * 4 + 1];
	uint8_t raw[4];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return err_ssl(e, "random bytes");
	hex_encode(raw, sizeof(raw), hex);
	(void)snprintf(cn, sizeof(cn), "Ingot gateway %s", hex);
	m->key = EVP_EC_gen("P-256");
	m->chain = sk_X509_new_null();
	if (m->key != NULL && m->chain != NULL &&
	    (m->leaf = begin(m->key, cn, CA_YEARS * YEAR)) != NULL &&
	    X509_set_issuer_name(m->leaf, X509_get_subject_name(m->leaf)) ==
		1 &&
	    add_extension(m->leaf, m->leaf, NID_basic_constraints,
		"critical,CA:TRUE,pathlen:0") &&
	    add_extension(m->leaf, m->leaf, NID_key_usage,
		"critical,keyCertSign,cRLSign") &&
	    add_extension(
		m->leaf, m->leaf, NID_subject_key_identifier, "hash") &&
	    X509_sign(m->leaf, m->key, EVP_sha256()) > 0)
		return 0;
	return err_ssl(e, "make an authority");
}

static int
authority(const char *state, struct tls_made *m, struct err *e)
{
	if (get(state, AUTHORITY, m, e) == 0)
		return 0;
	if (e->code != ENOENT)
		return -1;
	return make_authority(m, e) == -1 ? -1 : keep(state, AUTHORITY, m, e);
}

int
tls_down_authority(const char *state, struct bytes *out, struct err *e)
{
	own_made struct tls_made m = { 0 };
	own_chain STACK_OF(X509) *one = sk_X509_new_null();

	if (get(state, AUTHORITY, &m, e) == -1)
		return -1;
	if (one == NULL || sk_X509_push(one, m.leaf) == 0)
		return err_set(e, ENOMEM, "out of memory");
	m.leaf = NULL;
	return x509_chain_pem(one, out, e);
}

/* --- leaves --------------------------------------------------------------- */

static bool
is_address(const char *s)
{
	uint8_t raw[16];

	return inet_pton(AF_INET, s, raw) == 1 ||
	    inet_pton(AF_INET6, s, raw) == 1;
}

/* Where it listens is one of its names, unless that is everywhere. */
static const char *
name_at(const struct ocpp_listener *l, size_t i)
{
	if (i < l->nnames)
		return l->names[i];
	return i > l->nnames || strcmp(l->address, "0.0.0.0") == 0 ||
		strcmp(l->address, "::") == 0
	    ? NULL
	    : l->address;
}

static int
add_names(X509 *x, const struct ocpp_listener *l)
{
	own_bytes struct bytes all = { 0 };
	const char *name;

	for (size_t i = 0; (name = name_at(l, i)) != NULL; i++)
		bytes_fmt(&all, "%s%s:%s", i == 0 ? "" : ",",
		    is_address(name) ? "IP" : "DNS", name);
	return all.p == NULL || all.bad ||
	    add_extension(x, NULL, NID_subject_alt_name, all.p);
}

static bool
has_names(X509 *x, const struct ocpp_listener *l)
{
	const char *name;

	for (size_t i = 0; (name = name_at(l, i)) != NULL; i++)
		if ((is_address(name) ? X509_check_ip_asc(x, name, 0)
				      : X509_check_host(x, name, 0,
					    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
					    NULL)) != 1)
			return false;
	return true;
}

static bool
is_good(const struct tls_made *m, const struct tls_made *ca,
    const struct ocpp_listener *l)
{
	time_t later = (time_t)(now() + RENEW_YEARS * YEAR);

	return X509_verify(m->leaf, ca->key) == 1 &&
	    X509_cmp_time(X509_get0_notAfter(m->leaf), &later) > 0 &&
	    has_names(m->leaf, l);
}

/* An RSA certificate of 2048 bits: more is too much for weak charge points
 * (OCPP-J 1.6). Key encipherment is what the static RSA suites ask for. */
static int
make_leaf(const struct ocpp_listener *l, bool rsa, const struct tls_made *ca,
    struct tls_made *m, struct err *e)
{
	const char *cn = name_at(l, 0);

	m->key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	m->chain = sk_X509_new_null();
	if (m->key != NULL && m->chain != NULL &&
	    (m->leaf = begin(m->key, cn == NULL ? l->name : cn,
		 LEAF_YEARS * YEAR)) != NULL &&
	    X509_set_issuer_name(m->leaf, X509_get_subject_name(ca->leaf)) ==
		1 &&
	    add_extension(m->leaf, ca->leaf, NID_basic_constraints,
		"critical,CA:FALSE") &&
	    add_extension(m->leaf, ca->leaf, NID_key_usage,
		rsa ? "critical,digitalSignature,keyEncipherment"
		    : "critical,digitalSignature") &&
	    add_extension(m->leaf, ca->leaf, NID_ext_key_usage, "serverAuth") &&
	    add_extension(
		m->leaf, ca->leaf, NID_authority_key_identifier, "keyid") &&
	    add_names(m->leaf, l) &&
	    X509_sign(m->leaf, ca->key, EVP_sha256()) > 0)
		return 0;
	return err_ssl(e, "make a certificate for listener %s", l->name);
}

int
tls_made(const char *state, const struct ocpp_listener *l, bool rsa,
    struct tls_made *m, struct err *e)
{
	own_made struct tls_made ca = { 0 };
	char name[64];

	(void)snprintf(
	    name, sizeof(name), "%.40s-%s.pem", l->name, rsa ? "rsa" : "ec");
	memset(m, 0, sizeof(*m));
	if (authority(state, &ca, e) == -1)
		return -1;
	if (get(state, name, m, e) == 0 && is_good(m, &ca, l))
		return 0;
	tls_made_free(m);
	if (make_leaf(l, rsa, &ca, m, e) == -1 ||
	    keep(state, name, m, e) == -1) {
		tls_made_free(m);
		return -1;
	}
	return 0;
}
