/* SPDX-License-Identifier: MIT */
/*
 * The profile and the secret of the gateway's own leg to a CSMS (OCPP 1.6
 * security A01, A05; 2.x A01, A05, B09). A change is tried: the new one is in
 * the charger's record, what it was stands beside it, both durable before the
 * CSMS hears "Accepted". The first dial that works ends the trial. One that the
 * CSMS refuses sets the record back; an unreachable CSMS refuses nothing, but
 * of a new profile even that is believed after TRIES dials (it may be an
 * address that nobody serves).
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "secure_in.h"

#define TRIES   3
#define KEY_MIN 16 /* bytes of an AuthorizationKey, and of a password */
#define KEY_MAX 20
#define AS_SAID 255 /* charger.profile: as the settings say */

const struct ocpp_csms *
csms_of(const struct secure *s, const struct charger *c)
{
	return c->class->csms != NULL ? c->class->csms : &s->set->csms;
}

uint8_t
profile_of(const struct secure *s, const struct charger *c)
{
	return c->profile != AS_SAID ? c->profile : csms_of(s, c)->profile;
}

const char *
cpo_of(const struct secure *s, const struct secured *r)
{
	if (r->cpo[0] != '\0')
		return r->cpo;
	return s->set->cpo == NULL ? "" : s->set->cpo;
}

/* --- may it be changed? --------------------------------------------------- */

static bool
has_secret(const struct secure *s, const struct charger *c)
{
	return csms_of(s, c)->password != NULL || c->secret_len > 0;
}

static bool
has_root(struct secure *s, const struct charger *c)
{
	own_json json_t *reply = NULL;
	struct err e;

	if (csms_of(s, c)->anchors != NULL)
		return true;
	reply = certs_ask(s, "certs.count", json_object(), &e);
	return json_integer_value(json_object_get(
		   json_object_get(json_object_get(reply, "anchors"), "CSMS"),
		   "valid")) > 0;
}

static bool
has_leaf(struct secure *s, const struct charger *c)
{
	own_json json_t *o =
	    json_pack("{s:s, s:b}", "leaf", "CSMS", "trial", 1);
	own_json json_t *reply = NULL;
	struct err e;

	if (leaf_of(s, c) != NULL)
		(void)json_object_set_new(
		    o, "identity", json_text(leaf_of(s, c)));
	reply = certs_ask(s, "certs.leaf", take_json(&o), &e);
	return strcmp(certs_result(reply), "Accepted") == 0;
}

const char *
profile_refusal(struct secure *s, const struct charger *c, uint8_t profile,
    bool secret, struct err *e)
{
	uint8_t now = profile_of(s, c);
	bool down = profile == 2 && now == 3 && csms_of(s, c)->downgrade;

	if (profile > 3) {
		(void)err_set(e, EINVAL, "there is no such profile");
		return "InvalidValue";
	}
	if (profile < now && !down) {
		(void)err_set(e, EPERM, "profile %u is in use: not lower", now);
		return "NoSecurityDowngrade";
	}
	if ((profile == 1 || profile == 2) && !secret && !has_secret(s, c)) {
		(void)err_set(e, ENOENT, "no password is set");
		return "MissingParam";
	}
	if (profile >= 2 && !has_root(s, c)) {
		(void)err_set(e, ENOENT, "no root of the CSMS is installed");
		return "InvalidCertificate";
	}
	if (profile == 3 && !has_leaf(s, c)) {
		(void)err_set(e, ENOENT, "no certificate of ours is valid");
		return "InvalidCertificate";
	}
	return NULL;
}

/* --- the trial ------------------------------------------------------------ */

static void
secret_is(struct charger *c, const uint8_t *secret, size_t len)
{
	OPENSSL_cleanse(c->secret, sizeof(c->secret));
	memcpy(c->secret, secret, len);
	c->secret_len = len;
}

/* What there is now, unless a trial is on: then it never worked. */
static void
remember(struct trial *t, const struct charger *c)
{
	if (!t->on) {
		OPENSSL_cleanse(t->secret, sizeof(t->secret));
		memcpy(t->secret, c->secret, c->secret_len);
		t->secret_len = c->secret_len;
		t->profile = c->profile;
	}
	t->on = true;
	t->failures = 0;
}

int
profile_try(struct secure *s, struct secured *r, struct charger *c,
    uint8_t profile, const uint8_t *secret, size_t len, struct err *e)
{
	struct trial before = r->trial;
	struct charger was = *c;
	int rc;

	/* First what to go back to: after a kill between the two there is
	 * nothing new to go back from. */
	remember(&r->trial, c);
	if ((rc = secured_save(s, r, e)) == 0) {
		if (profile != profile_of(s, c))
			c->profile = profile;
		if (secret != NULL)
			secret_is(c, secret, len);
		c->changed = true;
		rc = charger_save(s->chargers, c, e);
	}
	if (rc == -1) {
		r->trial = before;
		c->profile = was.profile;
		secret_is(c, was.secret, was.secret_len);
	}
	OPENSSL_cleanse(&was, sizeof(was));
	OPENSSL_cleanse(&before, sizeof(before));
	return rc;
}

static void
end_trial(struct secure *s, struct pair *p, struct secured *r)
{
	struct err e;

	r->trial.on = false;
	OPENSSL_cleanse(r->trial.secret, sizeof(r->trial.secret));
	if (secured_save(s, r, &e) == -1)
		secure_raise(s, p, "ReconfigurationOfSecurityParameters",
		    "what is in use is not kept: %s", e.text);
}

static void
set_back(struct secure *s, struct pair *p, struct secured *r,
    const struct dial_result *d)
{
	struct charger *c = p->charger;
	struct err e = { 0 };

	c->profile = r->trial.profile;
	secret_is(c, r->trial.secret, r->trial.secret_len);
	c->changed = true;
	if (charger_save(s->chargers, c, &e) == 0)
		end_trial(s, p, r);
	secure_raise(s, p, "ReconfigurationOfSecurityParameters",
	    "the new profile or password did not work, back to the old: %s",
	    d->why == NULL ? "" : d->why);
}

/* Is what was tried to blame? A CSMS that is down, or busy, is not. */
static bool
is_refused(
    struct trial *t, const struct charger *c, const struct dial_result *d)
{
	bool same = t->profile == c->profile;

	if (d->end == DIAL_HTTP && (d->status == 401 || d->status == 403))
		return true;
	if (same)
		return false;
	if ((d->end >= DIAL_TLS_VERSION && d->end <= DIAL_TLS) ||
	    d->end == DIAL_UPGRADE ||
	    (d->end == DIAL_HTTP && d->status > 0 && d->status < 500))
		return true;
	return ++t->failures >= TRIES;
}

static const struct {
	enum dial_end end;
	const char *event;
} told[] = {
	{ DIAL_TLS_VERSION, "InvalidTLSVersion" },
	{ DIAL_TLS_CIPHER, "InvalidTLSCipherSuite" },
	{ DIAL_TLS_PEER, "InvalidCsmsCertificate" },
	{ DIAL_TLS_REFUSED, "FailedToAuthenticateAtCsms" },
};

static void
tell(struct secure *s, struct pair *p, const struct dial_result *d)
{
	const char *why = d->why == NULL ? "" : d->why;

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (told[i].end == d->end)
			secure_raise(s, p, told[i].event, "%s", why);
	if (d->end == DIAL_HTTP && (d->status == 401 || d->status == 403))
		secure_raise(
		    s, p, "FailedToAuthenticateAtCsms", "HTTP %u", d->status);
}

bool
secure_dialled(struct secure *s, struct pair *p, const struct dial_result *d)
{
	struct charger *c = p->charger;
	struct secured *r;

	tell(s, p, d);
	if (c->class->profiles != OCPP_GATEWAY ||
	    (r = secured_of(s, c->identity)) == NULL || !r->trial.on)
		return false;
	if (d->end == DIAL_OPEN) {
		end_trial(s, p, r);
		secure_raise(s, p, "ReconfigurationOfSecurityParameters",
		    "security profile %u is in use", profile_of(s, c));
		return false;
	}
	if (!is_refused(&r->trial, c, d))
		return false;
	set_back(s, p, r, d);
	return true;
}

/* --- secrets -------------------------------------------------------------- */

/* 1.6: 16 to 20 bytes, as up to 40 hexadecimal digits, or, as test tools and
 * charge points write it, as so many characters. 2.x: a text. */
int
secret_parse(enum ocpp_version v, const char *text,
    uint8_t out[static CHARGER_SECRET_MAX], struct err *e)
{
	size_t n = strlen(text);
	long got;

	if (v == OCPP_16 && n >= 2 * KEY_MIN && n <= 2 * KEY_MAX) {
		got = hex_decode(text, out, CHARGER_SECRET_MAX);
		if (got >= KEY_MIN)
			return (int)got;
		return err_set(e, EINVAL, "no hexadecimal digits");
	}
	if (n < KEY_MIN || n > (v == OCPP_16 ? KEY_MAX : CHARGER_SECRET_MAX))
		return err_set(e, EINVAL, "of %zu characters", n);
	memcpy(out, text, n);
	return (int)n;
}

/* A password that the document gives is the document's. */
const char *
secret_change(struct job *j, const char *text, bool *redial, struct err *e)
{
	uint8_t secret[CHARGER_SECRET_MAX];
	uint8_t profile = profile_of(j->s, j->c);
	const char *why = NULL;
	int n;

	*redial = false;
	if (csms_of(j->s, j->c)->password != NULL) {
		(void)err_set(e, EPERM, "ocpp.conf says which one is used");
		return "ReadOnly";
	}
	if ((n = secret_parse(j->p->version, text, secret, e)) == -1)
		return "InvalidValue";
	if (profile_try(j->s, j->r, j->c, profile, secret, (size_t)n, e) == -1)
		why = "InternalError";
	else
		secure_raise(j->s, j->p, "ReconfigurationOfSecurityParameters",
		    "a new password");
	OPENSSL_cleanse(secret, sizeof(secret));
	*redial = why == NULL && (profile == 1 || profile == 2);
	return why;
}
