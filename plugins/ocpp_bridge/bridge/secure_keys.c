/* SPDX-License-Identifier: MIT */
/*
 * ChangeConfiguration and GetConfiguration of OCPP 1.6. Keys that are the
 * gateway's are answered here, all others are the charge point's; a question
 * for both kinds is answered by both. A key that the charge point itself takes
 * is learnt on the way: it will present it to us from then on.
 */
#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secure_in.h"
#include "who.h"

static const struct setting *
key_of(const char *name)
{
	for (const struct setting *t = settings; t->variable != NULL; t++)
		if (t->key != NULL && strcasecmp(t->key, name) == 0)
			return t;
	return NULL;
}

static const struct setting *
key_asked(const struct frame *f)
{
	char name[64];
	struct span value;

	if (!judge_member(f->payload, "key", &value) ||
	    judge_text(value, name, sizeof(name)) == -1)
		return NULL;
	return key_of(name);
}

/* --- change --------------------------------------------------------------- */

static enum pair_do
change(struct job *j)
{
	const struct setting *t = key_of(job_text(j->q, "key"));
	const char *why = "ReadOnly";
	bool redial = false;
	enum pair_do done;
	struct err e;

	if (t->write != NULL)
		why = t->write(j, job_text(j->q, "value"), &redial, &e);
	done = job_status(j, why == NULL ? "Accepted" : "Rejected", NULL, NULL);
	if (done == PAIR_TAKEN && redial)
		pair_redial(j->p, true);
	return done;
}

static void
note_passed(struct pair *p, const struct frame *f)
{
	struct secure *s = bridge_secure(p->bridge);
	struct secured *r =
	    s == NULL ? NULL : secured_of(s, p->charger->identity);
	struct span value, quoted = { f->id.p - 1, f->id.len + 2 };
	char text[2 * CHARGER_SECRET_MAX + 1];
	struct err e;
	int n = -1;

	if (r == NULL || f->id.len == 0 ||
	    !judge_member(f->payload, "value", &value))
		return;
	r->passed.id[0] = '\0';
	if (judge_text(value, text, sizeof(text)) != -1)
		n = secret_parse(OCPP_16, text, r->passed.secret, &e);
	OPENSSL_cleanse(text, sizeof(text));
	if (n == -1 ||
	    judge_text(quoted, r->passed.id, sizeof(r->passed.id)) == -1)
		r->passed.id[0] = '\0';
	r->passed.secret_len = n == -1 ? 0 : (size_t)n;
}

enum pair_do
asked_change(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	const struct setting *t = key_asked(f);
	const struct charger *c = p->charger;
	bool is_secret;

	(void)way;
	(void)call;
	if (t == NULL || f->is_signed)
		return PAIR_PASS;
	is_secret = strcmp(t->variable, "BasicAuthPassword") == 0;
	/* What the document says it presents would be another one then. */
	if (is_secret && c->class->profiles == OCPP_FORWARD &&
	    c->class->password != NULL)
		return pair_answer(p, OCPP_DOWN, f->id,
			   "{\"status\":\"Rejected\"}") == -1
		    ? PAIR_FAIL
		    : PAIR_TAKEN;
	if (is_secret && c->class->profiles == OCPP_FORWARD)
		note_passed(p, f);
	return job_run(p, f, text, setting_policy(c, t),
	    "{\"status\":\"Rejected\"}", change);
}

/* The charge point's answer: durable before the CSMS has it (A01). */
enum pair_do
answered_change(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	struct secure *s = bridge_secure(p->bridge);
	struct charger *c = p->charger;
	struct secured *r = s == NULL ? NULL : secured_of(s, c->identity);
	enum pair_do done = PAIR_PASS;
	char status[24] = "";
	struct span value;
	struct err e;

	(void)way;
	(void)text;
	if (r == NULL || r->passed.id[0] == '\0' || call == NULL ||
	    strcmp(call->id, r->passed.id) != 0)
		return PAIR_PASS;
	if (f->type == OCPP_RESULT &&
	    judge_member(f->payload, "status", &value))
		(void)judge_text(value, status, sizeof(status));
	if (strcmp(status, "Accepted") == 0 ||
	    strcmp(status, "RebootRequired") == 0) {
		memcpy(c->secret, r->passed.secret, r->passed.secret_len);
		c->secret_len = r->passed.secret_len;
		if (who_password_is(c, c->secret, c->secret_len, &e) == -1 ||
		    charger_save(s->chargers, c, &e) == -1)
			done = PAIR_FAIL;
		secure_raise(s, p, "ReconfigurationOfSecurityParameters",
		    "a new password");
	}
	OPENSSL_cleanse(&r->passed, sizeof(r->passed));
	return done;
}

/* --- get ------------------------------------------------------------------ */

static json_t *
key_json(struct job *j, const struct setting *t)
{
	json_t *o = json_pack(
	    "{s:s, s:b}", "key", t->key, "readonly", t->write == NULL ? 1 : 0);
	char value[SECURE_VALUE] = "";

	/* AuthorizationKey is written and never read. */
	if (t->read == NULL)
		return o;
	t->read(j, value);
	(void)json_object_set_new(o, "value", json_text(value));
	return o;
}

static bool
is_ours(const struct job *j, const struct setting *t)
{
	return t != NULL && t->key != NULL &&
	    setting_policy(j->c, t) == OCPP_GATEWAY;
}

static enum pair_do
get_all(struct job *j)
{
	json_t *ours = json_array();

	for (const struct setting *t = settings; t->variable != NULL; t++)
		if (is_ours(j, t))
			(void)json_array_append_new(ours, key_json(j, t));
	return merge_ask(j, "GetConfiguration", json_object(),
	    "configurationKey", ours, false);
}

static enum pair_do
get(struct job *j)
{
	const json_t *asked = json_object_get(j->q, "key"), *one;
	json_t *ours, *others;
	size_t i;

	if (json_array_size(asked) == 0)
		return get_all(j);
	ours = json_array();
	others = json_array();
	json_array_foreach(asked, i, one)
	{
		const char *name = json_string_value(one);
		const struct setting *t = name == NULL ? NULL : key_of(name);

		if (is_ours(j, t))
			(void)json_array_append_new(ours, key_json(j, t));
		else
			(void)json_array_append_new(
			    others, json_deep_copy(one));
	}
	if (json_array_size(ours) > 0 && json_array_size(others) > 0)
		return merge_ask(j, "GetConfiguration",
		    json_pack("{s:o}", "key", others), "configurationKey", ours,
		    false);
	i = json_array_size(ours);
	json_decref(others);
	if (i > 0)
		return job_reply(
		    j, json_pack("{s:o}", "configurationKey", ours));
	json_decref(ours);
	return PAIR_PASS;
}

enum pair_do
asked_get(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	const struct ocpp_class *class = p->charger->class;

	(void)way;
	(void)call;
	if (class->profiles != OCPP_GATEWAY &&
	    class->certificates != OCPP_GATEWAY)
		return PAIR_PASS;
	return job_run(p, f, text, OCPP_GATEWAY, "{}", get);
}
