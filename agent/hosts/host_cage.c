/* SPDX-License-Identifier: MIT */
/*
 * Closes the cage around this process, before a byte of the plugin is mapped:
 * descriptors, signals, identity, files and ports, limits, system calls.
 *
 * Deliberately not here: who may do what. That is the plugin's policy, which
 * the agent has read; it came as the spec.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"
#include "own.h"
#include "sandbox.h"

#define PATHS_MAX    40
#define THREAD_STACK (512 * 1024)
#define FILE_BIG     (16 * 1024 * 1024) /* largest file in a folder of its own */
#define FDS_FEW      64                 /* enough without network */

static bool
granted(const struct host *h, uint32_t need)
{
	return (h->spec.granted & need) != 0;
}

/* The agent's ends are blocking here, whatever they are over there. */
static int
check_socket(int fd, struct err *e)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		return err_set(e, EBADF,
		    "descriptor %d is not the agent's; ingot-host is started "
		    "by ingotd, not by hand",
		    fd);
	if (fcntl(fd, F_SETFL, 0) == -1)
		return err_sys(e, "descriptor %d", fd);
	return 0;
}

/* Is what the agent promised there? *end goes past the last handed one. */
static int
check_descriptors(const struct host *h, unsigned *end, struct err *e)
{
	struct stat st;

	if (check_socket(SPEC_AGENT_FD, e) == -1)
		return -1;
	if (granted(h, INGOT_NEED_SIGN) && check_socket(SPEC_SIGN_FD, e) == -1)
		return -1;
	if (fstat(SPEC_PLUGIN_FD, &st) == -1 || !S_ISREG(st.st_mode))
		return err_set(e, EBADF, "descriptor %d is no plugin file",
		    SPEC_PLUGIN_FD);
	for (; h->spec.hand[*end - SPEC_HAND_FD] != NULL; (*end)++)
		if (fcntl((int)*end, F_GETFD) == -1)
			return err_sys(e, "descriptor %u, %s", *end,
			    h->spec.hand[*end - SPEC_HAND_FD]);
	return 0;
}

/*
 * A plugin owns neither stdio nor anything that it was not given. The place of
 * a sign channel that is not there is taken, so that no later descriptor of
 * the plugin's has its number.
 */
static int
fix_descriptors(const struct host *h, struct err *e)
{
	unsigned end = SPEC_HAND_FD;
	int null;

	if (check_descriptors(h, &end, e) == -1)
		return -1;
	if (close_range(end, ~0u, 0) == -1)
		return err_sys(e, "close_range");
	if ((null = open("/dev/null", O_RDWR)) == -1)
		return err_sys(e, "/dev/null");
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		return err_sys(e, "dup2");
	if (!granted(h, INGOT_NEED_SIGN) && dup2(null, SPEC_SIGN_FD) == -1)
		return err_sys(e, "dup2");
	if (null >= (int)end)
		(void)close(null);
	return 0;
}

/*
 * SIGTERM becomes a descriptor. SIGINT and SIGHUP go to a whole terminal; the
 * agent tells its hosts itself. A broken pipe and a file that grows too large
 * are errors that a plugin can report.
 */
static int
fix_signals(struct host *h, struct err *e)
{
	static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE, SIGXFSZ };
	sigset_t term;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			return err_sys(e, "signals");
	if (sigemptyset(&term) == -1 || sigaddset(&term, SIGTERM) == -1 ||
	    sigprocmask(SIG_SETMASK, &term, NULL) == -1 ||
	    (h->term = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return err_sys(e, "signals");
	return 0;
}

/* When memory is short, a plugin goes before the agent does. */
static int
go_first(struct err *e)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1 || write(fd, "500", 3) != 3)
		rc = err_sys(e, "/proc/self/oom_score_adj");
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/* The parent-death signal is forgotten when the user changes: so after it. */
static int
drop(const struct host *h, struct err *e)
{
	uint64_t keep = 0;

	if (granted(h, INGOT_NEED_NET_ADMIN))
		keep = 1ull << CAP_NET_ADMIN | 1ull << CAP_NET_RAW;
	if (sandbox_drop(h->spec.uid, h->spec.gid, h->spec.groups, keep, e) ==
	    -1)
		return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return err_sys(e, "prctl");
	return 0;
}

/*
 * What every host, or one with a need, must reach. A rule is on what the name
 * means now: a resolver configuration that is replaced later is not seen until
 * the host is started again, except in the resolver's own folder.
 */
static const struct {
	const char *path;
	uint32_t need;
	int way;
} usual[] = {
	{ "/lib", 0, SANDBOX_READ },
	{ "/lib64", 0, SANDBOX_READ },
	{ "/usr/lib", 0, SANDBOX_READ },
	{ "/etc/ld.so.cache", 0, SANDBOX_READ },
	{ "/etc/ssl/openssl.cnf", 0, SANDBOX_READ },
	{ "/dev/null", 0, SANDBOX_WRITE },
	{ "/dev/urandom", 0, SANDBOX_READ },
	{ "/etc/hosts", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/etc/resolv.conf", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/run/systemd/resolve", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/etc/nsswitch.conf", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/etc/host.conf", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/etc/gai.conf", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/etc/services", INGOT_NEED_NETWORK, SANDBOX_READ },
	{ "/dev/tpmrm0", INGOT_NEED_TPM, SANDBOX_WRITE },
};

#define USUAL (sizeof(usual) / sizeof(*usual))

_Static_assert(USUAL + 2 + 2 * SPEC_LIST_MAX <= PATHS_MAX, "room for all");

static void
add_path(struct sandbox_path *paths, size_t *n, const char *path, int way)
{
	paths[(*n)++] =
	    (struct sandbox_path){ .path = path, .fd = -1, .way = way };
}

static size_t
collect_paths(const struct host_spec *s, struct sandbox_path paths[PATHS_MAX])
{
	size_t n = 0;

	paths[n++] =
	    (struct sandbox_path){ .fd = SPEC_PLUGIN_FD, .way = SANDBOX_READ };
	for (size_t i = 0; i < USUAL; i++)
		if ((usual[i].need & s->granted) == usual[i].need)
			add_path(paths, &n, usual[i].path, usual[i].way);
	for (size_t i = 0; s->read[i] != NULL; i++)
		add_path(paths, &n, s->read[i], SANDBOX_READ);
	for (size_t i = 0; s->write[i] != NULL; i++)
		add_path(paths, &n, s->write[i], SANDBOX_WRITE);
	if (s->state != NULL)
		add_path(paths, &n, s->state, SANDBOX_WRITE);
	return n;
}

static int
lock_paths(const struct host *h, struct err *e)
{
	struct sandbox_path paths[PATHS_MAX];
	struct sandbox_ports net = { .connect = h->spec.connect,
		.bind = h->spec.bind };
	size_t n = collect_paths(&h->spec, paths);

	if (granted(h, INGOT_NEED_NETWORK) && h->spec.connect[0] == 0)
		net.connect = NULL;
	return sandbox_paths(paths, n, &net, e);
}

/*
 * Beside the contract's limits: a memfd is memory that no address space limit
 * counts, so their size and number are bound too. Stacks and arenas of threads
 * are cut down, since each counts against the address space.
 */
static int
set_limits(const struct host *h, struct err *e)
{
	bool threads = granted(h, INGOT_NEED_NETWORK);
	bool writes = h->spec.state != NULL || h->spec.write[0] != NULL;
	struct rlimit big = { INGOT_TEXT_MAX, INGOT_TEXT_MAX };
	struct rlimit few = { FDS_FEW, FDS_FEW };
	pthread_attr_t attr;

	(void)mallopt(M_ARENA_MAX, 1);
	if (pthread_attr_init(&attr) != 0 ||
	    pthread_attr_setstacksize(&attr, THREAD_STACK) != 0 ||
	    pthread_setattr_default_np(&attr) != 0)
		return err_set(e, EINVAL, "thread stacks");
	if (sandbox_limits(
		h->spec.memory_mb, threads, h->spec.descriptors, e) == -1)
		return -1;
	if (writes)
		big = (struct rlimit){ FILE_BIG, FILE_BIG };
	if (setrlimit(RLIMIT_FSIZE, &big) == -1)
		return err_sys(e, "limit file size");
	if (!threads && h->spec.descriptors == 0 &&
	    setrlimit(RLIMIT_NOFILE, &few) == -1)
		return err_sys(e, "limit descriptors");
	return 0;
}

static int
close_syscalls(struct host *h, struct err *e)
{
	bool writes = h->spec.state != NULL || h->spec.write[0] != NULL;
	struct syscalls_need need = {
		.granted = h->spec.granted,
		.writes = writes,
		.unix_sockets = h->spec.unix_sockets != 0,
		.opens = writes || h->spec.read[0] != NULL ||
		    granted(h, INGOT_NEED_NETWORK | INGOT_NEED_TPM),
	};

	if ((h->syscalls = syscalls_plan(&need, e)) == NULL)
		return -1;
	return syscalls_first(h->syscalls, e);
}

int
host_cage(struct host *h, struct err *e)
{
	(void)clearenv();
	(void)umask(077);
	if (chdir("/") == -1)
		return err_sys(e, "/");
	if (fix_descriptors(h, e) == -1 || fix_signals(h, e) == -1 ||
	    go_first(e) == -1)
		return -1;
	if ((h->loop = loop_new(e)) == NULL)
		return -1;
	if (drop(h, e) == -1 || lock_paths(h, e) == -1 ||
	    set_limits(h, e) == -1)
		return -1;
	return close_syscalls(h, e);
}
