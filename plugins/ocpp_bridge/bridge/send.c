/* SPDX-License-Identifier: MIT */
/*
 * CALLs that a person or a program asks for: by the verb (its answer is fetched
 * with a token) or over MQTT (its answer goes back there). They are judged
 * before they leave, whatever the mode: a charge point is no place for trials.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_in.h"
#include "json.h"

#define SENT_MAX 64

struct sent {
	struct sent *next;
	struct bridge *bridge;
	uint64_t token;
	uint64_t at_ms;
	json_t *answer; /* NULL: not yet */
	/* Over MQTT: */
	char identity[OCPP_IDENTITY_MAX + 1];
	char action[OCPP_ACTION_MAX + 1];
	char name[MIRROR_TOKEN_MAX + 1]; /* its token there, or "" */
};

static void
drop(struct sent *s)
{
	json_decref(s->answer);
	free(s);
}

static void
take_out(struct sent *one)
{
	struct sent **at = &one->bridge->sent;

	while (*at != NULL && *at != one)
		at = &(*at)->next;
	if (*at != NULL)
		*at = one->next;
}

void
sent_free(struct bridge *b)
{
	struct sent *s;

	while ((s = b->sent) != NULL) {
		b->sent = s->next;
		drop(s);
	}
}

static json_t *
text_of(struct span s)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "%.*s", (int)s.len, s.p);
	return json_text(text);
}

static json_t *
said(const struct frame *f)
{
	struct err e;
	json_t *j;

	if (f == NULL)
		return json_pack("{s:{s:s}}", "error", "code", "timeout");
	if (f->type != OCPP_RESULT)
		return json_pack(
		    "{s:{s:o}}", "error", "code", text_of(f->code));
	j = json_parse(
	    "answer", f->payload.p, f->payload.len, f->payload.len, &e);
	return j == NULL ? json_pack("{s:{s:s}}", "error", "code", "unreadable")
			 : json_pack("{s:o}", "result", j);
}

static void
answered(void *ctx, struct pair *p, const struct frame *f)
{
	struct sent *s = ctx;
	struct bridge *b = s->bridge;

	if (s->name[0] == '\0') {
		s->answer = said(f);
		return;
	}
	if (b->mirror != NULL)
		mirror_answer(
		    b->mirror, s->identity, s->name, p->version, s->action, f);
	take_out(s);
	drop(s);
}

/* Too many that nobody fetched: an old one goes that has its answer. */
static int
make_room(struct bridge *b, struct err *e)
{
	struct sent *s, *oldest = NULL;
	unsigned n = 0;

	for (s = b->sent; s != NULL; s = s->next, n++)
		if (s->answer != NULL)
			oldest = s; /* the list is newest first */
	if (n < SENT_MAX)
		return 0;
	if (oldest == NULL)
		return err_set(e, EBUSY, "%u calls wait for answers", n);
	take_out(oldest);
	drop(oldest);
	return 0;
}

static int
is_good(const struct pair *p, const char *action, const char *payload,
    struct err *e)
{
	size_t size = strlen(action) + strlen(payload) + 32;
	own_str char *text = malloc(size);
	struct frame f = { .shape = -1 };
	struct verdict v = { .fault = JUDGE_FINE };

	if (text == NULL)
		return err_set(e, ENOMEM, "out of memory");
	(void)snprintf(text, size, "[2,\"1\",\"%s\",%s]", action, payload);
	if (!judge_frame(p->version, OCPP_DOWN, text, strlen(text), &f, &v) ||
	    (!f.is_signed && !judge_payload(&f, f.shape, false, &v)))
		return err_set(e, EINVAL, "%s: %s: %s", action, v.path, v.why);
	return 0;
}

static struct sent *
send_to(struct bridge *b, const char *identity, const char *action,
    const char *payload, const char *name, struct err *e)
{
	struct charger *c = chargers_find(b->chargers, identity);
	struct sent *s;

	if (c == NULL || c->pair == NULL || c->pair->version == OCPP_VERSIONS) {
		(void)err_set(
		    e, ENOTCONN, "charge point %s is not connected", identity);
		return NULL;
	}
	if (strlen(action) > OCPP_ACTION_MAX) {
		(void)err_set(e, EINVAL, "that is no action");
		return NULL;
	}
	if (is_good(c->pair, action, payload, e) == -1 || make_room(b, e) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	s->bridge = b;
	s->token = ++b->token;
	s->at_ms = b->now_ms;
	s->next = b->sent;
	b->sent = s;
	(void)strcpy(s->identity, c->identity);
	(void)strcpy(s->action, action);
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	if (pair_call(c->pair, OCPP_DOWN, action, payload, answered, s, e) ==
	    -1) {
		take_out(s);
		drop(s);
		return NULL;
	}
	return s;
}

int
bridge_send(struct bridge *b, const char *identity, const char *action,
    const char *payload, size_t len, uint64_t *token, struct err *e)
{
	own_str char *text = strndup(payload, len);
	struct sent *s;

	if (text == NULL)
		return err_set(e, ENOMEM, "out of memory");
	*token = b->token + 1;
	s = send_to(b, identity, action, text, "", e);
	return s == NULL ? -1 : 0;
}

json_t *
bridge_answer(struct bridge *b, uint64_t token)
{
	struct sent *s = b->sent;
	json_t *answer;

	while (s != NULL && (s->token != token || s->name[0] != '\0'))
		s = s->next;
	if (s == NULL)
		return json_pack("{s:{s:s}}", "error", "code", "unknown token");
	if (s->answer == NULL)
		return NULL;
	answer = json_incref(s->answer);
	take_out(s);
	drop(s);
	return answer;
}

/* A command of the mirror's broker. */
void
commanded(void *bridge, const char *identity, const char *action,
    const char *payload, size_t len, const char *token)
{
	struct bridge *b = bridge;
	own_str char *text = strndup(payload, len);
	struct err e;

	(void)err_set(&e, ENOMEM, "out of memory");
	if ((text == NULL ||
		send_to(b, identity, action, text,
		    token[0] == '\0' ? "-" : token, &e) == NULL) &&
	    b->mirror != NULL)
		mirror_refuse(b->mirror, identity, token, e.text);
}
