/* SPDX-License-Identifier: MIT */
/*
 * Stops a program at the n-th system call that changes something on a disk, as
 * seen by ptrace, so that nothing is built for it into what is tested:
 *
 *	nth HOW N PROGRAM WORD...	runs it
 *	nth HOW N -p PID		seizes it; says "ready"; until SIGTERM
 *
 *	kill	the process dies before the call
 *	enospc	the call fails with ENOSPC (of those that can)
 *	full	and so does every one after it
 *	eio	the call fails with EIO (those that write and sync)
 *
 * Children are followed. Ends with the program's status; the last line on
 * standard error is "nth: hit CALL" or "nth: missed".
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEES_MAX 64
#define OPTIONS                                                                \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |    \
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

enum how {
	KILL,
	ENOSPC_ONCE,
	FULL,
	EIO_ONCE,
	HOWS
};
static const char *const hows[HOWS] = { "kill", "enospc", "full", "eio" };

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
	{ SYS_unlink, "unlink", 0, 0 },
	{ SYS_rmdir, "rmdir", 0, 0 },
#endif
};

/* A call that was spoilt on its way in, to be answered on its way out. */
static struct spoilt {
	pid_t pid;
	struct user_regs_struct regs;
} spoilt[TRACEES_MAX];

static enum how how;
static unsigned long nth, count;
static const struct call *hit;
static volatile sig_atomic_t stop;

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

/* A file on a disk: no socket, no pipe, no memory, none of what the program
 * talks to its user through. */
static bool
is_on_disk(pid_t pid, uint64_t fd)
{
	char link[64], to[512];
	ssize_t n;

	if (fd <= 2)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	n = readlink(link, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = '\0';
	return to[0] == '/' && strncmp(to, "/memfd:", 7) != 0 &&
	    strncmp(to, "/dev/", 5) != 0 && strncmp(to, "/proc/", 6) != 0;
}

static bool
counts(pid_t pid, const struct call *c, const __u64 args[6])
{
	int wanted = how == EIO_ONCE ? IO : how == KILL ? 0 : SPACE;

	if (wanted != 0 && (c->fails & wanted) == 0)
		return false;
	if (c->nr == SYS_openat)
		return (args[2] & O_CREAT) != 0 ||
		    (args[2] & O_TMPFILE) == O_TMPFILE;
	return c->path != -1 || is_on_disk(pid, args[0]);
}

static const struct call *
find(pid_t pid)
{
	struct ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return NULL;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i].nr == info.entry.nr)
			return counts(pid, &calls[i], info.entry.args)
			    ? &calls[i]
			    : NULL;
	return NULL;
}

/* The call is made to fail by itself, without any effect: a path that can not
 * be read, a descriptor that there is not. (Skipping it, by number -1, would
 * meet the seccomp filters.) */
static void
spoil(pid_t pid, const struct call *c)
{
	struct user_regs_struct r;

	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid == 0) {
			registers(pid, &r, false);
			spoilt[i].pid = pid;
			spoilt[i].regs = r;
			set_argument(&r, c->path == -1 ? 0 : c->path,
			    c->path == -1 ? (uint64_t)-1 : 0);
			registers(pid, &r, true);
			return;
		}
	die("too many threads");
}

/* On the way out: with the registers as they were, and the error. */
static bool
answer(pid_t pid)
{
	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid == pid) {
			set_result(
			    &spoilt[i].regs, how == EIO_ONCE ? -EIO : -ENOSPC);
			registers(pid, &spoilt[i].regs, true);
			spoilt[i].pid = 0;
			return true;
		}
	return false;
}

static void
at_call(pid_t pid)
{
	const struct call *c;

	if (answer(pid) || (c = find(pid)) == NULL)
		return;
	count++;
	if (count != nth && !(how == FULL && count > nth))
		return;
	if (hit == NULL)
		hit = c;
	if (how == KILL)
		(void)kill(pid, SIGKILL);
	else
		spoil(pid, c);
}

/* One report of waitpid(). */
static void
at_stop(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

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
				(void)answer(pid);
			(void)ptrace(PTRACE_DETACH, pid, 0, 0);
		}
}

static bool
pending(void)
{
	for (size_t i = 0; i < TRACEES_MAX; i++)
		if (spoilt[i].pid != 0)
			return true;
	return false;
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
			return 0;
		if (WIFSTOPPED(status))
			at_stop(pid, status);
		else if (pid == first)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
	}
	let_go();
	return 0;
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
	status = trace(strcmp(argv[3], "-p") == 0 ? seize((pid_t)atoi(argv[4]))
						  : start(argv + 3));
	if (hit == NULL)
		(void)fprintf(stderr, "nth: missed\n");
	else
		(void)fprintf(stderr, "nth: hit %s\n", hit->name);
	return status;
}
