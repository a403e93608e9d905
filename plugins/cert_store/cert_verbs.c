/* SPDX-License-Identifier: MIT */
/*
 * The verbs about certificates: cert.install, promote, chain, cert.list. A
 * certificate is kept when it fits the key; whether its issuer is to be trusted
 * is known to the one who asked for it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "chain.h"

static int
say_time(struct ask *a, const char *key, const ASN1_TIME *t, struct err *e)
{
	char text[32] = "";
	time_t at = chain_time(t);
	struct tm tm;

	if (at != -1 && gmtime_r(&at, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return say_text(a, key, text, e);
}

static int
say_fingerprint(struct ask *a, const X509 *leaf, struct err *e)
{
	char print[SHA256_HEX];

	if (x509_fingerprint(leaf, print, e) == -1)
		return -1;
	return say_text(a, "fingerprint", print, e);
}

static int
keep_chain(struct ask *a, STACK_OF(X509) * chain, struct err *e)
{
	const X509 *leaf = sk_X509_value(chain, 0);
	own_bytes struct bytes pem = { 0 };

	if (chain_fits(chain, &a->held, time(NULL), e) == -1 ||
	    x509_chain_pem(chain, &pem, e) == -1 ||
	    vault_put_chain(a->s->state, a->purpose, &pem, e) == -1 ||
	    say_fingerprint(a, leaf, e) == -1)
		return -1;
	return say_time(a, "not_after", X509_get0_notAfter(leaf), e);
}

int
verb_install(struct ask *a, struct err *e)
{
	const struct ingot_host *host = a->s->host;
	own_chain STACK_OF(X509) *chain = NULL;
	const char *pem;

	if (json_str(a->q, "chain", X509_PEM_MAX, &pem, e) == -1 ||
	    (chain = x509_chain_parse(pem, strlen(pem), e)) == NULL ||
	    keep_chain(a, chain, e) == -1)
		return -1;
	host->event(host, "CertificateInstalled", "%s: %s", a->purpose,
	    json_string_value(json_object_get(a->reply, "fingerprint")));
	return 0;
}

/* Asked again after it was done (a reply may get lost), it says yes again. */
int
verb_promote(struct ask *a, struct err *e)
{
	own_chain STACK_OF(X509) *chain = NULL;
	const struct ingot_host *host = a->s->host;
	char pending[KEY_PURPOSE_MAX + 1];
	const char *purpose;

	if (json_str_or(
		a->q, "purpose", DOC_PURPOSE_MAX, "mqtt", &purpose, e) == -1)
		return -1;
	if (!doc_has(&a->s->doc, purpose) || strstr(purpose, DOC_PENDING))
		return err_set(e, EINVAL, "no purpose \"%s\"", purpose);
	(void)snprintf(pending, sizeof(pending), "%s" DOC_PENDING, purpose);
	chain = vault_chain(a->s->state, pending, e);
	if (chain == NULL &&
	    (chain = vault_chain(a->s->state, purpose, e)) != NULL)
		return 0;
	if (chain == NULL)
		return err_in(e, "nothing to promote");
	if (vault_promote(a->s->state, purpose, e) == -1)
		return -1;
	host->event(host, "CertificatePromoted", "%s", purpose);
	return 0;
}

int
verb_chain(struct ask *a, struct err *e)
{
	own_chain STACK_OF(X509) *chain =
	    vault_chain(a->s->state, a->purpose, e);
	own_bytes struct bytes pem = { 0 };

	if (chain == NULL || x509_chain_pem(chain, &pem, e) == -1 ||
	    say_bytes(a, "chain", &pem, e) == -1)
		return -1;
	return say_key(a, e);
}

static int
say_issuer(struct ask *a, const X509 *leaf, struct err *e)
{
	char text[256] = "";
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio != NULL &&
	    X509_NAME_print_ex(
		bio, X509_get_issuer_name(leaf), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, text, (int)sizeof(text) - 1);
	(void)BIO_free(bio);
	text[n < 0 ? 0 : n] = '\0';
	return say_text(a, "issuer", text, e);
}

/* One entry of cert.list: row stands for the reply here. */
static int
describe(struct ask *row, const X509 *leaf, struct err *e)
{
	char subject[256];

	x509_subject(leaf, subject, sizeof(subject));
	if (say_text(row, "purpose", row->purpose, e) == -1 ||
	    say_text(row, "subject", subject, e) == -1 ||
	    say_issuer(row, leaf, e) == -1 ||
	    say_time(row, "not_before", X509_get0_notBefore(leaf), e) == -1 ||
	    say_time(row, "not_after", X509_get0_notAfter(leaf), e) == -1 ||
	    say_fingerprint(row, leaf, e) == -1)
		return -1;
	return say_text(row, "origin", origin_name(row->held.origin), e);
}

/* Adds purpose's certificate to the list; one without is left out. */
static int
list_one(struct ask *a, const char *purpose, json_t *list, struct err *e)
{
	struct ask row = { .s = a->s, .purpose = purpose };
	own_chain STACK_OF(X509) *chain = vault_chain(a->s->state, purpose, e);
	int rc;

	if (chain == NULL)
		return e->code == ENOENT ? 0 : -1;
	if (vault_get(a->s->state, purpose, &row.held, e) == -1)
		return -1;
	row.reply = json_object();
	rc = describe(&row, sk_X509_value(chain, 0), e);
	held_free(&row.held);
	return json_array_append_new(list, row.reply) == -1 ? -1 : rc;
}

int
verb_list(struct ask *a, struct err *e)
{
	json_t *list = json_array();
	char pending[KEY_PURPOSE_MAX + 1];

	if (say(a, "certificates", list, e) == -1)
		return -1;
	for (size_t i = 0; i < a->s->doc.count; i++) {
		const char *purpose = a->s->doc.purposes[i];

		(void)snprintf(
		    pending, sizeof(pending), "%s" DOC_PENDING, purpose);
		if (list_one(a, purpose, list, e) == -1 ||
		    list_one(a, pending, list, e) == -1)
			return -1;
	}
	return 0;
}
