/* SPDX-License-Identifier: MIT */
/*
 * Accepting, within limits. What is beyond a limit waits in the kernel's
 * backlog, for a moment: new connections a second by a bucket of tokens,
 * handshakes under way by their number, and a process without descriptors by a
 * pause, since the socket would stay readable and the loop spin. When all
 * handshakes are taken the one that has dawdled longest makes room, so that a
 * peer that opens many and says nothing does not keep others out.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrival.h"
#include "own.h"

#define A_TURN   32 /* connections accepted before others have theirs */
#define BACKLOG  1024
#define PAUSE_MS 200

static void acceptable(void *ctx, int fd, uint32_t events);

static void
again(void *ctx)
{
	struct listener *l = ctx;
	struct err e;

	l->timer = 0;
	if (loop_watch(l->loop, l->fd, EPOLLIN, acceptable, l, &e) == -1)
		l->timer = loop_timer(l->loop, PAUSE_MS, again, l, &e);
}

static void
pause_for(struct listener *l, uint64_t ms)
{
	struct err e;

	if (l->timer > 0)
		return;
	l->timer = loop_timer(l->loop, ms, again, l, &e);
	if (l->timer > 0) /* else it is asked again at once: slow, not dead */
		loop_forget(l->loop, l->fd);
}

static void
told(struct listener *l, const char *kind, const char *peer, const char *why)
{
	if (l->calls.failed != NULL)
		l->calls.failed(l->ctx, kind, peer, why);
}

/*
 * The bucket as the time at which it was empty: it fills by per_second tokens
 * a second up to as many. Microseconds for one token; 0: no limit.
 */
static uint64_t
price(const struct listener *l)
{
	return l->set.per_second == 0 ? 0 : 1000000u / l->set.per_second;
}

static bool
token(struct listener *l)
{
	uint64_t now = now_ms() * 1000;

	if (l->tokens_us + 1000000 < now)
		l->tokens_us = now - 1000000;
	return price(l) == 0 || l->tokens_us + price(l) <= now;
}

/* All of them wait for their takers: nobody can be sent away for another. */
static bool
full(struct listener *l)
{
	if (l->n < l->set.arrivals_max || arrival_oldest(l) != NULL)
		return false;
	pause_for(l, PAUSE_MS);
	return true;
}

static void
make_room(struct listener *l)
{
	struct arrival *oldest =
	    l->n < l->set.arrivals_max ? NULL : arrival_oldest(l);

	if (oldest == NULL)
		return;
	told(l, "rate", oldest->peer, "too many handshakes at once");
	arrival_drop(oldest);
}

/* One connection; false: not now. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	char peer[STREAM_NAME_MAX];
	int fd = accept4(l->fd, (struct sockaddr *)&from, &len,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	/* A peer that has gone again is no reason to stop: accept(2). */
	if (fd == -1 && errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
	    errno != ENOBUFS)
		return true;
	if (fd == -1) {
		told(l, "rate", "", strerror(errno));
		pause_for(l, PAUSE_MS);
		return false;
	}
	l->tokens_us += price(l);
	stream_name(&from, peer);
	make_room(l);
	if (!arrival_new(l, fd, peer))
		told(l, "rate", peer, "no memory for another connection");
	return true;
}

static void
acceptable(void *ctx, int fd, uint32_t events)
{
	struct listener *l = ctx;

	(void)fd;
	(void)events;
	if (!token(l)) {
		told(l, "rate", "", "too many new connections");
		pause_for(l, price(l) / 1000 + 1);
		return;
	}
	for (int i = 0; i < A_TURN && token(l); i++)
		if (full(l) || !accept_one(l))
			break;
}

/* Only what we speak; a client that offers other protocols alone is refused. */
static int
alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *ctx)
{
	static const unsigned char http[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&chosen, out_len, http, sizeof(http) - 1, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int
open_at(const struct listen_settings *set, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM },
			*a;
	int one = 1, rc;
	char port[8];
	own_fd int fd = -1;

	(void)snprintf(port, sizeof(port), "%u", set->port);
	if ((rc = getaddrinfo(set->address, port, &hints, &a)) != 0)
		return err_set(
		    e, 0, "listen at %s: %s", set->address, gai_strerror(rc));
	fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1)
		(void)err_sys(
		    e, "listen at %s port %u", set->address, set->port);
	else
		rc = 1;
	freeaddrinfo(a);
	return rc == 1 ? take_fd(&fd) : -1;
}

struct listener *
listener_new(struct loop *loop, const struct listen_settings *set,
    const struct listener_calls *calls, void *ctx, struct err *e)
{
	struct listener *l = wire_realloc(NULL, sizeof(*l));

	if (l == NULL) {
		(void)err_set(e, ENOMEM, "no memory for a listener");
		return NULL;
	}
	*l = (struct listener){
		.loop = loop, .fd = -1, .set = *set, .calls = *calls, .ctx = ctx
	};
	l->set.address = NULL;
	if (set->tls != NULL) {
		(void)SSL_CTX_up_ref(set->tls);
		SSL_CTX_set_alpn_select_cb(set->tls, alpn, NULL);
	}
	if ((l->wire = wire_hold(loop, e)) == NULL ||
	    (l->fd = open_at(set, e)) == -1 ||
	    loop_watch(loop, l->fd, EPOLLIN, acceptable, l, e) == -1) {
		listener_free(l);
		return NULL;
	}
	return l;
}

void
listener_free(struct listener *l)
{
	struct arrival *a;

	if (l == NULL)
		return;
	while ((a = l->arrivals) != NULL) {
		if (a->state == ARRIVAL_WAITING && l->calls.left != NULL)
			l->calls.left(l->ctx, a);
		arrival_drop(a);
	}
	loop_untimer(l->loop, l->timer);
	loop_forget(l->loop, l->fd);
	if (l->fd != -1)
		(void)close(l->fd);
	SSL_CTX_free(l->set.tls);
	wire_release(l->wire);
	free(l);
}

uint16_t
listener_port(const struct listener *l)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(l->fd, (struct sockaddr *)&a, &len) == -1)
		return 0;
	return ntohs(a.ss_family == AF_INET6
		? ((const struct sockaddr_in6 *)(const void *)&a)->sin6_port
		: ((const struct sockaddr_in *)(const void *)&a)->sin_port);
}
