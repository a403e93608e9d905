/* SPDX-License-Identifier: MIT */
/*
 * The enrolment as a table of stages. A stage either goes on, or waits for an
 * event (1), or fails (-1) and is tried again later, with full jitter. Each is
 * written down before it is begun, and each may be done twice: after a kill it
 * simply is.
 *
 * One stage is one turn of the host's loop, so the agent's requests get in
 * between.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opened.h"
#include "uplink.h"

#define SETTLE_MS  20
#define OPEN_TRIES 8

struct step {
	int (*run)(struct uplink *, struct err *);
	enum stage next;
	enum enrol_state state; /* as others see it */
};

static int make_key(struct uplink *, struct err *);
static int make_request(struct uplink *, struct err *);
static int activate(struct uplink *, struct err *);
static int install(struct uplink *, struct err *);
static int hand_on(struct uplink *, struct err *);
static int promote(struct uplink *, struct err *);
static int report(struct uplink *, struct err *);

static const struct step steps[STAGES] = {
	[STAGE_KEY] = { make_key, STAGE_CSR, ENROL_RUNNING },
	[STAGE_CSR] = { make_request, STAGE_REQUEST, ENROL_RUNNING },
	[STAGE_REQUEST] = { talk_request, STAGE_ACTIVATE, ENROL_RUNNING },
	[STAGE_ACTIVATE] = { activate, STAGE_INSTALL, ENROL_RUNNING },
	[STAGE_INSTALL] = { install, STAGE_CONFIRM, ENROL_RUNNING },
	[STAGE_CONFIRM] = { talk_confirm, STAGE_ISSUED, ENROL_PENDING },
	[STAGE_ISSUED] = { hand_on, STAGE_PROMOTE, ENROL_RUNNING },
	[STAGE_PROMOTE] = { promote, STAGE_REPORT, ENROL_RUNNING },
	[STAGE_REPORT] = { report, STAGE_DONE, ENROL_RUNNING },
	[STAGE_DONE] = { NULL, STAGE_DONE, ENROL_ENROLLED },
};

const char *
enrol_state_name(enum enrol_state s)
{
	static const char *const names[ENROL_STATES] = {
		[ENROL_IDLE] = "idle",
		[ENROL_RUNNING] = "running",
		[ENROL_PENDING] = "pending",
		[ENROL_ENROLLED] = "enrolled",
		[ENROL_FAILED] = "failed",
		[ENROL_QUARANTINED] = "quarantined",
	};

	return names[s];
}

bool
enrol_under_way(const struct uplink *u)
{
	enum stage s = u->enrol.progress.stage;

	return s != STAGE_NONE && s != STAGE_DONE;
}

/* The only state of an enrolment. Durable before the stage it names is begun.
 */
static int
keep(struct uplink *u, struct err *e)
{
	char path[512];

	(void)uplink_file(u, path, sizeof(path), "enrol", ".json");
	return progress_write(path, &u->enrol.progress, e);
}

static void turn(void *ctx);

static void
turn_in(struct uplink *u, uint64_t ms)
{
	u->enrol.timer = u->host->timer(u->host, ms, turn, u);
}

static void
forget_issued(struct enrol *n)
{
	if (n->issued != NULL)
		wire_issued_wipe(n->issued);
	free(n->issued);
	n->issued = NULL;
}

void
enrol_retry(struct uplink *u, const char *why, int64_t at_least_ms)
{
	struct enrol *n = &u->enrol;
	uint64_t wait = mqtt_backoff_ms(n->failures, u->doc.retry_max_ms);

	if (n->failures++ < 20 || n->failures % 20 == 0)
		u->host->log(u->host, "enrolment, %s: %s",
		    stage_name(n->progress.stage), why);
	(void)snprintf(n->error, sizeof(n->error), "%s", why);
	/* The service's wish, and jitter on top, or all come back at once. */
	n->retry_ms = (uint64_t)at_least_ms + wait;
	turn_in(u, n->retry_ms);
	if (u->link.wanted)
		link_start(u); /* meanwhile the old certificate serves */
}

/* Over, until a person starts it again: a refusal does not become a yes by
 * being asked for more often, and quarantine is for an operator to end. */
void
enrol_refused(struct uplink *u, enum enrol_state state, const char *why)
{
	struct enrol *n = &u->enrol;
	struct err e;

	u->host->event(u->host, "EnrolmentRefused", "%s", why);
	(void)snprintf(n->error, sizeof(n->error), "%s", why);
	n->state = state;
	n->retry_ms = 0;
	forget_issued(n);
	progress_free(&n->progress);
	if (keep(u, &e) == -1)
		u->host->log(u->host, "enrolment: %s", e.text);
	if (u->link.wanted)
		link_start(u);
}

/* A stage whose success can not be written down has not succeeded: it is done
 * again, which does no harm. */
void
enrol_advance(struct uplink *u)
{
	struct enrol *n = &u->enrol;
	enum stage before = n->progress.stage;
	struct err e;

	n->progress.stage = steps[before].next;
	if (keep(u, &e) == -1) {
		n->progress.stage = before;
		enrol_retry(u, e.text, 0);
		return;
	}
	n->failures = 0;
	n->retry_ms = 0;
	n->error[0] = '\0';
	n->state = steps[n->progress.stage].state;
	if (n->progress.stage == STAGE_DONE) {
		forget_issued(n);
		link_start(u);
	} else
		turn_in(u, 0);
}

/* Once; a request that was new and is refused as well is refused. */
void
enrol_renew_request(struct uplink *u, const char *why)
{
	struct enrol *n = &u->enrol;
	struct err e;

	if (n->renewed) {
		enrol_refused(u, ENROL_FAILED, why);
		return;
	}
	n->renewed = true;
	u->host->log(u->host, "enrolment: %s; with a new request", why);
	bytes_free(&n->progress.reply);
	bytes_free(&n->progress.request);
	forget_issued(n);
	n->progress.stage = STAGE_CSR;
	n->state = ENROL_RUNNING;
	if (keep(u, &e) == -1)
		u->host->log(u->host, "enrolment: %s", e.text);
	enrol_retry(u, why, 0);
}

static void
turn(void *ctx)
{
	struct uplink *u = ctx;
	struct enrol *n = &u->enrol;
	struct err e;
	int rc;

	n->timer = 0;
	n->retry_ms = 0;
	if (!u->active || !enrol_under_way(u))
		return;
	if (!mqtt_settled()) { /* of the stage before */
		turn_in(u, SETTLE_MS);
		return;
	}
	rc = steps[n->progress.stage].run(u, &e);
	if (rc == 0)
		enrol_advance(u);
	else if (rc == -1 && n->failures >= OPEN_TRIES &&
	    (n->progress.stage == STAGE_ACTIVATE ||
		n->progress.stage == STAGE_INSTALL))
		enrol_renew_request(u, e.text); /* it will never open */
	else if (rc == -1)
		enrol_retry(u, e.text, 0);
}

int
enrol_start(struct uplink *u, struct err *e)
{
	struct enrol *n = &u->enrol;

	if (!u->active)
		return err_set(e, ENOTCONN,
		    "uplink is not set up: apply a "
		    "snapshot with documents/"
		    "uplink.conf first");
	if (enrol_under_way(u))
		return 0;
	progress_free(&n->progress);
	forget_issued(n);
	n->progress.stage = STAGE_KEY;
	n->state = ENROL_RUNNING;
	n->failures = n->refusals = 0;
	n->renewed = false;
	n->error[0] = '\0';
	if (keep(u, e) == -1) {
		n->progress.stage = STAGE_NONE;
		n->state = ENROL_FAILED;
		return -1;
	}
	u->host->event(u->host, "EnrolmentStarted", "at %s", u->doc.host);
	turn_in(u, 0);
	return 0;
}

void
enrol_resume(struct uplink *u)
{
	struct enrol *n = &u->enrol;
	char path[512];
	struct err e;

	if (n->timer > 0 || n->mqtt != NULL)
		return; /* it is at it */
	if (n->progress.stage == STAGE_NONE &&
	    progress_read(uplink_file(u, path, sizeof(path), "enrol", ".json"),
		&n->progress, &e) == -1) {
		u->host->log(u->host, "enrolment, from the start: %s", e.text);
		(void)enrol_start(u, &e);
		return;
	}
	if (n->progress.stage == STAGE_NONE)
		return;
	n->state = steps[n->progress.stage].state;
	if (enrol_under_way(u))
		turn_in(u, 0);
}

void
enrol_stop(struct uplink *u)
{
	struct enrol *n = &u->enrol;

	talk_end(u);
	forget_issued(n);
	progress_free(&n->progress);
	n->state = ENROL_IDLE;
}

/* --- the stages ---------------------------------------------------------- */

static int
copy(const json_t *j, const char *key, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_str(j, key, size - 1, &s, e) == -1)
		return -1;
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

/* The key from an attempt before is good: it was never used for anything. */
static int
make_key(struct uplink *u, struct err *e)
{
	own_json json_t *r = uplink_ask(u, "cert_store", "key.create",
	    json_pack("{s:s}", "purpose", PURPOSE_PENDING), e);

	return r == NULL ? -1 : 0;
}

static int
make_request(struct uplink *u, struct err *e)
{
	return request_make(u, e);
}

static int
activate(struct uplink *u, struct err *e)
{
	return answer_open(u, e);
}

static int
install(struct uplink *u, struct err *e)
{
	struct progress *p = &u->enrol.progress;
	own_json json_t *r = NULL;

	if (answer_open(u, e) == -1)
		return -1;
	r = uplink_ask(u, "cert_store", "cert.install",
	    json_pack("{s:s, s:s}", "purpose", PURPOSE_PENDING, "chain",
		u->enrol.issued->chain),
	    e);
	if (r == NULL)
		return -1;
	return copy(
	    r, "fingerprint", p->fingerprint, sizeof(p->fingerprint), e);
}

/* Before the promotion: after it, the answer can not be opened any more. */
static int
hand_on(struct uplink *u, struct err *e)
{
	own_json json_t *values = json_object();
	own_json json_t *r = NULL;

	if (answer_open(u, e) == -1)
		return -1;
	for (size_t i = 0; i < u->enrol.issued->count; i++) {
		const struct wire_value *v = &u->enrol.issued->values[i];

		if (json_object_set_new(
			values, v->name, json_string(v->value)) == -1)
			return err_set(e, ENOMEM, "out of memory");
	}
	r = uplink_ask(
	    u, "agent", "issued.put", json_pack("{s:O}", "values", values), e);
	return r == NULL ? -1 : 0;
}

/* The old connection ends here: its key is about to be replaced under it. */
static int
promote(struct uplink *u, struct err *e)
{
	own_json json_t *r = NULL;

	forget_issued(&u->enrol);
	link_stop(u);
	r = uplink_ask(u, "cert_store", "promote", NULL, e);
	return r == NULL ? -1 : 0;
}

/* The agent applies the snapshot again after this, with the issued values, and
 * with it activates this plugin. */
static int
report(struct uplink *u, struct err *e)
{
	const struct progress *p = &u->enrol.progress;
	json_t *q = json_pack("{s:s, s:s, s:s, s:s}", "subject", p->subject,
	    "fingerprint", p->fingerprint, "origin", p->origin, "spki",
	    p->spki);
	own_json json_t *r = NULL;

	if (strcmp(p->origin, "tpm") == 0)
		(void)json_object_set_new(q, "name", json_string(p->name));
	r = uplink_ask(u, "agent", "enrolled", q, e);
	return r == NULL ? -1 : 0;
}
