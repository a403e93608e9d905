/* SPDX-License-Identifier: MIT */
/*
 * Frames leave as they are, less their secrets, so that a reader of the topic
 * reads OCPP; all else is a JSON object of ours. Nothing here can fail towards
 * the bridge: a copy that could not be made is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "charger.h"
#include "command.h"
#include "json.h"
#include "mirror.h"
#include "redact.h"

struct mirror {
	const struct ocpp_mirror *settings;
	struct mirror_calls calls;
	struct broker *broker;
	uint64_t lost;     /* before they came to the broker */
	struct bytes text; /* kept, so that a frame costs no allocation */
};

/* <prefix>/<identity>/<kind>[/<name>]; false: too long, which is counted. */
static bool
topic(struct mirror *m, char out[static BROKER_TOPIC_MAX], const char *identity,
    const char *kind, const char *name)
{
	char who[3 * OCPP_IDENTITY_MAX + 1], what[3 * OCPP_IDENTITY_MAX + 1];
	int n;

	charger_escape(identity, who);
	charger_escape(name, what);
	n = snprintf(out, BROKER_TOPIC_MAX, "%s/%s/%s%s%s", m->settings->prefix,
	    who, kind, *what == '\0' ? "" : "/", what);
	if (n >= 0 && n < BROKER_TOPIC_MAX)
		return true;
	m->lost++;
	return false;
}

static void
say(struct mirror *m, const char *identity, const char *kind, const char *name,
    json_t *object)
{
	own_json json_t *eaten = object;
	own_str char *line = object == NULL ? NULL : json_line(object);
	char where[BROKER_TOPIC_MAX];

	if (line == NULL)
		m->lost++;
	else if (topic(m, where, identity, kind, name))
		(void)broker_publish(
		    m->broker, where, line, strlen(line), false);
}

/* The text stays for the next one; only its length is forgotten. */
static struct bytes *
redacted(struct mirror *m, enum ocpp_version version, const struct frame *f,
    const char *action, struct span text)
{
	m->text.len = 0;
	m->text.bad = false;
	redact(version, f, action, text, m->settings->hide_idtags, &m->text);
	return m->text.bad ? NULL : &m->text;
}

static const char *const ways[] = { [OCPP_UP] = "up", [OCPP_DOWN] = "down" };

static void
say_fault(struct mirror *m, const char *identity, enum ocpp_way way,
    const char *action, const struct bytes *text, const struct verdict *v)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "way", json_string(ways[way]));
	(void)json_object_set_new(o, "action", json_text(action));
	(void)json_object_set_new(o, "path", json_text(v->path));
	(void)json_object_set_new(o, "why", json_text(v->why));
	(void)json_object_set_new(o, "frame", json_text(text->p));
	say(m, identity, "event", "invalid", o);
}

void
mirror_frame(struct mirror *m, const char *identity, enum ocpp_version version,
    enum ocpp_way way, const struct frame *f, const char *action,
    struct span text, const struct verdict *v)
{
	const struct bytes *out;
	char where[BROKER_TOPIC_MAX];

	if (m == NULL || (!m->settings->frames && v == NULL))
		return;
	if (action == NULL)
		action = "";
	if ((out = redacted(m, version, f, action, text)) == NULL) {
		m->lost++;
		return;
	}
	if (v != NULL && v->fault != JUDGE_FINE)
		say_fault(m, identity, way, action, out, v);
	else if (topic(m, where, identity, ways[way], action))
		(void)broker_publish(m->broker, where, out->p, out->len, false);
}

void
mirror_event(
    struct mirror *m, const char *identity, const char *kind, json_t *details)
{
	if (m == NULL)
		json_decref(details);
	else
		say(m, identity, "event", kind,
		    details != NULL ? details : json_object());
}

/* {"token":..} and one member more. */
static void
answer(struct mirror *m, const char *identity, const char *token,
    const char *key, json_t *value)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "token", json_string(token));
	(void)json_object_set_new(o, key, value);
	say(m, identity, "answer", "", o);
}

void
mirror_refuse(
    struct mirror *m, const char *identity, const char *token, const char *why)
{
	if (m != NULL)
		answer(m, identity, token, "refused", json_text(why));
}

/* What the charge point said, less its secrets, as a value; secrets are looked
 * for in whole frames, so it becomes one again. */
static json_t *
answer_value(struct mirror *m, enum ocpp_version version, const char *action,
    const struct frame *f)
{
	own_bytes struct bytes whole = { 0 };
	own_json json_t *array = NULL;
	const struct bytes *out;
	struct err e;

	bytes_fmt(&whole, "[3,\"\",");
	bytes_add(&whole, f->payload.p, f->payload.len);
	bytes_fmt(&whole, "]");
	if (whole.bad ||
	    (out = redacted(m, version, f, action,
		 (struct span){ whole.p, whole.len })) == NULL ||
	    (array = json_parse("answer", out->p, out->len, BYTES_LIMIT, &e)) ==
		NULL)
		return json_null();
	return json_incref(json_array_get(array, 2));
}

void
mirror_answer(struct mirror *m, const char *identity, const char *token,
    enum ocpp_version version, const char *action, const struct frame *f)
{
	json_t *value;

	if (m == NULL)
		return;
	if (f == NULL) {
		answer(m, identity, token, "timeout", json_true());
		return;
	}
	value = answer_value(m, version, action, f);
	if (f->type == OCPP_RESULT)
		answer(m, identity, token, "result", value);
	else
		answer(m, identity, token, "error",
		    json_pack("{s:o,s:s%}", "details", value, "code", f->code.p,
			f->code.len));
}

static void
on_up(void *ctx, struct broker *b)
{
	const struct mirror *m = ctx;
	char filter[BROKER_TOPIC_MAX];

	(void)snprintf(
	    filter, sizeof(filter), "%s/+/call/+", m->settings->prefix);
	if (m->settings->nrules > 0)
		(void)broker_subscribe(b, filter);
}

static void
on_message(void *ctx, const char *where, const char *text, size_t len)
{
	struct mirror *m = ctx;
	struct command c;
	struct err e;

	if (command_topic(m->settings->prefix, where, &c, &e) == -1)
		return; /* nobody there to be told */
	if (command_text(&c, text, len, &e) == -1)
		mirror_refuse(m, c.identity, c.token, e.text);
	else if (!command_allowed(&c, m->settings->rules, m->settings->nrules))
		mirror_refuse(m, c.identity, c.token,
		    "no rule in mirror.commands allows it");
	else
		m->calls.command(m->calls.ctx, c.identity, c.action, c.payload,
		    strlen(c.payload), c.token);
	free(c.payload);
}

struct mirror *
mirror_new(struct loop *loop, const struct ocpp_mirror *s,
    const struct mirror_calls *calls, struct err *e)
{
	char will[BROKER_TOPIC_MAX];
	struct broker_settings at = { .where = s->broker,
		.anchors = s->anchors,
		.chain = s->chain,
		.key = s->key,
		.user = s->user,
		.password = s->password,
		.will = will };
	struct mirror *m = calloc(1, sizeof(*m));
	struct broker_calls on = {
		.up = on_up, .message = on_message, .ctx = m
	};

	if (m == NULL)
		return (void)err_sys(e, "mirror"), NULL;
	m->settings = s;
	m->calls = *calls;
	(void)snprintf(will, sizeof(will), "%s/bridge", s->prefix);
	if ((m->broker = broker_new(loop, &at, &on, e)) != NULL)
		return m;
	free(m);
	return NULL;
}

void
mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	broker_free(m->broker);
	bytes_free(&m->text);
	free(m);
}

void
mirror_figures(
    const struct mirror *m, uint64_t *sent, uint64_t *dropped, bool *connected)
{
	struct broker_figures f;

	broker_figures(m->broker, &f);
	*sent = f.sent;
	*dropped = f.dropped + m->lost;
	*connected = f.up;
}
