/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * ready COMMAND...: starts a daemon that speaks the sd_notify protocol, prints
 * "PID MILLISECONDS" (from exec to READY=1), and ends it when standard input
 * closes. No READY within LATE_MS: exit 1.
 */
#define LATE_MS 20000

extern char **environ;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
notify_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char name[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(name, sizeof(name), "@ingot-bench-%d", (int)getpid());
	(void)setenv("NOTIFY_SOCKET", name, 1);
	memcpy(sa.sun_path + 1, name + 1, strlen(name) - 1);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&sa,
		(socklen_t)(sizeof(sa_family_t) + strlen(name))) == -1)
		return -1;
	return fd;
}

static int
wait_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[512];
	ssize_t n;

	while (poll(&p, 1, LATE_MS) == 1) {
		n = recv(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, "READY=1") != NULL)
			return 0;
	}
	return -1;
}

int
main(int argc, char *argv[])
{
	int fd = notify_socket(), rc;
	double from = now();
	pid_t pid;
	char c;

	if (argc < 2 || fd == -1 ||
	    posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0)
		return 2;
	rc = wait_ready(fd);
	printf("%d %.1f\n", (int)pid, now() - from);
	(void)fflush(stdout);
	while (rc == 0 && read(STDIN_FILENO, &c, 1) == 1)
		continue;
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	return rc == 0 ? 0 : 1;
}
