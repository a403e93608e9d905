/* SPDX-License-Identifier: MIT */
/*
 * GetInstalledCertificateIds, and which of OCPP's types stands for which
 * domain of the store.
 */
#include <string.h>

#include "secure_in.h"

#define CHILDREN_MAX 4 /* childCertificateHashData */

const struct cert_type cert_types[] = {
#define V16 (1u << OCPP_16)
#define V2  (1u << OCPP_201 | 1u << OCPP_21)
	{ "CentralSystemRootCertificate", "CSMS", "CSMSRootCertificate", V16 },
	{ "ManufacturerRootCertificate", "MF", "ManufacturerRootCertificate",
	    V16 | V2 },
	{ "CSMSRootCertificate", "CSMS", "CSMSRootCertificate", V2 },
	{ "V2GRootCertificate", "V2G", "V2GRootCertificate", V2 },
	{ "MORootCertificate", "MO", "MORootCertificate", V2 },
	{ "V2GCertificateChain", NULL, "V2GCertificateChain", V2 },
	{ "OEMRootCertificate", NULL, NULL, 1u << OCPP_21 },
	{ 0 },
};

const struct cert_type *
cert_type_of(enum ocpp_version v, const char *name)
{
	for (const struct cert_type *t = cert_types; t->name != NULL; t++)
		if ((t->versions & 1u << v) != 0 && strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

json_t *
cert_page(struct secure *s, const char *type, const char *algorithm,
    json_int_t from, struct err *e)
{
	return certs_ask(s, "certs.list",
	    json_pack("{s:[s], s:s, s:I}", "types", type, "algorithm",
		algorithm, "from", from),
	    e);
}

static json_t *
hash_json(const json_t *hash)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "hashAlgorithm",
	    job_text(hash, "algorithm"), "issuerNameHash",
	    job_text(hash, "issuer_name"), "issuerKeyHash",
	    job_text(hash, "issuer_key"), "serialNumber",
	    job_text(hash, "serial"));
}

/* 1.6 lists hash data, 2.x with what it is and what stands below it. */
static json_t *
entry_json(enum ocpp_version v, const char *name, const json_t *one)
{
	json_t *hash = hash_json(json_object_get(one, "hash")), *chain, *below;
	const json_t *child;
	size_t i;

	if (v == OCPP_16)
		return hash;
	chain = json_pack(
	    "{s:s, s:o}", "certificateType", name, "certificateHashData", hash);
	below = json_array();
	json_array_foreach(json_object_get(one, "children"), i, child)
	{
		if (i < CHILDREN_MAX)
			(void)json_array_append_new(
			    below, hash_json(json_object_get(child, "hash")));
	}
	if (json_array_size(below) > 0)
		(void)json_object_set(chain, "childCertificateHashData", below);
	json_decref(below);
	return chain;
}

static int
list_type(struct job *j, const struct cert_type *t, json_t *out, struct err *e)
{
	json_int_t from = 0;

	for (int page = 0; t->listed != NULL && page < PAGES_MAX; page++) {
		own_json json_t *reply =
		    cert_page(j->s, t->listed, "SHA256", from, e);
		const json_t *one;
		size_t i;

		if (reply == NULL)
			return -1;
		json_array_foreach(
		    json_object_get(reply, "certificates"), i, one)
		{
			(void)json_array_append_new(
			    out, entry_json(j->p->version, t->name, one));
		}
		from = json_integer_value(json_object_get(reply, "next"));
		if (from == 0)
			break;
	}
	return 0;
}

/* 1.6 asks for one type, 2.x for several, or for all of them. */
static bool
is_asked(const json_t *asked, const char *name)
{
	const json_t *one;
	size_t i;

	if (asked == NULL)
		return true;
	if (json_is_string(asked))
		return strcmp(json_string_value(asked), name) == 0;
	json_array_foreach(asked, i, one)
	{
		if (json_is_string(one) &&
		    strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

static enum pair_do
ids(struct job *j)
{
	const json_t *asked = json_object_get(j->q, "certificateType");
	json_t *list = json_array(), *reply;
	struct err e = { 0 };

	for (const struct cert_type *t = cert_types; t->name != NULL; t++) {
		if ((t->versions & 1u << j->p->version) == 0 ||
		    !is_asked(asked, t->name) || list_type(j, t, list, &e) == 0)
			continue;
		json_decref(list);
		return job_status(j, "NotFound", "InternalError", e.text);
	}
	if (json_array_size(list) == 0) {
		json_decref(list);
		return job_status(j, "NotFound", "NotFound", NULL);
	}
	reply = json_pack("{s:s}", "status", "Accepted");
	(void)json_object_set_new(reply,
	    j->p->version == OCPP_16 ? "certificateHashData"
				     : "certificateHashDataChain",
	    list);
	return job_reply(j, reply);
}

enum pair_do
asked_ids(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return job_run(p, f, text, p->charger->class->certificates,
	    "{\"status\":\"NotFound\"}", ids);
}
