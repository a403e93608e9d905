/* SPDX-License-Identifier: MIT */
/*
 * A traced process's system call, made to fail as if the kernel had said so:
 * on the way in one argument is spoilt, so that the call fails by itself and
 * without any effect (skipping it, by number -1, would meet the seccomp
 * filters); on the way out the registers are what they were, with the error.
 */
#ifndef TRACEE_H
#define TRACEE_H

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEES_MAX 256

static struct spoilt {
	pid_t pid;
	struct user_regs_struct regs;
} spoilt[TRACEES_MAX];

static void
die(const char *what)
{
	perror(what);
	exit(125);
}

static void
registers(pid_t pid, struct user_regs_struct *r, bool set)
{
	struct iovec iov = { r, sizeof(*r) };

	if (ptrace(set ? PTRACE_SETREGSET : PTRACE_GETREGSET, pid,
		(void *)NT_PRSTATUS, &iov) == -1 &&
	    errno != ESRCH)
		die("registers");
}

#if defined(__x86_64__)
static void
set_argument(struct user_regs_struct *r, int i, uint64_t value)
{
	unsigned long long *const at[] = { &r->rdi, &r->rsi, &r->rdx };

	*at[i] = value;
}

static void
set_result(struct user_regs_struct *r, int64_t value)
{
	r->rax = (uint64_t)value;
}
#else
static void
set_argument(struct user_regs_struct *r, int i, uint64_t value)
{
	r->regs[i] = value;
}

static void
set_result(struct user_regs_struct *r, int64_t value)
{
	r->regs[0] = (uint64_t)value;
}
#endif

/* path: the argument that names a path, which is then none; -1: the first is a
 * descriptor, which is then none. */
static void
spoil(pid_t pid, int path)
{
	struct user_regs_struct r;

	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid == 0) {
			registers(pid, &r, false);
			spoilt[i].pid = pid;
			spoilt[i].regs = r;
			set_argument(&r, path == -1 ? 0 : path,
			    path == -1 ? (uint64_t)-1 : 0);
			registers(pid, &r, true);
			return;
		}
	die("too many threads");
}

/* On the way out of a call: was it spoilt? */
static bool
answer(pid_t pid, int error)
{
	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid == pid) {
			set_result(&spoilt[i].regs, -error);
			registers(pid, &spoilt[i].regs, true);
			spoilt[i].pid = 0;
			return true;
		}
	return false;
}

/* Is one on its way? */
static bool
pending(void)
{
	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid != 0)
			return true;
	return false;
}

/* A text of the process, in whatever pages it lies. */
static void
tracee_text(pid_t pid, uint64_t at, char out[static PATH_MAX])
{
	char mem[32];
	size_t n = 0;
	int fd;

	(void)snprintf(mem, sizeof(mem), "/proc/%d/mem", (int)pid);
	fd = open(mem, O_RDONLY | O_CLOEXEC);
	while (fd != -1 && n < PATH_MAX - 1) {
		size_t page = 4096 - (at + n) % 4096;
		size_t want = page < PATH_MAX - 1 - n ? page : PATH_MAX - 1 - n;
		ssize_t got = pread(fd, out + n, want, (off_t)(at + n));

		if (got <= 0 || memchr(out + n, '\0', (size_t)got) != NULL)
			break;
		n += (size_t)got;
	}
	out[PATH_MAX - 1] = '\0';
	if (fd != -1)
		(void)close(fd);
}

/* A descriptor of something on a disk: no socket, no pipe, no memory. */
static bool
tracee_file(pid_t pid, uint64_t fd, char path[static PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	return path[0] == '/' && strncmp(path, "/memfd:", 7) != 0 &&
	    strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0;
}

#endif
