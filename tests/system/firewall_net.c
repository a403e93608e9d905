/* SPDX-License-Identifier: MIT */
/*
 * Real packets for firewall.test.
 *
 *	firewall_net serve tcp|udp ADDR PORT	echoes until it is ended
 *	firewall_net try tcp|udp|icmp ADDR PORT [SOURCE [SOURCE_PORT]]
 *	firewall_net hold ADDR PORT		for each line of standard input:
 *						over one connection, and back
 *
 * ADDR may have a scope (fe80::1%seth0). try prints "answered" (0), "refused"
 * (1), "silence" (2) or "unsent" (3: the sender's own kernel said no).
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own.h"

#define PATIENCE_US 400000

enum answer {
	ANSWERED,
	REFUSED,
	SILENCE,
	UNSENT
};

static const char *const answers[] = { "answered", "refused", "silence",
	"unsent" };

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in v4; /* the port stands alike in both */
		struct sockaddr_in6 v6;
	} at;
	socklen_t len;
};

static struct place
resolve(const char *addr, const char *port)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct place p = { .len = 0 };
	struct addrinfo *a;
	int rc = getaddrinfo(addr, port, &hints, &a);

	if (rc != 0) {
		(void)fprintf(
		    stderr, "%s %s: %s\n", addr, port, gai_strerror(rc));
		exit(9);
	}
	p.len = a->ai_addrlen;
	memcpy(&p.at, a->ai_addr, p.len);
	freeaddrinfo(a);
	return p;
}

static int
open_socket(const char *kind, int family)
{
	const struct timeval patience = { .tv_usec = PATIENCE_US };
	const int yes = 1;
	int type = SOCK_RAW, proto = IPPROTO_ICMP, fd;

	if (strcmp(kind, "tcp") == 0)
		type = SOCK_STREAM, proto = 0;
	else if (strcmp(kind, "udp") == 0)
		type = SOCK_DGRAM, proto = 0;
	else if (family == AF_INET6)
		proto = IPPROTO_ICMPV6;
	fd = socket(family, type | SOCK_CLOEXEC, proto);
	/* So that a client may use the port of a service beside it. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static void
serve_one(int fd, struct sockaddr_storage *from, socklen_t len)
{
	char p[256];
	ssize_t n =
	    recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)from, &len);

	if (n > 0)
		(void)sendto(fd, p, (size_t)n, 0, (struct sockaddr *)from, len);
}

static void
echo_stream(int listener)
{
	const struct timeval never = { 0 };
	char p[256];
	ssize_t n;
	int fd = accept(listener, NULL, NULL);

	if (fd == -1 || fork() != 0) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
	while ((n = recv(fd, p, sizeof(p), 0)) > 0)
		(void)send(fd, p, (size_t)n, MSG_NOSIGNAL);
	_exit(0);
}

static int
serve(const char *kind, const char *addr, const char *port)
{
	struct place a = resolve(addr, port);
	const int yes = 1;
	int fd = open_socket(kind, a.at.any.sa_family);

	(void)signal(SIGCHLD, SIG_IGN);
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, &a.at.any, a.len) == -1)
		return perror("bind"), 9;
	if (strcmp(kind, "tcp") == 0 && listen(fd, 16) == -1)
		return perror("listen"), 9;
	for (;;) {
		struct sockaddr_storage from;

		if (strcmp(kind, "tcp") == 0)
			echo_stream(fd);
		else
			serve_one(fd, &from, sizeof(from));
	}
}

static enum answer
verdict_of(int error)
{
	if (error == ECONNREFUSED)
		return REFUSED;
	return error == EPERM ? UNSENT : SILENCE;
}

/* Sends one message and waits for an echo. */
static enum answer
exchange(int fd, const void *p, size_t n)
{
	char back[512];

	if (send(fd, p, n, MSG_NOSIGNAL) == -1)
		return verdict_of(errno);
	return recv(fd, back, sizeof(back), 0) > 0 ? ANSWERED
						   : verdict_of(errno);
}

/* An echo request with a number of its own, so that it belongs to no earlier
 * flow; of what comes in on a raw socket only replies count. */
static enum answer
exchange_icmp(int fd, int family)
{
	const unsigned char request = family == AF_INET ? 8 : 128;
	const unsigned char reply = family == AF_INET ? 0 : 129;
	const unsigned id = (unsigned)getpid() & 0xffff;
	unsigned char p[16] = { request }, back[512];
	unsigned sum = ((unsigned)request << 8) + id;

	/* IPv6 fills its checksum itself. */
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[2] = (unsigned char)(sum >> 8);
	p[3] = (unsigned char)sum;
	p[4] = (unsigned char)(id >> 8);
	p[5] = (unsigned char)id;
	if (send(fd, p, sizeof(p), 0) == -1)
		return verdict_of(errno);
	while (recv(fd, back, sizeof(back), 0) > 0)
		if (back[family == AF_INET ? 20 : 0] == reply)
			return ANSWERED;
	return SILENCE;
}

static int
connected(const char *kind, const char *addr, const char *port,
    const char *source, const char *source_port)
{
	struct place a = resolve(addr, port);
	int fd = open_socket(kind, a.at.any.sa_family);

	if (source != NULL) {
		struct place s = resolve(source, source_port);

		if (bind(fd, &s.at.any, s.len) == -1) {
			perror("bind source");
			exit(9);
		}
	}
	if (strcmp(kind, "icmp") == 0)
		a.at.v4.sin_port = 0;
	if (connect(fd, &a.at.any, a.len) == 0)
		return fd;
	(void)puts(answers[verdict_of(errno)]);
	exit((int)verdict_of(errno));
}

static int
try(int argc, char **argv)
{
	const char *source = argc > 5 ? argv[5] : NULL;
	int fd = connected(
	    argv[2], argv[3], argv[4], source, argc > 6 ? argv[6] : "0");
	enum answer got;

	if (strcmp(argv[2], "icmp") == 0)
		got = exchange_icmp(
		    fd, strchr(argv[3], ':') == NULL ? AF_INET : AF_INET6);
	else
		got = exchange(fd, "knock", 5);
	(void)puts(answers[got]);
	return (int)got;
}

static int
hold(const char *addr, const char *port)
{
	int fd = connected("tcp", addr, port, NULL, NULL);
	char line[64];

	(void)puts("connected");
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		(void)puts(answers[exchange(fd, line, strlen(line))]);
		(void)fflush(stdout);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3], argv[4]);
	if (argc >= 5 && strcmp(argv[1], "try") == 0)
		return try(argc, argv);
	if (argc == 4 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3]);
	return 9;
}
