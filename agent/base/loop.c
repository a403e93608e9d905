/* SPDX-License-Identifier: MIT */
/*
 * The loop finds a descriptor's callback by number, at dispatch time: an event
 * that was fetched for a descriptor forgotten meanwhile finds none and is
 * dropped; a serial number tells a reused descriptor from the one it was.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "own.h"

#define EVENTS_A_ROUND 128 /* 1.5 kB of stack; a busy bridge fills it */

struct watch {
	loop_fd_fn *fn;
	void *ctx;
	uint32_t serial;
};

struct timer {
	struct timer *next;
	uint64_t due_ms;
	uint64_t round; /* in which it was set */
	int id;
	loop_timer_fn *fn;
	void *ctx;
};

struct loop {
	int epoll;
	struct watch *watches; /* by descriptor */
	int room;
	uint32_t serial;
	struct timer *timers; /* soonest first */
	uint64_t round;
	int last_id;
	bool stop;
};

uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct loop *
loop_new(struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1) {
		(void)err_sys(e, "event loop");
		free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	struct timer *t;

	if (l == NULL)
		return;
	while ((t = l->timers) != NULL) {
		l->timers = t->next;
		free(t);
	}
	(void)close(l->epoll);
	free(l->watches);
	free(l);
}

static int
make_room(struct loop *l, int fd, struct err *e)
{
	int room = fd + 16;
	struct watch *w;

	if (fd < l->room)
		return 0;
	w = realloc(l->watches, (size_t)room * sizeof(*w));
	if (w == NULL)
		return err_sys(e, "event loop");
	memset(w + l->room, 0, (size_t)(room - l->room) * sizeof(*w));
	l->watches = w;
	l->room = room;
	return 0;
}

int
loop_watch(struct loop *l, int fd, uint32_t events, loop_fd_fn *fn, void *ctx,
    struct err *e)
{
	struct epoll_event ev = { .events = events };
	int op;

	if (fd < 0)
		return err_set(e, EBADF, "watch of no descriptor");
	if (make_room(l, fd, e) == -1)
		return -1;
	op = l->watches[fd].fn == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	ev.data.u64 = (uint64_t)++l->serial << 32 | (uint32_t)fd;
	if (epoll_ctl(l->epoll, op, fd, &ev) == -1)
		return err_sys(e, "watch descriptor %d", fd);
	l->watches[fd] = (struct watch){ fn, ctx, l->serial };
	return 0;
}

void
loop_forget(struct loop *l, int fd)
{
	if (fd < 0 || fd >= l->room || l->watches[fd].fn == NULL)
		return;
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	l->watches[fd] = (struct watch){ 0 };
}

int
loop_timer(struct loop *l, uint64_t after_ms, loop_timer_fn *fn, void *ctx,
    struct err *e)
{
	struct timer *t = calloc(1, sizeof(*t)), **at = &l->timers;

	if (t == NULL)
		return err_sys(e, "timer");
	l->last_id = l->last_id == INT_MAX ? 1 : l->last_id + 1;
	*t = (struct timer){ .due_ms = now_ms() + after_ms,
		.round = l->round,
		.id = l->last_id,
		.fn = fn,
		.ctx = ctx };
	while (*at != NULL && (*at)->due_ms <= t->due_ms)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	return t->id;
}

void
loop_untimer(struct loop *l, int id)
{
	for (struct timer **at = &l->timers; *at != NULL; at = &(*at)->next) {
		struct timer *t = *at;

		if (t->id != id)
			continue;
		*at = t->next;
		free(t);
		return;
	}
}

/* Only timers set before this round: one that sets itself again for "now" must
 * not starve the descriptors. It stands behind all older ones that are due. */
static void
run_timers(struct loop *l, uint64_t now)
{
	struct timer *t;

	l->round++;
	while (!l->stop && (t = l->timers) != NULL && t->due_ms <= now &&
	    t->round != l->round) {
		l->timers = t->next;
		t->fn(t->ctx);
		free(t);
	}
}

static int
patience(const struct loop *l, int wait_ms)
{
	uint64_t now = now_ms(), left;

	if (l->timers == NULL)
		return wait_ms;
	if (l->timers->due_ms <= now)
		return 0;
	left = l->timers->due_ms - now;
	if (left > INT_MAX)
		left = INT_MAX;
	return wait_ms == -1 || left < (uint64_t)wait_ms ? (int)left : wait_ms;
}

int
loop_fd(const struct loop *l)
{
	return l->epoll;
}

int
loop_wait_ms(const struct loop *l)
{
	return patience(l, -1);
}

static void
dispatch(struct loop *l, const struct epoll_event *ev)
{
	int fd = (int)(uint32_t)ev->data.u64;
	struct watch w = fd < l->room ? l->watches[fd] : (struct watch){ 0 };

	if (w.fn != NULL && w.serial == (uint32_t)(ev->data.u64 >> 32))
		w.fn(w.ctx, fd, ev->events);
}

int
loop_once(struct loop *l, int wait_ms, struct err *e)
{
	struct epoll_event evs[EVENTS_A_ROUND];
	int n;

	n = epoll_wait(l->epoll, evs, EVENTS_A_ROUND, patience(l, wait_ms));
	if (n == -1 && errno != EINTR)
		return err_sys(e, "event loop");
	for (int i = 0; i < n && !l->stop; i++)
		dispatch(l, &evs[i]);
	run_timers(l, now_ms());
	return 0;
}

int
loop_run(struct loop *l, struct err *e)
{
	while (!l->stop)
		if (loop_once(l, -1, e) == -1)
			return -1;
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

bool
loop_stopped(const struct loop *l)
{
	return l->stop;
}
