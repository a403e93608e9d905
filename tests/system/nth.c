/* SPDX-License-Identifier: MIT */
/*
 * Stops a program at the n-th system call that changes something on a disk, as
 * seen by ptrace, so that nothing is built for it into what is tested:
 *
 *	nth HOW N PROGRAM WORD...	runs it
 *	nth HOW N -p PID		seizes it; says "ready"; until SIGTERM
 *
 *	kill	the process dies before the call
 *	off	the power goes: all that are traced die before the call, and
 *		what nobody has synced is lost (tests/powercut.h). Also at the
 *		end, if there are fewer calls
 *	bytes	the same, but names came to the disk before the bytes
 *	enospc	the call fails with ENOSPC (of those that can)
 *	full	and so does every one after it; with -p for FULL_MS
 *	eio	the call fails with EIO (those that write and sync)
 *
 * Children are followed. Ends with the program's status; the last line on
 * standard error is "nth: hit CALL" or "nth: missed". NTH_VAULT is a folder
 * for "off"; with NTH_ONLY only descriptors whose path holds it count.
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "powercut_calls.h"
#include "tracee.h"

/* Somebody makes room: long enough for the program to give up before. */
#define FULL_MS 300
#define OPTIONS                                                                \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |    \
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

enum how {
	KILL,
	ENOSPC_ONCE,
	FULL,
	EIO_ONCE,
	OFF,
	BYTES,
	HOWS
};
static const char *const hows[HOWS] = { "kill", "enospc", "full", "eio", "off",
	"bytes" };

/* What may fail: space is missing where something is made or written. */
#define SPACE 1
#define IO    2

/* path: which argument names the path (that one is spoilt), or -1: the first
 * is a descriptor. */
static const struct call {
	long nr;
	const char *name;
	int path;
	int fails;
} calls[] = {
	{ SYS_write, "write", -1, SPACE | IO },
	{ SYS_pwrite64, "pwrite", -1, SPACE | IO },
	{ SYS_writev, "writev", -1, SPACE | IO },
	{ SYS_ftruncate, "ftruncate", -1, SPACE },
	{ SYS_fallocate, "fallocate", -1, SPACE },
	{ SYS_openat, "openat", 1, SPACE },
	{ SYS_mkdirat, "mkdirat", 1, SPACE },
	{ SYS_symlinkat, "symlinkat", 0, SPACE },
	{ SYS_linkat, "linkat", 1, SPACE },
	{ SYS_renameat, "renameat", 1, SPACE },
	{ SYS_renameat2, "renameat2", 1, SPACE },
	{ SYS_fsync, "fsync", -1, SPACE | IO },
	{ SYS_fdatasync, "fdatasync", -1, SPACE | IO },
	{ SYS_syncfs, "syncfs", -1, SPACE | IO },
	{ SYS_unlinkat, "unlinkat", 1, 0 },
	{ SYS_fchmod, "fchmod", -1, 0 },
	{ SYS_fchown, "fchown", -1, 0 },
	{ SYS_fchownat, "fchownat", 1, 0 },
#ifdef SYS_rename
	{ SYS_rename, "rename", 0, SPACE },
	{ SYS_mkdir, "mkdir", 0, SPACE },
	{ SYS_symlink, "symlink", 0, SPACE },
	{ SYS_link, "link", 0, SPACE },
	{ SYS_unlink, "unlink", 0, 0 },
	{ SYS_rmdir, "rmdir", 0, 0 },
#endif
};

static enum how how;
static unsigned long nth, count;
static const char *only; /* NULL: all paths */
static const struct call *hit;
static volatile sig_atomic_t stop;
static bool seized;
static int64_t room_at; /* in ms; 0: never */

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
is_cut(void)
{
	return how == OFF || how == BYTES;
}

static bool
is_full(void)
{
	return how == FULL && count > nth &&
	    (room_at == 0 || now_ms() < room_at);
}

/* Everybody who is traced, and with "off" the call that he is in. */
static struct traced {
	pid_t pid;
	long nr;
	uint64_t args[6];
	struct cut_op op;
} traced[TRACEES_MAX];

static struct traced *
traced_of(pid_t pid)
{
	struct traced *free_one = NULL;

	for (size_t i = 0; i < TRACEES_MAX; i++) {
		if (traced[i].pid == pid)
			return &traced[i];
		if (traced[i].pid == 0 && free_one == NULL)
			free_one = &traced[i];
	}
	if (free_one == NULL)
		die("too many processes");
	free_one->pid = pid;
	return free_one;
}

static void
forget(pid_t pid)
{
	traced_of(pid)->pid = 0;
}

/* Also none of what the program talks to its user through. */
static bool
is_on_disk(pid_t pid, uint64_t fd)
{
	char path[PATH_MAX];

	if (fd <= 2 && only == NULL)
		return false;
	return tracee_file(pid, fd, path) &&
	    (only == NULL || strstr(path, only) != NULL);
}

static bool
counts(pid_t pid, const struct call *c, const uint64_t args[6])
{
	static const int wanted[HOWS] = {
		[ENOSPC_ONCE] = SPACE, [FULL] = SPACE, [EIO_ONCE] = IO
	};

	if (wanted[how] != 0 && (c->fails & wanted[how]) == 0)
		return false;
	if (c->nr == SYS_openat && (args[2] & O_CREAT) == 0 &&
	    (args[2] & O_TMPFILE) != O_TMPFILE)
		return false;
	return c->path != -1 ? only == NULL : is_on_disk(pid, args[0]);
}

static const struct call *
find(pid_t pid, const struct traced *t)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == t->nr)
			return counts(pid, &calls[i], t->args) ? &calls[i]
							       : NULL;
	return NULL;
}

/* Nobody does anything any more, and then the disk forgets. */
static void
power_off(void)
{
	int status;
	pid_t pid;

	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (traced[i].pid != 0)
			(void)kill(traced[i].pid, SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
		if (pid > 0 && WIFSTOPPED(status))
			(void)kill(pid, SIGKILL);
	powercut(how == OFF);
}

static void
on_entry(pid_t pid, struct traced *t)
{
	const struct call *c = find(pid, t);
	bool now = c != NULL && ++count == nth;

	if (now) {
		hit = c;
		room_at = seized ? now_ms() + FULL_MS : 0;
	}
	if (now && is_cut())
		power_off();
	else if (is_cut())
		powercut_before(pid, t->nr, t->args, &t->op);
	else if (now && how == KILL)
		(void)kill(pid, SIGKILL);
	else if (now || (c != NULL && is_full()))
		spoil(pid, c->path);
}

static void
at_call(pid_t pid)
{
	struct ptrace_syscall_info info = { 0 };
	struct traced *t = traced_of(pid);

	if (answer(pid, how == EIO_ONCE ? EIO : ENOSPC) ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		t->nr = (long)info.entry.nr;
		for (size_t i = 0; i < 6; i++)
			t->args[i] = info.entry.args[i];
		on_entry(pid, t);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && is_cut() &&
	    info.exit.rval >= 0)
		powercut_after(pid, t->nr, t->args, &t->op);
}

/* One report of waitpid(). */
static void
at_stop(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	(void)traced_of(pid);
	if (sig == (SIGTRAP | 0x80)) {
		at_call(pid);
		sig = 0;
	} else if (status >> 16 != 0 || sig == SIGSTOP)
		sig = 0; /* an event, or a new child's first stop */
	(void)ptrace(PTRACE_SYSCALL, pid, 0, sig);
}

static void
let_go(void)
{
	pid_t pid;
	int status;

	/* In every stop that comes, let loose; the kernel lets the others go
	 * when this process ends. */
	while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
		if (WIFSTOPPED(status)) {
			if (WSTOPSIG(status) == (SIGTRAP | 0x80))
				(void)answer(
				    pid, how == EIO_ONCE ? EIO : ENOSPC);
			(void)ptrace(PTRACE_DETACH, pid, 0, 0);
		}
}

/* Until pid ends: its status; or until stop: 0. */
static int
trace(pid_t first)
{
	int status;
	pid_t pid;

	while (!stop || pending()) {
		pid = waitpid(-1, &status, __WALL);
		if (pid == -1 && errno == EINTR)
			continue;
		if (pid == -1)
			break;
		if (WIFSTOPPED(status)) {
			at_stop(pid, status);
			continue;
		}
		forget(pid);
		if (pid == first)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
	}
	if (!is_cut())
		let_go();
	return hit != NULL && is_cut() ? 128 + SIGKILL : 0;
}

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
	(void)alarm(1); /* it may have come just before the wait */
}

static pid_t
start(char *argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
		(void)raise(SIGSTOP);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, __WALL) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS) == -1)
		die("ptrace");
	(void)ptrace(PTRACE_SYSCALL, pid, 0, 0);
	return pid;
}

static pid_t
seize(pid_t pid)
{
	const struct sigaction act = { .sa_handler = on_term };
	int status;

	(void)sigaction(SIGTERM, &act, NULL); /* without SA_RESTART */
	(void)sigaction(SIGALRM, &act, NULL);
	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) == -1 ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0) == -1 ||
	    waitpid(pid, &status, __WALL) != pid)
		die("seize");
	seized = true;
	(void)ptrace(PTRACE_SYSCALL, pid, 0, 0);
	(void)printf("ready\n");
	(void)fflush(stdout);
	return pid;
}

int
main(int argc, char *argv[])
{
	int status;

	if (argc < 4)
		return 125;
	while (how < HOWS && strcmp(hows[how], argv[1]) != 0)
		how++;
	if (how == HOWS)
		return 125;
	nth = strtoul(argv[2], NULL, 10);
	only = getenv("NTH_ONLY");
	if (is_cut())
		powercut_open(getenv("NTH_VAULT"));
	status = trace(strcmp(argv[3], "-p") == 0 ? seize((pid_t)atoi(argv[4]))
						  : start(argv + 3));
	/* What succeeded has to stay. */
	if (hit == NULL && is_cut())
		power_off();
	if (hit == NULL)
		(void)fprintf(stderr, "nth: missed, after %lu\n", count);
	else
		(void)fprintf(stderr, "nth: hit %s\n", hit->name);
	return status;
}
