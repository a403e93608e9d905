/* SPDX-License-Identifier: MIT */
/*
 * The verbs about revocation lists that are kept. OCPP has no message for them:
 * a person brings them, or a program that fetches them and may ask this.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "certs/crl.h"
#include "charging_verbs.h"

static struct certs *
certs(const struct ask *a)
{
	return a->s->charging->certs;
}

static int
told(struct ask *a, enum certs_result r, const char *done, const char *what,
    const struct err *why, struct err *e)
{
	const struct ingot_host *host = a->s->host;

	if (r == CERTS_ACCEPTED)
		host->event(host, done, "%s", what);
	else
		host->event(host, "RevocationListRefused", "%s: %s: %s", what,
		    certs_result_name(r), why->text);
	return say_result(a, r, why, e);
}

int
certs_verb_crl_install(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_domain domain;
	enum certs_result r;
	const char *pem;

	if (asked_domain(a, &domain, e) == -1 ||
	    json_str(a->q, "crl", CRL_BYTES, &pem, e) == -1)
		return -1;
	r = crl_install(certs(a), domain, pem, strlen(pem), &why);
	return told(a, r, "RevocationListInstalled", certs_domain_name(domain),
	    &why, e);
}

int
certs_verb_crl_delete(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_result r;
	const char *file;

	if (json_str(a->q, "file", 255, &file, e) == -1)
		return -1;
	r = crl_remove(certs(a), file, &why);
	return told(a, r, "RevocationListDeleted", file, &why, e);
}

static const char *
state_of(const struct certs *c, const struct crl_entry *l)
{
	time_t now = certs_now(c);

	if (!certs_clock_valid(c))
		return "clock not set";
	if (l->from > now)
		return "not yet valid";
	return l->to != 0 && l->to < now ? "over" : "valid";
}

static int
say_list(struct ask *a, json_t *all, enum certs_domain d,
    const struct crl_entry *l, struct err *e)
{
	char issuer[256] = "";
	json_t *one;
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio != NULL &&
	    X509_NAME_print_ex(
		bio, X509_CRL_get_issuer(l->list), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, issuer, (int)sizeof(issuer) - 1);
	BIO_free(bio);
	issuer[n < 0 ? 0 : n] = '\0';
	one = json_pack("{s:s, s:o, s:o, s:s, s:i, s:o}", "domain",
	    certs_domain_name(d), "file", json_text(l->file), "issuer",
	    json_text(issuer), "state", state_of(certs(a), l), "revoked",
	    l->revoked, "from", time_text(l->from));
	if (json_array_append_new(all, one) == -1 ||
	    (l->to != 0 &&
		json_object_set_new(one, "until", time_text(l->to)) == -1))
		return err_set(e, ENOMEM, "out of memory");
	return 0;
}

int
certs_verb_crl_list(struct ask *a, struct err *e)
{
	json_t *all = json_array();
	struct err none = { 0 };
	struct crl_entry l;

	if (say(a, "lists", all, e) == -1 || certs_refresh(certs(a), e) == -1)
		return -1;
	for (int d = 0; d < CERTS_DOMAINS; d++)
		for (size_t i = 0;
		     crl_at(certs(a), (enum certs_domain)d, i, &l); i++)
			if (say_list(a, all, (enum certs_domain)d, &l, e) == -1)
				return -1;
	return say_result(a, CERTS_ACCEPTED, &none, e);
}
