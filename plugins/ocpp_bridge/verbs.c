/* SPDX-License-Identifier: MIT */
/*
 * What the command line asks: a table of verbs. Whoever may look sees frames
 * without their secrets; who may send is the agent's business (root, and not in
 * production).
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "plugin.h"
#include "tls.h"

#define PAGE_MAX    200
#define PAYLOAD_MAX (256 * 1024)

/* A reply is the caller's; NULL: e says why. */
typedef json_t *verb_fn(struct ocpp *, const json_t *q, struct err *);

static json_t *
no_memory(struct err *e)
{
	(void)err_set(e, ENOMEM, "out of memory");
	return NULL;
}

static json_t *
verb_status(struct ocpp *o, const json_t *q, struct err *e)
{
	own_bytes struct bytes authority = { 0 };
	json_t *r =
	    o->bridge == NULL ? json_object() : bridge_status(o->bridge);
	struct err none;

	(void)q;
	if (r == NULL)
		return no_memory(e);
	(void)json_object_set_new(
	    r, "serving", json_boolean(o->bridge != NULL));
	if (o->why[0] != '\0' && o->bridge == NULL)
		(void)json_object_set_new(r, "why", json_text(o->why));
	if (o->active)
		(void)json_object_set_new(
		    r, "csms", json_text(o->settings.csms.url));
	/* What an installer gives to charge points. */
	if (tls_down_authority(o->host->state_dir, &authority, &none) == 0)
		(void)json_object_set_new(
		    r, "authority", json_stringn(authority.p, authority.len));
	return r;
}

static json_t *
verb_chargers(struct ocpp *o, const json_t *q, struct err *e)
{
	const char *from;
	int64_t most = PAGE_MAX;
	json_t *r;

	if (json_str_or(q, "from", OCPP_IDENTITY_MAX, "", &from, e) == -1 ||
	    (json_object_get(q, "most") != NULL &&
		json_num(q, "most", 1, PAGE_MAX, &most, e) == -1))
		return NULL;
	r = bridge_chargers(
	    o->bridge, *from == '\0' ? NULL : from, (size_t)most);
	return r == NULL ? no_memory(e) : r;
}

static json_t *
verb_tail(struct ocpp *o, const json_t *q, struct err *e)
{
	const char *charger;
	int64_t after = 0;
	json_t *r;

	if (json_str_or(q, "charger", OCPP_IDENTITY_MAX, "", &charger, e) ==
		-1 ||
	    (json_object_get(q, "after") != NULL &&
		json_num(q, "after", 0, INT64_MAX, &after, e) == -1))
		return NULL;
	r = bridge_tail(
	    o->bridge, *charger == '\0' ? NULL : charger, (uint64_t)after);
	return r == NULL ? no_memory(e) : r;
}

/* The payload comes as text: what the charge point gets is what was typed. */
static json_t *
verb_send(struct ocpp *o, const json_t *q, struct err *e)
{
	const struct ingot_host *host = o->host;
	const char *charger, *action, *payload;
	uint64_t token;

	if (json_str(q, "charger", OCPP_IDENTITY_MAX, &charger, e) == -1 ||
	    json_str(q, "action", OCPP_ACTION_MAX, &action, e) == -1 ||
	    json_str(q, "payload", PAYLOAD_MAX, &payload, e) == -1 ||
	    bridge_send(o->bridge, charger, action, payload, strlen(payload),
		&token, e) == -1)
		return NULL;
	(void)host->event(
	    host, "CallSentByHand", "%s to charge point %s", action, charger);
	return json_pack("{s:I}", "token", (json_int_t)token);
}

static json_t *
verb_answer(struct ocpp *o, const json_t *q, struct err *e)
{
	json_t *answer;
	int64_t token;

	if (json_num(q, "token", 0, INT64_MAX, &token, e) == -1)
		return NULL;
	answer = bridge_answer(o->bridge, (uint64_t)token);
	return answer == NULL ? json_object()
			      : json_pack("{s:o}", "answer", answer);
}

static const struct verb {
	const char *name;
	verb_fn *run;
	bool idle; /* also while nothing is served */
	const char *known[4];
} verbs[] = {
	{ "ocpp.status", verb_status, true, { NULL } },
	{ "ocpp.chargers", verb_chargers, false, { "from", "most" } },
	{ "ocpp.tail", verb_tail, false, { "charger", "after" } },
	{ "ocpp.send", verb_send, false, { "charger", "action", "payload" } },
	{ "ocpp.answer", verb_answer, false, { "token" } },
};

static json_t *
answer(struct ocpp *o, const struct verb *v, const struct ingot_text *question,
    struct err *e)
{
	own_json json_t *q = json_parse(
	    "question", question->p, question->len, INGOT_TEXT_MAX, e);

	if (q == NULL || json_known(q, v->known, e) == -1)
		return NULL;
	if (o->bridge != NULL || v->idle)
		return v->run(o, q, e);
	(void)err_set(e, ENOTCONN, "%s",
	    o->why[0] != '\0'
		? o->why
		: "ocpp_bridge serves nothing: apply a snapshot with "
		  "documents/ocpp_bridge.conf first");
	return NULL;
}

int
ocpp_answer(void *v, const char *from, const char *verb,
    const struct ingot_text *question)
{
	struct ocpp *o = v;
	own_json json_t *reply = NULL;
	own_str char *line = NULL;
	struct err e;

	(void)from;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, verb) != 0)
			continue;
		if ((reply = answer(o, &verbs[i], question, &e)) == NULL)
			return o->host->fail(o->host, "%s", e.text);
		if ((line = json_line(reply)) == NULL)
			return o->host->fail(o->host, "out of memory");
		return o->host->emit(o->host, "%s", line);
	}
	return o->host->fail(o->host, "no verb \"%.64s\"", verb);
}
