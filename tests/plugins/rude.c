/* SPDX-License-Identifier: MIT */
/*
 * The plugin that tries what it must not be able to do. The document (in
 * render) or the artifact (in activate, probe) names the attack, "name" or
 * "name:argument"; a descriptor handed over under the name of an attack has it
 * tried in the constructor, before anything else of the plugin runs.
 *
 * It says "done" when it got through and "refused: ERRNO" when it did not;
 * or it does not live to say anything.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

#define AGENT_FD 3

static const struct ingot_host *host;
static char at_start[128]; /* how the constructor's attack ended */

/* Each returns 0 or more when it got through, -1 and errno when not. */

static int
try_read(const char *path)
{
	char c;
	int fd = open(path, O_RDONLY);

	return fd == -1 ? -1 : (int)read(fd, &c, 1);
}

static int
try_write(const char *path)
{
	return open(path, O_WRONLY | O_CREAT, 0600);
}

static int
try_list(const char *path)
{
	return opendir(path) == NULL ? -1 : 0;
}

static int
try_remove(const char *path)
{
	return unlink(path);
}

static int
try_root(const char *arg)
{
	(void)arg;
	return setresuid(0, 0, 0);
}

static int
try_socket(const char *family)
{
	return socket(atoi(family), SOCK_STREAM, 0);
}

static int
try_raw(const char *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
}

static int
try_connect(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	return connect(s, (struct sockaddr *)&to, sizeof(to));
}

static int
try_listen(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	return bind(s, (struct sockaddr *)&to, sizeof(to));
}

static int
try_fork(const char *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0)
		_exit(0);
	return pid;
}

static int
try_exec(const char *path)
{
	return execl(path, path, (char *)NULL);
}

static int
try_system(const char *command)
{
	return system(command);
}

static void *
thread(void *arg)
{
	return arg;
}

static int
try_thread(const char *arg)
{
	pthread_t t;

	(void)arg;
	errno = pthread_create(&t, NULL, thread, NULL);
	return errno == 0 ? pthread_join(t, NULL) : -1;
}

static int
try_forge(const char *type)
{
	uint32_t head[] = { (uint32_t)atoi(type), 1 };

	return (int)write(AGENT_FD, head, sizeof(head));
}

static int
try_short(const char *arg)
{
	(void)arg;
	return (int)write(AGENT_FD, "abc", 3);
}

static int
try_empty(const char *arg)
{
	(void)arg;
	return (int)write(AGENT_FD, "", 0);
}

static int
try_two(const char *arg)
{
	uint32_t head[] = { 34, 1 };
	int fds[2] = { 1, 2 };
	struct iovec iov = { head, sizeof(head) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(fds))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	(void)arg;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	return (int)sendmsg(AGENT_FD, &mh, 0);
}

static int
try_close(const char *fd)
{
	return close(atoi(fd));
}

/* A quarter of a gigabyte in pieces that are really used. */
static int
try_memory(const char *arg)
{
	static char *volatile kept[256]; /* or a compiler leaves it out */

	(void)arg;
	for (int i = 0; i < 256; i++) {
		kept[i] = malloc(1024 * 1024);
		if (kept[i] == NULL)
			return -1;
		memset(kept[i], i + 1, 1024 * 1024);
	}
	return 0;
}

/* The same in files that have no name. */
static int
try_memfd(const char *arg)
{
	static char piece[1024 * 1024];
	int n = 0, fd;

	(void)arg;
	memset(piece, 1, sizeof(piece));
	while (n < 256 && (fd = memfd_create("rude", 0)) != -1)
		while (n < 256 && write(fd, piece, sizeof(piece)) > 0)
			n++;
	return n == 256 ? 0 : -1;
}

static int
try_spin(const char *arg)
{
	volatile int go = 1;

	(void)arg;
	while (go)
		;
	return 0;
}

static int
try_sleep(const char *arg)
{
	volatile int go = 1;

	(void)arg;
	while (go)
		(void)poll(NULL, 0, -1);
	return 0;
}

static int
try_ptrace(const char *arg)
{
	(void)arg;
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
try_peek(const char *arg)
{
	static char to[16];
	struct iovec here = { to, sizeof(to) }, there = { to, sizeof(to) };

	(void)arg;
	return (int)process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static int
try_parent(const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", getppid(), file);
	return try_read(path);
}

static int
try_kill(const char *signo)
{
	return kill(getppid(), atoi(signo));
}

static int
try_everybody(const char *arg)
{
	(void)arg;
	return kill(-1, SIGKILL);
}

static int
try_code(const char *arg)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	return p == MAP_FAILED ? -1 : 0;
}

static int
try_dlopen(const char *name)
{
	errno = EACCES;
	return dlopen(name, RTLD_NOW) == NULL ? -1 : 0;
}

static int
try_filter(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_seccomp, 1, 0, NULL);
}

static int
try_dumpable(const char *arg)
{
	(void)arg;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
try_terminal(const char *arg)
{
	(void)arg;
	return ioctl(2, TIOCSTI, "!");
}

static int
try_unshare(const char *arg)
{
	(void)arg;
	return unshare(CLONE_NEWUSER);
}

static int
try_uring(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int
try_crash(const char *arg)
{
	(void)arg;
	return raise(SIGSEGV);
}

static int
try_abort(const char *arg)
{
	(void)arg;
	abort();
	return 0;
}

static int
try_quit(const char *status)
{
	_exit(atoi(status));
	return 0;
}

/* How many descriptors there are that a host need not have. */
static int
try_strays(const char *most)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	errno = 0;
	return n > atoi(most) ? n : -1;
}

static int
try_environment(const char *arg)
{
	extern char **environ;

	(void)arg;
	errno = 0;
	return environ != NULL && environ[0] != NULL ? 0 : -1;
}

static int
try_groups(const char *most)
{
	errno = 0;
	return getgroups(0, NULL) > atoi(most) ? 0 : -1;
}

static const struct {
	const char *name;
	int (*attack)(const char *arg);
} attacks[] = {
	{ "read", try_read },
	{ "write", try_write },
	{ "list", try_list },
	{ "remove", try_remove },
	{ "root", try_root },
	{ "socket", try_socket },
	{ "raw", try_raw },
	{ "connect", try_connect },
	{ "listen", try_listen },
	{ "fork", try_fork },
	{ "exec", try_exec },
	{ "system", try_system },
	{ "thread", try_thread },
	{ "forge", try_forge },
	{ "short", try_short },
	{ "empty", try_empty },
	{ "two", try_two },
	{ "close", try_close },
	{ "memory", try_memory },
	{ "memfd", try_memfd },
	{ "spin", try_spin },
	{ "sleep", try_sleep },
	{ "ptrace", try_ptrace },
	{ "peek", try_peek },
	{ "parent", try_parent },
	{ "kill", try_kill },
	{ "everybody", try_everybody },
	{ "code", try_code },
	{ "dlopen", try_dlopen },
	{ "filter", try_filter },
	{ "dumpable", try_dumpable },
	{ "terminal", try_terminal },
	{ "unshare", try_unshare },
	{ "uring", try_uring },
	{ "crash", try_crash },
	{ "abort", try_abort },
	{ "quit", try_quit },
	{ "strays", try_strays },
	{ "environment", try_environment },
	{ "groups", try_groups },
};

/* False: no attack of this name; nothing was tried. */
static int
attack(const char *what, char *how, size_t size)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		size_t n = strlen(attacks[i].name);
		int rc;

		if (strncmp(what, attacks[i].name, n) != 0 ||
		    (what[n] != ':' && what[n] != '\0'))
			continue;
		errno = 0;
		rc = attacks[i].attack(what[n] == ':' ? what + n + 1 : "");
		if (rc >= 0)
			(void)snprintf(how, size, "done %d", rc);
		else
			(void)snprintf(how, size, "refused: %s",
			    errno == 0 ? "0" : strerrorname_np(errno));
		return 1;
	}
	return 0;
}

/* The C library hands a constructor the words of the command line. */
__attribute__((constructor)) static void
rude_start(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "hand=", 5) == 0)
			(void)attack(argv[i] + 5, at_start, sizeof(at_start));
}

static void *
rude_open(const struct ingot_host *h)
{
	host = h;
	if (at_start[0] != '\0')
		return (void)h->fail(h, "at start %s", at_start), NULL;
	return at_start;
}

static int
rude_render(void *v, const struct ingot_text *document)
{
	char how[128] = "harmless";

	(void)v;
	(void)attack(document->p, how, sizeof(how));
	return host->emit(host, "%s", how);
}

/* A document without an attack must do no harm, for the others' sake. */
static int
rude_activate(void *v, const struct ingot_text *artifact)
{
	char how[128];

	(void)v;
	if (!attack(artifact->p, how, sizeof(how)))
		return 0;
	return host->fail(host, "%s", how);
}

static int
rude_probe(void *v, const struct ingot_text *artifact)
{
	return rude_activate(v, artifact);
}

static void
rude_close(void *v)
{
	(void)v;
}

INGOT_PLUGIN("rude", 0, .open = rude_open, .render = rude_render,
    .activate = rude_activate, .probe = rude_probe, .close = rude_close);
