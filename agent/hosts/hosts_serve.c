/* SPDX-License-Identifier: MIT */
/*
 * What a host says. Everything in a message was written by code that may be
 * hostile: it is checked against the message table, then against what this
 * host owes or may ask now; what does not fit is nonsense, and ends it. Lines
 * and events are rate-limited, since each costs the agent time and flash.
 */
#include <sys/epoll.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "audit_line.h"
#include "buf.h"
#include "hosts_in.h"
#include "log.h"
#include "own.h"

#define LINES_BURST    100
#define LINES_PER_S    20
#define EVENTS_BURST   20
#define EVENTS_PER_S   2
#define FLOOD_BURST    5000 /* dropped ones, before it is killed */
#define FLOOD_PER_S    200
#define CLOSED_WAIT_MS 200 /* from a closed channel to its death */

bool
rate_take(struct rate *r, unsigned burst, unsigned per_s)
{
	uint64_t now = now_ms(), more;

	if (r->filled_ms == 0) {
		r->tokens = burst;
		r->filled_ms = now;
	}
	more = (now - r->filled_ms) * per_s / 1000;
	if (more > 0) {
		r->filled_ms = now;
		r->tokens = r->tokens + more > burst
		    ? burst
		    : r->tokens + (unsigned)more;
	}
	if (r->tokens == 0) {
		r->dropped++;
		return false;
	}
	r->tokens--;
	return true;
}

static bool
take_line(struct host *h)
{
	unsigned dropped = h->lines.dropped;

	if (!rate_take(&h->lines, LINES_BURST, LINES_PER_S))
		return false;
	if (dropped > 0)
		log_warn("%s: %u lines dropped", h->name, dropped);
	h->lines.dropped = 0;
	return true;
}

static bool
take_event(struct host *h)
{
	unsigned dropped = h->events.dropped;

	if (!rate_take(&h->events, EVENTS_BURST, EVENTS_PER_S))
		return false;
	h->events.dropped = 0;
	if (dropped > 0)
		audit_say(h->agent->audit, "agent", "EventsDropped", "%s: %u",
		    h->name, dropped);
	return true;
}

void
host_violation(struct host *h, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!take_event(h))
		return;
	log_warn("plugin %s asked what it may not: %s", h->name, text);
	audit_say(h->agent->audit, "agent", "PolicyViolation", "%s: %s",
	    h->name, text);
}

int
host_check_text(int fd, struct err *e)
{
	const int sealed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	/* Only a memory file has seals: no pipe, device or foreign file gets
	 * by, on which a reader could be made to wait. */
	if (seals == -1 || (seals & sealed) != sealed)
		return err_set(e, EBADMSG, "a text that is not sealed");
	if (fstat(fd, &st) == -1)
		return err_sys(e, "text");
	if (st.st_size > INGOT_TEXT_MAX)
		return err_set(
		    e, EFBIG, "a text of more than %d bytes", INGOT_TEXT_MAX);
	return 0;
}

static int
on_log(struct host *h, const struct msg *m, struct err *e)
{
	char line[INGOT_LINE_MAX + 1];
	struct rbuf b;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, line, sizeof(line));
	if (!rbuf_done(&b))
		return err_set(e, EBADMSG, "LOG that lies about its length");
	if (take_line(h))
		log_info("%s: %s", h->name, line);
	else if (!rate_take(&h->flood, FLOOD_BURST, FLOOD_PER_S))
		return err_set(e, ENOBUFS, "a flood of LOG");
	return 0;
}

/* CamelCase, as in plugin.h. */
static bool
kind_ok(const char *kind)
{
	size_t n = strspn(kind,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return *kind >= 'A' && *kind <= 'Z' && kind[n] == '\0';
}

static int
on_event(struct host *h, const struct msg *m, struct err *e)
{
	char kind[INGOT_NAME_MAX], text[INGOT_LINE_MAX + 1];
	struct rbuf b;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, kind, sizeof(kind));
	get_str(&b, text, sizeof(text));
	if (!rbuf_done(&b))
		return err_set(e, EBADMSG, "EVENT that lies about its length");
	if (!kind_ok(kind))
		host_violation(h, "an event of kind \"%s\"", kind);
	else if (take_event(h))
		audit_say(h->agent->audit, h->name, kind, "%s", text);
	else if (!rate_take(&h->flood, FLOOD_BURST, FLOOD_PER_S))
		return err_set(e, ENOBUFS, "a flood of EVENT");
	return 0;
}

static int
on_finding(struct host *h, const struct msg *m, struct err *e)
{
	char id[INGOT_NAME_MAX], place[256], why[INGOT_LINE_MAX + 1];
	struct rbuf b;
	uint32_t passed;

	rbuf_init(&b, m->body, m->len);
	get_str(&b, id, sizeof(id));
	get_str(&b, place, sizeof(place));
	passed = get_u32(&b);
	get_str(&b, why, sizeof(why));
	if (!rbuf_done(&b) || passed > 1)
		return err_set(e, EBADMSG, "a malformed FINDING");
	if (h->current == NULL || h->current->type != MSG_PROBE)
		return err_set(e, EPROTO, "FINDING outside of a probe");
	if (json_array_size(h->findings) >= FINDINGS_MAX)
		return err_set(e, EFBIG, "more than %d findings", FINDINGS_MAX);
	audit_clean(id);
	audit_clean(place);
	audit_clean(why);
	if (json_array_append_new(h->findings,
		json_pack("{s:s s:s s:b s:s}", "id", id, "place", place,
		    "passed", (int)passed, "why", why)) == -1)
		return err_set(e, ENOMEM, "out of memory for findings");
	return 0;
}

static int
on_opened(struct host *h, const struct msg *m, struct err *e)
{
	if (h->state != LIFE_STARTING || m->id != h->id)
		return err_set(e, EPROTO, "OPENED twice");
	host_stop_clock(h);
	h->opened = h->settled = true;
	(void)host_step(h, LIFE_OPENED);
	log_info("plugin %s is open", h->name);
	hosts_settle(h->agent);
	apply_host_opened(h->agent, h->name);
	host_go_on(h);
	return 0;
}

/* Hands the answer over, and goes on with the next request. */
static void
deliver(struct host *h, int rc, int fd, const struct err *why)
{
	struct request *r = h->current;
	own_json json_t *findings = take_json(&h->findings);
	struct answer a = {
		.rc = rc, .fd = fd, .why = why, .findings = findings
	};

	host_stop_clock(h);
	if (host_step(h, LIFE_ANSWER) != ACT_DELIVER)
		return;
	h->current = NULL;
	if (rc == -1)
		host_fail_one(r, why);
	else {
		if (r->done != NULL)
			r->done(r->ctx, &a);
		r->done = NULL;
		host_fail_one(r, why); /* frees it; nobody is told twice */
	}
	host_go_on(h);
}

static int
owes(const struct host *h, const struct msg *m, uint32_t type, struct err *e)
{
	if (h->current == NULL || m->id != h->id ||
	    (type != MSG_NO && h->current->type + 1 != type))
		return err_set(
		    e, EPROTO, "%s that nobody waits for", msg_name(m->type));
	if (h->owed)
		return err_set(
		    e, EPROTO, "%s while it waits for us", msg_name(m->type));
	return 0;
}

static int
on_answer(struct host *h, const struct msg *m, struct err *e)
{
	if (owes(h, m, m->type, e) == -1)
		return -1;
	deliver(h, 0, m->fd, NULL);
	return 0;
}

static int
on_no(struct host *h, const struct msg *m, struct err *e)
{
	struct err why;

	msg_read_no(m, &why);
	if (h->state == LIFE_STARTING && m->id == h->id)
		return err_set(e, why.code, "would not open: %s", why.text);
	if (owes(h, m, MSG_NO, e) == -1)
		return -1;
	(void)err_in(&why, "%s", h->name);
	deliver(h, -1, -1, &why);
	return 0;
}

static host_handler *const handlers[MSG_LIMIT] = {
	[MSG_NO] = on_no,
	[MSG_OPENED] = on_opened,
	[MSG_RENDERED] = on_answer,
	[MSG_ACTIVATED] = on_answer,
	[MSG_PROBED] = on_answer,
	[MSG_ANSWERED] = on_answer,
	[MSG_LOG] = on_log,
	[MSG_EVENT] = on_event,
	[MSG_FINDING] = on_finding,
	[MSG_ASK] = host_on_ask,
	[MSG_INSTALL] = host_on_install,
	[MSG_REMOVE] = host_on_remove,
	[MSG_RELOAD] = host_on_reload,
};

/* What it may never say is nonsense. What only its policy forbids is refused
 * like any other wish: the plugin may be merely wrong. */
static int
handle(struct host *h, const struct msg *m, struct err *e)
{
	uint32_t granted = h->grants->spec.granted;
	const char *no = msg_refused(m, HOST, granted);

	if (no != NULL && msg_refused(m, HOST, UINT32_MAX) == NULL &&
	    handlers[m->type] != NULL) {
		struct err why;

		host_violation(h, "%s: %s", msg_name(m->type), no);
		(void)err_set(&why, EPERM, "%s: %s", msg_name(m->type), no);
		return msg_send_no(h->sock, m->id, &why, e);
	}
	if (no == NULL && m->fd != -1 && host_check_text(m->fd, e) == -1)
		return -1;
	if (no != NULL || handlers[m->type] == NULL)
		return err_set(e, EPROTO, "%s: %s", msg_name(m->type),
		    m->type == MSG_SIGN ? "not on this channel" : no);
	return handlers[m->type](h, m, e);
}

static void
closed_and_went_on(void *ctx)
{
	struct host *h = ctx;

	h->late = 0;
	host_nonsense(h, "closed its channel and went on");
}

/* Most often it is dying, and its status says more than we could. */
static void
closed(struct host *h)
{
	struct err e;

	loop_forget(h->agent->loop, h->sock);
	if (h->state == LIFE_STOPPING)
		return;
	host_stop_clock(h);
	h->late = loop_timer(
	    h->agent->loop, CLOSED_WAIT_MS, closed_and_went_on, h, &e);
	if (h->late == -1)
		closed_and_went_on(h);
}

void
host_readable(void *ctx, int fd, uint32_t events)
{
	static struct msg m;
	struct host *h = ctx;
	struct err e;
	int n = 1;

	(void)events;
	for (int i = 0; i < ROUND_MAX && n == 1 && h->sock == fd; i++) {
		own_fd int got = -1;

		if ((n = msg_recv(fd, &m, &e)) != 1)
			break;
		got = m.fd;
		if (h->state != LIFE_STOPPING && handle(h, &m, &e) == -1) {
			host_violation(h, "nonsense: %s", e.text);
			host_nonsense(h, "nonsense: %s", e.text);
			return;
		}
	}
	if (n == 0)
		closed(h);
	else if (n == -1 && e.code != EAGAIN && h->state != LIFE_STOPPING) {
		host_violation(h, "nonsense: %s", e.text);
		host_nonsense(h, "nonsense: %s", e.text);
	}
}
