/* SPDX-License-Identifier: MIT */
/*
 * Security events: into the log first, then to the CSMS of the charge point
 * they are about, if its version calls them critical (A04). One that could not
 * be told (CSMS away, unit restarted) is still due in the log, and is told when
 * the CSMS is back: one after the other, oldest first.
 *
 * A peer decides how often most of them happen: the same one about the same
 * charge point is kept once a minute, and of all together A_MINUTE.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secure_in.h"

#define MINUTE_S 60
#define A_MINUTE 60
#define QUIET_MS 60000

struct push {
	struct secure *s;
	uint64_t number;
};

static void
told(void *ctx, struct pair *p, const struct frame *answer)
{
	struct push *push = ctx;
	struct secure *s = push->s;
	bool heard = answer != NULL;
	struct secured *r;
	struct err e;

	/* An error is an answer too: it would be the same the next time. */
	if (heard)
		(void)seclog_told(s->log, push->number, &e);
	free(push);
	if ((r = secured_of(s, p->charger->identity)) != NULL)
		r->telling = false;
	if (heard)
		secure_push(s, p);
}

static char *
payload(enum ocpp_version v, const struct seclog_event *event)
{
	char at[32] = "";
	time_t when = (time_t)event->at;
	struct tm tm;
	own_json json_t *o = NULL;

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	o = json_pack(
	    "{s:s, s:s}", "type", seclog_name(v, event->type), "timestamp", at);
	if (o != NULL && event->info[0] != '\0')
		(void)json_object_set_new(
		    o, "techInfo", json_text(event->info));
	return o == NULL ? NULL : json_line(o);
}

/* False: not sent, and it stays due. */
static bool
push_one(struct secure *s, struct pair *p, struct secured *r,
    const struct seclog_event *event)
{
	struct push *push = malloc(sizeof(*push));
	own_str char *text = payload(p->version, event);
	struct err e;

	if (push == NULL || text == NULL) {
		free(push);
		return false;
	}
	*push = (struct push){ s, event->number };
	r->telling = true;
	if (pair_call(p, OCPP_UP, "SecurityEventNotification", text, told, push,
		&e) == 0)
		return true;
	r->telling = false;
	free(push);
	return false;
}

/*
 * A CSMS that has not accepted a charge point answers nothing but its boot
 * (2.x B01): what it was told before would be lost. One that is connected for a
 * while and does not boot was accepted before this gateway knew it.
 */
static bool
is_accepted(const struct pair *p)
{
	return p->charger->boot_interval != 0 ||
	    (!p->booting && now_ms() - p->since_ms > QUIET_MS);
}

void
secure_push(struct secure *s, struct pair *p)
{
	if (is_accepted(p))
		secure_push_accepted(s, p);
}

void
secure_push_accepted(struct secure *s, struct pair *p)
{
	struct seclog_event event;
	struct secured *r;
	uint64_t at = 0;
	struct err e;

	if (p->state != PAIR_OPEN || !seclog_any_due(s->log) ||
	    (r = secured_of(s, p->charger->identity)) == NULL || r->telling)
		return;
	for (; seclog_next(s->log, &at, &event); at++) {
		if (!event.due ||
		    strcmp(event.identity, p->charger->identity) != 0)
			continue;
		if (seclog_critical(p->version, event.type)) {
			(void)push_one(s, p, r, &event);
			return;
		}
		/* Of a version that does not push it. */
		(void)seclog_told(s->log, event.number, &e);
	}
}

/* Each is a write that the loop waits for, and 200 charge points that lose
 * their CSMS in one moment have the same to say. */
static bool
is_too_much(struct secure *s, int64_t at)
{
	if (s->minute != at / MINUTE_S) {
		s->minute = at / MINUTE_S;
		s->written = 0;
	}
	return s->written++ >= A_MINUTE;
}

/* Was it said just now? */
static bool
is_repeated(struct secure *s, const struct seclog_event *like)
{
	struct seclog_event event;
	uint64_t at = s->last < 20 ? 0 : s->last - 20;

	/* What a CSMS changed, it changed each time. */
	if (strcmp(like->type, "ReconfigurationOfSecurityParameters") == 0)
		return false;
	for (; seclog_next(s->log, &at, &event); at++)
		if (like->at - event.at < MINUTE_S &&
		    strcmp(like->type, event.type) == 0 &&
		    strcmp(like->identity, event.identity) == 0 &&
		    strcmp(like->info, event.info) == 0)
			return true;
	return false;
}

/* False: not kept; it was said already, too often, or it can not be. */
static bool
keep(struct secure *s, struct pair *p, struct seclog_event *event,
    const char *kind, const char *text)
{
	struct err e = { 0 };

	*event = (struct seclog_event){ .at = time(NULL) };
	if (seclog_name(OCPP_21, kind) == NULL)
		return false;
	if (p != NULL)
		(void)strcpy(event->identity, p->charger->identity);
	(void)snprintf(event->type, sizeof(event->type), "%s", kind);
	(void)snprintf(event->info, sizeof(event->info), "%s", text);
	/* Which version it will be is not known while it is dialled. */
	event->due = p != NULL && seclog_critical(OCPP_21, kind);
	if (is_repeated(s, event) || is_too_much(s, event->at))
		return false;
	if (seclog_add(s->log, event, &e) == 0)
		s->last = event->number;
	else if (s->host->log != NULL)
		s->host->log(s->host->ctx, e.text);
	return true;
}

void
secure_note(struct secure *s, const char *kind, const char *text)
{
	struct seclog_event event;

	(void)keep(s, NULL, &event, kind, text);
}

void
secure_event(
    struct secure *s, struct pair *p, const char *kind, const char *text)
{
	struct seclog_event event;
	char line[600];

	if (!keep(s, p, &event, kind, text))
		return;
	(void)snprintf(line, sizeof(line), "%s%.*s%s%s",
	    p == NULL ? "" : "charge point ", OCPP_IDENTITY_MAX, event.identity,
	    p == NULL ? "" : ": ", text);
	if (s->host->event != NULL)
		s->host->event(s->host->ctx, kind, line);
	if (event.due)
		secure_push(s, p);
}

void
secure_raise(
    struct secure *s, struct pair *p, const char *name, const char *fmt, ...)
{
	char text[SECLOG_INFO + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	secure_event(s, p, name, text);
}
