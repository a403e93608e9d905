/* SPDX-License-Identifier: MIT */
/*
 * Sockets that are never waited for longer than was said. Nothing here knows
 * SSH, names or IPv6: the probe looks at its own machine.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "loop.h"
#include "own.h"
#include "reach.h"

#define AGAIN_MS 50

/* 0 when fd is ready before the deadline. */
static int
wait_for(int fd, short events, uint64_t end_ms, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = now_ms();
	int n;

	n = now >= end_ms ? 0 : poll(&p, 1, (int)(end_ms - now));
	if (n == -1 && errno != EINTR)
		return err_sys(e, "wait");
	if (n <= 0)
		return err_set(e, ETIMEDOUT, "no answer in time");
	return 0;
}

static int
finish(int fd, uint64_t end_ms, struct err *e)
{
	socklen_t size = sizeof(int);
	int code = 0;

	if (wait_for(fd, POLLOUT, end_ms, e) == -1)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == -1)
		return err_sys(e, "connect");
	errno = code;
	return code == 0 ? 0 : err_sys(e, "connect");
}

static int
once(uint16_t port, uint64_t end_ms, struct err *e)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	own_fd int fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_sys(e, "socket");
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == -1) {
		if (errno != EINPROGRESS)
			return err_sys(e, "connect");
		if (finish(fd, end_ms, e) == -1)
			return -1;
	}
	/* libssh wants it blocking, and polls before it reads. */
	if (fcntl(fd, F_SETFL, 0) == -1)
		return err_sys(e, "fcntl");
	return take_fd(&fd);
}

int
reach(uint16_t port, uint64_t end_ms, unsigned refused_ms, struct err *e)
{
	uint64_t enough = now_ms() + refused_ms;
	int fd;

	for (;;) {
		fd = once(port, end_ms, e);
		if (fd != -1 || e->code != ECONNREFUSED || now_ms() >= enough)
			break;
		(void)poll(NULL, 0, AGAIN_MS);
	}
	return fd == -1 ? err_in(e, "127.0.0.1:%u", port) : fd;
}

int
reach_read(int fd, void *p, size_t n, uint64_t end_ms, struct err *e)
{
	char *at = p;
	ssize_t got;

	for (; n > 0; n -= (size_t)got, at += got) {
		if (wait_for(fd, POLLIN, end_ms, e) == -1)
			return -1;
		got = recv(fd, at, n, MSG_DONTWAIT);
		if (got == 0)
			return err_set(
			    e, ECONNRESET, "connection closed by the server");
		if (got == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, "receive");
		if (got == -1)
			got = 0;
	}
	return 0;
}

int
reach_write(int fd, const void *p, size_t n, uint64_t end_ms, struct err *e)
{
	const char *at = p;
	ssize_t put;

	for (; n > 0; n -= (size_t)put, at += put) {
		if (wait_for(fd, POLLOUT, end_ms, e) == -1)
			return -1;
		put = send(fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (put == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, "send");
		if (put == -1)
			put = 0;
	}
	return 0;
}
