/* SPDX-License-Identifier: MIT */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * Which system calls a caged process may still make (seccomp), in two stages:
 * the first closes before foreign code is loaded, the second, tighter, when
 * loading is over. What is forbidden kills the whole process with SIGSYS, so
 * that who started it sees how it ended; what libraries try out and can do
 * without fails with an error instead.
 */
struct syscalls_need {
	uint32_t granted; /* INGOT_NEED_* */
	bool opens;       /* some path beyond the libraries is reachable */
	bool writes;      /* some of them for writing */
	bool unix_sockets;
};

struct syscalls;

/* Both filters, made while everything is still allowed. NULL: failed. */
struct syscalls *syscalls_plan(const struct syscalls_need *, struct err *);
/* Each is for good. Needs no_new_privs. */
int syscalls_first(struct syscalls *, struct err *);
int syscalls_second(struct syscalls *, struct err *);
void syscalls_free(struct syscalls *);

#endif
