/* SPDX-License-Identifier: MIT */
/*
 * The verbs that judge: a chain for a purpose, a signature over a digest. They
 * say by which anchor and which certificate failed, in words for a person.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "certs/crl.h"
#include "certs/verify.h"
#include "charging_verbs.h"
#include "digest.h"

#define CHAIN_MAX  16
#define STAPLE_MAX (64 * 1024)
#define SIG_MAX    1024

/* Whose anchors judge a purpose. */
static const enum certs_domain domains[VERIFY_PURPOSES] = {
	[VERIFY_CSMS_CLIENT] = CERTS_CSMS,
	[VERIFY_CSMS_SERVER] = CERTS_CSMS,
	[VERIFY_SECC] = CERTS_V2G,
	[VERIFY_MO] = CERTS_MO,
	[VERIFY_MF] = CERTS_MF,
	[VERIFY_CODE] = CERTS_MF,
};

struct judged {
	struct cert *chain[CHAIN_MAX];
	int count;
	struct verify_job job;
	uint8_t *staple;
	STACK_OF(X509_CRL) * crls;
};

static void
judged_free(struct judged *j)
{
	for (int i = 0; i < j->count; i++)
		cert_free(j->chain[i]);
	free(j->staple);
	sk_X509_CRL_pop_free(j->crls, X509_CRL_free);
}
#define own_judged __attribute__((cleanup(judged_free), unused))

/* The anchors as one X509_STORE, kept until somebody changes the store. */
static X509_STORE *
anchors_of(struct charging *ch, enum certs_domain d, struct err *e)
{
	struct certs *c = ch->certs;
	const struct certs_entry *a;
	struct cert **list;
	size_t n = 0;

	if (ch->stores_at != certs_generation(c))
		charging_forget_stores(ch);
	ch->stores_at = certs_generation(c);
	if (ch->stores[d] != NULL)
		return ch->stores[d];
	while (certs_anchor(c, d, n) != NULL)
		n++;
	list = calloc(n + 1, sizeof(struct cert *));
	if (list == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	for (size_t i = 0; (a = certs_anchor(c, d, i)) != NULL; i++)
		list[i] = a->cert;
	ch->stores[d] = verify_store(list, n, e);
	free(list);
	if (ch->stores[d] != NULL && d == CERTS_CSMS &&
	    certs_config(c)->system_anchors)
		(void)X509_STORE_set_default_paths(ch->stores[d]);
	return ch->stores[d];
}

static int
asked_chain(struct ask *a, const char *key, struct judged *j, struct err *e)
{
	const char *pem;
	int n;

	if (json_str(a->q, key, X509_PEM_MAX, &pem, e) == -1)
		return -1;
	if ((n = cert_parse(pem, strlen(pem), j->chain, CHAIN_MAX, e)) == -1)
		return -1;
	j->count = n;
	j->job.chain = j->chain;
	j->job.chain_count = n;
	return 0;
}

static int
asked_staple(struct ask *a, struct judged *j, struct err *e)
{
	const char *text;
	long n;

	if (asked_bool(a, "must_staple", &j->job.must_staple, e) == -1)
		return -1;
	if (json_str_or(a->q, "staple", STAPLE_MAX, "", &text, e) == -1)
		return -1;
	if (*text == '\0')
		return 0;
	if ((j->staple = malloc(STAPLE_MAX)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if ((n = base64_decode(text, j->staple, STAPLE_MAX)) == -1)
		return err_set(e, EINVAL, "staple: not base64");
	j->job.staple = j->staple;
	j->job.staple_len = (size_t)n;
	return 0;
}

/* Those of the question, and those kept for the domain. */
static int
asked_crls(
    struct ask *a, enum certs_domain domain, struct judged *j, struct err *e)
{
	const struct certs *c = a->s->charging->certs;
	STACK_OF(X509_CRL) *kept = crl_all(c, domain);
	X509_CRL *asked[CRL_LISTS];
	const char *pem;
	int n = 0;

	if (json_str_or(a->q, "crl", CRL_BYTES, "", &pem, e) == -1 ||
	    (*pem != '\0' &&
		(n = crl_parse(pem, strlen(pem), asked, CRL_LISTS, e)) == -1))
		return -1;
	j->crls = sk_X509_CRL_new_null();
	for (int i = 0; i < n; i++)
		if (sk_X509_CRL_push(j->crls, asked[i]) <= 0)
			X509_CRL_free(asked[i]);
	for (int i = 0; i < sk_X509_CRL_num(kept); i++)
		if (X509_CRL_up_ref(sk_X509_CRL_value(kept, i)) == 1 &&
		    sk_X509_CRL_push(j->crls, sk_X509_CRL_value(kept, i)) <= 0)
			X509_CRL_free(sk_X509_CRL_value(kept, i));
	if (sk_X509_CRL_num(j->crls) !=
	    n + (kept == NULL ? 0 : sk_X509_CRL_num(kept)))
		return err_set(e, ENOMEM, "out of memory");
	j->job.crls = j->crls;
	j->job.stale = certs_config(c)->strict_crls ? NULL : kept;
	return 0;
}

/* at: seconds since 1970; unasked the clock, if it can be believed. */
static int
asked_job(struct ask *a, struct judged *j, struct err *e)
{
	const struct certs *c = a->s->charging->certs;
	const char *purpose, *name;
	int64_t at = certs_clock_valid(c) ? certs_now(c) : 0;

	if (json_str(a->q, "purpose", 32, &purpose, e) == -1 ||
	    json_str_or(a->q, "name", 255, "", &name, e) == -1)
		return -1;
	j->job.purpose = verify_purpose_of(purpose);
	if (j->job.purpose == VERIFY_PURPOSES)
		return err_set(e, EINVAL,
		    "purpose \"%s\": csms-client, csms-server, secc, mo, mf "
		    "or code",
		    purpose);
	if (json_object_get(a->q, "at") != NULL &&
	    json_num(a->q, "at", 1, INT64_C(253402300799), &at, e) == -1)
		return -1;
	j->job.at = at;
	j->job.name = *name == '\0' ? NULL : name;
	if (asked_bool(a, "wildcards", &j->job.wildcards, e) == -1)
		return -1;
	return asked_staple(a, j, e) == -1
	    ? -1
	    : asked_crls(a, domains[j->job.purpose], j, e);
}

static int
say_path(struct ask *a, const struct verify_path *path, struct err *e)
{
	return say(a, "path",
	    json_pack("{s:i, s:i, s:i}", "count", path->count, "depth",
		path->error_depth, "error", path->error),
	    e);
}

int
certs_verb_verify(struct ask *a, struct err *e)
{
	own_judged struct judged j = { 0 };
	struct verify_path path = { 0 };
	struct charging *ch = a->s->charging;
	struct err why = { 0 };
	enum certs_domain domain;
	enum certs_result r;

	if (certs_refresh(ch->certs, e) == -1 || asked_job(a, &j, e) == -1)
		return -1;
	domain = domains[j.job.purpose];
	if (asked_chain(a, "chain", &j, &why) == -1)
		return say_result(a, CERTS_INVALID_FORMAT, &why, e);
	if (certs_anchor(ch->certs, domain, 0) == NULL &&
	    !certs_config(ch->certs)->system_anchors)
		return say_result(a,
		    certs_say(
			&why, CERTS_NO_ROOT, "%s", certs_domain_name(domain)),
		    &why, e);
	if ((j.job.store = anchors_of(ch, domain, e)) == NULL)
		return -1;
	r = verify_chain(&j.job, &path, &why);
	if (say_result(a, r, &why, e) == -1)
		return -1;
	return say_path(a, &path, e);
}

/*
 * A firmware's signature: whoever asks has made the digest, since the file is
 * his and no file of others is ever opened here. Signer first.
 */
int
certs_verb_signature(struct ask *a, struct err *e)
{
	own_judged struct judged j = { .job.purpose = VERIFY_MF };
	uint8_t sig[SIG_MAX];
	struct certs *c = a->s->charging->certs;
	struct err why = { 0 };
	enum certs_result r;
	uint8_t digest[SHA256_LEN];
	const char *text;
	long n;

	if (asked_hex(a, "digest", digest, sizeof(digest), e) != sizeof(digest))
		return err_set(e, EINVAL, "digest: SHA-256 in hexadecimal");
	if (json_str(a->q, "signature", SIG_MAX * 2, &text, e) == -1)
		return -1;
	if ((n = base64_decode(text, sig, sizeof(sig))) == -1)
		return say_result(a,
		    certs_say(&why, CERTS_INVALID_FORMAT, "signature"), &why,
		    e);
	if (certs_refresh(c, e) == -1)
		return -1;
	if (asked_chain(a, "signer", &j, &why) == -1)
		return say_result(a, CERTS_INVALID_FORMAT, &why, e);
	j.job.at = certs_clock_valid(c) ? certs_now(c) : 0;
	j.job.crls = crl_all(c, CERTS_MF);
	j.job.stale = certs_config(c)->strict_crls ? NULL : j.job.crls;
	if ((j.job.store = anchors_of(a->s->charging, CERTS_MF, e)) == NULL)
		return -1;
	r = verify_chain(&j.job, NULL, &why);
	if (r == CERTS_ACCEPTED)
		r = verify_digest(
		    j.chain[0], digest, sizeof(digest), sig, (size_t)n, &why);
	return say_result(a, r, &why, e);
}
