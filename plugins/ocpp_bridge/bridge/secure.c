/* SPDX-License-Identifier: MIT */
/*
 * What the gateway does itself about certificates, profiles and keys. One rule
 * for all of it: the class of a charge point says whether a message is the
 * gateway's (it speaks of the leg to the CSMS), the charge point's, or
 * nobody's. Only a message that is the gateway's is read; all others stay
 * bytes.
 *
 * These messages are rare, so they are read with jansson and may allocate.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "secure_in.h"

#define LOOK_MS 10000

#define ALL     (1u << OCPP_16 | 1u << OCPP_201 | 1u << OCPP_21)
#define V16     (1u << OCPP_16)
#define V2      (1u << OCPP_201 | 1u << OCPP_21)

const struct pair_handled secure_handled[] = {
	{ ALL, OCPP_UP, "SignCertificate", asked_sign, NULL },
	{ ALL, OCPP_DOWN, "CertificateSigned", asked_signed, NULL },
	{ ALL, OCPP_DOWN, "InstallCertificate", asked_install, NULL },
	{ ALL, OCPP_DOWN, "DeleteCertificate", asked_delete, NULL },
	{ ALL, OCPP_DOWN, "GetInstalledCertificateIds", asked_ids, NULL },
	{ V16, OCPP_DOWN, "ExtendedTriggerMessage", asked_trigger, NULL },
	{ V2, OCPP_DOWN, "TriggerMessage", asked_trigger, NULL },
	{ V16, OCPP_DOWN, "ChangeConfiguration", asked_change,
	    answered_change },
	{ V16, OCPP_DOWN, "GetConfiguration", asked_get, NULL },
	{ V2, OCPP_DOWN, "SetVariables", asked_set_vars, NULL },
	{ V2, OCPP_DOWN, "GetVariables", asked_get_vars, NULL },
	{ V2, OCPP_DOWN, "SetNetworkProfile", asked_network, NULL },
	{ V2, OCPP_DOWN, "Reset", asked_reset, answered_reset },
	{ V16, OCPP_DOWN, "SignedUpdateFirmware", asked_firmware, NULL },
	{ V2, OCPP_DOWN, "UpdateFirmware", asked_firmware, NULL },
	{ ALL, OCPP_DOWN, "GetLog", asked_log, NULL },
	{ ALL, OCPP_UP, "BootNotification", NULL, answered_boot },
	{ 0 },
};

/* --- the context ---------------------------------------------------------- */

/* Is it time for a new certificate? One charge point each time, so that the
 * store has never many questions at once; a year's leaf has weeks for it. */
void
secure_look(struct secure *s)
{
	struct charger *c = chargers_at(s->chargers, s->looked++);

	if (c == NULL)
		s->looked = 0;
	if (c == NULL || c->pair == NULL || c->class == NULL)
		return;
	secure_push(s, c->pair);
	if (c->class->certificates == OCPP_GATEWAY)
		sign_renew(s, c->pair);
}

static void
on_look(void *ctx)
{
	struct secure *s = ctx;
	struct err e;

	secure_look(s);
	s->look_timer = loop_timer(s->loop, LOOK_MS, on_look, s, &e);
}

struct secure *
secure_new(struct bridge *b, struct loop *loop, const struct bridge_host *host,
    struct chargers *chargers, const struct ocpp_settings *set, struct err *e)
{
	struct secure *s = calloc(1, sizeof(*s));
	char path[512];

	if (s == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	*s = (struct secure){ .bridge = b,
		.loop = loop,
		.host = host,
		.chargers = chargers,
		.set = set,
		.folder = -1 };
	(void)snprintf(path, sizeof(path), "%s/secure", host->state);
	if (file_mkdirs(AT_FDCWD, path, 0700, e) == -1 ||
	    file_sweep(AT_FDCWD, path, e) == -1) {
		secure_free(s);
		return NULL;
	}
	s->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder == -1)
		(void)err_sys(e, "%s", path);
	else
		s->log = seclog_open(s->folder, "events", e);
	if (s->log != NULL)
		s->look_timer = loop_timer(loop, LOOK_MS, on_look, s, e);
	if (s->log == NULL || s->look_timer == -1) {
		secure_free(s);
		return NULL;
	}
	return s;
}

void
secure_serve(struct secure *s, const struct ocpp_settings *set)
{
	s->set = set;
}

void
secure_free(struct secure *s)
{
	struct secured *r;

	if (s == NULL)
		return;
	loop_untimer(s->loop, s->timer);
	loop_untimer(s->loop, s->look_timer);
	while ((r = s->all) != NULL) {
		s->all = r->next;
		secured_free(r);
	}
	crew_free(s->crew);
	seclog_free(s->log);
	if (s->folder != -1)
		(void)close(s->folder);
	free(s);
}

/* One timer, and none while nobody waits for anything. */
static void
on_second(void *ctx)
{
	struct secure *s = ctx;

	s->timer = 0;
	for (struct secured *r = s->all; r != NULL; r = r->next) {
		sign_sweep(s, r, now_ms());
		log_sweep(r, now_ms());
	}
	secure_watch(s);
}

void
secure_watch(struct secure *s)
{
	bool waits = false;
	struct err e;

	for (struct secured *r = s->all; r != NULL; r = r->next)
		waits = waits || sign_waits(r) || log_waits(r);
	if (waits && s->timer <= 0)
		s->timer = loop_timer(s->loop, 1000, on_second, s, &e);
}

static void
speak(struct secure *s, struct pair *p)
{
	secure_push_accepted(s, p);
	if (p->charger->class->certificates == OCPP_GATEWAY)
		sign_renew(s, p);
}

void
secure_opened(struct secure *s, struct pair *p)
{
	if (p->charger->boot_interval != 0)
		speak(s, p);
}

/* The first word that the CSMS gives a charge point; store.c keeps it. */
enum pair_do
answered_boot(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct secure *s = bridge_secure(p->bridge);
	struct span value;
	char status[16];

	(void)way;
	(void)text;
	(void)call;
	if (s != NULL && f->type == OCPP_RESULT &&
	    judge_member(f->payload, "status", &value) &&
	    judge_text(value, status, sizeof(status)) != -1 &&
	    strcmp(status, "Accepted") == 0)
		speak(s, p);
	return PAIR_PASS;
}

/* --- one CALL ------------------------------------------------------------- */

static enum pair_do
run(struct job *j, job_fn *fn)
{
	own_json json_t *q = NULL;
	struct err e;

	q = json_parse(
	    "payload", j->f->payload.p, j->f->payload.len, SECURE_PAYLOAD, &e);
	if (!json_is_object(q))
		return pair_refuse(j->p, OCPP_DOWN, j->f->id,
			   judge_code(j->p->version, JUDGE_NO_JSON),
			   "the payload can not be read") == -1
		    ? PAIR_FAIL
		    : PAIR_TAKEN;
	j->q = q;
	return fn(j);
}

enum pair_do
job_run(struct pair *p, const struct frame *f, struct span text,
    enum ocpp_manage policy, const char *refusal, job_fn *fn)
{
	struct job j = { .s = bridge_secure(p->bridge),
		.p = p,
		.c = p->charger,
		.f = f,
		.text = text };

	/* A signed one is for whom it was signed. */
	if (policy == OCPP_FORWARD || f->is_signed)
		return PAIR_PASS;
	if (policy == OCPP_GATEWAY && j.s != NULL)
		j.r = secured_of(j.s, p->charger->identity);
	if (j.r != NULL)
		return run(&j, fn);
	return pair_answer(p, OCPP_DOWN, f->id, refusal) == -1 ? PAIR_FAIL
							       : PAIR_TAKEN;
}

enum pair_do
job_reply(struct job *j, json_t *reply)
{
	own_str char *text = json_line(reply);

	json_decref(reply);
	if (text == NULL || pair_answer(j->p, OCPP_DOWN, j->f->id, text) == -1)
		return PAIR_FAIL;
	return PAIR_TAKEN;
}

json_t *
status_json(enum ocpp_version v, const char *status, const char *reason,
    const char *info)
{
	json_t *o = json_pack("{s:s}", "status", status), *why;

	if (o == NULL || v == OCPP_16 || reason == NULL)
		return o;
	why = json_pack("{s:s}", "reasonCode", reason);
	if (info != NULL && *info != '\0')
		(void)json_object_set_new(
		    why, "additionalInfo", json_text(info));
	(void)json_object_set_new(o, "statusInfo", why);
	return o;
}

enum pair_do
job_status(
    struct job *j, const char *status, const char *reason, const char *info)
{
	return job_reply(j, status_json(j->p->version, status, reason, info));
}

const char *
job_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s == NULL ? "" : s;
}

json_t *
certs_ask(struct secure *s, const char *verb, json_t *question, struct err *e)
{
	json_t *reply = NULL;

	if (question == NULL)
		(void)err_set(e, ENOMEM, "out of memory");
	else if (s->host->certs == NULL) {
		json_decref(question);
		(void)err_set(e, ENOTCONN, "no certificate store");
	} else
		reply = s->host->certs(s->host->ctx, verb, question, e);
	return reply;
}

const char *
certs_result(const json_t *reply)
{
	const char *s = job_text(reply, "result");

	return *s == '\0' ? "Failed" : s;
}
