/* SPDX-License-Identifier: MIT */
/*
 * ingot-packager: runs dpkg or opkg for the agent, with arguments that stand
 * in this file, no shell, a fixed environment, no descriptor but its output,
 * and an end: at the time limit, and when the agent is gone, everything it
 * started is killed, however often it forked or changed its session. What is
 * still there when dpkg has ended well (a service that a package's script
 * started) is left to init.
 *
 *	arguments	dpkg|opkg PROGRAM ROOT SECONDS VERB [OPERAND...]
 *	success		0
 *	failure		1, and what dpkg said; 75 locked, 124 late, 125 no agent
 *
 * It deliberately takes no rights away: scripts of packages make users, own
 * files and start services, and what they start inherits what they had.
 */
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX  86400
#define LOCK_WAIT_MS 30000 /* somebody else's dpkg may be about to end */
#define LOCK_LOOK_MS 200
#define WORDS_MAX    12
#define FILES_MAX    1024 /* descriptors that dpkg may hold */

enum {
	LOCKED = 75,
	LATE = 124,
	ORPHANED = 125
};

/* No answer is ever asked for, and what the unit's owner changed in a
 * configuration file stays. */
static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "LC_ALL=C", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive",
	"DEBIAN_PRIORITY=critical", "DEBCONF_NONINTERACTIVE_SEEN=true",
	"UCF_FORCE_CONFFOLD=1", "APT_LISTCHANGES_FRONTEND=none", NULL };

static const struct verb {
	const char *manager;
	const char *name;
	bool operands; /* takes some */
	const char *words[WORDS_MAX];
} verbs[] = {
	/* The refusals stand here because dpkg.cfg might say otherwise. */
	{ "dpkg", "install", true,
	    { "--force-confold", "--force-downgrade",
		"--no-force-depends,depends-version,breaks,conflicts",
		"--no-force-architecture,remove-essential,overwrite",
		"--abort-after=1", "--install" } },
	{ "dpkg", "configure", false,
	    { "--force-confold", "--configure", "--pending" } },
	{ "dpkg", "remove", true,
	    { "--force-remove-reinstreq", "--no-force-depends,remove-essential",
		"--remove" } },
	{ "dpkg", "purge", true,
	    { "--force-remove-reinstreq", "--no-force-depends,remove-essential",
		"--purge" } },
	/* Also what it takes for done: see apply_packages_back.c. */
	{ "opkg", "install", true,
	    { "--force-downgrade", "--force-reinstall", "install" } },
	{ "opkg", "configure", false, { "configure" } },
	{ "opkg", "remove", true, { "remove" } },
	{ "opkg", "purge", true, { "remove" } },
};

/* Whoever holds one of these works on the database right now. */
static const struct {
	const char *manager;
	const char *path;
} locks[] = {
	{ "dpkg", "var/lib/dpkg/lock-frontend" },
	{ "dpkg", "var/lib/dpkg/lock" },
	{ "opkg", "var/lock/opkg.lock" },
	{ "opkg", "run/opkg.lock" },
};

struct words {
	const char *manager;
	const char *program;
	const char *root;
	long seconds;
	const struct verb *verb;
	char **operands;
	int count;
};

static uint64_t
clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static const struct verb *
find_verb(const char *manager, const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].manager, manager) == 0 &&
		    strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* An operand that is an option would be a word of ours that is none. */
static bool
read_words(int argc, char *argv[], struct words *w)
{
	char *end;

	if (argc < 6)
		return false;
	*w = (struct words){ argv[1], argv[2], argv[3],
		strtol(argv[4], &end, 10), find_verb(argv[1], argv[5]),
		argv + 6, argc - 6 };
	for (int i = 0; i < w->count; i++)
		if (w->operands[i][0] == '-' || w->operands[i][0] == '\0')
			return false;
	return *end == '\0' && w->seconds > 0 && w->seconds <= SECONDS_MAX &&
	    w->program[0] == '/' && w->root[0] == '/' && w->verb != NULL &&
	    w->verb->operands == (w->count > 0);
}

/* The process that holds a lock, 0: none. */
static pid_t
holder(const struct words *w, const char **which)
{
	char path[512];
	struct flock lock;
	int fd, rc;

	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		if (strcmp(locks[i].manager, w->manager) != 0)
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/%s", w->root, locks[i].path);
		if ((fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) == -1)
			continue;
		lock =
		    (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
		rc = fcntl(fd, F_GETLK, &lock);
		(void)close(fd);
		if (rc == 0 && lock.l_type != F_UNLCK) {
			*which = locks[i].path;
			return lock.l_pid;
		}
	}
	return 0;
}

static bool
wait_for_lock(const struct words *w)
{
	uint64_t end = clock_ms() + LOCK_WAIT_MS;
	const char *which = "";
	pid_t who;

	if (w->seconds * 1000 < LOCK_WAIT_MS)
		end = clock_ms() + (uint64_t)w->seconds * 1000;
	while ((who = holder(w, &which)) != 0) {
		if (clock_ms() >= end) {
			(void)fprintf(stderr,
			    "%s: error: process %d holds /%s; let it finish "
			    "and apply again\n",
			    w->manager, (int)who, which);
			return false;
		}
		(void)usleep(LOCK_LOOK_MS * 1000);
	}
	return true;
}

/* In the child: from here to exec nothing can fail and go on. */
static void
become(const struct words *w)
{
	const char **all =
	    calloc((size_t)w->count + WORDS_MAX + 4, sizeof(*all));
	int n = 0;

	if (all == NULL || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		_exit(127);
	all[n++] = w->program;
	if (strcmp(w->root, "/") != 0) {
		all[n++] = strcmp(w->manager, "dpkg") == 0 ? "--root"
							   : "--offline-root";
		all[n++] = w->root;
	}
	for (size_t i = 0; i < WORDS_MAX && w->verb->words[i] != NULL; i++)
		all[n++] = w->verb->words[i];
	for (int i = 0; i < w->count; i++)
		all[n++] = w->operands[i];
	(void)execve(w->program, (char *const *)(uintptr_t)all,
	    (char *const *)(uintptr_t)environment);
	(void)fprintf(stderr, "%s: error: run %s: %s\n", w->manager, w->program,
	    strerror(errno));
	_exit(127);
}

/* Of /proc/<pid>/stat: behind the name, which may hold anything, stand the
 * state and the parent. */
static pid_t
parent_of(const char *pid)
{
	char path[280], line[512], *p;
	int parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	p = fgets(line, sizeof(line), f) == NULL ? NULL : strrchr(line, ')');
	(void)fclose(f);
	if (p == NULL || sscanf(p, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static void
kill_children(void)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	pid_t self = getpid();

	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9' &&
		    parent_of(de->d_name) == self)
			(void)kill((pid_t)atoi(de->d_name), SIGKILL);
	if (d != NULL)
		(void)closedir(d);
}

/* Who loses his parent becomes our child, so rounds of killing our children
 * reach all of them; each round ends when one of them is gone. */
static void
kill_all(void)
{
	for (;;) {
		kill_children();
		if (waitpid(-1, NULL, 0) == -1 && errno == ECHILD)
			return;
	}
}

/* Its exit status, or why it had to be stopped. */
static int
watch(pid_t pid, uint64_t end)
{
	struct pollfd look[] = { { pidfd_open(pid, 0), POLLIN, 0 },
		{ STDOUT_FILENO, 0, 0 } };
	int status = 0;

	for (;;) {
		uint64_t now = clock_ms();
		int left = now >= end ? 0 : (int)(end - now);

		if (look[0].fd == -1 ||
		    (poll(look, 2, left) == -1 && errno != EINTR))
			return 1;
		if (look[0].revents != 0) {
			(void)waitpid(pid, &status, 0);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		}
		/* Nobody reads any more: the agent has gone. */
		if (look[1].revents != 0)
			return ORPHANED;
		if (clock_ms() >= end)
			return LATE;
	}
}

static void
close_in(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit files = { FILES_MAX, FILES_MAX };

	/* A core of a script might hold what it was told. */
	if (close_range(STDERR_FILENO + 1, ~0u, 0) == -1 ||
	    setrlimit(RLIMIT_CORE, &none) == -1 ||
	    setrlimit(RLIMIT_NOFILE, &files) == -1 || chdir("/") == -1 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1) {
		perror("ingot-packager");
		_exit(1);
	}
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_DFL);
}

int
main(int argc, char *argv[])
{
	uint64_t start = clock_ms();
	struct words w;
	pid_t pid;
	int rc;

	if (!read_words(argc, argv, &w)) {
		(void)fprintf(stderr, "ingot-packager: what is to be done?\n");
		return 2;
	}
	close_in();
	if (!wait_for_lock(&w))
		return LOCKED;
	if ((pid = fork()) == 0)
		become(&w);
	rc = pid == -1 ? 1 : watch(pid, start + (uint64_t)w.seconds * 1000);
	if (rc != LATE && rc != ORPHANED)
		return rc;
	kill_all();
	/* With nobody to read it, saying so would only kill us. */
	if (rc == LATE)
		(void)fprintf(stderr,
		    "%s: error: not done within %ld s; all it started was "
		    "stopped\n",
		    w.manager, w.seconds);
	return rc;
}
