/* SPDX-License-Identifier: MIT */
/*
 * Each step of the cage in a child process of its own: what was possible
 * before is tried after. Needs root; without it the steps must say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "sandbox.h"

#define NOBODY 65534

static char dir[64];
static const char *child_said;

/* Runs fn in a child; its exit status. */
static int
in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In a child: says which check failed by its line. */
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			(void)dprintf(2, "%s:%d: %s: %s\n", __FILE__,          \
			    __LINE__, #x,                                      \
			    child_said == NULL ? "" : child_said);             \
			return 1;                                              \
		}                                                              \
	} while (0)

static int
dropped(void)
{
	static const gid_t groups[] = { 7, 9, 0 };
	gid_t have[4];
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(sandbox_drop(NOBODY, NOBODY, groups, 0, &e) == 0);
	MUST(getuid() == NOBODY && getegid() == NOBODY);
	MUST(getgroups(4, have) == 2 && have[0] == 7 && have[1] == 9);
	MUST(setresuid(0, 0, 0) == -1 && errno == EPERM);
	MUST(chown("/tmp", 0, 0) == -1);
	MUST(open("/etc/shadow", O_RDONLY) == -1 && errno == EACCES);
	return 0;
}

static void
a_dropped_process_has_one_user_its_groups_and_no_way_back(void **state)
{
	(void)state;
	assert_int_equal(in_child(dropped), 0);
}

static int
kept_net_admin(void)
{
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(sandbox_drop(NOBODY, NOBODY, NULL, 1ull << CAP_NET_RAW, &e) == 0);
	MUST(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) != -1);
	MUST(chown("/tmp", NOBODY, NOBODY) == -1 && errno == EPERM);
	MUST(sethostname("x", 1) == -1);
	return 0;
}

static void
a_kept_capability_works_and_no_other_does(void **state)
{
	(void)state;
	assert_int_equal(in_child(kept_net_admin), 0);
}

static int
one_kept_that_leads_back(void)
{
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(sandbox_drop(NOBODY, NOBODY, NULL, 1ull << CAP_SETUID, &e) == -1);
	MUST(strstr(e.text, "root again") != NULL);
	return 0;
}

static void
a_capability_that_leads_back_to_root_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(in_child(one_kept_that_leads_back), 0);
}

static void
nothing_runs_as_root(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(sandbox_drop(0, NOBODY, NULL, 0, &e), -1);
	assert_int_equal(sandbox_drop(NOBODY, 0, NULL, 0, &e), -1);
	assert_string_equal(e.text, "will not run as root");
}

static int
drops_as_nobody(void)
{
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(setresgid(NOBODY, NOBODY, NOBODY) == 0);
	MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	MUST(sandbox_drop(NOBODY, NOBODY, NULL, 0, &e) == -1);
	return 0;
}

static void
a_step_that_cannot_be_taken_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(drops_as_nobody), 0);
}

static char *
at(const char *name)
{
	static char paths[4][96];
	static unsigned n;
	char *p = paths[n++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static int
can_create(const char *path)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd != -1;
}

static int
can_read(const char *path)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd != -1;
}

/* As root: only Landlock stands between. */
static int
locked(void)
{
	own_fd int plugin = open(at("secret/handed"), O_RDONLY | O_CLOEXEC);
	struct sandbox_path paths[] = {
		{ .path = at("shown"), .way = SANDBOX_READ },
		{ .path = at("own"), .way = SANDBOX_WRITE },
		{ .path = at("never-was"), .way = SANDBOX_READ },
		{ .path = NULL, .fd = plugin, .way = SANDBOX_READ },
	};
	struct err e = { .text = "" };
	char link[32];

	child_said = e.text;
	MUST(plugin != -1);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", plugin);
	MUST(sandbox_paths(paths, 4, NULL, &e) == 0);
	MUST(can_read(at("shown/file")));
	MUST(!can_create(at("shown/new")) && errno == EACCES);
	MUST(truncate(at("shown/file"), 0) == -1);
	MUST(can_create(at("own/new")) && can_read(at("own/new")));
	MUST(rename(at("own/new"), at("own/newer")) == 0);
	MUST(mknod(at("own/dev"), S_IFCHR | 0600, 0) == -1);
	MUST(!can_read(at("secret/file")) && errno == EACCES);
	MUST(!can_read("/etc/passwd"));
	MUST(can_read(link));
	return 0;
}

static void
what_is_not_named_is_not_reached_even_by_root(void **state)
{
	(void)state;
	assert_int_equal(in_child(locked), 0);
}

static int
tcp(uint16_t port, int (*act)(int, const struct sockaddr *, socklen_t))
{
	own_fd int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};

	return act(s, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
}

static int
ports(void)
{
	static const uint16_t to[] = { 9, 0 }, none[] = { 0 };
	struct sandbox_ports net = { .connect = to, .bind = none };
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(sandbox_paths(NULL, 0, &net, &e) == 0);
	MUST(tcp(9, connect) != EACCES);
	MUST(tcp(10, connect) == EACCES);
	MUST(tcp(0, bind) == EACCES);
	return 0;
}

static void
a_port_that_is_not_named_is_not_reached(void **state)
{
	(void)state;
	assert_int_equal(in_child(ports), 0);
}

static int
signals_out(void)
{
	pid_t parent = getppid();
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(kill(parent, 0) == 0);
	MUST(sandbox_paths(NULL, 0, NULL, &e) == 0);
	MUST(kill(parent, 0) == -1 && errno == EPERM);
	MUST(kill(getpid(), 0) == 0);
	return 0;
}

static void
a_signal_does_not_leave_the_cage(void **state)
{
	(void)state;
	assert_int_equal(in_child(signals_out), 0);
}

static int
limited(void)
{
	struct rlimit r;
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	MUST(sandbox_limits(64, 0, 0, &e) == 0);
	MUST(fork() == -1 && errno == EAGAIN);
	MUST(getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0);
	errno = 0;
	for (int i = 0; i < 300 && errno == 0; i++)
		MUST(dup(2) != -1 || (errno == EMFILE && i > 240));
	MUST(errno == EMFILE);
	return 0;
}

static int
given_more(void)
{
	struct rlimit r, was;
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(getrlimit(RLIMIT_NOFILE, &was) == 0 && was.rlim_max > 700);
	MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	MUST(sandbox_limits(64, 1, 700, &e) == 0);
	MUST(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_max == 700);
	/* Asked for more than there is: what there is. */
	MUST(sandbox_limits(64, 1, 9000, &e) == 0);
	MUST(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_max == 700);
	return 0;
}

static void
a_policy_may_give_more_descriptors_but_no_more_than_there_are(void **state)
{
	(void)state;
	assert_int_equal(in_child(given_more), 0);
}

static void
a_limited_process_has_no_child_no_core_and_256_descriptors(void **state)
{
	(void)state;
	assert_int_equal(in_child(limited), 0);
}

static int
hungry(void)
{
	struct err e = { .text = "" };

	child_said = e.text;
	MUST(sandbox_limits(64, 1, 0, &e) == 0);
	for (int i = 0; i < 128; i++)
		if (malloc(1024 * 1024) == NULL)
			return 0;
	return 2;
}

static void
memory_ends_where_the_limit_says(void **state)
{
	(void)state;
#ifdef SANDBOX_SANITIZED
	skip();
#endif
	assert_int_equal(in_child(hungry), 0);
}

static int
make_tree(void **state)
{
	static const char *const folders[] = { "shown", "own", "secret" };
	static const char *const files[] = { "shown/file", "secret/file",
		"secret/handed" };

	(void)state;
	(void)strcpy(dir, "/tmp/ingot-sandbox.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	for (size_t i = 0; i < 3; i++)
		if (mkdir(at(folders[i]), 0700) == -1)
			return -1;
	for (size_t i = 0; i < 3; i++)
		if (!can_create(at(files[i])))
			return -1;
	return 0;
}

static int
take_tree(void **state)
{
	static const char *const gone[] = { "shown/file", "secret/file",
		"secret/handed", "own/newer" };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)unlink(at(gone[i]));
	(void)rmdir(at("shown"));
	(void)rmdir(at("own"));
	(void)rmdir(at("secret"));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_runs_as_root),
		cmocka_unit_test(
		    a_dropped_process_has_one_user_its_groups_and_no_way_back),
		cmocka_unit_test(a_kept_capability_works_and_no_other_does),
		cmocka_unit_test(
		    a_capability_that_leads_back_to_root_is_found_out),
		cmocka_unit_test(a_step_that_cannot_be_taken_is_an_error),
		cmocka_unit_test(what_is_not_named_is_not_reached_even_by_root),
		cmocka_unit_test(a_port_that_is_not_named_is_not_reached),
		cmocka_unit_test(a_signal_does_not_leave_the_cage),
		cmocka_unit_test(
		    a_limited_process_has_no_child_no_core_and_256_descriptors),
		cmocka_unit_test(
		    a_policy_may_give_more_descriptors_but_no_more_than_there_are),
		cmocka_unit_test(memory_ends_where_the_limit_says),
	};

	if (geteuid() != 0)
		return puts(
			   "ok agent_sandbox # SKIP only root can close the cage"),
		       0;
	return cmocka_run_group_tests_name(
	    "agent_sandbox", tests, make_tree, take_tree);
}
