/* SPDX-License-Identifier: MIT */
/*
 * The verbs that change the store of charging certificates. Each change is an
 * event of the audit trail; a refusal of a certificate is one too, since a CSMS
 * that sends what it may not is worth knowing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "charging_verbs.h"
#include "digest.h"

static struct certs *
certs(const struct ask *a)
{
	return a->s->charging->certs;
}

/* The event and the reply of a change. what: "CSMS anchor". */
static int
told(struct ask *a, enum certs_result r, const char *done, const char *not_done,
    const char *what, const struct err *why, struct err *e)
{
	const struct ingot_host *host = a->s->host;

	if (r == CERTS_ACCEPTED) {
		charging_links(a->s->charging);
		host->event(host, done, "%s", what);
	} else
		host->event(host, not_done, "%s: %s: %s", what,
		    certs_result_name(r), why->text);
	return say_result(a, r, why, e);
}

int
certs_verb_install(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_domain domain;
	enum certs_result r;
	const char *pem;
	char what[32];

	if (asked_domain(a, &domain, e) == -1 ||
	    json_str(a->q, "certificate", X509_PEM_MAX, &pem, e) == -1)
		return -1;
	r = certs_install_anchor(certs(a), domain, pem, strlen(pem), &why);
	(void)snprintf(
	    what, sizeof(what), "%s anchor", certs_domain_name(domain));
	return told(
	    a, r, "TrustAnchorInstalled", "TrustAnchorRefused", what, &why, e);
}

int
certs_verb_update(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_result r;
	enum certs_leaf leaf;
	const char *pem;
	char what[32];

	if (asked_leaf(a, &leaf, e) == -1 ||
	    json_str(a->q, "chain", X509_PEM_MAX, &pem, e) == -1)
		return -1;
	r = certs_install_leaf(certs(a), leaf, pem, strlen(pem), &why);
	(void)snprintf(what, sizeof(what), "%s leaf", certs_leaf_name(leaf));
	/* InvalidChargingStationCertificate: OCPP's name of the event. */
	return told(a, r, "LeafCertificateInstalled",
	    "InvalidChargingStationCertificate", what, &why, e);
}

int
certs_verb_delete(struct ask *a, struct err *e)
{
	struct certs_deleted gone = { 0 };
	struct cert_hash_data hash;
	struct err why = { 0 };
	enum certs_result r;
	char what[CERT_SERIAL_MAX + 32];

	if (asked_hash(a, &hash, e) == -1)
		return -1;
	r = certs_delete(certs(a), &hash, &gone, &why);
	(void)snprintf(what, sizeof(what), "serial %s", hash.serial);
	if (told(a, r, "CertificateDeleted", "CertificateNotDeleted", what,
		&why, e) == -1)
		return -1;
	if (r != CERTS_ACCEPTED)
		return 0;
	/* What went along is said, and what has lost its anchor by it. */
	if (say_text(a, "kind", gone.anchor ? "anchor" : "leaf", e) == -1 ||
	    say_text(a, "of",
		gone.anchor ? certs_domain_name(gone.domain)
			    : certs_leaf_name(gone.leaf),
		e) == -1)
		return -1;
	if (say(a, "below", json_integer((json_int_t)gone.below), e) == -1)
		return -1;
	return say(a, "dependent", json_integer((json_int_t)gone.dependent), e);
}

/* A request that came to nothing; key: its file, as certs.csr named it. */
int
certs_verb_drop(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_result r;
	const char *key;

	if (json_str(a->q, "key", 127, &key, e) == -1)
		return -1;
	r = certs_drop_key(certs(a), key, &why);
	return told(a, r, "KeyDropped", "KeyNotDropped", key, &why, e);
}

static const struct {
	const char *word;
	bool leaf;
	enum certs_result (*of_leaf)(
	    struct certs *, enum certs_leaf, const uint8_t *, struct err *);
	enum certs_result (*of_root)(
	    struct certs *, const uint8_t *, struct err *);
} outcomes[] = {
	{ "worked", true, certs_worked, NULL },
	{ "refused", true, certs_refused, NULL },
	{ "root-worked", false, NULL, certs_root_worked },
	{ "root-refused", false, NULL, certs_root_refused },
};

/* What a handshake with the certificate on trial came to. */
int
certs_verb_outcome(struct ask *a, struct err *e)
{
	struct err why = { 0 };
	enum certs_leaf leaf = CERTS_LEAF_CSMS;
	enum certs_result r;
	const char *word;
	uint8_t print[32];
	char what[64];
	size_t i = 0;

	if (json_str(a->q, "outcome", 16, &word, e) == -1)
		return -1;
	while (i < sizeof(outcomes) / sizeof(outcomes[0]) &&
	    strcmp(outcomes[i].word, word) != 0)
		i++;
	if (i == sizeof(outcomes) / sizeof(outcomes[0]))
		return err_set(e, EINVAL,
		    "outcome \"%s\": worked, refused, root-worked or "
		    "root-refused",
		    word);
	if (asked_hex(a, "fingerprint", print, sizeof(print), e) !=
	    sizeof(print))
		return err_set(
		    e, EINVAL, "fingerprint: SHA-256 in hexadecimal");
	if (outcomes[i].leaf && asked_leaf(a, &leaf, e) == -1)
		return -1;
	r = outcomes[i].leaf ? outcomes[i].of_leaf(certs(a), leaf, print, &why)
			     : outcomes[i].of_root(certs(a), print, &why);
	(void)snprintf(what, sizeof(what), "%s %s",
	    outcomes[i].leaf ? certs_leaf_name(leaf) : "root", word);
	return told(
	    a, r, "CertificateTried", "CertificateNotTried", what, &why, e);
}

int
certs_verb_collect(struct ask *a, struct err *e)
{
	struct certs_collected gone = { 0 };
	struct err why = { 0 };
	enum certs_result r = certs_collect(certs(a), &gone, &why);

	if (say_result(a, r, &why, e) == -1)
		return -1;
	return say(a, "collected",
	    json_pack("{s:I, s:I, s:I}", "leaves", (json_int_t)gone.leaves,
		"keys", (json_int_t)gone.keys, "ocsp", (json_int_t)gone.ocsp),
	    e);
}
