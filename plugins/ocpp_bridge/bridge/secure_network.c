/* SPDX-License-Identifier: MIT */
/*
 * SetNetworkProfile, NetworkConfigurationPriority, Reset (OCPP 2.x A05, B09,
 * B10) for the gateway's own leg: slots are kept, the priority is judged by the
 * rules of A05, and the Reset that puts it into effect is the charge point's,
 * so the CSMS sees it boot again, over a leg with the new profile. Slots speak
 * of the CSMS that the document names; a message that would move a charge point
 * to another one is not forwarded unless its class says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secure_in.h"

/* Of two URLs the part that says whose they are: behind the scheme, which
 * follows the profile, and without a slash at the end. */
static bool
same_csms(const char *a, const char *b)
{
	const char *x = strstr(a, "://"), *y = strstr(b, "://");
	size_t n, m;

	if (x == NULL || y == NULL || (a[0] | 0x20) != 'w')
		return false;
	x += 3;
	y += 3;
	n = strlen(x);
	m = strlen(y);
	n -= n > 0 && x[n - 1] == '/';
	m -= m > 0 && y[m - 1] == '/';
	return n == m && strncasecmp(x, y, n) == 0;
}

static struct slot *
slot_for(struct secured *r, int number)
{
	struct slot *empty = NULL;

	for (int i = 0; i < SECURE_SLOTS; i++) {
		if (r->slots[i].set && r->slots[i].number == number)
			return &r->slots[i];
		if (!r->slots[i].set && empty == NULL)
			empty = &r->slots[i];
	}
	return empty;
}

/* What the gateway can not be told about its own network. */
static const char *
unfit(struct job *j, const json_t *data, struct err *e)
{
	const char *identity = job_text(data, "identity");
	int64_t profile;

	if (!same_csms(
		job_text(data, "ocppCsmsUrl"), csms_of(j->s, j->c)->url)) {
		(void)err_set(e, EPERM, "another CSMS than ocpp.conf's");
		return "InvalidURL";
	}
	if (json_object_get(data, "vpn") != NULL ||
	    json_object_get(data, "apn") != NULL ||
	    (*identity != '\0' && strcmp(identity, j->c->identity) != 0) ||
	    strcmp(job_text(data, "ocppTransport"), "JSON") != 0) {
		(void)err_set(e, ENOTSUP, "only URL, profile and password");
		return "UnsupportedParam";
	}
	if (json_num(data, "securityProfile", 1, 3, &profile, e) == -1)
		return "InvalidValue";
	if (profile < profile_of(j->s, j->c) &&
	    !(profile == 2 && csms_of(j->s, j->c)->downgrade)) {
		(void)err_set(e, EPERM, "a lower profile than the one in use");
		return "NoSecurityDowngrade";
	}
	return NULL;
}

static enum pair_do
network(struct job *j)
{
	const json_t *data = json_object_get(j->q, "connectionData");
	const char *password = job_text(data, "basicAuthPassword");
	uint8_t bytes[CHARGER_SECRET_MAX];
	struct err e = { 0 };
	const char *why = unfit(j, data, &e);
	struct slot *t, was;
	int number =
	    (int)json_integer_value(json_object_get(j->q, "configurationSlot"));

	if (why == NULL && *password != '\0' &&
	    secret_parse(j->p->version, password, bytes, &e) == -1)
		why = "InvalidValue";
	explicit_bzero(bytes, sizeof(bytes));
	if (why != NULL)
		return job_status(j, "Rejected", why, e.text);
	if ((t = slot_for(j->r, number)) == NULL)
		return job_status(j, "Rejected", "TooManyElements", NULL);
	was = *t;
	*t = (struct slot){ .set = true,
		.number = number,
		.profile = (uint8_t)json_integer_value(
		    json_object_get(data, "securityProfile")) };
	(void)strncpy(t->password, password, sizeof(t->password) - 1);
	if (secured_save(j->s, j->r, &e) == -1) {
		*t = was;
		return job_status(j, "Failed", "InternalError", e.text);
	}
	return job_status(j, "Accepted", NULL, NULL);
}

enum pair_do
asked_network(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	const struct ocpp_class *class = p->charger->class;
	enum ocpp_manage policy = class->profiles;

	(void)way;
	(void)call;
	/* Its URL is a required member: forwarded, it moves the charger. */
	if (policy == OCPP_FORWARD && !class->move)
		policy = OCPP_REFUSE;
	return job_run(p, f, text, policy,
	    "{\"status\":\"Rejected\",\"statusInfo\":{\"reasonCode\":"
	    "\"InvalidURL\"}}",
	    network);
}

/* --- the priority --------------------------------------------------------- */

static int
slot_of(const struct secured *r, int number)
{
	for (int i = 0; i < SECURE_SLOTS; i++)
		if (r->slots[i].set && r->slots[i].number == number)
			return i;
	return -1;
}

int
priority_first(const struct secured *r, const char *list)
{
	char *end;
	long n = strtol(list, &end, 10);

	return end == list ? -1 : slot_of(r, (int)n);
}

/* "1,0": each a slot that is set, and one that may be used. */
static const char *
judge_priority(struct job *j, const char *value, struct err *e)
{
	const char *p = value, *why;
	char *end;

	for (; why = NULL, true; p = end + 1) {
		long n = strtol(p, &end, 10);
		int i = end == p ? -1 : slot_of(j->r, (int)n);

		if (i == -1 || (*end != ',' && *end != '\0')) {
			(void)err_set(e, EINVAL, "a slot that is not set");
			return "InvalidNetworkConf";
		}
		why = profile_refusal(j->s, j->c, j->r->slots[i].profile,
		    j->r->slots[i].password[0] != '\0', e);
		if (why != NULL || *end == '\0')
			return why;
	}
}

const char *
priority_change(struct job *j, const char *value, bool *redial, struct err *e)
{
	const char *why;

	(void)redial; /* with the next Reset */
	(void)err_set(
	    e, EINVAL, "at most %zu bytes", sizeof(j->r->priority) - 1);
	if (strlen(value) >= sizeof(j->r->priority))
		return "TooLargeElement";
	if ((why = judge_priority(j, value, e)) != NULL)
		return why;
	(void)strcpy(j->r->priority, value);
	j->r->moved = true;
	return secured_save(j->s, j->r, e) == -1 ? "InternalError" : NULL;
}

/* --- Reset ---------------------------------------------------------------- */

enum pair_do
asked_reset(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)p;
	(void)way;
	(void)f;
	(void)text;
	(void)call;
	return PAIR_PASS;
}

static int
move(struct secure *s, struct secured *r, struct charger *c, struct err *e)
{
	int i = priority_first(r, r->priority);
	const struct slot *t = i == -1 ? NULL : &r->slots[i];
	const char *password = t == NULL ? "" : t->password;

	r->moved = false;
	if (t == NULL)
		return secured_save(s, r, e);
	return profile_try(s, r, c, t->profile,
	    *password == '\0' ? NULL : (const uint8_t *)password,
	    strlen(password), e);
}

/* The charge point will reset and come back: by then the record says how the
 * CSMS is dialled. */
enum pair_do
answered_reset(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct secure *s = bridge_secure(p->bridge);
	char status[16] = "";
	struct secured *r;
	struct span value;
	struct err e;

	(void)way;
	(void)text;
	(void)call;
	if (s == NULL || p->charger->class->profiles != OCPP_GATEWAY ||
	    f->type != OCPP_RESULT ||
	    (r = secured_of(s, p->charger->identity)) == NULL || !r->moved ||
	    !judge_member(f->payload, "status", &value) ||
	    judge_text(value, status, sizeof(status)) == -1 ||
	    strcmp(status, "Rejected") == 0)
		return PAIR_PASS;
	return move(s, r, p->charger, &e) == -1 ? PAIR_FAIL : PAIR_PASS;
}
