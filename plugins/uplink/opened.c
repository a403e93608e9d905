/* SPDX-License-Identifier: MIT */
/*
 * What the unit says about itself, and how it reads the answer. Binary travels
 * in hex between plugins; K comes as hex, is used once, and every copy made of
 * it here is wiped.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opened.h"
#include "sealed.h"
#include "x509.h"

static int
copy(const json_t *j, const char *key, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_str_or(j, key, size - 1, "", &s, e) == -1)
		return -1;
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

static int
unhex(const json_t *j, const char *key, uint8_t *out, size_t max, size_t *len,
    struct err *e)
{
	const char *s;
	long n;

	if (json_str(j, key, 2 * max, &s, e) == -1)
		return -1;
	if ((n = hex_decode(s, out, max)) <= 0)
		return err_set(e, EBADMSG, "\"%s\" is not hex", key);
	*len = (size_t)n;
	return 0;
}

/* What the agent knows; this process could not look it up in its cage. */
static int
facts(struct uplink *u, struct wire_request *q, struct err *e)
{
	own_json json_t *f = uplink_ask(u, "agent", "facts", NULL, e);
	json_t *macs;

	if (f == NULL || copy(f, "serial", q->serial, sizeof(q->serial), e) ||
	    copy(f, "model", q->model, sizeof(q->model), e) ||
	    copy(f, "hostname", q->hostname, sizeof(q->hostname), e) ||
	    copy(f, "snapshot", q->snapshot, sizeof(q->snapshot), e) ||
	    copy(f, "proof", q->proof, sizeof(q->proof), e))
		return -1;
	macs = json_object_get(f, "macs");
	for (size_t i = 0; i < json_array_size(macs) && i < WIRE_MACS; i++) {
		const char *m = json_string_value(json_array_get(macs, i));

		if (m != NULL && strlen(m) == sizeof(q->macs[0]) - 1)
			memcpy(q->macs[q->mac_count++], m, sizeof(q->macs[0]));
	}
	return 0;
}

static int
endorsement(struct uplink *u, struct wire_request *q, struct err *e)
{
	own_json json_t *ek = uplink_ask(u, "cert_store", "ek", NULL, e);
	const char *cert;
	long n;

	if (ek == NULL ||
	    unhex(ek, "ek_public", q->ek_public, sizeof(q->ek_public),
		&q->ek_public_len, e) == -1 ||
	    json_str_or(
		ek, "ek_certificate", 2 * WIRE_EK_CERT_MAX, "", &cert, e) == -1)
		return -1;
	n = base64_decode(cert, q->ek_certificate, sizeof(q->ek_certificate));
	if (n < 0)
		return err_set(e, EBADMSG, "EK certificate: not base64");
	q->ek_certificate_len = (size_t)n;
	return 0;
}

/* The key as cert_store describes it. */
static int
key_facts(struct uplink *u, struct wire_request *q, struct err *e)
{
	struct progress *p = &u->enrol.progress;
	own_json json_t *k = uplink_ask(u, "cert_store", "key.create",
	    json_pack("{s:s}", "purpose", PURPOSE_PENDING), e);

	if (k == NULL || copy(k, "origin", p->origin, sizeof(p->origin), e) ||
	    copy(k, "spki", p->spki, sizeof(p->spki), e))
		return -1;
	(void)snprintf(p->name, sizeof(p->name), "%s", p->spki);
	if (strcmp(p->origin, "tpm") != 0)
		return 0;
	if (copy(k, "name", p->name, sizeof(p->name), e) ||
	    unhex(k, "public", q->key_public, sizeof(q->key_public),
		&q->key_public_len, e))
		return -1;
	return endorsement(u, q, e);
}

static int
csr(struct uplink *u, struct wire_request *q, struct err *e)
{
	own_json json_t *r = uplink_ask(u, "cert_store", "csr",
	    json_pack(
		"{s:s, s:s}", "purpose", PURPOSE_PENDING, "cn", q->serial),
	    e);

	return r == NULL ? -1 : copy(r, "csr", q->csr, sizeof(q->csr), e);
}

/* The id is new each time a request is made, never when it is repeated. */
int
request_make(struct uplink *u, struct err *e)
{
	struct progress *p = &u->enrol.progress;
	struct wire_request *q = calloc(1, sizeof(*q));
	int rc = -1;

	if (q == NULL)
		return err_sys(e, "request");
	bytes_free(&p->request);
	if (facts(u, q, e) == 0 && key_facts(u, q, e) == 0 &&
	    csr(u, q, e) == 0 && wire_id(q->id, e) == 0)
		rc = wire_request_encode(q, &p->request, e);
	memcpy(p->id, q->id, sizeof(p->id));
	memcpy(p->serial, q->serial, sizeof(p->serial));
	free(q);
	return rc;
}

static int
secret(struct uplink *u, const struct wire_reply *r,
    uint8_t key[static SEALED_KEY_LEN], struct err *e)
{
	char blob[2 * WIRE_BLOB_MAX + 1], sec[2 * WIRE_BLOB_MAX + 1];
	own_json json_t *k = NULL;
	size_t n = 0;
	int rc;

	if (r->point_len != 0) {
		hex_encode(r->point, r->point_len, blob);
		k = uplink_ask(u, "cert_store", "unwrap",
		    json_pack("{s:s, s:s}", "purpose", PURPOSE_PENDING, "point",
			blob),
		    e);
	} else {
		hex_encode(r->blob, r->blob_len, blob);
		hex_encode(r->secret, r->secret_len, sec);
		k = uplink_ask(u, "cert_store", "activate",
		    json_pack("{s:s, s:s, s:s}", "purpose", PURPOSE_PENDING,
			"blob", blob, "secret", sec),
		    e);
	}
	if (k == NULL)
		return -1;
	rc = unhex(k, "key", key, SEALED_KEY_LEN, &n, e);
	if (rc == 0 && n != SEALED_KEY_LEN)
		rc = err_set(e, EBADMSG, "key of %zu bytes", n);
	return rc;
}

static int
subject(struct progress *p, const char *pem, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_parse(pem, strlen(pem), e);

	if (chain == NULL)
		return -1;
	x509_subject(sk_X509_value(chain, 0), p->subject, sizeof(p->subject));
	return 0;
}

/* The names sealed_open() checks are this unit's own, from its progress file
 * and not from the reply: an answer to another opens nothing. */
static int
open_it(struct uplink *u, const struct wire_reply *r, struct wire_issued *to,
    struct err *e)
{
	struct progress *p = &u->enrol.progress;
	const struct sealed_for names = { p->serial, p->id, p->name };
	own_bytes struct bytes plain = { 0 };
	uint8_t key[SEALED_KEY_LEN];
	int rc;

	if (secret(u, r, key, e) == -1)
		return -1;
	rc = sealed_open(key, &names, r->sealed, r->sealed_len, &plain, e);
	OPENSSL_cleanse(key, sizeof(key));
	if (rc == -1 || wire_issued_parse(plain.p, plain.len, to, e) == -1)
		return -1;
	return subject(p, to->chain, e);
}

int
answer_open(struct uplink *u, struct err *e)
{
	struct progress *p = &u->enrol.progress;
	struct wire_issued *to;
	struct wire_reply r;

	if (u->enrol.issued != NULL)
		return 0;
	if (wire_reply_parse(p->reply.p, p->reply.len, &r, e) == -1)
		return -1;
	if ((to = calloc(1, sizeof(*to))) == NULL)
		return err_sys(e, "answer");
	if (open_it(u, &r, to, e) == 0) {
		u->enrol.issued = to;
		return 0;
	}
	wire_issued_wipe(to);
	free(to);
	return -1;
}
