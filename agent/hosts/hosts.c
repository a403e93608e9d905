/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's public face: the list of hosts, and a queue of requests for
 * each. It promises that a request is answered exactly once and never from
 * inside hosts_ask(), so a caller need not be ready for its own callback.
 * A plugin whose policy is missing or wrong is BROKEN and said to be; it does
 * not keep the others or the agent from running.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "audit.h"
#include "buf.h"
#include "file.h"
#include "hosts_in.h"
#include "log.h"
#include "notify.h"
#include "own.h"
#include "service.h"
#include "tend.h"

/* READY is not held up longer, be it by a slow plugin or by what a power cut
 * left half done; the latter is looked at so often. */
#define SETTLE_MS  5000
#define RECOVER_MS 50

struct host *
hosts_find(const struct agent *a, const char *plugin)
{
	struct host *h = a->hosts == NULL ? NULL : a->hosts->first;

	while (h != NULL && (h->leaving || strcmp(h->name, plugin) != 0))
		h = h->next;
	return h;
}

bool
hosts_has(const struct agent *a, const char *plugin)
{
	return hosts_find(a, plugin) != NULL;
}

bool
hosts_circumstance(
    const struct agent *a, const char *plugin, const char *finding)
{
	const struct host *h = hosts_find(a, plugin);

	return h != NULL && h->grants != NULL &&
	    grants_circumstance(h->grants, finding);
}

/* Requests. */

static void
request_free(struct request *r)
{
	if (r->fd != -1)
		(void)close(r->fd);
	free(r);
}

void
host_fail_one(struct request *r, const struct err *why)
{
	struct answer no = { .rc = -1, .fd = -1, .why = why };

	if (r->done != NULL)
		r->done(r->ctx, &no);
	request_free(r);
}

void
host_fail_queue(struct host *h, const struct err *why)
{
	struct request *r, *all = h->queue;

	h->queue = NULL;
	while ((r = all) != NULL) {
		all = r->next;
		host_fail_one(r, why);
	}
}

static int
send_current(struct host *h, struct err *e)
{
	unsigned char body[MSG_BODY_MAX];
	struct request *r = h->current;
	struct wbuf b;

	wbuf_init(&b, body, sizeof(body));
	if (r->type == MSG_QUESTION) {
		put_str(&b, r->from);
		put_str(&b, r->verb);
	}
	return msg_send(h->sock, r->type, ++h->id, body, b.len, r->fd, e);
}

void
host_go_on(struct host *h)
{
	struct err e;

	if (h->state != LIFE_IDLE || h->queue == NULL)
		return;
	h->current = h->queue;
	h->queue = h->current->next;
	if (host_step(h, LIFE_ASK) != ACT_SEND)
		return;
	json_decref(h->findings);
	h->findings = h->current->type == MSG_PROBE ? json_array() : NULL;
	host_start_clock(h, h->current->late_ms);
	/* The answer to a failed send comes with its death; one that is dead
	 * already is about to be reaped. */
	if (send_current(h, &e) == -1 && e.code != EPIPE)
		host_nonsense(h, "does not read: %s", e.text);
}

static size_t
queue_length(const struct host *h)
{
	size_t n = 0;

	for (const struct request *r = h->queue; r != NULL; r = r->next)
		n++;
	return n;
}

/* Why a request is not even queued, or 0. */
static int
refuse(const struct agent *a, const struct host *h,
    const struct hosts_request *want, struct err *e)
{
	if (h == NULL)
		return err_set(e, ENOENT, "no plugin \"%.64s\" on this unit",
		    want->plugin);
	if (a->hosts->stopping)
		return err_set(e, ESHUTDOWN, "the agent is stopping");
	if (h->state == LIFE_BROKEN)
		return err_set(e, EHOSTDOWN,
		    "plugin %s is broken (%s); see `ingot status`", h->name,
		    h->why);
	/* The transaction has one request under way; it must not fail, and
	 * even less its way back, because others ask a lot. */
	if (want->type != MSG_RENDER && want->type != MSG_ACTIVATE &&
	    queue_length(h) >= QUEUE_MAX)
		return err_set(e, EBUSY, "plugin %s has %d requests waiting",
		    h->name, QUEUE_MAX);
	return 0;
}

static int
name_copy(char out[static INGOT_NAME_MAX], const char *name, struct err *e)
{
	size_t n = name == NULL ? 0 : strlen(name);

	if (n >= INGOT_NAME_MAX)
		return err_set(e, ENAMETOOLONG, "name of %zu bytes", n);
	(void)memcpy(out, name == NULL ? "" : name, n + 1);
	return 0;
}

static int
request_fd(const struct hosts_request *want, struct err *e)
{
	int fd;

	if (want->fd == -1)
		return file_sealed("{}", 2, e);
	fd = fcntl(want->fd, F_DUPFD_CLOEXEC, 0);
	return fd == -1 ? err_sys(e, "request") : fd;
}

static void
append(struct host *h, struct request *r)
{
	struct request **at = &h->queue;

	while (*at != NULL)
		at = &(*at)->next;
	*at = r;
}

int
hosts_ask(struct agent *a, const struct hosts_request *want, struct err *e)
{
	struct host *h = hosts_find(a, want->plugin);
	struct request *r;

	if (refuse(a, h, want, e) == -1)
		return -1;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_sys(e, "request to %s", h->name);
	r->type = want->type;
	r->late_ms =
	    want->late_ms != 0 ? want->late_ms : (uint64_t)h->grants->late_ms;
	r->done = want->done;
	r->ctx = want->ctx;
	r->fd = -1;
	if (name_copy(r->from, want->from, e) == -1 ||
	    name_copy(r->verb, want->verb, e) == -1 ||
	    (r->fd = request_fd(want, e)) == -1) {
		request_free(r);
		return -1;
	}
	append(h, r);
	host_go_on(h);
	return 0;
}

void
hosts_forget(struct agent *a, const void *ctx)
{
	if (a->hosts == NULL)
		return;
	for (struct host *h = a->hosts->first; h != NULL; h = h->next) {
		if (h->current != NULL && h->current->ctx == ctx)
			h->current->done = NULL;
		for (struct request *r = h->queue; r != NULL; r = r->next)
			if (r->ctx == ctx)
				r->done = NULL;
	}
}

/* The list. */

static struct host *
host_new(struct agent *a, const char *name, struct err *e)
{
	struct host *h = calloc(1, sizeof(*h)), **at = &a->hosts->first;

	if (h == NULL)
		return (void)err_sys(e, "plugin %s", name), NULL;
	h->agent = a;
	h->child.pidfd = -1;
	h->sock = h->sign = -1;
	(void)snprintf(h->name, sizeof(h->name), "%s", name);
	while (*at != NULL)
		at = &(*at)->next;
	return *at = h;
}

void
host_drop(struct host *h)
{
	struct host **at = &h->agent->hosts->first;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	loop_untimer(h->agent->loop, h->retry);
	loop_untimer(h->agent->loop, h->late);
	grants_free(h->grants);
	free(h);
}

/* A first start; whatever is wrong is the plugin's own trouble. */
static void
begin(struct host *h)
{
	struct err e;

	h->grants = grants_read(&h->agent->settings, h->name, &e);
	if (h->grants != NULL) {
		(void)host_step(h, LIFE_START);
		return;
	}
	(void)snprintf(h->why, sizeof(h->why), "%s", e.text);
	h->state = LIFE_BROKEN;
	h->settled = true;
	log_error("plugin %s: %s", h->name, e.text);
	audit_say(h->agent->audit, "agent", "PluginRefused", "%s: %s", h->name,
	    e.text);
}

int
hosts_add(struct agent *a, const char *plugin, struct err *e)
{
	struct host *h = host_new(a, plugin, e);

	if (h == NULL)
		return -1;
	begin(h);
	return 0;
}

static void
say_ready(struct agent *a)
{
	a->hosts->ready = true;
	loop_untimer(a->loop, a->hosts->settle);
	loop_untimer(a->loop, a->hosts->again);
	notify_ready(a->notify);
	notify_status(a->notify, "mode %s", mode_name(a->mode));
}

static void
settle_again(void *ctx)
{
	struct agent *a = ctx;

	a->hosts->again = 0;
	hosts_settle(a);
}

void
hosts_settle(struct agent *a)
{
	struct err e;

	if (a->hosts->ready || a->hosts->stopping)
		return;
	for (const struct host *h = a->hosts->first; h != NULL; h = h->next)
		if (!h->settled)
			return;
	if (a->apply == NULL || !apply_busy(a))
		say_ready(a);
	else if (a->hosts->again <= 0)
		a->hosts->again =
		    loop_timer(a->loop, RECOVER_MS, settle_again, a, &e);
}

static void
settle_late(void *ctx)
{
	say_ready(ctx);
}

int
hosts_start(struct agent *a, struct err *e)
{
	const char *const *name = a->settings.plugins;

	if ((a->hosts = calloc(1, sizeof(*a->hosts))) == NULL)
		return err_sys(e, "plugins");
	for (; *name != NULL; name++)
		if (host_new(a, *name, e) == NULL)
			return -1;
	a->hosts->settle = loop_timer(a->loop, SETTLE_MS, settle_late, a, e);
	if (a->hosts->settle == -1)
		return -1;
	for (struct host *h = a->hosts->first; h != NULL; h = h->next)
		begin(h);
	hosts_settle(a);
	return 0;
}

/* Waits for one host, killing it when its time is over. */
static void
await_end(struct host *h, uint64_t until_ms)
{
	struct pollfd p = { .fd = h->child.pidfd, .events = POLLIN };
	uint64_t now = now_ms();

	if (h->child.pid == 0)
		return;
	if (poll(&p, 1, until_ms > now ? (int)(until_ms - now) : 0) != 1) {
		child_signal(&h->child, SIGKILL);
		(void)poll(&p, 1, -1);
	}
	host_watch_end(h, h->child.pidfd, 0);
}

void
hosts_stop(struct agent *a)
{
	struct err why;
	uint64_t until_ms = now_ms() + (uint64_t)a->settings.stop_ms;
	struct host *h;

	if (a->hosts == NULL)
		return;
	a->hosts->stopping = true;
	(void)err_set(&why, ESHUTDOWN, "the agent is stopping");
	for (h = a->hosts->first; h != NULL; h = h->next) {
		h->leaving = false; /* freed below, by nobody else */
		host_fail_queue(h, &why);
		host_stop(h);
	}
	for (h = a->hosts->first; h != NULL; h = h->next)
		await_end(h, until_ms);
	while (a->hosts->first != NULL)
		host_drop(a->hosts->first);
	tend_stop(&a->hosts->tended, until_ms);
	loop_untimer(a->loop, a->hosts->settle);
	loop_untimer(a->loop, a->hosts->again);
	free(a->hosts);
	a->hosts = NULL;
}
