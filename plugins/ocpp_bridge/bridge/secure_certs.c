/* SPDX-License-Identifier: MIT */
/*
 * InstallCertificate, DeleteCertificate, GetInstalledCertificateIds against the
 * certificate store of the unit. The store judges certificates and says what it
 * found in its own words; here these become OCPP's statuses, by one table. What
 * is installed can always be listed and deleted again: the store takes nothing
 * but certificate authorities.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secure_in.h"

/* What the store found, as M04 and M05 say it; what is not here: Rejected and
 * InvalidCertificate, since then the certificate is to blame. */
static const struct outcome {
	const char *result, *install, *delete, *reason;
} outcomes[] = {
	{ "Accepted", "Accepted", "Accepted", NULL },
	{ "CertificateStoreMaxLengthExceeded", "Rejected", "Failed",
	    "OutOfStorage" },
	{ "WriteError", "Failed", "Failed", "InternalError" },
	{ "Failed", "Failed", "Failed", "InternalError" },
	{ "ClockInvalid", "Failed", "Failed", "InternalError" },
	{ "NotFound", "Failed", "NotFound", "NotFound" },
	{ "InUse", "Failed", "Failed", "InUse" },
	{ NULL, "Rejected", "Failed", "InvalidCertificate" },
};

static const struct outcome *
outcome_of(const char *result)
{
	const struct outcome *o = outcomes;

	while (o->result != NULL && strcmp(o->result, result) != 0)
		o++;
	return o;
}

static void
changed(struct job *j, const char *what, const char *how)
{
	secure_raise(j->s, j->p, "ReconfigurationOfSecurityParameters", "%s %s",
	    what, how);
	bridge_certs_changed(j->p->bridge);
}

/* --- install -------------------------------------------------------------- */

/*
 * AdditionalRootCertificateCheck for one charge point, where the store does not
 * ask it of all: beside a root that is there, only one that it signed. That
 * somebody signed it is looked at here, that it was one of them the store
 * looks at: it takes no intermediate whose issuer it does not have.
 */
static bool
may_be_added(struct job *j, const struct cert_type *t, const char *pem)
{
	own_json json_t *there = NULL;
	struct err e;
	X509 *x;
	BIO *bio;
	bool own;

	if (!j->c->root_check || strcmp(t->domain, "CSMS") != 0)
		return true;
	there = cert_page(j->s, "CSMSRootCertificate", "SHA256", 0, &e);
	if (json_array_size(json_object_get(there, "certificates")) == 0)
		return strcmp(certs_result(there), "NotFound") == 0;
	if ((bio = BIO_new_mem_buf(pem, -1)) == NULL)
		return false;
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	own = x == NULL ||
	    X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) ==
		0;
	X509_free(x);
	return !own;
}

static enum pair_do
install(struct job *j)
{
	const char *pem = job_text(j->q, "certificate");
	const char *name = job_text(j->q, "certificateType");
	const struct cert_type *t = cert_type_of(j->p->version, name);
	own_json json_t *reply = NULL;
	const struct outcome *o;
	struct err e = { 0 };

	if (t == NULL || t->domain == NULL)
		return job_status(
		    j, "Rejected", "UnsupportedParam", "no such type is kept");
	if (!may_be_added(j, t, pem))
		return job_status(j, "Rejected", "InvalidCertificate",
		    "not signed by the root that is installed");
	reply = certs_ask(j->s, "certs.install",
	    json_pack("{s:s, s:s}", "domain", t->domain, "certificate", pem),
	    &e);
	if (reply == NULL)
		return job_status(j, "Failed", "InternalError", e.text);
	o = outcome_of(certs_result(reply));
	if (o->reason == NULL)
		changed(j, name, "installed");
	return job_status(j, o->install, o->reason, job_text(reply, "why"));
}

enum pair_do
asked_install(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return job_run(p, f, text, p->charger->class->certificates,
	    "{\"status\":\"Rejected\"}", install);
}

/* --- delete --------------------------------------------------------------- */

/* The store knows no leading zeros in a serial, whoever wrote them. */
static json_t *
hash_of(const json_t *data)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "algorithm",
	    job_text(data, "hashAlgorithm"), "issuer_name",
	    job_text(data, "issuerNameHash"), "issuer_key",
	    job_text(data, "issuerKeyHash"), "serial",
	    job_text(data, "serialNumber"));
}

static bool
same_hash(const json_t *a, const json_t *b)
{
	static const char *const parts[] = { "issuer_name", "issuer_key",
		"serial" };

	for (size_t i = 0; i < 3; i++)
		if (strcasecmp(job_text(a, parts[i]), job_text(b, parts[i])) !=
		    0)
			return false;
	return true;
}

/* What there is of one type, with respect to one certificate. */
struct among {
	bool found;
	char print[65]; /* its fingerprint */
	size_t others;  /* of the rest, those that can be used now */
};

static void
look_at(struct among *a, const json_t *one, const json_t *hash)
{
	if (!same_hash(json_object_get(one, "hash"), hash)) {
		a->others += strcmp(job_text(one, "state"), "valid") == 0;
		return;
	}
	a->found = true;
	(void)snprintf(
	    a->print, sizeof(a->print), "%s", job_text(one, "fingerprint"));
}

static struct among
among(struct job *j, const char *type, const json_t *hash)
{
	struct among a = { .found = false };
	json_int_t from = 0;

	for (int page = 0; page < PAGES_MAX; page++) {
		struct err e;
		own_json json_t *reply = cert_page(
		    j->s, type, job_text(hash, "algorithm"), from, &e);
		const json_t *one;
		size_t i;

		json_array_foreach(
		    json_object_get(reply, "certificates"), i, one)
		{
			look_at(&a, one, hash);
		}
		from = json_integer_value(json_object_get(reply, "next"));
		if (from == 0)
			break;
	}
	return a;
}

/*
 * M04: the root of the CSMS that is in use stays. That is the one the last
 * good handshake led to; and while there was none (a gateway that has just
 * started, a profile that is still lower), the last that could be used.
 */
static bool
is_root_in_use(struct job *j, const json_t *hash)
{
	const struct ocpp_csms *csms = csms_of(j->s, j->c);
	struct among a = among(j, "CSMSRootCertificate", hash);
	char used[65];

	if (!a.found || csms->anchors != NULL || profile_of(j->s, j->c) < 2)
		return false;
	bridge_root(j->p->bridge, used);
	return a.others == 0 || strcasecmp(used, a.print) == 0;
}

static enum pair_do
delete_hash(struct job *j, json_t *hash /* eaten */)
{
	const struct outcome *o;
	own_json json_t *reply = NULL;
	struct err e = { 0 };

	if (among(j, "CSMSCertificateChain", hash).found) {
		json_decref(hash);
		return job_status(j, "Failed", "InUse",
		    "the certificate of the charging station itself");
	}
	if (is_root_in_use(j, hash)) {
		json_decref(hash);
		return job_status(j, "Failed", "InUse",
		    "the root of the CSMS that is in use");
	}
	reply = certs_ask(
	    j->s, "certs.delete", json_pack("{s:o}", "hash", hash), &e);
	if (reply == NULL)
		return job_status(j, "NotFound", "NotFound", e.text);
	o = outcome_of(certs_result(reply));
	if (o->reason == NULL)
		changed(j,
		    job_text(json_object_get(j->q, "certificateHashData"),
			"serialNumber"),
		    "deleted");
	return job_status(j, o->delete, o->reason, job_text(reply, "why"));
}

static enum pair_do
remove_one(struct job *j)
{
	json_t *hash = hash_of(json_object_get(j->q, "certificateHashData"));

	return hash == NULL ? PAIR_FAIL : delete_hash(j, hash);
}

enum pair_do
asked_delete(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return job_run(p, f, text, p->charger->class->certificates,
	    "{\"status\":\"Failed\"}", remove_one);
}
