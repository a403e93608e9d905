/* SPDX-License-Identifier: MIT */
/*
 * Whether a chain holds. OpenSSL does what RFC 5280 section 6 asks; around it
 * stands what it leaves out: rules of its own profile (verify_rules.c), the
 * other paths when the first fails (verify_path.c), an OCSP answer at the time
 * asked about (verify_staple.c). Nothing is fetched, and the clock is never
 * read: who asks says the time.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string.h>

#include "crl.h"
#include "verify_in.h"
#include "x509.h"

const struct verify_purpose_rule verify_purposes[VERIFY_PURPOSES] = {
	[VERIFY_CSMS_CLIENT] = { .name = "csms-client",
	    .openssl = X509_PURPOSE_SSL_CLIENT },
	[VERIFY_CSMS_SERVER] = { .name = "csms-server",
	    .openssl = X509_PURPOSE_SSL_SERVER },
	[VERIFY_SECC] = { .name = "secc",
	    .openssl = X509_PURPOSE_SSL_SERVER,
	    .usage = KU_DIGITAL_SIGNATURE },
	[VERIFY_MO] = { .name = "mo",
	    .openssl = X509_PURPOSE_ANY,
	    .usage = KU_DIGITAL_SIGNATURE },
	[VERIFY_MF] = { .name = "mf",
	    .openssl = X509_PURPOSE_ANY,
	    .usage = KU_DIGITAL_SIGNATURE,
	    .extended = XKU_CODE_SIGN },
	[VERIFY_CODE] = { .name = "code",
	    .openssl = X509_PURPOSE_ANY,
	    .usage = KU_DIGITAL_SIGNATURE,
	    .extended = XKU_CODE_SIGN,
	    .extended_needed = true,
	    .makers = true },
};

const char *
verify_purpose_name(enum verify_purpose p)
{
	return (unsigned)p < VERIFY_PURPOSES ? verify_purposes[p].name : "?";
}

enum verify_purpose
verify_purpose_of(const char *name)
{
	enum verify_purpose p = 0;

	while (
	    p < VERIFY_PURPOSES && strcmp(name, verify_purposes[p].name) != 0)
		p++;
	return p;
}

X509_STORE *
verify_store(struct cert *const *anchors, size_t n, struct err *e)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL)
		return (void)err_ssl(e, "trust store"), NULL;
	for (size_t i = 0; i < n; i++) {
		if (X509_STORE_add_cert(store, anchors[i]->x) == 1)
			continue;
		X509_STORE_free(store);
		return (void)err_ssl(e, "trust store"), NULL;
	}
	return store;
}

enum certs_result
verify_say(struct err *e, enum certs_result r, const X509 *x, const char *why)
{
	char who[160] = "";

	if (x != NULL)
		x509_subject(x, who, sizeof(who));
	ERR_clear_error();
	return certs_say(e, r, "certificate %s: %s",
	    *who == '\0' ? "without a subject" : who, why);
}

/* A name that begins with a dot would match every host below it, an empty one
 * every host at all. */
static bool
want_name(X509_VERIFY_PARAM *param, const struct verify_job *job)
{
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (job->name == NULL)
		return true;
	if (*job->name == '\0' || *job->name == '.')
		return false;
	if (!job->wildcards)
		flags |= X509_CHECK_FLAG_NO_WILDCARDS;
	X509_VERIFY_PARAM_set_hostflags(param, flags);
	return X509_VERIFY_PARAM_set1_ip_asc(param, job->name) == 1 ||
	    X509_VERIFY_PARAM_set1_host(param, job->name, 0) == 1;
}

/* RFC 5280 section 6.1.1 (c): any policy will do. OpenSSL takes an empty set
 * for none at all. */
static bool
want_any_policy(X509_VERIFY_PARAM *param)
{
	ASN1_OBJECT *any = OBJ_nid2obj(NID_any_policy);

	return any != NULL && X509_VERIFY_PARAM_add0_policy(param, any) == 1;
}

/* Who signs a list for another is verified in a context of its own, which
 * knows its parent and nothing that was put there. */
static const struct verify_job *
job_of(X509_STORE_CTX *ctx)
{
	X509_STORE_CTX *parent;

	while ((parent = X509_STORE_CTX_get0_parent_ctx(ctx)) != NULL)
		ctx = parent;
	return X509_STORE_CTX_get_app_data(ctx);
}

/* RFC 5280 section 4.1.2.5: notAfter is within. To OpenSSL it is over then. */
static bool
ends_now(X509_STORE_CTX *ctx, const struct verify_job *job)
{
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);

	return X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CERT_HAS_EXPIRED &&
	    x != NULL && crl_time(X509_get0_notAfter(x)) == job->at;
}

static int
pass(int ok, X509_STORE_CTX *ctx)
{
	const struct verify_job *job = job_of(ctx);

	return ok == 1 || ends_now(ctx, job) || verify_pass_crl(ctx, job);
}

/* The purpose is set without the trust that X509_STORE_CTX_set_purpose() ties
 * to it: who is an anchor is trusted for what the store asks. */
static enum certs_result
prepare(X509_STORE_CTX *ctx, const struct verify_job *job, struct err *e)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	const unsigned long flags = X509_V_FLAG_X509_STRICT |
	    X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN |
	    X509_V_FLAG_POLICY_CHECK;

	(void)X509_STORE_CTX_set_app_data(ctx, (void *)(uintptr_t)job);
	X509_STORE_CTX_set_verify_cb(ctx, pass);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	X509_VERIFY_PARAM_set_depth(param, VERIFY_DEPTH - 2);
	X509_VERIFY_PARAM_set_time(param, job->at);
	if (X509_VERIFY_PARAM_set_flags(param, flags) != 1 ||
	    !want_any_policy(param) ||
	    X509_VERIFY_PARAM_set_purpose(
		param, verify_purposes[job->purpose].openssl) != 1)
		return certs_say(e, CERTS_FAILED, "verify");
	if (!want_name(param, job))
		return certs_say(e, CERTS_INVALID_COMMON_NAME,
		    "\"%.64s\" is no name of a host", job->name);
	verify_use_crls(ctx, job);
	return CERTS_ACCEPTED;
}

static enum certs_result
refused(struct search *s, struct err *e)
{
	s->at.error = X509_STORE_CTX_get_error(s->ctx);
	s->at.error_depth = X509_STORE_CTX_get_error_depth(s->ctx);
	return verify_say(e, verify_result_of(s->at.error, s->at.error_depth),
	    X509_STORE_CTX_get_current_cert(s->ctx),
	    X509_verify_cert_error_string(s->at.error));
}

static enum certs_result
judge(struct search *s, struct err *e)
{
	enum certs_result r = prepare(s->ctx, s->job, e);
	STACK_OF(X509) * path;

	if (r != CERTS_ACCEPTED)
		return r;
	if (X509_verify_cert(s->ctx) != 1)
		return refused(s, e);
	path = X509_STORE_CTX_get0_chain(s->ctx);
	s->at.error = X509_V_ERR_APPLICATION_VERIFICATION;
	r = verify_rules(path, s->job->purpose, &s->at.error_depth, e);
	if (r == CERTS_ACCEPTED)
		r = verify_staple(s->job, path, e);
	if (r != CERTS_ACCEPTED)
		return r;
	s->at.error = X509_V_OK;
	s->found = X509_STORE_CTX_get1_chain(s->ctx);
	return s->found != NULL ? r : certs_say(e, CERTS_FAILED, "verify");
}

enum certs_result
verify_try(struct search *s, STACK_OF(X509) * untrusted,
    STACK_OF(X509) * trusted, struct err *e)
{
	enum certs_result r;

	s->at.error_depth = 0;
	if (X509_STORE_CTX_init(s->ctx, trusted == NULL ? s->store : NULL,
		s->job->chain[0]->x, untrusted) != 1)
		return certs_say(e, CERTS_FAILED, "verify");
	if (trusted != NULL)
		X509_STORE_CTX_set0_trusted_stack(s->ctx, trusted);
	r = judge(s, e);
	X509_STORE_CTX_cleanup(s->ctx);
	ERR_clear_error();
	return r;
}

/* The reason of the first attempt is the one that is told: it went the way
 * that looked best. A revoked leaf is revoked on every way. */
static enum certs_result
search(struct search *s, struct verify_path *path, struct err *e)
{
	enum certs_result r = verify_try(s, s->untrusted, NULL, e);
	struct err other;

	*path = s->at;
	if (r == CERTS_REVOKED && s->at.error_depth == 0)
		return r;
	if (r != CERTS_ACCEPTED &&
	    verify_other_paths(s, &other) == CERTS_ACCEPTED) {
		*path = s->at;
		r = CERTS_ACCEPTED;
	}
	return r;
}

static void
tell_path(const struct search *s, struct verify_path *path)
{
	const X509 *top;

	path->anchor = -1;
	path->count = s->found == NULL ? 0 : sk_X509_num(s->found);
	if (path->count == 0)
		return;
	top = sk_X509_value(s->found, path->count - 1);
	for (size_t i = 0; i < s->job->anchor_count; i++)
		if (X509_cmp(s->job->anchors[i]->x, top) == 0)
			path->anchor = (int)i;
}

static enum certs_result
verify_with(struct search *s, struct verify_path *path, struct err *e)
{
	enum certs_result r;

	s->ctx = X509_STORE_CTX_new();
	s->untrusted = sk_X509_new_null();
	r = s->ctx != NULL && s->untrusted != NULL
	    ? CERTS_ACCEPTED
	    : certs_say(e, CERTS_FAILED, "verify");
	for (int i = 1; i < s->job->chain_count && r == CERTS_ACCEPTED; i++)
		if (sk_X509_push(s->untrusted, s->job->chain[i]->x) <= 0)
			r = certs_say(e, CERTS_FAILED, "verify");
	if (r == CERTS_ACCEPTED)
		r = search(s, path, e);
	tell_path(s, path);
	sk_X509_free(s->untrusted);
	own_chain_free(&s->found);
	X509_STORE_CTX_free(s->ctx);
	return r;
}

/* A store may look into a folder when it is asked (the system's own), so that
 * one is empty is known only afterwards. */
static bool
nobody_trusted(const struct verify_job *job, enum certs_result r)
{
	if (job->store == NULL)
		return job->anchor_count == 0;
	return r == CERTS_ISSUER_NOT_FOUND &&
	    sk_X509_OBJECT_num(X509_STORE_get0_objects(job->store)) == 0;
}

static enum certs_result
say_nobody(const struct verify_job *job, struct err *e)
{
	return certs_say(
	    e, CERTS_NO_ROOT, "purpose %s", verify_purpose_name(job->purpose));
}

enum certs_result
verify_chain(
    const struct verify_job *job, struct verify_path *path, struct err *e)
{
	struct search s = { .job = job,
		.store = job->store,
		.tries = VERIFY_TRIES,
		.edges = VERIFY_EDGES };
	own_store X509_STORE *own = NULL;
	struct verify_path unasked;
	enum certs_result r;

	if (path == NULL)
		path = &unasked;
	*path = (struct verify_path){ .anchor = -1,
		.error = X509_V_ERR_UNSPECIFIED };
	if (job->at <= 0)
		return certs_say(e, CERTS_CLOCK_INVALID, "verify at no time");
	if (job->chain_count < 1)
		return certs_say(e, CERTS_INVALID_FORMAT, "no certificate");
	if (nobody_trusted(job, CERTS_ACCEPTED))
		return say_nobody(job, e);
	if (s.store == NULL)
		s.store = own =
		    verify_store(job->anchors, job->anchor_count, e);
	if (s.store == NULL)
		return CERTS_FAILED;
	r = verify_with(&s, path, e);
	return nobody_trusted(job, r) ? say_nobody(job, e) : r;
}
