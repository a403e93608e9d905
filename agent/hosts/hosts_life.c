/* SPDX-License-Identifier: MIT */
/*
 * The life table at work. host_step() looks the step up and does it; whoever
 * has an event calls it and nothing else. A host is known to be gone only when
 * it was reaped, so there are never two of the same plugin.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "hosts_in.h"
#include "log.h"
#include "own.h"
#include "service.h"

/* Acts. */

static void
act_none(struct host *h)
{
	(void)h;
}

static void
act_bug(struct host *h)
{
	log_at(
	    LOG_CRIT, "plugin %s: an event its state does not know", h->name);
}

static void
act_spawn(struct host *h)
{
	struct err e;

	h->why[0] = '\0';
	h->refused = false;
	h->opened = h->stopping = h->owed = false;
	h->waits_for[0] = '\0';
	h->signing = 0;
	h->generation = ++h->agent->hosts->generation;
	h->started_ms = now_ms();
	if (host_spawn(h, &h->refused, &e) == -1) {
		(void)snprintf(h->why, sizeof(h->why), "%s", e.text);
		host_ended(h, e.text, true, h->refused);
		return;
	}
	audit_say(h->agent->audit, "agent", "PluginStarted", "%s: process %d%s",
	    h->name, (int)h->child.pid, h->is_signed ? ", signed" : "");
	host_start_clock(h, (uint64_t)h->grants->late_ms);
}

static void
act_term(struct host *h)
{
	bool busy = h->current != NULL || !h->opened;

	h->stopping = true;
	host_stop_clock(h);
	/* End of file lets the plugin close in order; one that is at work
	 * would not see it. */
	(void)shutdown(h->sock, SHUT_WR);
	if (busy)
		child_signal(&h->child, SIGTERM);
	host_start_clock(h, (uint64_t)h->agent->settings.stop_ms);
}

static void
act_kill(struct host *h)
{
	host_stop_clock(h);
	if (h->sock != -1)
		loop_forget(h->agent->loop, h->sock);
	if (h->sign != -1)
		loop_forget(h->agent->loop, h->sign);
	child_signal(&h->child, SIGKILL);
}

static void
start_again(void *ctx)
{
	struct host *h = ctx;

	h->retry = 0;
	(void)host_step(h, LIFE_START);
}

void
host_start_after(struct host *h, uint64_t ms)
{
	struct err e;

	if (h->agent->hosts->stopping)
		return;
	loop_untimer(h->agent->loop, h->retry);
	h->retry = loop_timer(h->agent->loop, ms, start_again, h, &e);
	if (h->retry == -1)
		log_error("plugin %s stays down: %s", h->name, e.text);
}

static void
act_wait(struct host *h)
{
	uint64_t units = life_backoff(h->quick > 0 ? h->quick - 1 : 0);

	/* One that we asked to go has done nothing wrong. */
	if (h->stopping)
		units = 0;
	host_start_after(h, units * (uint64_t)h->agent->settings.backoff_ms);
}

static void
act_report(struct host *h)
{
	log_error("plugin %s is %s: %s; `ingot reset` tries again", h->name,
	    h->refused ? "refused" : "broken", h->why);
	audit_say(h->agent->audit, "agent",
	    h->refused ? "PluginRefused" : "PluginBroken", "%s: %s", h->name,
	    h->why);
}

typedef void act_fn(struct host *);
static act_fn *const acts[] = {
	[ACT_BUG] = act_bug,
	[ACT_NONE] = act_none,
	[ACT_SPAWN] = act_spawn,
	[ACT_SEND] = act_none,    /* the caller holds what is sent */
	[ACT_DELIVER] = act_none, /* and what is delivered */
	[ACT_TERM] = act_term,
	[ACT_KILL] = act_kill,
	[ACT_WAIT] = act_wait,
	[ACT_REPORT] = act_report,
};

enum life_act
host_step(struct host *h, enum life_event ev)
{
	struct life_step step = life_step(h->state, ev);

	if (step.act != ACT_BUG)
		h->state = step.next;
	acts[step.act](h);
	return step.act;
}

void
host_nonsense(struct host *h, const char *fmt, ...)
{
	va_list ap;

	if (h->state == LIFE_STOPPING || h->child.pid == 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(h->why, sizeof(h->why), fmt, ap);
	va_end(ap);
	(void)host_step(h, LIFE_NONSENSE);
}

void
host_stop(struct host *h)
{
	loop_untimer(h->agent->loop, h->retry);
	h->retry = 0;
	(void)host_step(h, LIFE_STOP);
}

/* Its time. */

static void
late(void *ctx)
{
	struct host *h = ctx;

	h->late = 0;
	if (h->state != LIFE_STOPPING)
		(void)snprintf(h->why, sizeof(h->why), "late with %s",
		    h->current == NULL ? "OPEN" : msg_name(h->current->type));
	(void)host_step(h, LIFE_LATE);
}

void
host_start_clock(struct host *h, uint64_t late_ms)
{
	struct err e;

	host_stop_clock(h);
	h->late_at = now_ms() + late_ms;
	h->late = loop_timer(h->agent->loop, late_ms, late, h, &e);
	if (h->late == -1)
		log_error("plugin %s has no deadline: %s", h->name, e.text);
}

void
host_stop_clock(struct host *h)
{
	loop_untimer(h->agent->loop, h->late);
	h->late = 0;
	h->late_left_ms = 0;
}

void
host_pause_clock(struct host *h)
{
	uint64_t now = now_ms();

	if (h->late <= 0)
		return;
	host_stop_clock(h);
	h->late_left_ms = h->late_at > now ? h->late_at - now : 1;
}

void
host_resume_clock(struct host *h)
{
	if (h->late_left_ms != 0 && h->state != LIFE_STOPPING)
		host_start_clock(h, h->late_left_ms);
}

/* Its end. */

static void
close_channel(struct host *h, int *fd)
{
	if (*fd == -1)
		return;
	loop_forget(h->agent->loop, *fd);
	(void)close(take_fd(fd));
}

static void
let_go(struct host *h)
{
	host_stop_clock(h);
	close_channel(h, &h->sock);
	close_channel(h, &h->sign);
	service_cancel(h->reload);
	h->reload = NULL;
	json_decref(h->findings);
	h->findings = NULL;
	h->owed = false;
	h->waits_for[0] = '\0';
}

/* Who waits for it hears of it; those behind in the queue only if it can not
 * be hoped that the next process serves them. */
static void
tell_waiting(
    struct host *h, struct request *current, bool opened, const struct err *why)
{
	if (current != NULL)
		host_fail_one(current, why);
	if (!opened || h->state == LIFE_BROKEN)
		host_fail_queue(h, why);
}

void
host_ended(struct host *h, const char *how, bool quick, bool again)
{
	struct request *current = h->current;
	bool opened = h->opened, leaving = h->leaving;
	struct err why;

	h->current = NULL;
	let_go(h);
	h->settled = true;
	h->quick = quick ? h->quick + 1 : 0;
	again = again || h->quick > QUICK_DEATHS;
	(void)err_set(&why, EPIPE, "plugin %s: %s", h->name, how);
	(void)host_step(h, again && !leaving ? LIFE_EXIT_AGAIN : LIFE_EXIT);
	tell_waiting(h, current, opened, &why);
	if (leaving)
		host_drop(h);
	else
		hosts_settle(h->agent);
}

/* What is said of a process that has ended with this status. */
static void
say_end(struct host *h, int status, char *how, size_t size)
{
	char plain[80];

	child_say(status, plain, sizeof(plain));
	if (h->why[0] != '\0')
		(void)snprintf(how, size, "killed by the agent: %s", h->why);
	else
		(void)snprintf(how, size, "%s", plain);
	if (h->stopping) {
		log_info("plugin %s stopped: %s", h->name, how);
		return;
	}
	log_warn("plugin %s died: %s", h->name, how);
	audit_say(
	    h->agent->audit, "agent", "PluginDied", "%s: %s", h->name, how);
	if (h->why[0] == '\0')
		(void)snprintf(h->why, sizeof(h->why), "%s", plain);
}

void
host_watch_end(void *ctx, int fd, uint32_t events)
{
	struct host *h = ctx;
	uint64_t lived = now_ms() - h->started_ms;
	char how[ERR_TEXT_MAX + 32];
	int status;

	(void)events;
	if (fd == -1)
		return;
	/* What it said before it died still counts, but not from its grave:
	 * a channel that was killed for nonsense is not read any more. */
	if (h->state != LIFE_STOPPING && h->sock != -1)
		host_readable(h, h->sock, EPOLLIN);
	loop_forget(h->agent->loop, fd);
	if (!child_reap(&h->child, &status))
		return;
	h->restarts++;
	say_end(h, status, how, sizeof(how));
	host_ended(h, how,
	    !h->stopping && lived < (uint64_t)h->agent->settings.quick_ms,
	    false);
}
