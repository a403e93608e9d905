/* SPDX-License-Identifier: MIT */
/*
 * Kills the agent in the middle of transactions, starts it again, and looks
 * whether the unit is wholly one snapshot.
 *
 *	txn_kill walk STRIDE BUILD CONFIG STATE OUT BUNDLE...	   at every
 *system call that changes something, as seen by ptrace, so that no step is
 *		missed and the release build needs no hooks
 *	txn_kill recovery STRIDE BUILD...  the recovery from a kill, likewise
 *	txn_kill random N BUILD CONFIG STATE OUT BUNDLE... at random moments,
 *		sometimes again while it recovers
 *
 * A bundle is FILE:VALUE, or FILE: for one that is refused; values are what
 * the three managed files hold. The world was made by txn_world.sh.
 */
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "file.h"
#include "journal.h"
#include "json.h"
#include "own.h"

#define IDLE_TRIES 3000 /* of 5 ms */

static const char *build, *config, *state_dir, *out_dir;
static int state;
static char live[32]; /* the value that is in force */
static unsigned phases_hit[TXN_PHASES + 1];
static unsigned ended_old, ended_new;

struct bundle {
	char path[256];
	const char *value; /* "": is refused */
};
static struct bundle bundles[8];
static int bundle_count;

static void
die(const char *what)
{
	(void)fprintf(stderr, "txn_kill: %s\n", what);
	exit(1);
}

/* The agent and what is asked of it. */

static pid_t
start_agent_traced(bool traced)
{
	char path[512];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (traced)
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
	(void)snprintf(path, sizeof(path), "%s/ingotd", build);
	(void)execl(path, "ingotd", "--config", config, (char *)NULL);
	_exit(127);
}

static pid_t
start_agent(void)
{
	return start_agent_traced(false);
}

static int
dial(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	own_fd int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(
	    to.sun_path, sizeof(to.sun_path), "%s/../run/ctl", state_dir);
	if (connect(s, (struct sockaddr *)&to, sizeof(to)) == -1)
		return -1;
	return take_fd(&s);
}

static json_t *
ask_status(void)
{
	static char packet[CTL_PACKET_MAX];
	static const char request[] = "{\"verb\":\"status\"}";
	own_fd int s = dial();
	struct err e;
	ssize_t n;

	if (s == -1 ||
	    send(s, request, sizeof(request) - 1, MSG_NOSIGNAL) == -1 ||
	    (n = recv(s, packet, sizeof(packet), 0)) <= 0)
		return NULL;
	return json_parse("status", packet, (size_t)n, sizeof(packet), &e);
}

static bool
is_idle(void)
{
	own_json json_t *answer = ask_status();
	const json_t *result = json_object_get(answer, "result");
	const json_t *phase =
	    json_object_get(json_object_get(result, "apply"), "phase");
	const json_t *one;
	size_t i;

	if (phase == NULL || strcmp(json_string_value(phase), "idle") != 0)
		return false;
	json_array_foreach(json_object_get(result, "plugins"), i,
	    one) if (strcmp(json_string_value(json_object_get(one, "state")),
			 "idle") != 0) return false;
	return true;
}

static void
wait_idle(void)
{
	for (int i = 0; i < IDLE_TRIES; i++) {
		if (is_idle())
			return;
		(void)usleep(5000);
	}
	die("the agent does not come to rest");
}

/* A client of its own process; go: it begins when a byte can be read there. */
static pid_t
start_apply(const struct bundle *b, int go)
{
	char path[512], byte;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (read(go, &byte, 1) != 1)
		_exit(1);
	(void)snprintf(path, sizeof(path), "%s/ingot", build);
	(void)close(1);
	(void)open(
	    "/dev/null", O_WRONLY); /* its end is looked at on the disk */
	(void)execl(path, "ingot", "apply", "--json", "--config", config,
	    b->path, (char *)NULL);
	_exit(127);
}

static void
kill_and_reap(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) == -1 && errno == EINTR)
		;
}

/* What lies on the disk. */

static void
read_value(const char *name, char out[static 32])
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", out_dir, name);
	out[0] = '\0';
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fgets(out, 32, f) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	(void)fclose(f);
}

static void
no_litter(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, FILE_TEMP, strlen(FILE_TEMP)) == 0 ||
		    strcmp(de->d_name, "staging") == 0 ||
		    strcmp(de->d_name, JOURNAL_FILE) == 0) {
			(void)fprintf(stderr, "%s/%s\n", folder, de->d_name);
			die("litter of a transaction");
		}
	if (d != NULL)
		(void)closedir(d);
}

/* The value of the live snapshot is its name. */
static void
live_name(char out[static 32])
{
	own_json json_t *answer = ask_status();
	const json_t *current = json_object_get(
	    json_object_get(json_object_get(answer, "result"), "apply"),
	    "current");
	const char *name = json_string_value(json_object_get(current, "name"));

	(void)snprintf(out, 32, "%s", name == NULL ? "" : name);
}

/* Dies unless the unit is wholly `live` or wholly wanted. */
static void
check_whole(const char *wanted)
{
	static const char *const names[] = { "txn_a", "txn_b", "file" };
	char is[32], name[32];

	live_name(name);
	for (size_t i = 0; i < 3; i++) {
		read_value(names[i], is);
		if (strcmp(is, name) == 0)
			continue;
		(void)fprintf(stderr,
		    "%s holds \"%s\", the live snapshot is \"%s\"\n", names[i],
		    is, name);
		die("a mixture");
	}
	if (strcmp(name, live) == 0)
		ended_old++;
	else if (*wanted != '\0' && strcmp(name, wanted) == 0)
		ended_new++;
	else
		die("neither the old nor the new snapshot");
	(void)strcpy(live, name);
	no_litter(state_dir);
	no_litter(out_dir);
}

/* The next bundle that is not in force, in turn. */
static const struct bundle *
next_bundle(void)
{
	static int at;

	do
		at = (at + 1) % bundle_count;
	while (strcmp(bundles[at].value, live) == 0);
	return &bundles[at];
}

static void
note_phase(void)
{
	struct journal j;
	struct err e;
	int rc = journal_read(state, &j, &e);

	if (rc == -1)
		die("the journal is damaged");
	phases_hit[rc == 0 ? TXN_PHASES : j.phase]++;
}

/* Walking. */

static bool
changes_something(uint64_t nr)
{
	static const long list[] = {
		SYS_write,
		SYS_pwrite64,
		SYS_renameat,
		SYS_renameat2,
		SYS_unlinkat,
		SYS_mkdirat,
		SYS_symlinkat,
		SYS_linkat,
		SYS_fsync,
		SYS_fdatasync,
		SYS_syncfs,
		SYS_fchmod,
		SYS_fchown,
		SYS_fchownat,
		SYS_ftruncate,
		SYS_sendmsg,
#ifdef SYS_rename
		SYS_rename,
		SYS_unlink,
		SYS_mkdir,
		SYS_symlink,
		SYS_rmdir,
#endif
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if ((uint64_t)list[i] == nr)
			return true;
	return false;
}

static bool
enters_change(pid_t agent)
{
	struct ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, agent, sizeof(info), &info) <= 0)
		return false;
	return info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	    changes_something(info.entry.nr);
}

static void
seize(pid_t agent)
{
	if (ptrace(PTRACE_SEIZE, agent, 0, PTRACE_O_TRACESYSGOOD) == -1 ||
	    ptrace(PTRACE_INTERRUPT, agent, 0, 0) == -1)
		die("ptrace");
	if (waitpid(agent, NULL, __WALL) != agent)
		die("wait for the agent");
	(void)ptrace(PTRACE_SYSCALL, agent, 0, 0);
}

/* Lets the agent run until it is about to make its k-th change: true, and it
 * is dead; or until the client has ended, or a signal came: false. */
static bool
run_to(pid_t agent, pid_t client, unsigned k)
{
	unsigned count = 0;
	int status, sig;
	pid_t who;

	for (;;) {
		who = waitpid(-1, &status, __WALL);
		if (who == -1 && errno == EINTR)
			return false;
		if (who == client && (WIFEXITED(status) || WIFSIGNALED(status)))
			return false;
		if (who != agent)
			continue;
		if (!WIFSTOPPED(status))
			die("the agent ended by itself");
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			sig = 0;
			if (enters_change(agent) && ++count == k) {
				kill_and_reap(agent);
				return true;
			}
		} else if (status >> 16 != 0)
			sig = 0;
		(void)ptrace(PTRACE_SYSCALL, agent, 0, sig);
	}
}

static void
let_go(pid_t agent)
{
	int status;

	(void)ptrace(PTRACE_INTERRUPT, agent, 0, 0);
	do
		if (waitpid(agent, &status, __WALL) != agent)
			die("wait for the agent");
	while (!WIFSTOPPED(status));
	(void)ptrace(PTRACE_DETACH, agent, 0, 0);
}

/* One transaction, killed at its k-th change; false: it had fewer. */
static bool
walk_step(pid_t *agent, const struct bundle *b, unsigned k)
{
	int go[2];
	pid_t client;
	bool killed;

	if (pipe2(go, O_CLOEXEC) == -1)
		die("pipe");
	client = start_apply(b, go[0]);
	seize(*agent);
	if (write(go[1], "g", 1) != 1)
		die("go");
	killed = run_to(*agent, client, k);
	(void)close(go[0]);
	(void)close(go[1]);
	if (killed) {
		note_phase();
		(void)waitpid(client, NULL, 0);
		*agent = start_agent();
	} else
		let_go(*agent);
	wait_idle();
	check_whole(b->value);
	return killed;
}

static void
walk(unsigned stride)
{
	pid_t agent = start_agent();
	unsigned k;

	wait_idle();
	live_name(live);
	/* Refused ones as well; the last is only there to go back to. */
	for (int i = 0; i < bundle_count - 1; i++)
		for (k = 1;; k += stride) {
			const struct bundle *b = &bundles[i];

			if (strcmp(b->value, live) == 0)
				b = next_bundle();
			if (!walk_step(&agent, b, k)) {
				(void)printf(
				    "%s: killed at %u of its changes\n",
				    b->path, k / stride);
				break;
			}
		}
	(void)kill(agent, SIGTERM);
	(void)waitpid(agent, NULL, 0);
}

/* Recovery, killed at its j-th change and begun again; false: it had fewer,
 * or was through within a second. */
static bool
recover_step(pid_t *agent, unsigned j)
{
	pid_t traced = start_agent_traced(true);
	bool killed;

	if (waitpid(traced, NULL, __WALL) != traced)
		die("wait for the agent");
	(void)ptrace(PTRACE_SETOPTIONS, traced, 0, PTRACE_O_TRACESYSGOOD);
	(void)ptrace(PTRACE_SYSCALL, traced, 0, 0);
	(void)alarm(1);
	killed = run_to(traced, -1, j);
	(void)alarm(0);
	if (!killed)
		kill_and_reap(traced);
	*agent = start_agent();
	wait_idle();
	return killed;
}

/* Leaves a transaction in the middle of activate, dead. */
static void
leave_half_done(pid_t agent, const struct bundle *b)
{
	int go[2];
	pid_t client;
	struct journal j = { 0 };
	struct err e;

	if (pipe2(go, O_CLOEXEC) == -1)
		die("pipe");
	client = start_apply(b, go[0]);
	if (write(go[1], "g", 1) != 1)
		die("go");
	while (j.phase != TXN_PROBE) {
		if (waitpid(client, NULL, WNOHANG) == client)
			die("probe was too quick to be seen");
		if (journal_read(state, &j, &e) != 1)
			j.phase = TXN_PACKAGES;
	}
	kill_and_reap(agent);
	note_phase();
	(void)close(go[0]);
	(void)close(go[1]);
	(void)waitpid(client, NULL, 0);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
walk_recovery(unsigned stride)
{
	/* Without SA_RESTART, so that a wait ends. */
	const struct sigaction act = { .sa_handler = on_alarm };
	pid_t agent = start_agent();
	unsigned j = 1;
	const struct bundle *b;
	bool killed;

	(void)sigaction(SIGALRM, &act, NULL);
	wait_idle();
	live_name(live);
	do {
		b = next_bundle();
		leave_half_done(agent, b);
		killed = recover_step(&agent, j);
		check_whole(b->value);
		j += stride;
	} while (killed);
	(void)printf("recovery killed at %u of its changes\n", j / stride - 1);
	(void)kill(agent, SIGTERM);
	(void)waitpid(agent, NULL, 0);
}

/* Random moments. */

static uint64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
random_step(pid_t *agent, const struct bundle *b, unsigned most_us)
{
	int go[2];
	pid_t client;

	if (pipe2(go, O_CLOEXEC) == -1)
		die("pipe");
	client = start_apply(b, go[0]);
	if (write(go[1], "g", 1) != 1)
		die("go");
	(void)usleep((useconds_t)random() % most_us);
	kill_and_reap(*agent);
	note_phase();
	(void)close(go[0]);
	(void)close(go[1]);
	(void)waitpid(client, NULL, 0);
	*agent = start_agent();
	while (random() % 3 == 0) { /* and again while it recovers */
		(void)usleep((useconds_t)random() % 60000);
		kill_and_reap(*agent);
		*agent = start_agent();
	}
	wait_idle();
	check_whole(b->value);
}

/* How long an undisturbed one takes. */
static unsigned
measure(const struct bundle *b)
{
	int go[2];
	pid_t client;
	uint64_t start = now_us();

	if (pipe2(go, O_CLOEXEC) == -1)
		die("pipe");
	client = start_apply(b, go[0]);
	if (write(go[1], "g", 1) != 1)
		die("go");
	(void)waitpid(client, NULL, 0);
	wait_idle();
	check_whole(b->value);
	(void)close(go[0]);
	(void)close(go[1]);
	return (unsigned)(now_us() - start);
}

static void
at_random(int times)
{
	pid_t agent = start_agent();
	unsigned most_us, seed = (unsigned)time(NULL);

	(void)printf("seed %u\n", seed);
	srandom(seed);
	wait_idle();
	live_name(live);
	most_us = measure(&bundles[0]) * 11 / 10;
	for (int i = 0; i < times; i++)
		random_step(&agent, next_bundle(), most_us);
	(void)kill(agent, SIGTERM);
	(void)waitpid(agent, NULL, 0);
}

static void
report(void)
{
	(void)printf(
	    "ended old %u, new %u; journal when killed:", ended_old, ended_new);
	for (int i = 0; i <= TXN_PHASES; i++)
		if (phases_hit[i] > 0)
			(void)printf(" %s=%u",
			    i == TXN_PHASES ? "none"
					    : txn_name((enum txn_phase)i),
			    phases_hit[i]);
	(void)printf("\n");
}

int
main(int argc, char *argv[])
{
	char **p = argv + 3;

	if (argc < 8)
		die("usage: txn_kill walk STRIDE|random N BUILD CONFIG STATE "
		    "OUT FILE:VALUE...");
	build = *p++;
	config = *p++;
	state_dir = *p++;
	out_dir = *p++;
	for (; *p != NULL && bundle_count < 8; p++) {
		struct bundle *b = &bundles[bundle_count++];
		char *colon = strrchr(*p, ':');

		(void)snprintf(
		    b->path, sizeof(b->path), "%.*s", (int)(colon - *p), *p);
		b->value = colon + 1;
	}
	state = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state == -1)
		die("state folder");
	if (strcmp(argv[1], "walk") == 0)
		walk((unsigned)atoi(argv[2]));
	else if (strcmp(argv[1], "recovery") == 0)
		walk_recovery((unsigned)atoi(argv[2]));
	else
		at_random(atoi(argv[2]));
	report();
	return 0;
}
