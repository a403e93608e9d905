/* SPDX-License-Identifier: MIT */
/*
 * A leg's life. Its owner may free it in any callback, and be called only from
 * the loop: a leg that breaks while something is sent shuts its socket, and the
 * loop comes to it. leg_free() after leg_close() leaves an orphan that ends the
 * closing handshake by itself, within seconds and without its owner.
 *
 * No leg has a timer. One sweep a second walks them all: closing handshakes
 * that last too long, queues that do not move, pings without an answer.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leg_in.h"

#define SWEEP_MS 1000

static void sweep(void *ctx);
static void kick(void *ctx);

/* No memory for a timer: the next leg that is made or moves asks again. */
static void
arm(struct wire *w)
{
	struct err e;

	if (w->sweep <= 0)
		w->sweep = loop_timer(w->loop, SWEEP_MS, sweep, w, &e);
}

static void
destroy(struct leg *leg)
{
	struct wire *w = leg->wire;

	if (w->out_of == leg)
		wire_flush(w);
	if (w->cursor == leg)
		w->cursor = leg->next;
	*leg->prev = leg->next;
	if (leg->next != NULL)
		leg->next->prev = leg->prev;
	loop_forget(w->loop, leg->stream.fd);
	stream_close(&leg->stream);
	heap_free(&leg->rest);
	heap_free(&leg->part);
	heap_free(&leg->queue);
	deflate_free(leg->own);
	free(leg);
}

void
legs_end(struct wire *w)
{
	while (w->legs != NULL)
		destroy(w->legs);
}

struct leg *
leg_new_take(struct wire *w, struct stream *s, const struct leg_start *start)
{
	struct leg *leg = wire_realloc(NULL, sizeof(*leg));

	if (leg == NULL) {
		loop_forget(w->loop, s->fd);
		stream_close(s);
		return NULL;
	}
	memset(leg, 0, sizeof(*leg));
	leg->wire = w;
	leg->stream = *s;
	*s = (struct stream){ .fd = -1 };
	stream_read_ahead(&leg->stream);
	leg->client = start->client;
	leg->limits = start->limits;
	leg->deflate = start->deflate;
	leg->figures.deflated = start->deflate.on;
	leg->figures.tls = leg->stream.ssl != NULL;
	leg->figures.heard_ms = now_ms();
	(void)snprintf(leg->peer, sizeof(leg->peer), "%s", start->peer);
	leg->next = w->legs;
	leg->prev = &w->legs;
	if (leg->next != NULL)
		leg->next->prev = &leg->next;
	w->legs = leg;
	if (start->early_len > 0 &&
	    !heap_add(&leg->rest, start->early, start->early_len)) {
		destroy(leg);
		return NULL;
	}
	w->users++;
	leg->events = EPOLLIN; /* whatever it was: watched anew */
	leg_watch(leg);
	arm(w);
	return leg;
}

/* A leg without callbacks yet reads nothing, nor does one that has not gone on
 * with what it read before a pause: the connection's end comes after that. One
 * that nobody wants any more reads until its end. */
static bool
reading(const struct leg *leg)
{
	return leg->orphan || leg->draining || leg->end != 0 ||
	    (leg->calls != NULL && !leg->paused && !leg->kicked);
}

void
leg_watch(struct leg *leg)
{
	uint32_t want =
	    (reading(leg) ? EPOLLIN : 0) | (leg->queue.len > 0 ? EPOLLOUT : 0);
	struct err e;

	if (leg->stream.fd == -1 || want == leg->events)
		return;
	leg->events = want;
	if (loop_watch(leg->wire->loop, leg->stream.fd, want, leg_event, leg,
		&e) == -1)
		leg_break(leg, WS_INTERNAL, "it can not be watched");
}

void
leg_tell(struct leg *leg)
{
	if (leg->end == 0 || leg->told || leg->calls == NULL)
		return;
	leg->told = true;
	if (leg->calls->closed != NULL)
		leg->calls->closed(leg->ctx, leg->end, leg->reason);
}

static void
ends(struct leg *leg, unsigned code, const char *reason)
{
	if (leg->end != 0)
		return;
	leg->end = code;
	(void)snprintf(leg->reason, sizeof(leg->reason), "%s", reason);
}

void
leg_over(struct leg *leg, unsigned code, const char *reason)
{
	ends(leg, code, reason);
	leg->broken = true;
	loop_forget(leg->wire->loop, leg->stream.fd);
	stream_close(&leg->stream);
	heap_free(&leg->rest);
	heap_free(&leg->part);
	heap_free(&leg->queue);
	leg_tell(leg);
}

void
leg_kick(struct leg *leg)
{
	struct wire *w = leg->wire;
	struct err e;

	leg->kicked = true;
	if (w->kick <= 0)
		w->kick = loop_timer(w->loop, 0, kick, w, &e);
}

void
leg_break(struct leg *leg, unsigned code, const char *reason)
{
	if (leg->broken)
		return;
	ends(leg, code, reason);
	leg->broken = true;
	heap_free(&leg->queue);
	(void)shutdown(leg->stream.fd, SHUT_RDWR);
	leg_kick(leg);
}

void
leg_fault(struct leg *leg, unsigned code, const char *why)
{
	leg->figures.faults++;
	(void)leg_say_close(leg, code, why, strlen(why));
	leg->draining = true;
	leg->close_ms = now_ms() + LEG_LINGER_MS;
	heap_free(&leg->part);
	ends(leg, code, why);
	leg_tell(leg);
}

/*
 * After callbacks: nothing here calls the owner. Whoever has said the last word
 * ends its direction and waits for the peer to do so: closed with bytes still
 * unread the kernel would reset the connection and our Close be lost. A client
 * leaves the first step to the server (RFC 6455 7.1.1).
 */
static void
settle(struct leg *leg)
{
	leg->busy = false;
	if (!leg->shut && leg->stream.fd != -1 && leg->queue.len == 0 &&
	    leg->said && (leg->draining || (leg->heard && !leg->client))) {
		if (leg->wire->out_of == leg)
			wire_flush(leg->wire);
		if (leg->queue.len == 0) {
			stream_shut(&leg->stream);
			leg->shut = true;
		}
	}
	if (leg->orphan && (leg->stream.fd == -1 || leg->broken || !leg->said))
		destroy(leg);
	else
		leg_watch(leg);
}

/* Calls fn for a leg that may free itself, and others, meanwhile. */
static void
with(struct leg *leg, void (*fn)(struct leg *, uint32_t), uint32_t arg)
{
	struct wire *w = leg->wire;

	w->users++;
	leg->busy = true;
	wire_cork(w);
	fn(leg, arg);
	wire_uncork(w);
	settle(leg);
	wire_release(w);
}

static void
happened(struct leg *leg, uint32_t events)
{
	if (leg->broken && leg->end != 0 && !leg->told) {
		leg_over(leg, WS_ABNORMAL, "");
		return;
	}
	if ((events & EPOLLOUT) != 0)
		leg_flush(leg);
	if (leg->stream.fd == -1 || (events & ~(uint32_t)EPOLLOUT) == 0)
		return;
	if (reading(leg)) {
		leg_read(leg);
		return;
	}
	/* The loop would tell it again and again; watched when it reads. */
	leg->events = 0;
	loop_forget(leg->wire->loop, leg->stream.fd);
}

void
leg_event(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	with(ctx, happened, events);
}

static const char *
patience(const struct leg *leg, uint64_t now)
{
	if (leg->close_ms != 0 && now >= leg->close_ms)
		return "the closing handshake took too long";
	if (leg->queue.len > 0 && leg->limits.slow_ms > 0 &&
	    now >= leg->moved_ms + leg->limits.slow_ms)
		return "the peer takes nothing any more";
	if (leg->ping_ms != 0 && leg->limits.pong_ms > 0 &&
	    now >= leg->ping_ms + leg->limits.pong_ms)
		return "no answer to a ping";
	return NULL;
}

static void
look(struct leg *leg, uint32_t unused)
{
	const char *why = patience(leg, now_ms());

	(void)unused;
	if (leg->stream.fd != -1 && why != NULL)
		leg_over(leg, WS_ABNORMAL, why);
}

static void
go_on(struct leg *leg, uint32_t unused)
{
	(void)unused;
	if (!leg->kicked)
		return;
	leg->kicked = false;
	if (leg->broken && leg->end != 0 && !leg->told)
		leg_over(leg, WS_ABNORMAL, "");
	if (!reading(leg))
		return;
	leg_tell(leg);
	leg_again(leg);
	if (reading(leg) && stream_pending(&leg->stream))
		leg_read(leg);
}

static void
walk(struct wire *w, void (*fn)(struct leg *, uint32_t))
{
	w->users++;
	for (struct leg *leg = w->legs; leg != NULL; leg = w->cursor) {
		w->cursor = leg->next;
		with(leg, fn, 0);
	}
	wire_release(w);
}

static void
kick(void *ctx)
{
	struct wire *w = ctx;

	w->kick = 0;
	walk(w, go_on);
}

static void
sweep(void *ctx)
{
	struct wire *w = ctx;

	w->users++;
	w->sweep = 0;
	walk(w, look);
	walk(w, go_on);
	if (w->legs != NULL)
		arm(w);
	wire_release(w);
}

void
leg_calls_are(struct leg *leg, const struct leg_calls *calls, void *ctx)
{
	leg->calls = calls;
	leg->ctx = ctx;
	if (leg->rest.len > 0 || leg->end != 0 || stream_pending(&leg->stream))
		leg_kick(leg);
	leg_watch(leg);
}

void
leg_pause(struct leg *leg, bool paused)
{
	if (leg->paused == paused)
		return;
	leg->paused = paused;
	leg->ping_ms = 0; /* an answer would not be read */
	if (!paused && (leg->rest.len > 0 || stream_pending(&leg->stream)))
		leg_kick(leg);
	leg_watch(leg);
}

void
leg_free(struct leg *leg)
{
	struct wire *w;

	if (leg == NULL)
		return;
	w = leg->wire;
	leg->calls = NULL;
	leg->orphan = true;
	if (!leg->busy)
		settle(leg);
	wire_release(w);
}

void
leg_figures(const struct leg *leg, struct leg_figures *f)
{
	*f = leg->figures;
	f->queued = leg->queue.len - leg->sent;
	if (leg->wire->out_of == leg)
		f->queued += leg->wire->out_len;
}

const char *
leg_peer(const struct leg *leg)
{
	return leg->peer;
}
