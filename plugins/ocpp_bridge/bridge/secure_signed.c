/* SPDX-License-Identifier: MIT */
/*
 * CertificateSigned: the certificate that a request of the gateway's came back
 * as. The store judges it; what it takes is tried at once by a second
 * connection, and the one that stands is kept until that is open.
 */
#include <stdio.h>
#include <string.h>

#include "secure_in.h"

static enum pair_do
refuse(struct job *j, const char *reason, const char *why)
{
	secure_raise(
	    j->s, j->p, "InvalidChargingStationCertificate", "%s", why);
	return job_status(j, "Rejected", reason, why);
}

/* Is it chosen now? One of the future is used when its time has come. */
static bool
is_on_trial(struct job *j)
{
	own_json json_t *o =
	    json_pack("{s:s, s:b}", "leaf", "CSMS", "trial", 1);
	own_json json_t *reply = NULL;
	struct err e;

	if (leaf_of(j->s, j->c) != NULL)
		(void)json_object_set_new(
		    o, "identity", json_text(leaf_of(j->s, j->c)));
	reply = certs_ask(j->s, "certs.leaf", take_json(&o), &e);
	return strcmp(job_text(json_object_get(reply, "certificate"), "state"),
		   "on trial") == 0;
}

/* Its name is the leaf's from now on: durable before the CSMS may rely on it.
 */
static int
keep_name(struct job *j, struct err *e)
{
	const char *name = leaf_of(j->s, j->c);

	if (!csms_of(j->s, j->c)->own_leaf || j->c->leaf[0] != '\0')
		return 0;
	(void)snprintf(j->c->leaf, sizeof(j->c->leaf), "%s", name);
	j->c->changed = true;
	return charger_save(j->s->chargers, j->c, e);
}

static enum pair_do
took(struct job *j, enum leaf leaf)
{
	enum pair_do done;
	struct err e = { 0 };

	sign_forget(&j->r->signing[leaf]);
	if (leaf == LEAF_CSMS && keep_name(j, &e) == -1)
		secure_raise(j->s, j->p, "ReconfigurationOfSecurityParameters",
		    "the leaf's name is not kept: %s", e.text);
	bridge_certs_changed(j->p->bridge);
	secure_raise(j->s, j->p, "ReconfigurationOfSecurityParameters",
	    "a new %s", sign_type(leaf));
	done = job_status(j, "Accepted", NULL, NULL);
	/* 2.0.1 errata 2025-01, 2.8: at once. */
	if (done == PAIR_TAKEN && leaf == LEAF_CSMS &&
	    profile_of(j->s, j->c) == 3 && is_on_trial(j))
		pair_redial(j->p, true);
	return done;
}

static enum pair_do
signed_one(struct job *j)
{
	const char *chain = job_text(j->q, "certificateChain");
	const json_t *id = json_object_get(j->q, "requestId");
	const char *type = job_text(j->q, "certificateType");
	enum leaf leaf =
	    strcmp(type, sign_type(LEAF_V2G)) == 0 ? LEAF_V2G : LEAF_CSMS;
	const struct signing *g = &j->r->signing[leaf];
	own_json json_t *reply = NULL;
	struct err e = { 0 };

	if (strlen(chain) > SECURE_CHAIN)
		return refuse(j, "TooLargeElement",
		    "longer than CertificateSignedMaxChainSize");
	if (g->on && id != NULL && json_integer_value(id) != g->request)
		return refuse(
		    j, "InvalidValue", "not of the request that is open");
	reply = certs_ask(j->s, "certs.update",
	    json_pack("{s:s, s:s}", "leaf", sign_store(leaf), "chain", chain),
	    &e);
	if (reply == NULL)
		return refuse(j, "InternalError", e.text);
	if (strcmp(certs_result(reply), "Accepted") != 0)
		return refuse(j, "InvalidCertificate", job_text(reply, "why"));
	return took(j, leaf);
}

enum pair_do
asked_signed(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return job_run(p, f, text, p->charger->class->certificates,
	    "{\"status\":\"Rejected\"}", signed_one);
}
