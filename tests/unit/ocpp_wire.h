/* SPDX-License-Identifier: MIT */
#ifndef OCPP_WIRE_TEST_H
#define OCPP_WIRE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "dial.h"
#include "listener.h"

/*
 * A listener and those who come to it, by a dial or a raw socket, on one loop
 * over loopback. What one side hears is kept as text: messages, each ended by
 * '|'.
 */
struct side {
	struct leg *leg;
	char *heard;
	size_t len, last;        /* of all, of the last message */
	unsigned messages, code; /* code: the end that was told */
	char reason[128];
	bool echo;
};

struct world {
	struct loop *loop;
	struct crew *crew;
	struct listener *listener;
	struct arrival *arrival;
	struct side down, up; /* the listener's leg, the dial's */
	struct dial *dial;
	enum dial_end end;
	unsigned status, dialled, left, failures;
	char why[160], protocol[64], kind[32], failure[160], path[256],
	    protocols[128], user[64], peer_name[256], tls[80];
	uint8_t password[64];
	size_t password_len;
	bool hold, bare; /* arrivals wait; are accepted without protocol */
	unsigned refuse; /* ... are refused with it */
	struct err e;
};

static struct world w;
static const struct leg_limits usual = { .frame_max = 256 * 1024,
	.queue_max = 1024 * 1024,
	.slow_ms = 10000,
	.pong_ms = 10000 };

static void
turn(int ms)
{
	assert_int_equal(loop_once(w.loop, ms, &w.e), 0);
}

#define until(what)                                                            \
	do {                                                                   \
		uint64_t late_at = now_ms() + 10000;                           \
		while (!(what) && now_ms() < late_at)                          \
			turn(10);                                              \
		assert_true(what);                                             \
	} while (0)

static void
heard(void *ctx, char *text, size_t len)
{
	struct side *s = ctx;

	s->heard = realloc(s->heard, s->len + len + 2);
	memcpy(s->heard + s->len, text, len);
	s->len += len;
	memcpy(s->heard + s->len, "|", 2);
	s->len++;
	s->last = len;
	s->messages++;
	if (s->echo)
		assert_int_equal(leg_send(s->leg, text, len), 0);
	memset(text, 'x', len); /* it is ours to spoil */
}

static void
ended(void *ctx, unsigned code, const char *reason)
{
	struct side *s = ctx;

	assert_int_equal(s->code, 0);
	s->code = code;
	(void)snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

static const struct leg_calls hearing = { heard, ended };

__attribute__((unused)) static void
take_arrival(void)
{
	w.down.leg = arrival_accept(w.arrival, w.bare ? NULL : "ocpp1.6");
	w.arrival = NULL;
	if (w.down.leg != NULL)
		leg_calls_are(w.down.leg, &hearing, &w.down);
}

static void
arrived(void *ctx, struct arrival *a)
{
	struct arrival_facts f;

	assert_ptr_equal(ctx, &w);
	arrival_facts(a, &f);
	(void)snprintf(w.path, sizeof(w.path), "%s", f.path);
	(void)snprintf(w.protocols, sizeof(w.protocols), "%s", f.protocols);
	(void)snprintf(
	    w.user, sizeof(w.user), "%s", f.user == NULL ? "(none)" : f.user);
	(void)snprintf(w.tls, sizeof(w.tls), "%s", f.tls);
	w.password_len = f.password_len;
	if (f.password_len > 0 && f.password_len <= sizeof(w.password))
		memcpy(w.password, f.password, f.password_len);
	if (f.certificate != NULL)
		(void)X509_NAME_oneline(X509_get_subject_name(f.certificate),
		    w.peer_name, sizeof(w.peer_name));
	arrival_ctx_is(a, &w);
	w.arrival = a;
	if (w.refuse != 0) {
		w.arrival = NULL;
		arrival_refuse(a, w.refuse, "not today");
	} else if (!w.hold)
		take_arrival();
}

static void
left(void *ctx, struct arrival *a)
{
	(void)ctx;
	assert_ptr_equal(a, w.arrival);
	assert_ptr_equal(arrival_ctx(a), &w);
	w.arrival = NULL;
	w.left++;
}

static void
failed(void *ctx, const char *kind, const char *peer, const char *why)
{
	(void)ctx;
	(void)peer;
	w.failures++;
	(void)snprintf(w.kind, sizeof(w.kind), "%s", kind);
	(void)snprintf(w.failure, sizeof(w.failure), "%s", why);
}

static void
dialled(void *ctx, const struct dial_result *r)
{
	assert_ptr_equal(ctx, &w);
	w.dialled++;
	w.end = r->end;
	w.status = r->status;
	(void)snprintf(w.why, sizeof(w.why), "%s", r->why);
	(void)snprintf(w.protocol, sizeof(w.protocol), "%s", r->protocol);
	if (r->leg != NULL) {
		assert_null(w.up.leg);
		w.up.leg = r->leg;
		leg_calls_are(r->leg, &hearing, &w.up);
	}
}

static const struct listener_calls calls = { arrived, left, failed };

/* What most listeners and dials are like. */
static struct listen_settings
plain_listener(void)
{
	return (struct listen_settings){ .address = "127.0.0.1",
		.limits = usual,
		.arrivals_max = 100,
		.arrival_ms = 10000,
		.deflate = true };
}

__attribute__((unused)) static struct dial_settings
plain_dial(void)
{
	return (struct dial_settings){ .host = "127.0.0.1",
		.port = listener_port(w.listener),
		.path = "/ocpp/CP%201",
		.protocols = "ocpp2.0.1, ocpp1.6",
		.late_ms = 10000,
		.limits = usual,
		.deflate = true };
}

__attribute__((unused)) static void
listen_as(const struct listen_settings *set)
{
	listener_free(w.listener);
	w.listener = listener_new(w.loop, set, &calls, &w, &w.e);
	assert_non_null(w.listener);
}

__attribute__((unused)) static void
dial_as(const struct dial_settings *set)
{
	dial_free(w.dial);
	w.dialled = 0;
	w.dial = dial_new(w.loop, w.crew, set, dialled, &w, &w.e);
	assert_non_null(w.dial);
	assert_int_equal(w.dialled, 0);
}

static void
hang_up(struct side *s)
{
	leg_free(s->leg);
	free(s->heard);
	*s = (struct side){ 0 };
}

static int
make(void **state)
{
	struct listen_settings set = plain_listener();

	(void)state;
	memset(&w, 0, sizeof(w));
	w.loop = loop_new(&w.e);
	w.crew = crew_new(w.loop, 2, &w.e);
	if (w.loop == NULL || w.crew == NULL)
		return -1;
	w.listener = listener_new(w.loop, &set, &calls, &w, &w.e);
	return w.listener == NULL ? -1 : 0;
}

static int
unmake(void **state)
{
	(void)state;
	dial_free(w.dial);
	hang_up(&w.down);
	hang_up(&w.up);
	listener_free(w.listener);
	crew_free(w.crew);
	loop_free(w.loop);
	return 0;
}

/* Both legs open, by a dial. */
__attribute__((unused)) static void
connect_both(const struct dial_settings *set)
{
	struct dial_settings usually = plain_dial();

	dial_as(set != NULL ? set : &usually);
	until(w.dialled == 1);
	assert_string_equal(w.why, "");
	assert_int_equal(w.end, DIAL_OPEN);
	until(w.down.leg != NULL);
}

/* A raw peer: a socket that this test writes and reads itself. */
__attribute__((unused)) static int
raw(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(listener_port(w.listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int raw_error; /* instead of a proper end */
static bool raw_over; /* a proper end */

/* Reads until the peer ends or n bytes are there; the loop runs meanwhile. */
__attribute__((unused)) static size_t
raw_read(int fd, char *out, size_t n)
{
	uint64_t late_at = now_ms() + 5000;
	size_t got = 0;
	ssize_t k = -1;

	while (got < n && k != 0 && now_ms() < late_at) {
		k = recv(fd, out + got, n - got, MSG_DONTWAIT);
		raw_error = k == -1 && errno != EAGAIN ? errno : 0;
		if (raw_error != 0)
			break;
		raw_over = k == 0;
		turn(k == -1 ? 1 : 0);
		got += k > 0 ? (size_t)k : 0;
	}
	return got;
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, make, unmake)

#endif
