/* SPDX-License-Identifier: MIT */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * scan ADDRESS [FIRST [LAST]]: which TCP ports of a unit answer, seen from
 * where this runs. Connects to every port, WINDOW at a time, waits WAIT_MS for
 * each window and prints the open ones, one a line. A plain connect, so what
 * it finds is what anybody else would find; it knows nothing of the unit.
 */
#define WINDOW  4096
#define WAIT_MS 250

static int fds[WINDOW];

static int
start(const struct addrinfo *to, unsigned port, int ep, unsigned slot)
{
	struct sockaddr_storage sa;
	struct epoll_event ev = { .events = EPOLLOUT, .data.u32 = slot };
	int fd = socket(
	    to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	memcpy(&sa, to->ai_addr, to->ai_addrlen);
	if (to->ai_family == AF_INET)
		((struct sockaddr_in *)&sa)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)&sa)->sin6_port = htons((uint16_t)port);
	(void)connect(fd, (struct sockaddr *)&sa, to->ai_addrlen);
	(void)epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	return fd;
}

static void
settle(unsigned slot, unsigned first)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fds[slot], SOL_SOCKET, SO_ERROR, &err, &len) == 0 &&
	    err == 0)
		printf("%u\n", first + slot);
	(void)close(fds[slot]);
	fds[slot] = -1;
}

static int
window(const struct addrinfo *to, unsigned first, unsigned n)
{
	struct epoll_event evs[256];
	int ep = epoll_create1(EPOLL_CLOEXEC), got;

	for (unsigned i = 0; i < n; i++)
		if ((fds[i] = start(to, first + i, ep, i)) == -1)
			return -1;
	while ((got = epoll_wait(ep, evs, 256, WAIT_MS)) > 0)
		for (int i = 0; i < got; i++)
			settle(evs[i].data.u32, first);
	for (unsigned i = 0; i < n; i++)
		if (fds[i] != -1)
			(void)close(fds[i]);
	(void)close(ep);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST },
			*to;
	unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	unsigned last = argc > 3 ? (unsigned)atoi(argv[3]) : 65535, n;
	struct rlimit files = { WINDOW + 16, WINDOW + 16 };

	if (argc < 2 || last > 65535 || first < 1 ||
	    getaddrinfo(argv[1], NULL, &hints, &to) != 0) {
		fprintf(stderr, "usage: scan ADDRESS [FIRST [LAST]]\n");
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &files) == -1) {
		perror("scan: too few descriptors");
		return 1;
	}
	for (; first <= last; first += n) {
		n = last - first + 1 < WINDOW ? last - first + 1 : WINDOW;
		if (window(to, first, n) == -1) {
			perror("scan");
			return 1;
		}
	}
	freeaddrinfo(to);
	return 0;
}
