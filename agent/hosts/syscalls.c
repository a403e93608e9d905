/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a plugin host, as tables.
 *
 * The first stage is the promise: a constructor of a hostile plugin runs under
 * it, and could stay under it by never returning. It has no sockets, threads,
 * programs, other processes or names beyond what the needs grant. The second
 * only takes away what loading a library needs (executable mappings, opening
 * files, adding filters), so that a bug found later in an honest plugin's
 * parser finds less to work with.
 *
 * Deliberately not here: which file or port, which is Landlock's, and how much,
 * which is the resource limits'. Allowed by default is nothing.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <asm/termbits.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

#include "own.h"
#include "plugin.h"
#include "sandbox.h"
#include "syscalls.h"

struct syscalls {
	scmp_filter_ctx first, second;
};

/* Short names for who may. UNIX, OPENS and WRITES stand beside the needs. */
#define ALL      0u
#define NET      INGOT_NEED_NETWORK
#define TPM      INGOT_NEED_TPM
#define ADMIN    INGOT_NEED_NET_ADMIN
#define UNIX     0x20000000u
#define OPENS    0x40000000u
#define WRITES   0x80000000u
#define SOCKETS  (NET | TPM | ADMIN | UNIX)
#define THREADS  NET

#define KILL     SCMP_ACT_KILL_PROCESS
#define ALLOW    SCMP_ACT_ALLOW
#define SOFT(no) SCMP_ACT_ERRNO(no)

/* Allowed whatever the arguments. */
struct plain {
	int nr;
	uint32_t need; /* any of these; ALL: always */
};

#define S(name) SCMP_SYS(name)

/* clang-format off */
static const struct plain plain[] = {
	/* descriptors one has */
	{ S(read), ALL }, { S(readv), ALL }, { S(pread64), ALL },
	{ S(write), ALL }, { S(writev), ALL }, { S(pwrite64), ALL },
	{ S(close), ALL }, { S(close_range), ALL }, { S(dup), ALL },
	{ S(dup2), ALL }, { S(dup3), ALL }, { S(fcntl), ALL },
	{ S(fcntl64), ALL }, { S(lseek), ALL }, { S(_llseek), ALL },
	{ S(ftruncate), ALL }, { S(ftruncate64), ALL }, { S(flock), ALL },
	{ S(fsync), ALL }, { S(fdatasync), ALL }, { S(fadvise64), ALL },
	{ S(pipe), ALL }, { S(pipe2), ALL }, { S(eventfd2), ALL },
	{ S(memfd_create), ALL }, { S(sendmsg), ALL }, { S(recvmsg), ALL },
	{ S(getdents64), ALL },
	/* names: Landlock says which; the second stage closes open */
	{ S(open), ALL }, { S(openat), ALL }, { S(openat2), ALL },
	{ S(stat), ALL }, { S(stat64), ALL }, { S(lstat), ALL },
	{ S(lstat64), ALL }, { S(fstat), ALL }, { S(fstat64), ALL },
	{ S(newfstatat), ALL }, { S(fstatat64), ALL }, { S(statx), ALL },
	{ S(statfs), ALL }, { S(fstatfs), ALL }, { S(access), ALL },
	{ S(faccessat), ALL }, { S(faccessat2), ALL }, { S(readlink), ALL },
	{ S(readlinkat), ALL }, { S(getcwd), ALL },
	{ S(unlink), WRITES }, { S(unlinkat), WRITES }, { S(rename), WRITES },
	{ S(renameat), WRITES }, { S(renameat2), WRITES },
	{ S(mkdir), WRITES }, { S(mkdirat), WRITES }, { S(rmdir), WRITES },
	{ S(link), WRITES }, { S(linkat), WRITES }, { S(symlink), WRITES },
	{ S(symlinkat), WRITES }, { S(chmod), WRITES }, { S(fchmod), WRITES },
	{ S(fchmodat), WRITES }, { S(utimensat), WRITES },
	{ S(fallocate), WRITES }, { S(syncfs), WRITES }, { S(umask), WRITES },
	{ S(chdir), WRITES }, { S(fchdir), WRITES },
	/* who keeps folders that others write too has to notice them */
	{ S(inotify_init1), WRITES }, { S(inotify_add_watch), WRITES },
	{ S(inotify_rm_watch), WRITES },
	/* memory */
	{ S(mmap), ALL }, { S(mmap2), ALL }, { S(mremap), ALL },
	{ S(munmap), ALL }, { S(mprotect), ALL }, { S(madvise), ALL },
	{ S(brk), ALL }, { S(membarrier), ALL },
	/* time and waiting */
	{ S(poll), ALL }, { S(ppoll), ALL }, { S(ppoll_time64), ALL },
	{ S(select), ALL }, { S(_newselect), ALL }, { S(pselect6), ALL },
	{ S(pselect6_time64), ALL },
	{ S(epoll_create1), ALL }, { S(epoll_ctl), ALL },
	{ S(epoll_wait), ALL }, { S(epoll_pwait), ALL },
	{ S(timerfd_create), ALL }, { S(timerfd_settime), ALL },
	{ S(timerfd_gettime), ALL },
	{ S(clock_gettime), ALL }, { S(clock_gettime64), ALL },
	{ S(clock_getres), ALL }, { S(clock_getres_time64), ALL },
	{ S(clock_nanosleep), ALL }, { S(clock_nanosleep_time64), ALL },
	{ S(nanosleep), ALL }, { S(gettimeofday), ALL }, { S(time), ALL },
	{ S(futex), ALL }, { S(futex_time64), ALL }, { S(sched_yield), ALL },
	{ S(restart_syscall), ALL },
	/* signals of one's own */
	{ S(rt_sigaction), ALL }, { S(rt_sigprocmask), ALL },
	{ S(rt_sigreturn), ALL }, { S(sigreturn), ALL },
	{ S(rt_sigpending), ALL }, { S(rt_sigtimedwait), ALL },
	{ S(sigaltstack), ALL },
	/* who one is */
	{ S(getpid), ALL }, { S(getppid), ALL }, { S(gettid), ALL },
	{ S(getuid), ALL }, { S(geteuid), ALL }, { S(getgid), ALL },
	{ S(getegid), ALL }, { S(getresuid), ALL }, { S(getresgid), ALL },
	{ S(getgroups), ALL }, { S(capget), ALL }, { S(uname), ALL },
	{ S(sysinfo), ALL }, { S(getrusage), ALL }, { S(getrlimit), ALL },
	{ S(ugetrlimit), ALL }, { S(sched_getaffinity), ALL },
	{ S(sched_getparam), ALL }, { S(sched_getscheduler), ALL },
	{ S(getcpu), ALL }, { S(getrandom), ALL },
	{ S(set_robust_list), ALL }, { S(rseq), ALL },
	{ S(set_tid_address), ALL }, { S(exit), ALL }, { S(exit_group), ALL },
	/* sockets; which kind is in the next table */
	{ S(connect), SOCKETS }, { S(bind), NET | ADMIN },
	{ S(listen), NET }, { S(accept), NET }, { S(accept4), NET },
	{ S(send), SOCKETS }, { S(recv), SOCKETS }, { S(sendto), SOCKETS },
	{ S(recvfrom), SOCKETS }, { S(sendmmsg), NET }, { S(recvmmsg), NET },
	{ S(recvmmsg_time64), NET }, { S(shutdown), ALL },
	{ S(getsockopt), SOCKETS }, { S(setsockopt), SOCKETS },
	{ S(getsockname), SOCKETS }, { S(getpeername), SOCKETS },
#ifdef SANDBOX_SANITIZED
	{ S(personality), ALL }, { S(sched_setscheduler), ALL },
	{ S(times), ALL },
#endif
};

/* By argument. The first row that fits decides; none: killed. */
struct narrow {
	int nr;
	uint32_t need;	 /* any of these; ALL: always */
	uint32_t unless; /* none of these */
	uint32_t act;
	unsigned n;
	struct scmp_arg_cmp arg[2]; /* the first n */
};

#define ARG(i, value)		{ (i), SCMP_CMP_EQ, (value), 0 }
#define BITS(i, mask, value)	{ (i), SCMP_CMP_MASKED_EQ, (mask), (value) }
#define KIND(family, type)						\
	{ ARG(0, family), BITS(1, 0xf, type) }
#define NONE			{ { 0, 0, 0, 0 } }
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

static const struct narrow first[] = {
	{ S(clone), THREADS, 0, ALLOW, 1, { BITS(0, THREAD, THREAD) } },
	/* Its flags are in memory, where no filter sees them: use clone. */
	{ S(clone3), ALL, 0, SOFT(ENOSYS), 0, NONE },
	{ S(socket), NET, 0, ALLOW, 2, KIND(AF_INET, SOCK_STREAM) },
	{ S(socket), NET, 0, ALLOW, 2, KIND(AF_INET6, SOCK_STREAM) },
	{ S(socket), NET | ADMIN, 0, ALLOW, 2, KIND(AF_INET, SOCK_DGRAM) },
	{ S(socket), NET | ADMIN, 0, ALLOW, 2, KIND(AF_INET6, SOCK_DGRAM) },
	{ S(socket), ADMIN, 0, ALLOW, 2, KIND(AF_INET, SOCK_RAW) },
	{ S(socket), ADMIN, 0, ALLOW, 2, KIND(AF_INET6, SOCK_RAW) },
	{ S(socket), ADMIN, 0, ALLOW, 1, { ARG(0, AF_NETLINK) } },
	{ S(socket), TPM | UNIX, 0, ALLOW, 1, { ARG(0, AF_UNIX) } },
	/* The C library asks a name service daemon and the routes. */
	{ S(socket), ALL, ADMIN, SOFT(EACCES), 1, { ARG(0, AF_NETLINK) } },
	{ S(socket), ALL, TPM | UNIX, SOFT(EACCES), 1, { ARG(0, AF_UNIX) } },
	{ S(socketpair), NET, 0, ALLOW, 1, { ARG(0, AF_UNIX) } },
	{ S(prlimit64), ALL, 0, ALLOW, 1, { ARG(2, 0) } },
	{ S(prctl), ALL, 0, ALLOW, 1, { ARG(0, PR_SET_NAME) } },
	{ S(prctl), ALL, 0, ALLOW, 1, { ARG(0, PR_GET_NAME) } },
	{ S(prctl), ALL, 0, ALLOW, 1, { ARG(0, PR_GET_DUMPABLE) } },
	{ S(prctl), ALL, 0, ALLOW, 1, { ARG(0, PR_GET_NO_NEW_PRIVS) } },
	{ S(prctl), ALL, 0, ALLOW, 1, { ARG(0, PR_CAPBSET_READ) } },
	{ S(prctl), ALL, 0, SOFT(EINVAL), 1, { ARG(0, 0x53564d41) } }, /* VMA */
	{ S(ioctl), ALL, 0, ALLOW, 1, { ARG(1, FIONREAD) } },
	{ S(ioctl), ALL, 0, ALLOW, 1, { ARG(1, FIONBIO) } },
	{ S(ioctl), ALL, 0, ALLOW, 1, { ARG(1, FIOCLEX) } },
	{ S(ioctl), ALL, 0, SOFT(ENOTTY), 1, { ARG(1, TCGETS) } },
	{ S(ioctl), ALL, 0, SOFT(ENOTTY), 1, { ARG(1, TIOCGWINSZ) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFCONF) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFFLAGS) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFADDR) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFINDEX) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFNAME) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCGIFHWADDR) } },
	{ S(ioctl), NET | ADMIN, 0, ALLOW, 1, { ARG(1, SIOCOUTQ) } },
	/* The second stage; a filter more can only take away. */
	{ S(seccomp), ALL, 0, ALLOW, 1, { ARG(0, SECCOMP_SET_MODE_FILTER) } },
	/* Tried by libraries, and not missed. */
	{ S(mlock), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(mlock2), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(munlock), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(mlockall), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(getpriority), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(setpriority), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(sched_setaffinity), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(io_uring_setup), ALL, 0, SOFT(ENOSYS), 0, NONE },
	{ S(chown), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(fchown), ALL, 0, SOFT(EPERM), 0, NONE },
	{ S(fchownat), ALL, 0, SOFT(EPERM), 0, NONE },
};

/* What the second stage takes away; the rest stays as the first has it. */
static const struct narrow second[] = {
	{ S(mmap), ALL, 0, SOFT(EACCES), 1, { BITS(2, PROT_EXEC, PROT_EXEC) } },
	{ S(mmap2), ALL, 0, SOFT(EACCES), 1, { BITS(2, PROT_EXEC, PROT_EXEC) } },
	{ S(mprotect), ALL, 0, SOFT(EACCES), 1, { BITS(2, PROT_EXEC, PROT_EXEC) } },
	{ S(open), ALL, OPENS, SOFT(EACCES), 0, NONE },
	{ S(openat), ALL, OPENS, SOFT(EACCES), 0, NONE },
	{ S(openat2), ALL, OPENS, SOFT(EACCES), 0, NONE },
	{ S(seccomp), ALL, 0, KILL, 0, NONE },
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Calls that this architecture has not are skipped by the library. */
static int
add_plain(scmp_filter_ctx f, uint32_t have)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(plain) && rc == 0; i++)
		if (plain[i].need == ALL || (plain[i].need & have) != 0)
			rc = seccomp_rule_add(f, ALLOW, plain[i].nr, 0);
	return rc;
}

static int
add_narrow(
    scmp_filter_ctx f, const struct narrow *rows, size_t n, uint32_t have)
{
	int rc = 0;

	for (const struct narrow *r = rows; r < rows + n && rc == 0; r++)
		if ((r->need == ALL || (r->need & have) != 0) &&
		    (r->unless & have) == 0)
			rc = seccomp_rule_add_array(
			    f, r->act, r->nr, r->n, r->arg);
	return rc;
}

/* abort() and raise() signal oneself by number; no one else's is allowed. */
static int
add_self(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp self = ARG(0, (scmp_datum_t)getpid());
	int rc = seccomp_rule_add_array(f, ALLOW, S(tgkill), 1, &self);

	return rc == 0 ? seccomp_rule_add_array(f, ALLOW, S(kill), 1, &self)
		       : rc;
}

/* Without the tree, each call would walk a hundred comparisons. */
static scmp_filter_ctx
filter_new(uint32_t otherwise)
{
	scmp_filter_ctx f = seccomp_init(otherwise);

	if (f == NULL)
		return NULL;
	if (seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, KILL) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0)
		return f;
	seccomp_release(f);
	return NULL;
}

struct syscalls *
syscalls_plan(const struct syscalls_need *need, struct err *e)
{
	uint32_t have = need->granted | (need->opens ? OPENS : 0) |
	    (need->writes ? WRITES : 0) | (need->unix_sockets ? UNIX : 0);
	struct syscalls *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (s != NULL && (s->first = filter_new(KILL)) != NULL &&
	    (s->second = filter_new(ALLOW)) != NULL)
		rc = add_plain(s->first, have);
	if (rc == 0)
		rc = add_narrow(s->first, first, COUNT(first), have);
	if (rc == 0)
		rc = add_self(s->first);
	if (rc == 0)
		rc = add_narrow(s->second, second, COUNT(second), have);
	if (rc == 0)
		return s;
	syscalls_free(s);
	errno = -rc;
	return (void)err_sys(e, "plan of system calls"), NULL;
}

static int
load(scmp_filter_ctx f, struct err *e)
{
	int rc = seccomp_load(f);

	if (rc == 0)
		return 0;
	errno = -rc;
	return err_sys(e, "seccomp");
}

int
syscalls_first(struct syscalls *s, struct err *e)
{
	return load(s->first, e);
}

int
syscalls_second(struct syscalls *s, struct err *e)
{
	return load(s->second, e);
}

void
syscalls_free(struct syscalls *s)
{
	if (s == NULL)
		return;
	if (s->first != NULL)
		seccomp_release(s->first);
	if (s->second != NULL)
		seccomp_release(s->second);
	free(s);
}
