/* SPDX-License-Identifier: MIT */
/*
 * A leg of either role over a socket pair, fed with strangers' bytes in pieces
 * of any size, paused and asked to send, ping or close between them. What it
 * hands over is UTF-8 within the limit; the end is told once; everything is
 * free again.
 */
#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leg_in.h"

#define FRAME_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct loop *loop;
static struct leg *leg;
static unsigned ends;
static uint8_t how;

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
message(void *ctx, char *text, size_t len)
{
	(void)ctx;
	must(ends == 0 && len <= FRAME_MAX && ws_is_utf8(text, len));
	if (len % 7 == 1 && (how & 8) != 0)
		leg_pause(leg, true);
	if ((how & 16) != 0)
		(void)leg_send(leg, text, len);
	if (len == 5 && (how & 32) != 0) {
		leg_free(leg);
		leg = NULL;
		ends = 1;
	}
	memset(text, 0xff, len);
}

static void
closed(void *ctx, unsigned code, const char *reason)
{
	(void)ctx;
	must(++ends == 1 && code >= 1000 && code < 5000);
	must(strlen(reason) <= 123 && ws_is_utf8(reason, strlen(reason)));
}

static void
turns(int n)
{
	struct err e;

	while (n-- > 0)
		must(loop_once(loop, 0, &e) == 0);
}

static void
feed(int fd, const uint8_t *data, size_t len)
{
	char away[4096];
	uint32_t x = how;

	while (len > 0) {
		size_t n = 1 +
		    ((x = x * 1664525 + 1013904223) >> 24) %
			((how & 4) != 0 ? 200 : 9);

		n = n > len ? len : n;
		if (send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) <= 0)
			break;
		data += n;
		len -= n;
		turns(1);
		if (leg != NULL && x >> 28 == 0)
			leg_ping(leg);
		if (leg != NULL && x >> 28 == 1)
			leg_pause(leg, false);
		if (leg != NULL && x >> 25 == 90)
			leg_close(leg, x & 0x1fff, "\xe2\x82\xac done");
		while (recv(fd, away, sizeof(away), MSG_DONTWAIT) > 0)
			;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct leg_calls calls = { message, closed };
	struct leg_start start = { .peer = "fuzz",
		.limits = { FRAME_MAX, 4 * FRAME_MAX, 1000, 1000 } };
	struct stream s = { 0 };
	struct wire *w;
	struct err e;
	int fds[2];

	if (len == 0)
		return 0;
	how = *data++;
	len--;
	ends = 0;
	start.client = (how & 1) != 0;
	start.deflate = (struct deflate_terms){ .on = (how & 2) != 0,
		.keeps = (how & 64) != 0,
		.bits = 8 + how % 8 };
	loop = loop_new(&e);
	w = wire_hold(loop, &e);
	must(w != NULL &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	s.fd = fds[0];
	start.early = (const char *)data;
	start.early_len = (how & 128) != 0 ? len / 2 : 0;
	leg = leg_new_take(w, &s, &start);
	leg_calls_are(leg, &calls, NULL);
	feed(fds[1], data + start.early_len, len - start.early_len);
	(void)close(fds[1]);
	turns(3);
	if (leg != NULL)
		leg_pause(leg, false);
	/* Each message may pause it again; none is shorter than two bytes. */
	for (size_t i = 0; i < 200 + len && ends == 0; i++) {
		turns(1);
		if (leg != NULL)
			leg_pause(leg, false);
	}
	must(ends == 1);
	leg_free(leg);
	turns(1);
	wire_release(w);
	loop_free(loop);
	return 0;
}
