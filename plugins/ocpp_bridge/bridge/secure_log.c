/* SPDX-License-Identifier: MIT */
/*
 * GetLog (OCPP 1.6 security 4.5; 2.x N01): where the security of a charge point
 * is the gateway's, the gateway uploads its security log, a JSON object a line,
 * to an http or https place; other schemes have no client here and are said to
 * be unsupported. Diagnostics are the charge point's own.
 *
 * What was asked is answered first; LogStatusNotification tells the rest. A new
 * question takes the place of one that is under way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secure_in.h"
#include "upload.h"

#define LATE_MS     60000
#define RETRIES_MAX 10
#define RETRY_S     60 /* when the CSMS names no interval */

struct logging {
	struct secure *s;
	struct secured *r;
	struct upload_where where;
	struct bytes text;
	struct upload *under_way; /* or NULL */
	int64_t request, left, interval_s;
	uint64_t next_ms; /* of the next try, or 0 */
};

/* --- what is told --------------------------------------------------------- */

static void
told(void *ctx, struct pair *p, const struct frame *answer)
{
	(void)ctx;
	(void)p;
	(void)answer;
}

/* Nobody to tell: a CSMS that is away may ask again. */
static void
tell(const struct logging *l, const char *status)
{
	const struct charger *c = chargers_find(l->s->chargers, l->r->identity);
	struct pair *p = c == NULL ? NULL : c->pair;
	own_str char *text = NULL;
	own_json json_t *o = NULL;
	struct err e;

	if (p == NULL || p->state != PAIR_OPEN)
		return;
	o = json_pack("{s:s, s:I}", "status", status, "requestId",
	    (json_int_t)l->request);
	if (o != NULL && (text = json_line(o)) != NULL)
		(void)pair_call(
		    p, OCPP_UP, "LogStatusNotification", text, told, NULL, &e);
}

void
log_forget(struct secured *r)
{
	struct logging *l = r->logging;

	r->logging = NULL;
	if (l == NULL)
		return;
	upload_cancel(l->under_way);
	bytes_free(&l->text);
	free(l);
}

/* --- the upload ----------------------------------------------------------- */

static void
uploaded(void *ctx, enum upload_end end, const char *why)
{
	static const char *const statuses[] = {
		[UPLOAD_DONE] = "Uploaded",
		[UPLOAD_DENIED] = "PermissionDenied",
		[UPLOAD_UNSUPPORTED] = "NotSupportedOperation",
		[UPLOAD_FAILED] = "UploadFailure",
	};
	struct logging *l = ctx;
	char line[512];

	l->under_way = NULL;
	(void)snprintf(line, sizeof(line),
	    "%.128s: security log to %.128s: %s, %s", l->r->identity,
	    l->where.host, statuses[end], why);
	if (l->s->host->log != NULL)
		l->s->host->log(l->s->host->ctx, line);
	tell(l, statuses[end]);
	if (end == UPLOAD_FAILED && l->left-- > 0) {
		l->next_ms = now_ms() + (uint64_t)l->interval_s * 1000;
		secure_watch(l->s);
		return;
	}
	log_forget(l->r);
}

static int
start(struct logging *l, struct err *e)
{
	struct secure *s = l->s;
	const struct charger *c = chargers_find(s->chargers, l->r->identity);
	SSL_CTX *tls = NULL;

	if (s->crew == NULL && (s->crew = crew_new(s->loop, 1, e)) == NULL)
		return -1;
	if (l->where.tls &&
	    (c == NULL ||
		bridge_server_tls(s->bridge, csms_of(s, c), &tls, e) == -1))
		return -1;
	l->next_ms = 0;
	l->under_way = upload_new(s->crew, &l->where, tls, l->text.p,
	    l->text.len, LATE_MS, uploaded, l, e);
	SSL_CTX_free(tls);
	return l->under_way == NULL ? -1 : 0;
}

static void
begin(struct logging *l)
{
	struct err e = { 0 };

	tell(l, "Uploading");
	if (start(l, &e) == -1)
		uploaded(l, UPLOAD_FAILED, e.text);
}

void
log_sweep(struct secured *r, uint64_t now)
{
	struct logging *l = r->logging;

	if (l != NULL && l->next_ms != 0 && now >= l->next_ms)
		begin(l);
}

bool
log_waits(const struct secured *r)
{
	return r->logging != NULL && r->logging->next_ms != 0;
}

/* --- the question --------------------------------------------------------- */

/* Seconds, UTC, of a date-time that the judge found good; otherwise: none. */
static int64_t
seconds(const char *text, int64_t otherwise)
{
	struct tm tm = { 0 };
	int hours = 0, minutes = 0, n = 0;
	const char *zone;
	int64_t at;

	if (sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &tm.tm_year,
		&tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		&n) != 6)
		return otherwise;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	at = timegm(&tm);
	zone = text + n + strcspn(text + n, "Zz+-");
	if (*zone != '+' && *zone != '-')
		return at;
	if (sscanf(zone + 1, "%2d:%2d", &hours, &minutes) != 2)
		return otherwise;
	return at - (*zone == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
}

static void
add_event(struct bytes *out, const struct seclog_event *event)
{
	char at[32] = "";
	time_t when = (time_t)event->at;
	struct tm tm;
	own_json json_t *o = NULL;
	own_str char *line = NULL;

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	o = json_pack("{s:s, s:o, s:s}", "type", event->type, "techInfo",
	    json_text(event->info), "timestamp", at);
	if (o != NULL && (line = json_line(o)) != NULL)
		bytes_fmt(out, "%s\n", line);
}

/* Those of this charge point, and those that are nobody's. */
static void
add_events(struct job *j, struct bytes *out)
{
	const json_t *log = json_object_get(j->q, "log");
	int64_t from = seconds(job_text(log, "oldestTimestamp"), INT64_MIN);
	int64_t to = seconds(job_text(log, "latestTimestamp"), INT64_MAX);
	struct seclog_event event;

	for (uint64_t at = 0; seclog_next(j->s->log, &at, &event); at++)
		if ((event.identity[0] == '\0' ||
			strcmp(event.identity, j->c->identity) == 0) &&
		    event.at >= from && event.at <= to)
			add_event(out, &event);
}

static int64_t
number(const json_t *q, const char *key, int64_t most, int64_t otherwise)
{
	const json_t *n = json_object_get(q, key);
	json_int_t v = json_integer_value(n);

	if (!json_is_integer(n) || v < 0)
		return otherwise;
	return v > most ? most : v;
}

/* NULL: e says why not. */
static struct logging *
prepare(struct job *j, const char *name, struct err *e)
{
	const json_t *log = json_object_get(j->q, "log");
	struct logging *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (void)err_set(e, ENOMEM, "out of memory"), NULL;
	*l = (struct logging){ .s = j->s,
		.r = j->r,
		.request = number(j->q, "requestId", INT32_MAX, 0),
		.left = number(j->q, "retries", RETRIES_MAX, 0),
		.interval_s = number(j->q, "retryInterval", 86400, RETRY_S) };
	add_events(j, &l->text);
	if (upload_where(job_text(log, "remoteLocation"), name, &l->where, e) ==
		0 &&
	    !l->text.bad)
		return l;
	if (l->text.bad)
		(void)err_set(e, ENOMEM, "out of memory");
	bytes_free(&l->text);
	free(l);
	return NULL;
}

static enum pair_do
get_log(struct job *j)
{
	char name[64], identity[3 * OCPP_IDENTITY_MAX + 1];
	bool before = j->r->logging != NULL;
	struct err e = { 0 };
	struct logging *l;
	enum pair_do did;
	json_t *reply;

	if (strcmp(job_text(j->q, "logType"), "SecurityLog") != 0)
		return PAIR_PASS;
	charger_escape(j->c->identity, identity);
	(void)snprintf(name, sizeof(name), "security-%.40s.jsonl", identity);
	if ((l = prepare(j, name, &e)) == NULL)
		return job_status(j, "Rejected",
		    e.code == EPROTONOSUPPORT ? "UnsupportedParam"
					      : "InvalidValue",
		    e.text);
	if (before && j->p->version != OCPP_16)
		tell(j->r->logging, "AcceptedCanceled");
	log_forget(j->r);
	j->r->logging = l;
	reply = status_json(j->p->version,
	    before ? "AcceptedCanceled" : "Accepted", NULL, NULL);
	(void)json_object_set_new(reply, "filename", json_string(name));
	did = job_reply(j, reply);
	if (did == PAIR_TAKEN)
		begin(l);
	else
		log_forget(j->r);
	return did;
}

enum pair_do
asked_log(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	enum ocpp_manage policy = p->charger->class->profiles;

	(void)way;
	(void)call;
	return job_run(p, f, text,
	    policy == OCPP_GATEWAY ? OCPP_GATEWAY : OCPP_FORWARD, "{}",
	    get_log);
}
