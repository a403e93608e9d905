/* SPDX-License-Identifier: MIT */
/* The verbs that only look into the store of charging certificates. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "certs/verify.h"
#include "charging_verbs.h"
#include "digest.h"

#define LIST_MAX 500 /* a reply holds a megabyte; the rest is asked for */

static struct certs *
certs(const struct ask *a)
{
	return a->s->charging->certs;
}

static int
asked_algorithm(struct ask *a, enum cert_hash *h, struct err *e)
{
	const char *name;

	if (json_str_or(a->q, "algorithm", 16, "SHA256", &name, e) == -1)
		return -1;
	*h = cert_hash_of(name);
	return *h == CERT_HASHES ? err_set(e, EINVAL,
				       "algorithm \"%s\": one of SHA256, "
				       "SHA384, SHA512",
				       name)
				 : 0;
}

/* --- list ----------------------------------------------------------------- */

/* OCPP's names of what may be asked for; SECC leaves are what it calls
 * V2GCertificateChain. */
static const struct type {
	const char *name;
	bool anchor;
	enum certs_domain domain;
	enum certs_leaf leaf;
} types[] = {
	{ "CSMSRootCertificate", true, CERTS_CSMS, 0 },
	{ "V2GRootCertificate", true, CERTS_V2G, 0 },
	{ "MORootCertificate", true, CERTS_MO, 0 },
	{ "ManufacturerRootCertificate", true, CERTS_MF, 0 },
	{ "V2GCertificateChain", false, 0, CERTS_LEAF_SECC },
	{ "CSMSCertificateChain", false, 0, CERTS_LEAF_CSMS },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static const struct certs_entry *
entry_of(struct certs *c, const struct type *t, size_t i)
{
	const struct certs_entry *l;
	size_t n = 0;

	if (!t->anchor)
		return certs_leaf_at(c, t->leaf, i);
	if ((l = certs_anchor(c, t->domain, i)) != NULL)
		return l;
	/* Behind the anchors, what somebody put beside them. */
	while (certs_anchor(c, t->domain, n) != NULL)
		n++;
	return certs_stray(c, t->domain, i - n);
}

/* The certificates between leaf and root, as OCPP's childCertificateHashData.
 */
static int
say_children(json_t *in, const struct certs *c, const struct certs_entry *l,
    enum cert_hash hash, struct err *e)
{
	json_t *list = json_array();

	if (json_object_set_new(in, "children", list) == -1)
		return err_set(e, ENOMEM, "out of memory");
	for (int i = 1; i < l->chain_count; i++) {
		const struct cert *issuer = i + 1 < l->chain_count
		    ? l->chain_certs[i + 1]
		    : certs_issuer_of(c, l->chain_certs[i]);
		struct cert_hash_data h;
		json_t *one = json_object();

		cert_hash_data(l->chain_certs[i], issuer, hash, &h);
		if (json_array_append_new(list, one) == -1 ||
		    say_hash(one, &h, e) == -1)
			return -1;
	}
	return 0;
}

/* A page of the list. */
struct page {
	json_t *list;
	int64_t from, at; /* of all that is asked for: the first, the next */
	bool more;
};

static int
list_type(struct ask *a, const struct type *t, enum cert_hash hash,
    struct page *p, struct err *e)
{
	const struct certs_entry *l;

	for (size_t i = 0; (l = entry_of(certs(a), t, i)) != NULL; i++) {
		json_t *one;

		if (p->at < p->from) {
			p->at++;
			continue;
		}
		if (json_array_size(p->list) == LIST_MAX) {
			p->more = true;
			return 0;
		}
		p->at++;
		one = json_pack("{s:s}", "type", t->name);
		if (json_array_append_new(p->list, one) == -1)
			return err_set(e, ENOMEM, "out of memory");
		if (say_entry(one, certs(a), l, hash, e) == -1 ||
		    (!l->anchor &&
			say_children(one, certs(a), l, hash, e) == -1))
			return -1;
	}
	return 0;
}

static bool
is_asked(const json_t *wanted, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(wanted, i,
	    one) if (strcmp(json_string_value(one), name) == 0) return true;
	return json_array_size(wanted) == 0;
}

static int
no_such_type(const char *name, struct err *e)
{
	own_bytes struct bytes all = { 0 };

	for (size_t t = 0; t < TYPES; t++)
		bytes_fmt(&all, "%s%s", t == 0 ? "" : ", ", types[t].name);
	return err_set(e, EINVAL, "types: \"%s\" is none; there are %.*s", name,
	    (int)all.len, all.p == NULL ? "" : all.p);
}

static int
asked_types(struct ask *a, json_t **wanted, struct err *e)
{
	const json_t *one;
	size_t i, t;

	*wanted = NULL;
	if (json_object_get(a->q, "types") == NULL)
		return 0;
	if (json_array_of(a->q, "types", TYPES, wanted, e) == -1)
		return -1;
	json_array_foreach(*wanted, i, one)
	{
		const char *name = json_string_value(one);

		for (t = 0; t < TYPES && name != NULL &&
		     strcmp(types[t].name, name) != 0;
		     t++)
			;
		if (name == NULL || t == TYPES)
			return no_such_type(name == NULL ? "" : name, e);
	}
	return 0;
}

int
certs_verb_list(struct ask *a, struct err *e)
{
	struct page p = { .list = json_array() };
	struct err why = { 0 };
	json_t *wanted;
	enum cert_hash hash;

	if (say(a, "certificates", p.list, e) == -1 ||
	    asked_types(a, &wanted, e) == -1 ||
	    asked_algorithm(a, &hash, e) == -1 ||
	    (json_object_get(a->q, "from") != NULL &&
		json_num(a->q, "from", 0, 1000000, &p.from, e) == -1) ||
	    certs_refresh(certs(a), e) == -1)
		return -1;
	for (size_t t = 0; t < TYPES && !p.more; t++)
		if (is_asked(wanted, types[t].name) &&
		    list_type(a, &types[t], hash, &p, e) == -1)
			return -1;
	if (p.more && say(a, "next", json_integer(p.at), e) == -1)
		return -1;
	if (p.at == 0)
		return say_result(a,
		    certs_say(&why, CERTS_NOT_FOUND, "what was asked for"),
		    &why, e);
	return say_result(a, CERTS_ACCEPTED, &why, e);
}

/* --- a leaf --------------------------------------------------------------- */

/* Leaf first, without the root: what a TLS client shows. */
static int
say_chain(struct ask *a, const struct certs_entry *l, struct err *e)
{
	own_chain STACK_OF(X509) *chain = sk_X509_new_null();
	own_bytes struct bytes pem = { 0 };

	for (int i = 0; chain != NULL && i < l->chain_count; i++)
		if (X509_up_ref(l->chain_certs[i]->x) != 1 ||
		    sk_X509_push(chain, l->chain_certs[i]->x) == 0)
			return err_set(e, ENOMEM, "out of memory");
	if (chain == NULL || x509_chain_pem(chain, &pem, e) == -1)
		return -1;
	return say_bytes(a, "chain", &pem, e);
}

int
certs_verb_leaf(struct ask *a, struct err *e)
{
	const struct certs_entry *l = NULL;
	struct err why = { 0 };
	enum certs_result r;
	enum certs_leaf kind;
	const char *identity;
	json_t *one;
	bool trial, expired;

	if (asked_leaf(a, &kind, e) == -1 ||
	    asked_bool(a, "trial", &trial, e) == -1 ||
	    asked_bool(a, "expired", &expired, e) == -1 ||
	    json_str_or(a->q, "identity", 64, "", &identity, e) == -1)
		return -1;
	r = certs_choose(certs(a), kind, *identity == '\0' ? NULL : identity,
	    trial, &l, &why);
	if (r == CERTS_NOT_FOUND_VALID && expired)
		r = certs_choose_expired(certs(a), kind,
		    *identity == '\0' ? NULL : identity, &l, &why);
	if (say_result(a, r, &why, e) == -1)
		return -1;
	if (l == NULL)
		return 0;
	if (say_chain(a, l, e) == -1)
		return -1;
	one = json_object();
	if (say(a, "certificate", one, e) == -1 ||
	    say_entry(one, certs(a), l, CERT_SHA256, e) == -1 ||
	    say_children(one, certs(a), l, CERT_SHA256, e) == -1)
		return -1;
	return say_expiry(a->reply, a->s->charging, l, e);
}

int
certs_verb_count(struct ask *a, struct err *e)
{
	struct certs_count n;
	json_t *anchors = json_object(), *leaves = json_object();

	if (say(a, "anchors", anchors, e) == -1 ||
	    say(a, "leaves", leaves, e) == -1 ||
	    certs_refresh(certs(a), e) == -1)
		return -1;
	certs_count(certs(a), &n);
	for (int i = 0; i < CERTS_DOMAINS; i++)
		(void)json_object_set_new(anchors,
		    certs_domain_name((enum certs_domain)i),
		    json_pack("{s:I, s:I}", "all", (json_int_t)n.anchors[i],
			"valid", (json_int_t)n.valid_anchors[i]));
	for (int i = 0; i < CERTS_LEAVES; i++)
		(void)json_object_set_new(leaves,
		    certs_leaf_name((enum certs_leaf)i),
		    json_pack("{s:I, s:I}", "all", (json_int_t)n.leaves[i],
			"valid", (json_int_t)n.valid_leaves[i]));
	if (say(a, "keys", json_integer((json_int_t)n.keys), e) == -1 ||
	    say(a, "requests", json_integer((json_int_t)n.requests), e) == -1 ||
	    say(a, "files", json_integer((json_int_t)n.files), e) == -1)
		return -1;
	return say(a, "bytes", json_integer((json_int_t)n.bytes), e);
}

int
certs_verb_locations(struct ask *a, struct err *e)
{
	const struct certs_config *config = certs_config(certs(a));
	enum certs_domain domain;
	char path[CHARGING_ROOT_MAX + 300];

	if (asked_domain(a, &domain, e) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s", a->s->charging->path,
	    config->anchors[domain]);
	return say_text(a, "anchors", path, e);
}
