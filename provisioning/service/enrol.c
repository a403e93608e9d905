/* SPDX-License-Identifier: MIT */
/*
 * From message to reply, in batches. Every message is first looked at without
 * the lock (a repetition is answered there and then), then those left are
 * decided in one transaction. When the commit fails, none of its replies may
 * leave: all of them become "try again".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "draft.h"
#include "enrol.h"

#define RETRY_MS 5000 /* the service's own trouble; units add jitter */

static void
answer(struct enrol_work *w, const char *id, enum wire_stage stage,
    const char *error)
{
	struct wire_reply *r = calloc(1, sizeof(*r));
	struct bytes out = { 0 };
	struct err unused;

	free(w->reply);
	w->reply = NULL;
	w->reply_len = 0;
	w->stage = stage;
	w->success = error[0] == '\0';
	(void)snprintf(w->note, sizeof(w->note), "%s", error);
	if (r == NULL)
		return;
	(void)snprintf(r->id, sizeof(r->id), "%s", id);
	(void)snprintf(r->error, sizeof(r->error), "%s", error);
	r->stage = stage;
	r->retry_after_ms = stage == WIRE_SERVICE ? RETRY_MS : 0;
	if (wire_reply_encode(r, &out, &unused) == 0) {
		w->reply = out.p;
		w->reply_len = out.len;
	} else
		bytes_free(&out);
	free(r);
}

/* A reason that is the service's own stays in its log. */
static void
refuse(struct enrol_work *w, const char *id, enum wire_stage stage,
    const struct err *e)
{
	answer(w, id, stage,
	    stage == WIRE_SERVICE ? "the service is in trouble" : e->text);
	(void)snprintf(
	    w->note, sizeof(w->note), "%.*s", WIRE_ERROR_MAX, e->text);
}

static void
verdict(struct enrol_work *w, const char *id, struct decide_verdict *v)
{
	memcpy(w->other, v->other, sizeof(w->other));
	if (v->answer == NULL) {
		answer(w, id, v->stage, v->error);
		return;
	}
	w->reply = v->answer;
	w->reply_len = strlen(v->answer);
	w->stage = v->stage;
	w->success = true;
	v->answer = NULL;
}

/* No id to answer to: the unit finds out by its own clock. */
static void
unread(struct enrol_work *w, const struct err *e)
{
	w->stage = WIRE_PARSE;
	(void)snprintf(
	    w->note, sizeof(w->note), "%.*s", WIRE_ERROR_MAX, e->text);
}

/* 1: a draft to be decided, 0: answered already, -1: refused at *stage. */
static int
judge(struct enrol *en, struct enrol_work *w, struct draft *d,
    enum wire_stage *stage, struct err *e)
{
	struct decide_verdict v;
	uint8_t hash[SHA256_LEN];

	*stage = WIRE_PARSE;
	if (strcmp(d->request.serial, w->serial) != 0)
		return err_set(e, EACCES, "its serial is not its topic's");
	*stage = WIRE_SERVICE;
	if (sha256(w->text, w->len, hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), d->ask.request_hash);
	d->ask.request = &d->request;
	d->ask.by = w->by;
	if (decide(&en->registry, &d->ask, &v, e) == -1)
		return -1;
	if (v.decided) {
		verdict(w, d->request.id, &v);
		return 0;
	}
	return draft_make(en, d, stage, e) == -1 ? -1 : 1;
}

/* NULL: nothing left to decide. */
static struct draft *
look(struct enrol *en, struct enrol_work *w)
{
	struct draft *d = calloc(1, sizeof(*d));
	enum wire_stage stage;
	struct err e;
	int rc;

	if (d == NULL)
		return NULL;
	if (wire_request_parse(w->text, w->len, &d->request, &e) == -1) {
		unread(w, &e);
		draft_free(d);
		return NULL;
	}
	if ((rc = judge(en, w, d, &stage, &e)) == 1)
		return d;
	if (rc == -1)
		refuse(w, d->request.id, stage, &e);
	draft_free(d);
	return NULL;
}

static int
confirm(struct enrol *en, struct enrol_work *w, struct err *e)
{
	struct wire_confirm c;
	char error[WIRE_ERROR_MAX + 1];

	if (wire_confirm_parse(w->text, w->len, &c, e) == -1) {
		(void)snprintf(
		    w->note, sizeof(w->note), "%.*s", WIRE_ERROR_MAX, e->text);
		return 0;
	}
	if (decide_confirm(
		&en->registry, w->serial, c.fingerprint, w->by, error, e) == -1)
		return -1;
	answer(w, c.id, error[0] == '\0' ? WIRE_DONE : WIRE_KEY, error);
	return 0;
}

/* Inside the transaction. */
static int
settle(struct enrol *en, struct enrol_work *w, struct draft *d, struct err *e)
{
	struct decide_verdict v;

	if (d == NULL)
		return w->confirms ? confirm(en, w, e) : 0;
	if (decide(&en->registry, &d->ask, &v, e) == -1)
		return -1;
	verdict(w, d->request.id, &v);
	return 0;
}

/* One commit, one sync of the disk, for all of them. */
static int
settle_all(struct enrol *en, struct enrol_work *w, struct draft **d, size_t n,
    struct err *e)
{
	if (db_begin(en->registry.db, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (w[i].serial[0] != '\0' && settle(en, &w[i], d[i], e) == -1)
			return -1;
	return db_commit(en->registry.db, e);
}

/* The commit did not happen: what was about to be said is not so. */
static void
take_back(struct enrol_work *w, struct draft **d, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (d[i] != NULL)
			refuse(&w[i], d[i]->request.id, WIRE_SERVICE, e);
		else if (w[i].confirms)
			enrol_work_free(&w[i]);
}

/* Confirmations have no draft; they are decided with the rest. */
void
enrol_handle(struct enrol *en, struct enrol_work *w, size_t n)
{
	struct draft **d = calloc(n, sizeof(struct draft *));
	bool left = false;
	struct err e;

	if (d == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		char what[WIRE_NAME_MAX + 1];

		if (wire_topic_parse(w[i].topic, w[i].serial, what) == -1) {
			w[i].serial[0] = '\0';
			continue;
		}
		if (strcmp(what, "request") == 0)
			d[i] = look(en, &w[i]);
		w[i].confirms = strcmp(what, "confirm") == 0;
		left |= d[i] != NULL || w[i].confirms;
	}
	if (left && settle_all(en, w, d, n, &e) == -1) {
		db_rollback(en->registry.db);
		take_back(w, d, n, &e);
	}
	for (size_t i = 0; i < n; i++)
		draft_free(d[i]);
	free(d);
}

void
enrol_work_free(struct enrol_work *w)
{
	free(w->reply);
	w->reply = NULL;
}
