/* SPDX-License-Identifier: MIT */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * A child of the agent, started by posix_spawn and exec, known by a pidfd: the
 * loop sees its end, each is reaped by the one who started it, and a number
 * that the system has given to another process can not be hit.
 */
#define CHILD_FDS 16

struct child_spec {
	const char *path;   /* absolute */
	char *const *argv;  /* NULL-ended */
	int out;            /* becomes 1 and 2; -1: /dev/null and our own 2 */
	int fds[CHILD_FDS]; /* become 3, 4 ...; -1: that number stays closed */
	size_t count;
};

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* readable when it has ended; -1: none */
};

/*
 * The child gets an empty environment, no signal blocked or ignored, a session
 * of its own, /dev/null as 0, and no descriptor but those named. fds stay the
 * caller's.
 */
int child_spawn(const struct child_spec *, struct child *, struct err *);
void child_signal(const struct child *, int sig); /* none: does nothing */
/* False while it runs. True: reaped, *status is waitpid's, none any more. */
bool child_reap(struct child *, int *status);
/* "exit status 1", "killed by signal 9 (Killed)", and for SIGSYS "killed:
 * forbidden system call". */
void child_say(int status, char *out, size_t size);

#endif
