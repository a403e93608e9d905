/* SPDX-License-Identifier: MIT */
/*
 * The kernel watches the line: TCP_USER_TIMEOUT ends a connection whose sent
 * bytes nobody acknowledges, keepalive probes one on which nothing is sent.
 * That works below SSH and costs the unit nothing.
 */
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "loop.h"
#include "own.h"

OWN_POINTER(addresses, struct addrinfo, freeaddrinfo)
#define own_addresses __attribute__((cleanup(own_addresses_free), unused))

static int
watch(int fd, unsigned limit_ms)
{
	const int on = 1, count = 3;
	/* Three probes and a rest fill the limit; the kernel counts seconds. */
	int pause = (int)(limit_ms / 1000 / (count + 1));

	pause = pause < 1 ? 1 : pause;
	return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) |
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) |
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &pause, sizeof(pause)) |
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof(pause)) |
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) |
	    setsockopt(
		fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms));
}

static int
wait_connected(int fd, uint64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	uint64_t now = now_ms();
	socklen_t len = sizeof(errno);
	int why = ETIMEDOUT, n;

	n = poll(&p, 1, now < end ? (int)(end - now) : 0);
	if (n == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 &&
	    why == 0)
		return 0;
	errno = why;
	return -1;
}

static int
reach_one(const struct addrinfo *a, uint64_t end, unsigned limit_ms)
{
	own_fd int fd = socket(a->ai_family,
	    a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd == -1 || watch(fd, limit_ms) != 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1 &&
	    (errno != EINPROGRESS || wait_connected(fd, end) == -1))
		return -1;
	return take_fd(&fd);
}

int
dial(const char *host, uint16_t port, unsigned limit_ms, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	own_addresses struct addrinfo *list = NULL;
	uint64_t end = now_ms() + limit_ms;
	char service[8];
	int rc, fd = -1;

	(void)snprintf(service, sizeof(service), "%u", port);
	if ((rc = getaddrinfo(host, service, &hints, &list)) != 0)
		return err_set(e, ENOENT, "%s: %s", host, gai_strerror(rc));
	for (struct addrinfo *a = list; a != NULL && fd == -1; a = a->ai_next)
		fd = reach_one(a, end, limit_ms);
	if (fd == -1)
		(void)err_sys(e, "%s port %u", host, port);
	return fd;
}
