/* SPDX-License-Identifier: MIT */
/*
 * The cryptography of an enrolment, service side. The order matters: the EK
 * and the attributes of the key are judged before a credential is made, since
 * a TPM activates one for an imported key just as well.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "draft.h"
#include "makecred.h"
#include "sealed.h"

#define SLACK_S      3600 /* a unit's clock may be that late */
#define PASSWORD_LEN 43   /* of 62 characters: 256 bits */

/* What is worked out on the way; holds K and the password. */
struct work {
	const struct enrol *e;
	struct draft *d;
	EVP_PKEY *key; /* of the CSR */
	struct tpm_public public;
	uint8_t name[TPM_NAME_MAX];
	size_t name_len;
	char name_hex[2 * TPM_NAME_MAX + 1];
	uint8_t k[SEALED_KEY_LEN];
	struct wire_issued issued;
	struct wire_reply reply;
};

/* The CSR's own signature proves that the private key is there; its subject
 * is the serial and nothing else counts: what it asks for is ignored. */
static int
judge_csr(struct work *w, struct err *e)
{
	const struct wire_request *q = &w->d->request;
	own_req X509_REQ *csr = x509_req_parse(q->csr, strlen(q->csr), e);
	char cn[X509_CN_MAX + 1];

	if (csr == NULL)
		return -1;
	if ((w->key = X509_REQ_get_pubkey(csr)) == NULL ||
	    X509_REQ_verify(csr, w->key) != 1)
		return err_ssl(e, "CSR: its signature is not good");
	if (x509_common_name(X509_REQ_get_subject_name(csr), cn, e) == -1)
		return err_in(e, "CSR");
	if (strcmp(cn, q->serial) != 0)
		return err_set(e, EACCES, "CSR: its CN is not the serial");
	if (!EVP_PKEY_is_a(w->key, "EC") || EVP_PKEY_get_bits(w->key) != 256)
		return err_set(e, EACCES, "CSR: not a P-256 key");
	return x509_spki_hash(w->key, w->d->spki, e);
}

/*
 * The Name is computed from the public area, and K will be bound to that Name:
 * so the attributes looked at here are those of the key the TPM will insist on.
 * The CSR must be for the same key, or the certificate would be for another.
 */
static int
judge_key(struct work *w, struct err *e)
{
	const struct wire_request *q = &w->d->request;
	own_pkey EVP_PKEY *held = NULL;

	if (judge_csr(w, e) == -1)
		return -1;
	(void)snprintf(w->name_hex, sizeof(w->name_hex), "%s", w->d->spki);
	if (q->key_public_len == 0)
		return 0;
	if (tpm_public_parse(q->key_public, q->key_public_len, &w->public, e) ==
		-1 ||
	    tpm_public_is_leaf(&w->public, e) == -1 ||
	    tpm_public_name(&w->public, w->name, &w->name_len, e) == -1 ||
	    (held = tpm_public_key(&w->public, e)) == NULL)
		return err_in(e, "key");
	hex_encode(w->name, w->name_len, w->name_hex);
	if (EVP_PKEY_eq(held, w->key) == 1)
		return 0;
	ERR_clear_error();
	return err_set(e, EACCES, "key: the CSR is for another key");
}

/* Backdated, for a unit whose clock is behind; the chain without the root,
 * which the peers have. */
static int
certificate(struct work *w, struct err *e)
{
	int64_t now = (int64_t)time(NULL);
	const struct ca_order order = { .cn = w->d->request.serial,
		.key = w->key,
		.not_before = now - SLACK_S,
		.not_after = now + w->e->days * 86400 };
	own_x509 X509 *x = ca_issue(&w->e->units, &order, e);
	own_bytes struct bytes pem = { 0 };

	if (x == NULL || x509_fingerprint(x, w->d->fingerprint, e) == -1 ||
	    ca_pem(x, &pem, e) == -1 ||
	    ca_pem(w->e->units.certificate, &pem, e) == -1)
		return -1;
	if (pem.len >= sizeof(w->issued.chain))
		return err_set(e, EFBIG, "chain of %zu bytes", pem.len);
	memcpy(w->issued.chain, pem.p, pem.len + 1);
	return 0;
}

static void
value(struct work *w, const char *name, const char *text)
{
	struct wire_value *v = &w->issued.values[w->issued.count++];

	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	(void)snprintf(v->value, sizeof(v->value), "%s", text);
}

/* The password leaves this process sealed, once; the registry keeps a hash. */
static int
values(struct work *w, struct err *e)
{
	char secret[PASSWORD_LEN + 1];
	int rc;

	if (random_text(secret, PASSWORD_LEN, e) == -1)
		return -1;
	for (size_t i = 0; i < w->e->value_count; i++)
		value(w, w->e->values[i].name, w->e->values[i].value);
	value(w, "mqtt.username", w->d->request.serial);
	value(w, "mqtt.password", secret);
	rc = registry_password(secret, w->d->password, e);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* K to the unit: by its TPM, or without one by ECDH with its key. */
static int
carry(struct work *w, struct err *e)
{
	struct wire_reply *r = &w->reply;
	struct makecred mc;

	if (w->name_len == 0) {
		r->point_len = sizeof(r->point);
		return sealed_wrap(w->key, w->k, r->point, e);
	}
	if (random_bytes(w->k, sizeof(w->k), e) == -1 ||
	    makecred(&w->d->ek.public, w->name, w->name_len, w->k, sizeof(w->k),
		&mc, e) == -1)
		return -1;
	if (mc.blob_len > sizeof(r->blob) || mc.seed_len > sizeof(r->secret))
		return err_set(e, EFBIG, "credential too large");
	memcpy(r->blob, mc.blob, r->blob_len = mc.blob_len);
	memcpy(r->secret, mc.seed, r->secret_len = mc.seed_len);
	return 0;
}

static int
seal(struct work *w, struct err *e)
{
	const struct wire_request *q = &w->d->request;
	const struct sealed_for names = { q->serial, q->id, w->name_hex };
	own_bytes struct bytes plain = { 0 };
	own_bytes struct bytes box = { 0 };

	if (wire_issued_encode(&w->issued, &plain, e) == -1 ||
	    sealed_close(w->k, &names, plain.p, plain.len, &box, e) == -1)
		return -1;
	if (box.len > sizeof(w->reply.sealed))
		return err_set(e, EFBIG, "sealed answer too large");
	memcpy(w->reply.sealed, box.p, w->reply.sealed_len = box.len);
	memcpy(w->reply.id, q->id, sizeof(q->id));
	w->reply.stage = WIRE_ISSUED;
	return wire_reply_encode(&w->reply, &w->d->reply, e);
}

/* Each step's failure belongs to another party: the EK's maker, the unit, us.
 */
static int
make(struct work *w, enum wire_stage *stage, struct err *e)
{
	*stage = WIRE_EK;
	if (w->d->request.ek_public_len != 0 &&
	    ek_judge(w->e->roots, &w->d->request, &w->d->ek, e) == -1)
		return -1;
	*stage = WIRE_KEY;
	if (judge_key(w, e) == -1)
		return -1;
	*stage = WIRE_SERVICE;
	if (certificate(w, e) == -1 || values(w, e) == -1 ||
	    carry(w, e) == -1 || seal(w, e) == -1)
		return -1;
	return 0;
}

int
draft_make(const struct enrol *en, struct draft *d, enum wire_stage *stage,
    struct err *e)
{
	struct work *w = calloc(1, sizeof(*w));
	int rc;

	*stage = WIRE_SERVICE;
	if (w == NULL)
		return err_sys(e, "draft");
	w->e = en;
	w->d = d;
	rc = make(w, stage, e);
	if (rc == 0) {
		d->ask.ek_hash =
		    d->request.ek_public_len != 0 ? d->ek.hash : NULL;
		d->ask.ek_proven = d->ek.proven;
		d->ask.certificate = (struct registry_cert){ .role = "unit",
			.name = d->request.serial,
			.state = "pending",
			.not_after = (int64_t)time(NULL) + en->days * 86400,
			.spki = d->spki,
			.password = d->password };
		memcpy(d->ask.certificate.fingerprint, d->fingerprint,
		    sizeof(d->fingerprint));
		d->ask.reply = d->reply.p;
	}
	EVP_PKEY_free(w->key);
	OPENSSL_cleanse(w, sizeof(*w));
	free(w);
	return rc;
}

void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	bytes_free(&d->reply);
	free(d);
}
