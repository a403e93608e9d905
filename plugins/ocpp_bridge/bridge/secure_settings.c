/* SPDX-License-Identifier: MIT */
/*
 * What a CSMS may ask and change of the gateway's own leg: once, for the keys
 * of 1.6 and the variables of 2.x alike. One that is not here is the charge
 * point's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secure_in.h"
#include "text.h"

enum ocpp_manage
setting_policy(const struct charger *c, const struct setting *t)
{
	return t->profiles ? c->class->profiles : c->class->certificates;
}

static void
read_profile(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%u", profile_of(j->s, j->c));
}

static void
read_downgrade(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%s",
	    csms_of(j->s, j->c)->downgrade ? "true" : "false");
}

static void
read_priority(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%s", j->r->priority);
}

static void
read_active(struct job *j, char out[static SECURE_VALUE])
{
	int i = priority_first(j->r, j->r->priority);

	*out = '\0';
	if (i != -1 && !j->r->moved)
		(void)snprintf(out, SECURE_VALUE, "%d", j->r->slots[i].number);
}

static void
read_cpo(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%s", cpo_of(j->s, j->r));
}

static void
read_check(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(
	    out, SECURE_VALUE, "%s", j->c->root_check ? "true" : "false");
}

static void
read_chain(struct job *j, char out[static SECURE_VALUE])
{
	(void)j;
	(void)snprintf(out, SECURE_VALUE, "%d", SECURE_CHAIN);
}

static void
read_entries(struct job *j, char out[static SECURE_VALUE])
{
	struct err e;
	own_json json_t *reply =
	    certs_ask(j->s, "certs.count", json_object(), &e);
	json_int_t n = 0;
	const char *key;
	json_t *one;

	json_object_foreach(json_object_get(reply, "anchors"), key, one)
	{
		n += json_integer_value(json_object_get(one, "all"));
	}
	(void)snprintf(out, SECURE_VALUE, "%lld", (long long)n);
}

static void
read_wait(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%lld", (long long)j->r->wait_s);
}

static void
read_repeats(struct job *j, char out[static SECURE_VALUE])
{
	(void)snprintf(out, SECURE_VALUE, "%lld", (long long)j->r->repeats);
}

/* --- writing -------------------------------------------------------------- */

static bool
number(const char *value, int64_t least, int64_t most, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(value, &end, 10);
	return *value >= '0' && *value <= '9' && *end == '\0' && errno == 0 &&
	    *out >= least && *out <= most;
}

/* A05.FR.02 to .05 of 1.6: the same one again is refused like a lower one. */
static const char *
write_profile(struct job *j, const char *value, bool *redial, struct err *e)
{
	const char *why;
	int64_t n;

	(void)err_set(e, EINVAL, "it is in use, or there is none");
	if (!number(value, 0, 3, &n) || n == profile_of(j->s, j->c))
		return "InvalidValue";
	why = profile_refusal(j->s, j->c, (uint8_t)n, false, e);
	if (why != NULL)
		return why;
	if (profile_try(j->s, j->r, j->c, (uint8_t)n, NULL, 0, e) == -1)
		return "InternalError";
	*redial = true;
	return NULL;
}

static const char *
write_cpo(struct job *j, const char *value, bool *redial, struct err *e)
{
	(void)redial;
	(void)err_set(
	    e, EINVAL, "1 to %d bytes, for a certificate's O", SECURE_TEXT);
	if (*value == '\0' || strlen(value) > SECURE_TEXT)
		return "InvalidValue";
	for (const char *p = value; *p != '\0'; p += text_character(p))
		if (text_is_control(p))
			return "InvalidValue";
	(void)strcpy(j->r->cpo, value);
	return secured_save(j->s, j->r, e) == -1 ? "InternalError" : NULL;
}

static const char *
write_number(struct job *j, const char *value, int64_t *to, int64_t least,
    int64_t most, struct err *e)
{
	int64_t n;

	(void)err_set(
	    e, EINVAL, "%lld to %lld", (long long)least, (long long)most);
	if (!number(value, least, most, &n))
		return "ValueOutOfRange";
	*to = n;
	return secured_save(j->s, j->r, e) == -1 ? "InternalError" : NULL;
}

static const char *
write_wait(struct job *j, const char *value, bool *redial, struct err *e)
{
	(void)redial;
	return write_number(j, value, &j->r->wait_s, 1, 86400, e);
}

static const char *
write_repeats(struct job *j, const char *value, bool *redial, struct err *e)
{
	(void)redial;
	return write_number(j, value, &j->r->repeats, 0, 100, e);
}

#define SECURITY "SecurityCtrlr"
#define COMM     "OCPPCommCtrlr"

/* What stands in one word in 1.6 and can not be asked for in 2.x has another
 * component there: a profile is changed by SetNetworkProfile. */
const struct setting settings[] = {
	{ "AuthorizationKey", SECURITY, "BasicAuthPassword", true, NULL,
	    secret_change },
	{ NULL, SECURITY, "SecurityProfile", true, read_profile, NULL },
	{ "SecurityProfile", NULL, "SecurityProfile", true, read_profile,
	    write_profile },
	{ NULL, SECURITY, "AllowSecurityProfileDowngrade", true, read_downgrade,
	    NULL },
	{ NULL, COMM, "NetworkConfigurationPriority", true, read_priority,
	    priority_change },
	{ NULL, COMM, "ActiveNetworkProfile", true, read_active, NULL },
	{ "CpoName", SECURITY, "OrganizationName", false, read_cpo, write_cpo },
	{ "AdditionalRootCertificateCheck", SECURITY,
	    "AdditionalRootCertificateCheck", false, read_check, NULL },
	{ "CertificateSignedMaxChainSize", SECURITY, "MaxCertificateChainSize",
	    false, read_chain, NULL },
	{ NULL, SECURITY, "CertificateEntries", false, read_entries, NULL },
	{ "CertSigningWaitMinimum", SECURITY, "CertSigningWaitMinimum", false,
	    read_wait, write_wait },
	{ "CertSigningRepeatTimes", SECURITY, "CertSigningRepeatTimes", false,
	    read_repeats, write_repeats },
	{ 0 },
};
