/* SPDX-License-Identifier: MIT */
/*
 * How certificates, hash data and results stand in questions and replies.
 */
#include <errno.h>
#include <string.h>

#include "charging_verbs.h"
#include "digest.h"

int
say_result(
    struct ask *a, enum certs_result r, const struct err *why, struct err *e)
{
	if (say_text(a, "result", certs_result_name(r), e) == -1)
		return -1;
	/* Names of files and subjects are anybody's bytes. */
	return say(a, "why",
	    json_text(r == CERTS_ACCEPTED ? certs_result_why(r) : why->text),
	    e);
}

static int
set(json_t *in, const char *key, json_t *value, struct err *e)
{
	return json_object_set_new(in, key, value) == -1
	    ? err_set(e, ENOMEM, "out of memory")
	    : 0;
}

int
say_hash(json_t *in, const struct cert_hash_data *h, struct err *e)
{
	return set(in, "hash",
	    json_pack("{s:s, s:s, s:s, s:s}", "algorithm",
		cert_hash_name(h->algorithm), "issuer_name", h->issuer_name,
		"issuer_key", h->issuer_key, "serial", h->serial),
	    e);
}

json_t *
time_text(time_t at)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static int
say_names(json_t *in, const struct cert *c, struct err *e)
{
	char text[256], print[SHA256_HEX];

	x509_subject(c->x, text, sizeof(text));
	hex_encode(c->print, sizeof(c->print), print);
	if (set(in, "subject", json_text(text), e) == -1 ||
	    set(in, "fingerprint", json_string(print), e) == -1 ||
	    set(in, "not_before", time_text(c->begin), e) == -1)
		return -1;
	return set(in, "not_after", time_text(c->end), e);
}

/* In one word, what can be done with it now. */
static const char *
state_of(const struct certs *c, const struct certs_entry *l)
{
	time_t now = certs_now(c);

	if (!certs_clock_valid(c))
		return "clock not set";
	if (now > l->cert->end)
		return "expired";
	if (now < l->cert->begin)
		return "not yet valid";
	if (!l->anchor && l->key == NULL)
		return "without key";
	return l->trial ? "on trial" : "valid";
}

int
say_entry(json_t *in, const struct certs *c, const struct certs_entry *l,
    enum cert_hash hash, struct err *e)
{
	struct cert_hash_data h;

	cert_hash_data(l->cert, certs_issuer(c, l), hash, &h);
	if (set(in, "kind", json_string(l->anchor ? "anchor" : "leaf"), e) ==
		-1 ||
	    set(in, "of",
		json_string(l->anchor ? certs_domain_name(l->domain)
				      : certs_leaf_name(l->leaf)),
		e) == -1 ||
	    set(in, "state", json_string(state_of(c, l)), e) == -1 ||
	    set(in, "file", json_text(l->file), e) == -1 ||
	    say_names(in, l->cert, e) == -1 || say_hash(in, &h, e) == -1)
		return -1;
	if (l->key != NULL && set(in, "key", json_text(l->key), e) == -1)
		return -1;
	return l->chain == NULL ? 0 : set(in, "chain", json_text(l->chain), e);
}

int
asked_domain(struct ask *a, enum certs_domain *d, struct err *e)
{
	const char *name;

	if (json_str(a->q, "domain", 16, &name, e) == -1)
		return -1;
	*d = certs_domain_of(name);
	return *d == CERTS_DOMAINS
	    ? err_set(
		  e, EINVAL, "domain \"%s\": one of CSMS, V2G, MO, MF", name)
	    : 0;
}

int
asked_leaf(struct ask *a, enum certs_leaf *l, struct err *e)
{
	const char *name;

	if (json_str(a->q, "leaf", 16, &name, e) == -1)
		return -1;
	*l = certs_leaf_of(name);
	return *l == CERTS_LEAVES
	    ? err_set(e, EINVAL, "leaf \"%s\": one of CSMS, SECC", name)
	    : 0;
}

int
asked_bool(struct ask *a, const char *key, bool *out, struct err *e)
{
	const json_t *value = json_object_get(a->q, key);

	*out = json_is_true(value);
	return value == NULL || json_is_boolean(value)
	    ? 0
	    : err_set(e, EINVAL, "%s: true or false", key);
}

static int
hex_member(
    const json_t *o, const char *key, size_t max, char *out, struct err *e)
{
	const char *s;

	if (json_str(o, key, max - 1, &s, e) == -1)
		return -1;
	if (s[strspn(s, "0123456789abcdefABCDEF")] != '\0')
		return err_set(e, EINVAL, "%s: not hexadecimal", key);
	(void)strcpy(out, s);
	return 0;
}

int
asked_hash(struct ask *a, struct cert_hash_data *h, struct err *e)
{
	static const char *const known[] = { "algorithm", "issuer_name",
		"issuer_key", "serial", NULL };
	const json_t *o = json_object_get(a->q, "hash");
	const char *name;

	memset(h, 0, sizeof(*h));
	if (o == NULL)
		return err_set(e, EINVAL, "hash: hash data is missing");
	if (json_known(o, known, e) == -1 ||
	    json_str_or(o, "algorithm", 16, "SHA256", &name, e) == -1)
		return -1;
	if ((h->algorithm = cert_hash_of(name)) == CERT_HASHES)
		return err_set(e, EINVAL,
		    "algorithm \"%s\": one of SHA256, SHA384, SHA512", name);
	/* The list leaves the key out of one whose issuer is not here; it can
	 * be named like that, or it could never be deleted. */
	if (hex_member(o, "issuer_name", sizeof(h->issuer_name), h->issuer_name,
		e) == -1 ||
	    hex_member(
		o, "issuer_key", sizeof(h->issuer_key), h->issuer_key, e) == -1)
		return -1;
	if (hex_member(o, "serial", sizeof(h->serial), h->serial, e) == -1)
		return -1;
	return *h->serial != '\0' && *h->issuer_name != '\0'
	    ? 0
	    : err_set(e, EINVAL, "hash: serial or issuer_name is empty");
}
