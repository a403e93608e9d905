/* SPDX-License-Identifier: MIT */
/*
 * Chains that are wrong in one way each, and what is said of them. The rows
 * take up what the well-known corpora of chains hold (PKITS, BetterTLS,
 * x509-limbo); certs_cross.test asks OpenSSL's own command the same.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "certs_chain.h"

#define DNS "DNS:csms.example"

/* --- twists --------------------------------------------------------------- */

static void
add(X509 *x, const char *oid, int critical)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

static void
unknown_critical(X509 *x)
{
	add(x, "1.3.6.1.4.1.55555.1", 1);
}

static void
unknown(X509 *x)
{
	add(x, "1.3.6.1.4.1.55555.1", 0);
}

static void
doubled(X509 *x)
{
	unknown(x);
	unknown(x);
}

static void
no_subject(X509 *x)
{
	X509_NAME *empty = X509_NAME_new();

	X509_set_subject_name(x, empty);
	X509_NAME_free(empty);
}

static void
version_1(X509 *x)
{
	while (X509_get_ext_count(x) > 0)
		X509_EXTENSION_free(X509_delete_ext(x, 0));
	assert_int_equal(X509_set_version(x, X509_VERSION_1), 1);
}

static void
drop(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	X509_EXTENSION_free(X509_delete_ext(x, at));
}

static void
no_authority_key(X509 *x)
{
	drop(x, NID_authority_key_identifier);
}

static void
put(X509 *x, int nid, const char *value)
{
	CONF *conf = NCONF_new(NULL); /* empty; policies want to have one */
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	NCONF_free(conf);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void
policy_asked_for(X509 *x)
{
	put(x, NID_policy_constraints, "critical,requireExplicitPolicy:0");
}

static void
policy(X509 *x)
{
	put(x, NID_certificate_policies, "1.3.6.1.4.1.55555.9");
}

static void
policy_asked_for_and_had(X509 *x)
{
	policy_asked_for(x);
	policy(x);
}

static void
constrains(X509 *x)
{
	put(x, NID_name_constraints, "critical,permitted;DNS:csms.example");
}

/* EVP_EC_gen() names its curve; this one is written out (CVE-2020-0601), and
 * read back, since OpenSSL tells the two apart where it reads. */
static EVP_PKEY *
described_curve(void)
{
	static EVP_PKEY *key;
	OSSL_PARAM params[] = { OSSL_PARAM_END, OSSL_PARAM_END };
	unsigned char der[1024], *end = der;
	const unsigned char *at = der;
	EVP_PKEY *made = EVP_EC_gen("P-256");

	if (key == NULL) {
		params[0] = OSSL_PARAM_construct_utf8_string(
		    "encoding", (char[]){ "explicit" }, 0);
		assert_int_equal(EVP_PKEY_set_params(made, params), 1);
		key = d2i_AutoPrivateKey(NULL, &at, i2d_PrivateKey(made, &end));
		assert_non_null(key);
	}
	EVP_PKEY_free(made);
	return key;
}

/* --- the table ------------------------------------------------------------ */

struct row {
	const char *what;
	enum certs_result want;
	struct craft_cert spec[C_ALL];
	enum verify_purpose purpose;
	const char *name;
	bool wildcards;
	time_t later; /* asked so long after CRAFT_NOW */
	const char *key, *middle_key, *root_key; /* craft_key(kind, 7) */
};

#define L    [C_LEAF]
#define M    [C_MIDDLE]
#define R    [C_ROOT]
#define LONG .begin = CRAFT_NOW - CRAFT_YEAR, .end = CRAFT_NOW + 9 * CRAFT_YEAR

static const struct row good[] = {
	{ .what = "as it should be" },
	{ "an unknown extension", .spec = { L = { .twist = unknown } } },
	{ "a policy is asked for, any one will do",
	    .spec = { L = { .twist = policy },
		M = { .twist = policy_asked_for_and_had } } },
	{ "serverAuth", .purpose = VERIFY_CSMS_SERVER,
	    .spec = { L = { .eku = "serverAuth" } } },
	{ "both uses", .spec = { L = { .eku = "serverAuth,clientAuth" } } },
	{ "an authority for clients",
	    .spec = { M = { .eku = "clientAuth" },
		L = { .eku = "clientAuth" } } },
	{ "codeSigning", .purpose = VERIFY_CODE,
	    .spec = { L = { .eku = "codeSigning" } } },
	{ "codeSigning below any use", .purpose = VERIFY_CODE,
	    .spec = { L = { .eku = "codeSigning" },
		M = { .eku = "anyExtendedKeyUsage" } } },
	{ "a maker's without a use", .purpose = VERIFY_MF },
	{ "a contract", .purpose = VERIFY_MO },
	{ "a station", .purpose = VERIFY_SECC,
	    .spec = { L = { .eku = "serverAuth" } } },
	{ "path length as long as it is",
	    .spec = { M = { .basic = "critical,CA:TRUE,pathlen:0" },
		R = { .basic = "critical,CA:TRUE,pathlen:1" } } },
	{ "20 octets of serial",
	    .spec = { L = { .serial = "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
				      "FFFF" } } },
	{ "a root's serial of zero", .spec = { R = { .serial = "00" } } },
	{ "empty subject, critical alternative name",
	    .spec = { L = { .twist = no_subject, .san = "critical," DNS } } },
	{ "permitted name", .purpose = VERIFY_CSMS_SERVER,
	    .spec = { L = { .san = DNS },
		M = { .limits = "critical,permitted;DNS:example" } } },
	{ "name", .purpose = VERIFY_CSMS_SERVER, .name = "CSMS.example",
	    .spec = { L = { .san = DNS } } },
	{ "common name", .purpose = VERIFY_CSMS_SERVER, .name = "csms.example",
	    .spec = { L = { .cn = "csms.example" } } },
	{ "address", .name = "192.0.2.7",
	    .spec = { L = { .san = "IP:192.0.2.7" } } },
	{ "address of 16 octets", .name = "2001:db8::7",
	    .spec = { L = { .san = "IP:2001:DB8:0:0::7" } } },
	{ "wildcard, allowed", .name = "a.b.example", .wildcards = true,
	    .spec = { L = { .san = "DNS:*.b.example" } } },
	{ "RSA 2048 and SHA-256", .key = "RSA-2048", .middle_key = "RSA-2048",
	    .root_key = "RSA-2048" },
	{ "P-384, P-521", .key = "P-384", .middle_key = "P-521" },
	{ "Ed25519 below Ed448", .key = "ED25519", .middle_key = "ED448" },
};

static const struct row bad_times[] = {
	{ "expired leaf", CERTS_EXPIRED, .later = 2 * CRAFT_YEAR,
	    .spec = { M = { LONG }, R = { LONG } } },
	{ "expired authority", CERTS_EXPIRED, .later = 2 * CRAFT_YEAR,
	    .spec = { L = { LONG }, R = { LONG } } },
	{ "expired root", CERTS_EXPIRED, .later = 2 * CRAFT_YEAR,
	    .spec = { L = { LONG }, M = { LONG } } },
	{ "future leaf", CERTS_NOT_YET_VALID,
	    .spec = { L = { .begin = CRAFT_NOW + CRAFT_DAY } } },
	{ "future authority", CERTS_NOT_YET_VALID,
	    .spec = { M = { .begin = CRAFT_NOW + CRAFT_DAY } } },
	{ "future root", CERTS_NOT_YET_VALID,
	    .spec = { R = { .begin = CRAFT_NOW + CRAFT_DAY } } },
};

static const struct row bad_purposes[] = {
	{ "a server's, for a client", CERTS_WRONG_PURPOSE,
	    .spec = { L = { .eku = "serverAuth" } } },
	{ "a client's, for a server", CERTS_WRONG_PURPOSE,
	    .purpose = VERIFY_CSMS_SERVER,
	    .spec = { L = { .eku = "clientAuth" } } },
	{ "a client's, for a station", CERTS_WRONG_PURPOSE,
	    .purpose = VERIFY_SECC, .spec = { L = { .eku = "clientAuth" } } },
	{ "any use, for a client", CERTS_WRONG_PURPOSE,
	    .spec = { L = { .eku = "anyExtendedKeyUsage" } } },
	{ "an authority for servers", CERTS_WRONG_PURPOSE,
	    .spec = { M = { .eku = "serverAuth" } } },
	{ "a root for servers", CERTS_WRONG_PURPOSE,
	    .spec = { R = { .eku = "serverAuth" } } },
	{ "code without the use", CERTS_WRONG_PURPOSE, .purpose = VERIFY_CODE },
	{ "a server's, for code", CERTS_WRONG_PURPOSE, .purpose = VERIFY_CODE,
	    .spec = { L = { .eku = "serverAuth" } } },
	{ "a server's, for firmware", CERTS_WRONG_PURPOSE, .purpose = VERIFY_MF,
	    .spec = { L = { .eku = "serverAuth" } } },
	{ "an authority for servers, for firmware", CERTS_WRONG_PURPOSE,
	    .purpose = VERIFY_MF, .spec = { M = { .eku = "serverAuth" } } },
	{ "a key that seals keys", CERTS_WRONG_PURPOSE,
	    .spec = { L = { .usage = "critical,keyEncipherment" } } },
	{ "a contract that agrees on keys", CERTS_WRONG_PURPOSE,
	    .purpose = VERIFY_MO,
	    .spec = { L = { .usage = "critical,keyAgreement" } } },
	{ "a station that agrees on keys", CERTS_WRONG_PURPOSE,
	    .purpose = VERIFY_SECC,
	    .spec = { L = { .usage = "critical,keyAgreement" } } },
	{ "keyCertSign of a leaf", CERTS_WRONG_PURPOSE,
	    .spec = { L = { .usage =
				"critical,digitalSignature,keyCertSign" } } },
	{ "an authority as leaf", CERTS_WRONG_PURPOSE,
	    .spec = { L = { .ca = true,
			  .usage = "critical,digitalSignature,"
				   "keyCertSign" } } },
	{ "path length", CERTS_WRONG_PURPOSE,
	    .spec = { R = { .basic = "critical,CA:TRUE,pathlen:0" } } },
	{ "no authority", CERTS_NOT_A_CA,
	    .spec = { M = { .basic = "critical,CA:FALSE",
			  .usage = "critical,digitalSignature" } } },
	{ "no basicConstraints", CERTS_NOT_A_CA,
	    .spec = { M = { .basic = "" } } },
	{ "no keyCertSign", CERTS_NOT_A_CA,
	    .spec = { M = { .usage = "critical,cRLSign" } } },
	{ "no key usage of an authority", CERTS_INVALID_FORMAT,
	    .spec = { M = { .usage = "" } } },
};

static const struct row bad_rest[] = {
	/* The floor. */
	{ "RSA 1024", CERTS_WEAK_KEY, .key = "RSA-1024" },
	{ "RSA 1024 above", CERTS_WEAK_KEY, .middle_key = "RSA-1024" },
	{ "RSA 1024 on top", CERTS_WEAK_KEY, .root_key = "RSA-1024" },
	{ "RSA 2048, for code", CERTS_WEAK_KEY, .purpose = VERIFY_CODE,
	    .key = "RSA-2048", .spec = { L = { .eku = "codeSigning" } } },
	{ "P-224", CERTS_WEAK_KEY, .key = "P-224" },
	{ "P-224 above", CERTS_WEAK_KEY, .middle_key = "P-224" },
	{ "secp256k1", CERTS_WEAK_KEY, .key = "secp256k1" },
	/* What RFC 5280 says of the certificate itself. */
	{ "serial of zero", CERTS_INVALID_FORMAT,
	    .spec = { L = { .serial = "00" } } },
	{ "authority's serial of zero", CERTS_INVALID_FORMAT,
	    .spec = { M = { .serial = "00" } } },
	{ "unknown critical extension", CERTS_INVALID_CHAIN,
	    .spec = { L = { .twist = unknown_critical } } },
	{ "unknown critical extension above", CERTS_INVALID_CHAIN,
	    .spec = { M = { .twist = unknown_critical } } },
	{ "unknown critical extension on top", CERTS_INVALID_CHAIN,
	    .spec = { R = { .twist = unknown_critical } } },
	{ "doubled extension", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = doubled } } },
	{ "doubled extension above", CERTS_INVALID_FORMAT,
	    .spec = { M = { .twist = doubled } } },
	{ "version 1", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = version_1 } } },
	{ "empty subject, alternative name not critical", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = no_subject, .san = DNS } } },
	{ "empty subject", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = no_subject } } },
	{ "no authority key identifier", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = no_authority_key } } },
	{ "basicConstraints not critical", CERTS_INVALID_FORMAT,
	    .spec = { M = { .basic = "CA:TRUE" } } },
	{ "a leaf that constrains names", CERTS_INVALID_FORMAT,
	    .spec = { L = { .twist = constrains } } },
	{ "a policy is asked for", CERTS_INVALID_CHAIN,
	    .spec = { M = { .twist = policy_asked_for } } },
	/* Names. */
	{ "excluded name", CERTS_NAME_CONSTRAINT,
	    .spec = { L = { .san = DNS },
		M = { .limits = "critical,excluded;DNS:example" } } },
	{ "name that is not permitted", CERTS_NAME_CONSTRAINT,
	    .spec = { L = { .san = DNS },
		M = { .limits = "critical,permitted;DNS:example.org" } } },
	{ "name that the root does not permit", CERTS_NAME_CONSTRAINT,
	    .spec = { L = { .san = DNS },
		R = { .limits = "critical,permitted;DNS:example.org" } } },
	{ "address that is not permitted", CERTS_NAME_CONSTRAINT,
	    .spec = { L = { .san = "IP:192.0.2.7" },
		M = { .limits = "critical,permitted;"
				"IP:198.51.100.0/255.255.255.0" } } },
	{ "wildcard over an excluded name", CERTS_NAME_CONSTRAINT,
	    .name = "y.b.example", .wildcards = true,
	    .spec = { L = { .san = "DNS:*.b.example" },
		M = { .limits = "critical,excluded;DNS:x.b.example" } } },
	{ "another name", CERTS_INVALID_COMMON_NAME, .name = "csms.example.org",
	    .spec = { L = { .san = DNS } } },
	{ "common name beside an alternative one", CERTS_INVALID_COMMON_NAME,
	    .name = "other.example",
	    .spec = { L = { .cn = "other.example", .san = DNS } } },
	{ "another address", CERTS_INVALID_COMMON_NAME, .name = "192.0.2.8",
	    .spec = { L = { .san = "IP:192.0.2.7" } } },
	{ "address in a common name", CERTS_INVALID_COMMON_NAME,
	    .name = "192.0.2.7", .spec = { L = { .cn = "192.0.2.7" } } },
	{ "wildcard, not allowed", CERTS_INVALID_COMMON_NAME,
	    .name = "a.b.example",
	    .spec = { L = { .san = "DNS:*.b.example" } } },
	{ "wildcard over two labels", CERTS_INVALID_COMMON_NAME,
	    .name = "a.a.b.example", .wildcards = true,
	    .spec = { L = { .san = "DNS:*.b.example" } } },
	{ "part of a wildcard", CERTS_INVALID_COMMON_NAME,
	    .name = "ab.b.example", .wildcards = true,
	    .spec = { L = { .san = "DNS:a*.b.example" } } },
	{ "nobody's name", CERTS_INVALID_COMMON_NAME, .name = "",
	    .spec = { L = { .san = DNS } } },
	{ "everybody's name", CERTS_INVALID_COMMON_NAME, .name = ".example",
	    .spec = { L = { .san = DNS } } },
};

static enum certs_result
ask(const struct row *row, struct verify_path *path, struct err *e)
{
	struct craft_cert spec[C_ALL];
	struct verify_job job;
	own_certs struct chain c;

	memcpy(spec, row->spec, sizeof(spec));
	if (row->key != NULL)
		spec[C_LEAF].key = craft_key(row->key, 7);
	if (row->middle_key != NULL)
		spec[C_MIDDLE].key = craft_key(row->middle_key, 8);
	if (row->root_key != NULL)
		spec[C_ROOT].key = craft_key(row->root_key, 9);
	c = chain_craft(spec);
	job = chain_job(&c, row->purpose);
	job.name = row->name;
	job.wildcards = row->wildcards;
	job.at += row->later;
	return verify_chain(&job, path, e);
}

static void
what_is_right_is_accepted(void **state)
{
	struct verify_path path;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (ask(&good[i], &path, &e) != CERTS_ACCEPTED)
			fail_msg("%s: %s", good[i].what, e.text);
		assert_int_equal(path.count, C_ALL);
		assert_int_equal(path.anchor, 0);
		assert_int_equal(path.error, X509_V_OK);
	}
}

static void
refuse(const struct row *rows, size_t n)
{
	struct verify_path path;

	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		enum certs_result r = ask(&rows[i], &path, &e);

		if (r != rows[i].want)
			fail_msg("%s: wanted %s, got %s: %s", rows[i].what,
			    certs_result_name(rows[i].want),
			    certs_result_name(r), e.text);
		assert_non_null(strstr(e.text, certs_result_why(r)));
		assert_int_equal(path.count, 0);
	}
}

static void
D06_each_certificate_has_its_time_and_the_anchor_too(void **state)
{
	(void)state;
	refuse(bad_times, sizeof(bad_times) / sizeof(bad_times[0]));
}

/* RFC 5280 section 4.1.2.5: from notBefore through notAfter, inclusive. */
static void
D06_the_first_and_the_last_second_are_within_its_time(void **state)
{
	static const struct {
		time_t at;
		enum certs_result want;
	} rows[] = { { CRAFT_NOW - 61, CERTS_NOT_YET_VALID },
		{ CRAFT_NOW - 60, CERTS_ACCEPTED },
		{ CRAFT_NOW + 60, CERTS_ACCEPTED },
		{ CRAFT_NOW + 61, CERTS_EXPIRED } };
	struct err e;

	(void)state;
	for (int i = 0; i < C_ALL; i++) {
		struct craft_cert spec[C_ALL] = { { 0 } };
		own_certs struct chain c;
		struct verify_job job;

		spec[i].begin = CRAFT_NOW - 60;
		spec[i].end = CRAFT_NOW + 60;
		c = chain_craft(spec);
		job = chain_job(&c, VERIFY_CSMS_CLIENT);
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
			job.at = rows[k].at;
			assert_int_equal(
			    verify_chain(&job, NULL, &e), rows[k].want);
		}
	}
}

static void
D07_a_certificate_is_for_what_it_says(void **state)
{
	(void)state;
	refuse(bad_purposes, sizeof(bad_purposes) / sizeof(bad_purposes[0]));
}

static void
R4_what_is_wrong_in_one_way_is_refused_with_that_reason(void **state)
{
	(void)state;
	refuse(bad_rest, sizeof(bad_rest) / sizeof(bad_rest[0]));
}

/* D07, floor: SHA-1 anywhere but over the anchor, where it proves nothing. */
static void
R4_sha_1_is_refused_except_over_an_anchor(void **state)
{
	static const struct row rows[] = {
		{ "leaf", CERTS_WEAK_KEY, .spec = { L = { .san = DNS } } },
		{ "middle", CERTS_WEAK_KEY, .spec = { { 0 } } },
		{ "root", CERTS_ACCEPTED, .spec = { { 0 } } },
	};
	struct err e;

	(void)state;
	for (int i = 0; i < C_ALL; i++) {
		struct row row = rows[i];

		row.spec[i].md = EVP_sha1();
		assert_int_equal(ask(&row, NULL, &e), row.want);
	}
}

/* D07: who describes his curve brings his own generator. */
static void
a_curve_that_is_described_and_not_named_is_refused(void **state)
{
	struct err e;

	(void)state;
	for (int i = 0; i < C_ALL; i++) {
		struct row row = { "curve", CERTS_WEAK_KEY, .spec = { { 0 } } };

		row.spec[i].key = described_curve();
		assert_int_equal(ask(&row, NULL, &e), CERTS_WEAK_KEY);
	}
}

/* The last octet is one of s, the signature's second number. */
static struct cert *
spoilt(struct cert *c)
{
	own_bytes struct bytes der = { 0 };
	struct cert *changed = NULL;
	struct err e = { 0 };

	craft_der(c->x, &der);
	der.p[der.len - 1] ^= 1;
	assert_int_equal(cert_parse(der.p, der.len, &changed, 1, &e), 1);
	return changed;
}

static void
a_changed_certificate_has_no_valid_signature(void **state)
{
	static const enum certs_result want[] = { CERTS_INVALID_LEAF_SIGNATURE,
		CERTS_INVALID_SIGNATURE };
	const struct craft_cert spec[C_ALL] = { { 0 } };
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	(void)state;
	for (int i = C_LEAF; i <= C_MIDDLE; i++) {
		struct cert *right = c.c[i], *wrong = spoilt(right);

		c.c[i] = wrong;
		assert_int_equal(verify_chain(&job, NULL, &e), want[i]);
		c.c[i] = right;
		cert_free(wrong);
	}
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ACCEPTED);
}

static void
a_stranger_is_told_from_a_forger(void **state)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	const struct craft_cert strange = { .cn = "strange", .ca = true };
	own_certs struct chain c = chain_craft(spec);
	struct cert *stranger = craft_new(&strange);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	(void)state;
	job.anchors = &stranger;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ISSUER_NOT_FOUND);
	job.anchors = &c.c[C_ROOT];
	job.chain_count = 1; /* its authority is not sent */
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ISSUER_NOT_FOUND);
	job.anchor_count = 0;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_NO_ROOT);
	cert_free(stranger);
}

/* D35: a clock that is not set is no reason to call a certificate bad. */
static void
D35_without_a_time_nothing_is_said_of_a_certificate(void **state)
{
	const struct craft_cert spec[C_ALL] = { { 0 } };
	own_certs struct chain c = chain_craft(spec);
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	(void)state;
	job.at = 0;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_CLOCK_INVALID);
	assert_non_null(strstr(e.text, "clock"));
	job.at = 86400; /* 1970: not the same as expired */
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_NOT_YET_VALID);
}

/* D08: no cause is lost. Each error of this OpenSSL has its line. */
static void
D08_each_reason_of_openssl_has_a_result_of_its_own(void **state)
{
	extern enum certs_result verify_result_of(int error, int depth);
	int told = 0;

	(void)state;
	for (int i = 1; i < 120; i++) {
		const char *text = X509_verify_cert_error_string(i);
		enum certs_result r = verify_result_of(i, 1);

		assert_int_not_equal(r, CERTS_ACCEPTED);
		told += strncmp(text, "unknown", 7) != 0 &&
		    r != CERTS_INVALID_CHAIN;
	}
	assert_true(told > 70);
	assert_int_equal(verify_result_of(X509_V_ERR_CERT_SIGNATURE_FAILURE, 0),
	    CERTS_INVALID_LEAF_SIGNATURE);
	assert_int_equal(verify_result_of(X509_V_ERR_CERT_SIGNATURE_FAILURE, 1),
	    CERTS_INVALID_SIGNATURE);
	assert_int_equal(verify_result_of(-1, 0), CERTS_INVALID_CHAIN);
	assert_int_equal(verify_result_of(9999, 0), CERTS_INVALID_CHAIN);
}

/* D08: the sentence has the certificate and what to do. */
static void
D08_a_refusal_names_the_certificate(void **state)
{
	struct row row = { "expired authority", CERTS_EXPIRED,
		.later = 2 * CRAFT_YEAR,
		.spec = { L = { LONG }, R = { LONG } } };
	struct verify_path path;
	struct err e;

	(void)state;
	assert_int_equal(ask(&row, &path, &e), CERTS_EXPIRED);
	assert_non_null(strstr(e.text, "CN=middle"));
	assert_non_null(strstr(e.text, "ask for a new certificate"));
	assert_int_equal(path.error, X509_V_ERR_CERT_HAS_EXPIRED);
	assert_int_equal(path.error_depth, 1);
}

static void
purposes_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < VERIFY_PURPOSES; i++)
		assert_int_equal(verify_purpose_of(verify_purpose_name(
				     (enum verify_purpose)i)),
		    i);
	assert_int_equal(verify_purpose_of("tls"), VERIFY_PURPOSES);
	assert_string_equal(verify_purpose_name(VERIFY_PURPOSES), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_accepted),
		cmocka_unit_test(
		    D06_each_certificate_has_its_time_and_the_anchor_too),
		cmocka_unit_test(
		    D06_the_first_and_the_last_second_are_within_its_time),
		cmocka_unit_test(D07_a_certificate_is_for_what_it_says),
		cmocka_unit_test(
		    R4_what_is_wrong_in_one_way_is_refused_with_that_reason),
		cmocka_unit_test(R4_sha_1_is_refused_except_over_an_anchor),
		cmocka_unit_test(
		    a_curve_that_is_described_and_not_named_is_refused),
		cmocka_unit_test(a_changed_certificate_has_no_valid_signature),
		cmocka_unit_test(a_stranger_is_told_from_a_forger),
		cmocka_unit_test(
		    D35_without_a_time_nothing_is_said_of_a_certificate),
		cmocka_unit_test(
		    D08_each_reason_of_openssl_has_a_result_of_its_own),
		cmocka_unit_test(D08_a_refusal_names_the_certificate),
		cmocka_unit_test(purposes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
