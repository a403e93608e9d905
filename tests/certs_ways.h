/* SPDX-License-Identifier: MIT */
#ifndef TEST_CERTS_WAYS_H
#define TEST_CERTS_WAYS_H

/*
 * The ways in which certs_cross breaks a chain: a table of functions that
 * change what is asked of craft_x509() for one certificate, the victim.
 */
#include "certs_craft.h"
#include "verify.h"

#define CERTS     5 /* of one chain, root included */
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct world {
	struct craft_cert spec[CERTS]; /* leaf first */
	const char *kind[CERTS];       /* of keys */
	int n, victim;
	enum verify_purpose purpose;
	const char *name;
	bool ip, wildcards, partial, spoil, missing, strange, crossed;
	bool crls, crl_old, revoked;
	/* What is sent and trusted. */
	X509 *made[CERTS], *extra;
	struct cert *sent[CERTS + 1], *trusted[3];
	int sent_n, trusted_n;
	STACK_OF(X509_CRL) * lists;
};

static unsigned long long state;

/* Knuth's; the same chains on every machine. */
static unsigned
dice(unsigned sides)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(state >> 33) % sides;
}

/* --- ways to break a chain ------------------------------------------------ */

static void
extension(X509 *x, const char *oid, int critical)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	assert(X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

static void
put(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static void
twist_critical(X509 *x)
{
	extension(x, "1.3.6.1.4.1.55555.1", 1);
}

static void
twist_doubled(X509 *x)
{
	extension(x, "1.3.6.1.4.1.55555.1", 0);
	extension(x, "1.3.6.1.4.1.55555.1", 0);
}

static void
twist_empty(X509 *x)
{
	X509_NAME *empty = X509_NAME_new();

	X509_set_subject_name(x, empty);
	X509_NAME_free(empty);
}

static void
twist_version(X509 *x)
{
	while (X509_get_ext_count(x) > 0)
		X509_EXTENSION_free(X509_delete_ext(x, 0));
	X509_set_version(x, X509_VERSION_1);
}

static void
twist_no_akid(X509 *x)
{
	int at = X509_get_ext_by_NID(x, NID_authority_key_identifier, -1);

	X509_EXTENSION_free(X509_delete_ext(x, at));
}

static void
twist_policy(X509 *x)
{
	put(x, NID_policy_constraints, "critical,requireExplicitPolicy:0");
}

static void
twist_limits(X509 *x)
{
	put(x, NID_name_constraints, "critical,permitted;DNS:unit.example.org");
}

#define TWIST(name)                                                            \
	static void name(struct world *w)                                      \
	{                                                                      \
		w->spec[w->victim].twist = twist_##name;                       \
	}
TWIST(critical)
TWIST(doubled)
TWIST(empty)
TWIST(version)
TWIST(no_akid)
TWIST(policy)
TWIST(limits)

static void
expired(struct world *w)
{
	w->spec[w->victim].begin = CRAFT_NOW - 2 * CRAFT_YEAR;
	w->spec[w->victim].end = CRAFT_NOW - (time_t)(1 + dice(999));
}

static void
future(struct world *w)
{
	w->spec[w->victim].begin = CRAFT_NOW + (time_t)(1 + dice(999));
}

static void
eku(struct world *w)
{
	w->spec[w->victim].eku = w->purpose == VERIFY_CSMS_CLIENT ? "serverAuth"
	    : w->purpose == VERIFY_CODE || w->purpose == VERIFY_MF
	    ? "emailProtection"
	    : "clientAuth";
}

static void
usage(struct world *w)
{
	w->spec[w->victim].usage =
	    w->victim == 0 ? "critical,encipherOnly" : "critical,cRLSign";
}

static void
cert_sign(struct world *w)
{
	w->spec[0].usage = "critical,digitalSignature,keyCertSign";
}

static void
no_ca(struct world *w)
{
	w->spec[w->victim].basic = "critical,CA:FALSE";
	w->spec[w->victim].usage = "critical,digitalSignature";
}

static void
soft_ca(struct world *w)
{
	w->spec[w->victim].basic = "CA:TRUE";
}

static void
leaf_ca(struct world *w)
{
	w->spec[0].basic = "critical,CA:TRUE";
	w->spec[0].usage = "critical,digitalSignature,keyCertSign";
}

static void
length(struct world *w)
{
	w->spec[w->n - 1].basic = "critical,CA:TRUE,pathlen:0";
}

static void
rsa_1024(struct world *w)
{
	w->kind[w->victim] = "RSA-1024";
}

static void
curve(struct world *w)
{
	w->kind[w->victim] = dice(2) == 0 ? "P-224" : "secp256k1";
}

static void
rsa_2048(struct world *w)
{
	w->kind[w->victim] = "RSA-2048";
}

static void
sha_1(struct world *w)
{
	w->spec[w->victim].md = EVP_sha1();
	if (strncmp(w->kind[w->victim + 1], "ED", 2) == 0)
		w->kind[w->victim + 1] = "P-256";
}

static void
spoil(struct world *w)
{
	w->spoil = true;
}

static void
forged(struct world *w)
{
	w->spec[w->victim].issuer_key = craft_key("P-256", 50);
}

static void
strange(struct world *w)
{
	w->strange = true;
}

static void
missing(struct world *w)
{
	w->missing = true;
}

static void
excluded(struct world *w)
{
	w->spec[w->victim].limits = "critical,excluded;DNS:example.org";
}

static void
permitted(struct world *w)
{
	w->spec[w->victim].limits = "critical,permitted;DNS:example.com";
}

static void
wildcard(struct world *w)
{
	w->spec[0].san = "DNS:*.example.org";
	w->name = "unit.example.org";
	w->ip = false;
	w->wildcards = true;
	w->spec[w->victim].limits = "critical,excluded;DNS:b.example.org";
}

static void
other_name(struct world *w)
{
	w->name = "other.example.org";
	w->ip = false;
}

static void
other_ip(struct world *w)
{
	w->name = "192.0.2.8";
	w->ip = true;
}

static void
serial(struct world *w)
{
	static const char *const odd[] = { "00", "-17",
		"7F0000000000000000000000000000000000000001" };

	w->spec[w->victim].serial = odd[dice(LENGTH(odd))];
}

static void
revoked(struct world *w)
{
	w->crls = w->revoked = true;
	w->partial = false;
}

static void
crl_old(struct world *w)
{
	w->crls = w->crl_old = true;
	w->partial = false;
}

static void
crossed(struct world *w)
{
	w->crossed = true;
	w->partial = false;
}

enum { /* whom it can strike; how many certificates that needs */
	LEAF = 1,
	MIDDLE = 2,
	ROOT = 4,
	BELOW = LEAF | MIDDLE,
	ANY = LEAF | MIDDLE | ROOT
};
#define PURPOSES(list) .purposes = (list)
#define P(name)        (1u << VERIFY_##name)
#define TLS            (P(CSMS_CLIENT) | P(CSMS_SERVER) | P(SECC))
#define OTHERS         (P(MO) | P(MF) | P(CODE))

static const struct way {
	const char *name;
	void (*strike)(struct world *);
	unsigned victims, purposes; /* purposes 0: all */
	bool strict, lenient;
} ways[] = {
	{ .name = "good" },
	{ "expired", expired, .victims = ANY },
	{ "not yet valid", future, .victims = ANY },
	{ "extended usage", eku, .victims = ANY, PURPOSES(TLS) },
	{ "extended usage, ours", eku, .victims = ANY,
	    PURPOSES(P(MF) | P(CODE)), .strict = true },
	{ "usage", usage, .victims = ANY, PURPOSES(TLS) },
	{ "usage, ours", usage, .victims = LEAF, PURPOSES(OTHERS),
	    .strict = true },
	{ "keyCertSign of a leaf", cert_sign, .victims = LEAF },
	{ "no authority", no_ca, .victims = MIDDLE },
	{ "constraints not critical", soft_ca, .victims = MIDDLE },
	{ "authority as leaf", leaf_ca, .victims = LEAF, .strict = true },
	{ "path length", length, .victims = MIDDLE },
	{ "RSA-1024", rsa_1024, .victims = ANY },
	{ "odd curve", curve, .victims = ANY, .strict = true },
	{ "RSA-2048 for code", rsa_2048, .victims = ANY, PURPOSES(P(CODE)),
	    .strict = true },
	{ "SHA-1", sha_1, .victims = BELOW },
	{ "changed", spoil, .victims = BELOW },
	{ "forged", forged, .victims = BELOW },
	{ "anchor of another", strange, .victims = ROOT },
	{ "authority missing", missing, .victims = MIDDLE },
	{ "unknown critical extension", critical, .victims = ANY },
	{ "doubled extension", doubled, .victims = ANY, .strict = true },
	{ "empty subject", empty, .victims = LEAF },
	{ "version 1", version, .victims = LEAF, .strict = true },
	{ "no authority key identifier", no_akid, .victims = BELOW },
	{ "policy asked for", policy, .victims = MIDDLE },
	{ "constraints in a leaf", limits, .victims = LEAF, .strict = true },
	{ "excluded name", excluded, .victims = MIDDLE | ROOT },
	{ "name not permitted", permitted, .victims = MIDDLE | ROOT },
	{ "wildcard over excluded", wildcard, .victims = MIDDLE | ROOT,
	    .strict = true },
	{ "another name", other_name, .victims = LEAF },
	{ "another address", other_ip, .victims = LEAF },
	{ "serial", serial, .victims = BELOW, .strict = true },
	{ "revoked", revoked, .victims = BELOW },
	{ "CRL expired", crl_old, .victims = BELOW },
	{ "cross-signed, one way broken", crossed, .victims = MIDDLE,
	    .lenient = true },
};

#endif
