/* SPDX-License-Identifier: MIT */
/*
 * The verb certs.csr: a key where the request's properties say, kept before the
 * request leaves, and the request. A key that could not be made in the TPM is
 * made nowhere else unless the property says that it may be.
 */
#include <openssl/pem.h>

#include <errno.h>
#include <string.h>

#include "certs/csr.h"
#include "charging_keys.h"
#include "charging_verbs.h"

static const struct {
	const char *key;
	size_t at, size;
} texts[] = {
#define TEXT(key, f)                                                           \
	{                                                                      \
		key, offsetof(struct csr_options, f),                          \
		    sizeof(((struct csr_options *)0)->f)                       \
	}
	TEXT("country", country),
	TEXT("organization", organization),
	TEXT("unit", unit),
	TEXT("common", common),
	TEXT("domain", domain),
#undef TEXT
};

static int
asked_texts(struct ask *a, struct csr_options *o, struct err *e)
{
	const char *s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (json_str_or(
			a->q, texts[i].key, texts[i].size - 1, "", &s, e) == -1)
			return -1;
		(void)strcpy((char *)o + texts[i].at, s);
	}
	return 0;
}

/* "DNS:a", "IP:192.0.2.1", "URI:urn:x": as openssl writes them. */
static int
asked_sans(struct ask *a, struct csr_options *o, struct err *e)
{
	static const char *const kinds[] = {
		[CSR_DNS] = "DNS:", [CSR_IP] = "IP:", [CSR_URI] = "URI:"
	};
	const json_t *one;
	json_t *list;
	size_t i, k;

	if (json_object_get(a->q, "san") == NULL)
		return 0;
	if (json_array_of(a->q, "san", CSR_SANS, &list, e) == -1)
		return -1;
	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		for (k = 0; s != NULL && k < 3; k++)
			if (strncmp(s, kinds[k], strlen(kinds[k])) == 0)
				break;
		if (s == NULL || k == 3 ||
		    strlen(s) - strlen(kinds[k]) > CSR_SAN_MAX)
			return err_set(e, EINVAL,
			    "san: \"DNS:name\", \"IP:address\" or \"URI:uri\"");
		o->san[i].kind = k;
		(void)strcpy(o->san[i].text, s + strlen(kinds[k]));
		o->sans++;
	}
	return 0;
}

static int
asked_options(
    struct ask *a, enum certs_leaf leaf, struct csr_options *o, struct err *e)
{
	const char *key, *properties;

	memset(o, 0, sizeof(*o));
	if (json_str_or(a->q, "key", 16, "P-256", &key, e) == -1 ||
	    json_str_or(a->q, "properties", CHARGING_PROP_MAX,
		a->s->doc.charging.csr, &properties, e) == -1)
		return -1;
	if ((o->key = csr_key_of(key)) == CSR_KEYS)
		return err_set(e, EINVAL,
		    "key \"%s\": P-256, P-384, RSA-2048, RSA-3072 or RSA-4096",
		    key);
	if (csr_where_of(properties, &o->where, e) == -1 ||
	    asked_texts(a, o, e) == -1 || asked_sans(a, o, e) == -1)
		return -1;
	o->client_auth = leaf == CERTS_LEAF_CSMS;
	o->server_auth = leaf == CERTS_LEAF_SECC;
	return csr_check(o, e);
}

int
certs_verb_csr(struct ask *a, struct err *e)
{
	own_charging_key struct charging_key key = { 0 };
	const struct ingot_host *host = a->s->host;
	own_bytes struct bytes pem = { 0 };
	struct csr_options options;
	struct err why = { 0 };
	enum certs_result r;
	enum certs_leaf leaf;
	const char *kind;
	char file[128];

	/* A domain that has no leaves here: OCPP's name for that. */
	if (json_str(a->q, "leaf", 16, &kind, e) == 0 &&
	    certs_leaf_of(kind) == CERTS_LEAVES &&
	    certs_domain_of(kind) != CERTS_DOMAINS)
		return say_result(a,
		    certs_say(&why, CERTS_INVALID_REQUESTED_TYPE, "%s", kind),
		    &why, e);
	if (asked_leaf(a, &leaf, e) == -1 ||
	    asked_options(a, leaf, &options, e) == -1)
		return -1;
	r = charging_key_make(a->s, &options, &key, &why);
	if (r == CERTS_ACCEPTED &&
	    csr_make(key.key, &options, &pem, &why) == -1)
		r = CERTS_GENERATION_ERROR;
	if (r == CERTS_ACCEPTED)
		r = certs_put_key(a->s->charging->certs, leaf, key.pem.p,
		    key.pem.len, key.tpm, key.spki.p, key.spki.len, file, &why);
	if (say_result(a, r, &why, e) == -1)
		return -1;
	if (r != CERTS_ACCEPTED)
		return 0;
	host->event(host, "KeyCreated", "%s key for a %s leaf",
	    key.tpm ? "TPM" : "file", certs_leaf_name(leaf));
	return say_text(a, "key", file, e) == -1 ? -1
						 : say_bytes(a, "csr", &pem, e);
}
