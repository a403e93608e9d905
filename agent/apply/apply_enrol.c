/* SPDX-License-Identifier: MIT */
/*
 * `ingot enrol`: has the uplink start, then asks how it goes until it is over.
 * It is over when the uplink says so and the snapshot was applied once more
 * with the values that were issued: then the unit is what it is to be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "log.h"
#include "own.h"
#include "plugin.h"

#define UPLINK         "uplink"
#define POLL_MS        250
#define WAIT_DEFAULT_S 300
#define WAIT_MAX_S     3600
/* The uplink may be restarted by applying again; so many polls in a row may
 * fail before that counts. */
#define MISSED_MAX 40

struct enrol {
	struct agent *agent;
	struct ctl_call *call;
	uint64_t end_ms;
	bool status_only;
	unsigned missed;
	char shown[160]; /* the progress line that was sent last */
	json_t *reply;   /* the last status */
};

static void poll_uplink(void *ctx);

static void
end_fail(struct enrol *n, enum ctl_code code, const struct err *e)
{
	ctl_fail(n->call, code, e);
	json_decref(n->reply);
	free(n);
}

static void
end_ok(struct enrol *n)
{
	ctl_reply_take(n->call, take_json(&n->reply));
	free(n);
}

static void
poll_later(struct enrol *n)
{
	struct err e;

	if (now_ms() > n->end_ms) {
		(void)err_set(&e, ETIMEDOUT,
		    "the time is up; the uplink goes on trying (ingot enrol "
		    "--status)");
		end_fail(n, CODE_FAILED, &e);
	} else if (loop_timer(n->agent->loop, POLL_MS, poll_uplink, n, &e) ==
	    -1)
		end_fail(n, CODE_FAILED, &e);
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static void
show(struct enrol *n)
{
	char line[sizeof(n->shown)];

	(void)snprintf(line, sizeof(line), "%s %s %s",
	    text_of(n->reply, "state"), text_of(n->reply, "stage"),
	    text_of(n->reply, "error"));
	if (strcmp(line, n->shown) == 0)
		return;
	(void)strcpy(n->shown, line);
	ctl_progress(n->call, "%s", line);
}

/* What an enrolment state means for the waiting call. */
static void
judge(struct enrol *n)
{
	const char *state = text_of(n->reply, "state");
	const struct apply *a = n->agent->apply;
	struct err e;

	if (a == NULL) {
		(void)err_set(&e, ESHUTDOWN, "the agent is stopping");
		end_fail(n, CODE_FAILED, &e);
		return;
	}
	show(n);
	if (n->status_only) {
		end_ok(n);
	} else if (strcmp(state, "enrolled") == 0) {
		if (apply_busy(n->agent) || a->again)
			poll_later(n);
		else
			end_ok(n);
	} else if (strcmp(state, "failed") == 0 ||
	    strcmp(state, "quarantined") == 0) {
		(void)err_set(&e, 0, "enrolment %s: %s", state,
		    text_of(n->reply, "error"));
		end_fail(n, *state == 'q' ? CODE_REFUSED : CODE_FAILED, &e);
	} else
		poll_later(n);
}

static void
told_status(void *ctx, const struct answer *answer)
{
	struct enrol *n = ctx;
	own_bytes struct bytes text = { 0 };
	struct err e;

	json_decref(n->reply);
	n->reply = NULL;
	if (answer->rc == 0 &&
	    file_read_fd(answer->fd, INGOT_TEXT_MAX, &text, &e) == 0)
		n->reply =
		    json_parse(UPLINK, text.p, text.len, INGOT_TEXT_MAX, &e);
	else if (answer->rc == -1)
		e = *answer->why;
	if (n->reply != NULL) {
		n->missed = 0;
		judge(n);
	} else if (n->status_only || ++n->missed > MISSED_MAX)
		end_fail(n, CODE_FAILED, &e);
	else
		poll_later(n);
}

static int
ask(struct enrol *n, const char *verb, hosts_done *done, struct err *e)
{
	own_fd int fd = file_sealed("{}", 2, e);

	if (fd == -1)
		return -1;
	return hosts_ask(n->agent,
	    &(struct hosts_request){ .plugin = UPLINK,
		.type = MSG_QUESTION,
		.from = "cli",
		.verb = verb,
		.fd = fd,
		.done = done,
		.ctx = n },
	    e);
}

static void
poll_uplink(void *ctx)
{
	struct enrol *n = ctx;
	struct err e;

	if (ask(n, "enrol.status", told_status, &e) == -1)
		end_fail(n, CODE_FAILED, &e);
}

static void
told_start(void *ctx, const struct answer *answer)
{
	struct enrol *n = ctx;

	if (answer->rc == -1)
		end_fail(n, CODE_FAILED, answer->why);
	else
		poll_uplink(n);
}

static int
begin(struct enrol *n, struct err *e)
{
	const json_t *args = ctl_args(n->call);
	int64_t wait_s = WAIT_DEFAULT_S;

	if (json_object_get(args, "wait_s") != NULL &&
	    json_num(args, "wait_s", 1, WAIT_MAX_S, &wait_s, e) == -1)
		return -1;
	n->end_ms = now_ms() + (uint64_t)wait_s * 1000;
	n->status_only = json_is_true(json_object_get(args, "status"));
	if (!hosts_has(n->agent, UPLINK))
		return err_set(e, ENOENT,
		    "this unit has no plugin \"" UPLINK "\"; add it to "
		    "\"plugins\" in ingot.conf");
	return n->status_only ? ask(n, "enrol.status", told_status, e)
			      : ask(n, "enrol.start", told_start, e);
}

void
ctl_enrol(struct ctl_call *call)
{
	struct enrol *n = calloc(1, sizeof(*n));
	struct err e;

	if (n == NULL) {
		(void)err_set(&e, ENOMEM, "no memory");
		ctl_fail(call, CODE_FAILED, &e);
		return;
	}
	n->agent = ctl_agent(call);
	n->call = call;
	if (begin(n, &e) == -1)
		end_fail(n, CODE_FAILED, &e);
}
