/* SPDX-License-Identifier: MIT */
/*
 * The gateway's own certificate, asked for and received: SignCertificate and
 * CertificateSigned (OCPP 1.6 security A02, A03; 2.x A02). A request has a new
 * key, made where the store's document says (a TPM first) and kept before the
 * request leaves. What comes back is judged by the store: chain, time, name,
 * key. The new leaf is on trial until a handshake has worked with it; the old
 * one stays.
 *
 * When the CSMS accepts a request and sends nothing, the same request is sent
 * again after CertSigningWaitMinimum, then twice that, at most
 * CertSigningRepeatTimes; then its key is dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secure_in.h"

#define DAY_MS UINT64_C(86400000)

static const struct kind {
	const char *leaf;        /* certs.csr's name */
	const char *type;        /* OCPP's, 2.x */
	const char *domain;      /* DC, ISO 15118-2 asks cars' peers for it */
	const char *triggers[2]; /* of 1.6 and 2.x */
} kinds[LEAVES] = {
	[LEAF_CSMS] = { "CSMS", "ChargingStationCertificate", "",
	    { "SignChargePointCertificate",
		"SignChargingStationCertificate" } },
	[LEAF_V2G] = { "SECC", "V2GCertificate", "CPO",
	    { "", "SignV2GCertificate" } },
};

bool
sign_waits(const struct secured *r)
{
	return r->signing[LEAF_CSMS].on || r->signing[LEAF_V2G].on;
}

const char *
sign_type(enum leaf leaf)
{
	return kinds[leaf].type;
}

const char *
sign_store(enum leaf leaf)
{
	return kinds[leaf].leaf;
}

void
sign_forget(struct signing *g)
{
	free(g->csr);
	memset(g, 0, sizeof(*g));
}

/* The request came to nothing: its key is of no use to anybody. */
static void
give_up(struct secure *s, struct secured *r, struct signing *g, const char *why)
{
	char line[512];
	struct err e;

	(void)snprintf(line, sizeof(line),
	    "%.128s: no certificate from the CSMS: %.200s", r->identity, why);
	if (s->host->log != NULL)
		s->host->log(s->host->ctx, line);
	json_decref(certs_ask(
	    s, "certs.drop-key", json_pack("{s:s}", "key", g->key), &e));
	sign_forget(g);
}

/* --- the request ---------------------------------------------------------- */

static json_t *
payload(const struct pair *p, enum leaf leaf, const struct signing *g)
{
	json_t *o = json_pack("{s:s}", "csr", g->csr);

	if (p->version != OCPP_16)
		(void)json_object_set_new(
		    o, "certificateType", json_string(kinds[leaf].type));
	if (p->version == OCPP_21)
		(void)json_object_set_new(
		    o, "requestId", json_integer(g->request));
	return o;
}

static void answered(void *ctx, struct pair *, enum leaf, const struct frame *);

static void
answered_csms(void *ctx, struct pair *p, const struct frame *answer)
{
	answered(ctx, p, LEAF_CSMS, answer);
}

static void
answered_v2g(void *ctx, struct pair *p, const struct frame *answer)
{
	answered(ctx, p, LEAF_V2G, answer);
}

static int
send_request(struct secure *s, struct pair *p, struct secured *r,
    enum leaf leaf, struct err *e)
{
	struct signing *g = &r->signing[leaf];
	own_json json_t *o = payload(p, leaf, g);
	own_str char *text = json_line(o);

	if (text == NULL)
		return err_set(e, ENOMEM, "out of memory");
	g->next_ms = 0;
	g->sent++;
	return pair_call(p, OCPP_UP, "SignCertificate", text,
	    leaf == LEAF_CSMS ? answered_csms : answered_v2g, s, e);
}

/* When it is sent again, if nothing comes. */
static void
wait_on(struct secure *s, struct secured *r, struct signing *g)
{
	unsigned doubled = g->sent > 16 ? 16 : g->sent - 1;

	g->next_ms = now_ms() + ((uint64_t)r->wait_s * 1000 << doubled);
	secure_watch(s);
}

/* pair ends: the request is as good as unanswered. */
static void
answered(void *ctx, struct pair *p, enum leaf leaf, const struct frame *answer)
{
	struct secure *s = ctx;
	struct secured *r = secured_of(s, p->charger->identity);
	struct signing *g = r == NULL ? NULL : &r->signing[leaf];
	char status[16] = "";
	struct span value;

	if (g == NULL || !g->on)
		return;
	if (answer != NULL && answer->type == OCPP_RESULT &&
	    judge_member(answer->payload, "status", &value))
		(void)judge_text(value, status, sizeof(status));
	if (strcmp(status, "Rejected") == 0)
		give_up(s, r, g, "the request was rejected");
	else if (answer != NULL && answer->type == OCPP_ERROR)
		give_up(s, r, g, "the request was answered by an error");
	else
		wait_on(s, r, g);
}

void
sign_sweep(struct secure *s, struct secured *r, uint64_t now)
{
	struct charger *c = chargers_find(s->chargers, r->identity);

	for (int i = 0; i < LEAVES; i++) {
		struct signing *g = &r->signing[i];
		struct err e = { 0 };

		if (!g->on || g->next_ms == 0 || now < g->next_ms)
			continue;
		if (g->sent > r->repeats)
			give_up(s, r, g, "it sent none in time");
		else if (c == NULL || c->pair == NULL ||
		    c->pair->state != PAIR_OPEN)
			g->next_ms = now + (uint64_t)r->wait_s * 1000;
		else if (send_request(s, c->pair, r, (enum leaf)i, &e) == -1)
			wait_on(s, r, g);
	}
}

/* --- a new one begins ----------------------------------------------------- */

const char *
leaf_of(const struct secure *s, const struct charger *c)
{
	const struct ocpp_csms *csms = csms_of(s, c);

	if (!csms->own_leaf)
		return csms->identity;
	return c->leaf[0] != '\0'  ? c->leaf
	    : c->serial[0] != '\0' ? c->serial
				   : c->identity;
}

/* CN: of a leaf of its own the serial (A00.FR.405); of the gateway's the name
 * that the document gives it, or the one it has. */
static void
common_name(struct secure *s, const struct charger *c, enum leaf leaf,
    char out[static SECURE_TEXT + 1])
{
	const struct ocpp_csms *csms = csms_of(s, c);
	const char *name = c->serial[0] != '\0' ? c->serial : c->identity;
	own_json json_t *now = NULL;
	const char *cn;
	struct err e;

	if (leaf == LEAF_CSMS && !csms->own_leaf) {
		now = certs_ask(
		    s, "certs.leaf", json_pack("{s:s}", "leaf", "CSMS"), &e);
		cn = strstr(
		    job_text(json_object_get(now, "certificate"), "subject"),
		    "CN=");
		if (csms->identity != NULL)
			name = csms->identity;
		else if (cn != NULL)
			name = cn + 3;
	}
	(void)snprintf(out, SECURE_TEXT + 1, "%.*s",
	    (int)(name == c->serial || name == c->identity
		    ? strlen(name)
		    : strcspn(name, ",")),
	    name);
}

static json_t *
question(struct secure *s, const struct charger *c, const struct secured *r,
    enum leaf leaf)
{
	char cn[SECURE_TEXT + 1];

	common_name(s, c, leaf, cn);
	return json_pack("{s:s, s:s, s:o, s:s}", "leaf", kinds[leaf].leaf,
	    "organization", cpo_of(s, r), "common", json_text(cn), "domain",
	    kinds[leaf].domain);
}

/* Key and request; nothing is sent yet. */
static int
prepare(struct secure *s, struct pair *p, struct secured *r, enum leaf leaf,
    struct err *e)
{
	struct signing *g = &r->signing[leaf];
	own_json json_t *reply = NULL;
	const char *csr;

	if (*cpo_of(s, r) == '\0')
		return err_set(e, EINVAL,
		    "CpoName is not set: set it, or \"cpo\" in ocpp.conf");
	reply = certs_ask(s, "certs.csr", question(s, p->charger, r, leaf), e);
	if (reply == NULL)
		return -1;
	csr = job_text(reply, "csr");
	if (strcmp(certs_result(reply), "Accepted") != 0)
		return err_set(e, EIO, "%s", job_text(reply, "why"));
	if (g->on)
		give_up(s, r, g, "another request takes its place");
	(void)snprintf(g->key, sizeof(g->key), "%s", job_text(reply, "key"));
	g->on = true;
	g->request = ++s->request;
	if (strlen(csr) > SECURE_CSR || (g->csr = strdup(csr)) == NULL) {
		give_up(s, r, g, "the request is too long");
		return err_set(e, ENOMEM, "certificate request");
	}
	return 0;
}

static void
begin(struct secure *s, struct pair *p, struct secured *r, enum leaf leaf)
{
	struct err e;

	if (send_request(s, p, r, leaf, &e) == -1)
		wait_on(s, r, &r->signing[leaf]);
}

int
sign_begin(struct secure *s, struct pair *p, enum leaf leaf, struct err *e)
{
	struct secured *r = secured_of(s, p->charger->identity);

	if (r == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (prepare(s, p, r, leaf, e) == -1)
		return -1;
	begin(s, p, r, leaf);
	return 0;
}

/* At most once a day and leaf, and a leaf that all share by one of them. */
void
sign_renew(struct secure *s, struct pair *p)
{
	struct charger *c = p->charger;
	struct secured *r = secured_of(s, c->identity);
	bool own = csms_of(s, c)->own_leaf;
	uint64_t now = now_ms(),
		 *last = own && r != NULL ? &r->renewed_ms : &s->shared_ms;
	own_json json_t *o = NULL, *reply = NULL;
	struct err e = { 0 };

	if (r == NULL || p->state != PAIR_OPEN || r->signing[LEAF_CSMS].on ||
	    profile_of(s, c) != 3 || (*last != 0 && now - *last < DAY_MS))
		return;
	o = json_pack("{s:s, s:b}", "leaf", "CSMS", "trial", 1);
	if (leaf_of(s, c) != NULL)
		(void)json_object_set_new(
		    o, "identity", json_text(leaf_of(s, c)));
	reply = certs_ask(s, "certs.leaf", take_json(&o), &e);
	if (!json_is_true(json_object_get(reply, "renew")) &&
	    strcmp(certs_result(reply), "NotFoundValid") != 0)
		return;
	*last = now;
	if (sign_begin(s, p, LEAF_CSMS, &e) == -1)
		secure_raise(s, p, "InvalidChargingStationCertificate",
		    "it can not be renewed: %s", e.text);
}

/* --- triggers ------------------------------------------------------------- */

static enum pair_do
trigger(struct job *j)
{
	const char *what = job_text(j->q, "requestedMessage");
	int of = j->p->version == OCPP_16 ? 0 : 1;
	struct err e = { 0 };
	enum pair_do done;

	for (int i = 0; i < LEAVES; i++) {
		if (strcmp(what, kinds[i].triggers[of]) != 0)
			continue;
		if (prepare(j->s, j->p, j->r, (enum leaf)i, &e) == -1)
			return job_status(
			    j, "Rejected", "InternalError", e.text);
		/* The answer first, then what was triggered. */
		done = job_status(j, "Accepted", NULL, NULL);
		begin(j->s, j->p, j->r, (enum leaf)i);
		return done;
	}
	/* One for both would have to be known to both who show it. */
	return job_status(j, "NotImplemented", "UnsupportedRequest", NULL);
}

/* All others are the charge point's. */
enum pair_do
asked_trigger(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	char what[40];
	struct span value;

	(void)way;
	(void)call;
	if (!judge_member(f->payload, "requestedMessage", &value) ||
	    judge_text(value, what, sizeof(what)) == -1 ||
	    strncmp(what, "Sign", 4) != 0)
		return PAIR_PASS;
	return job_run(p, f, text, p->charger->class->certificates,
	    "{\"status\":\"Rejected\"}", trigger);
}

/* Whose connection to the CSMS is the gateway's needs no certificate. */
enum pair_do
asked_sign(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)text;
	(void)call;
	if (p->charger->class->certificates == OCPP_FORWARD || f->is_signed)
		return PAIR_PASS;
	return pair_answer(p, OCPP_UP, f->id, "{\"status\":\"Rejected\"}") == -1
	    ? PAIR_FAIL
	    : PAIR_TAKEN;
}
