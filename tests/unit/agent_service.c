/* SPDX-License-Identifier: MIT */
/*
 * RELOAD: a real check command and a real process with a pid file. The signal
 * reaches that process and no other, and only after a content check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "service.h"

static char top[64], pidfile[128];
static struct loop *loop;
static unsigned times;
static char said[ERR_TEXT_MAX];

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	(void)strcpy(top, "/tmp/ingot-service.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	(void)snprintf(pidfile, sizeof(pidfile), "%s/pid", top);
	times = 0;
	return (loop = loop_new(&e)) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	loop_free(loop);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static void
done(void *ctx, const struct err *why)
{
	assert_ptr_equal(ctx, &times);
	times++;
	(void)snprintf(
	    said, sizeof(said), "%s", why == NULL ? "good" : why->text);
}

static const char *
reload(const struct grant_reload *r, uint64_t check_ms)
{
	struct err e;

	times = 0;
	if (service_reload(loop, r, check_ms, done, &times, &e) == NULL)
		return strcpy(said, e.text);
	assert_int_equal(times, 0); /* never from inside */
	for (uint64_t end = now_ms() + 10000; times == 0 && now_ms() < end;)
		assert_int_equal(loop_once(loop, 50, &e), 0);
	assert_int_equal(times, 1);
	return said;
}

static void
pid_file(const char *text)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, pidfile, text, strlen(text), FILE_PUBLIC, &e),
	    0);
}

static pid_t
process(void)
{
	char text[32];
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	pid_file(text);
	return pid;
}

static int
ended_by(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WTERMSIG(status);
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" holds no \"%s\"", text, part);
}

static void
a_content_check_leads_to_the_signal(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/true" },
		.pidfile = pidfile,
		.signal = SIGUSR1 };
	pid_t pid = process();

	(void)state;
	assert_string_equal(reload(&r, 5000), "good");
	assert_int_equal(ended_by(pid), SIGUSR1);
}

static void
without_a_check_the_signal_is_sent(void **state)
{
	struct grant_reload r = {
		.name = "x", .pidfile = pidfile, .signal = SIGHUP
	};
	pid_t pid = process();

	(void)state;
	assert_string_equal(reload(&r, 5000), "good");
	assert_int_equal(ended_by(pid), SIGHUP);
}

static void
a_failed_check_says_what_it_printed_and_sends_nothing(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/sh", "-c", "echo one; echo two >&2; exit 3" },
		.pidfile = pidfile,
		.signal = SIGKILL };
	pid_t pid = process();
	int status;

	(void)state;
	assert_string_equal(
	    reload(&r, 5000), "check of x: exit status 3: one;two");
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	r.check[2] = "yes | head -c 1000000; kill -9 $$";
	has(reload(&r, 5000), "killed by signal 9 (Killed): y;y;y");
	r.check[2] = "exit 1";
	has(reload(&r, 5000), "it said nothing");
	r.check[0] = "/nix/nix";
	has(reload(&r, 5000), "start /nix/nix: No such file or directory");
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended_by(pid), SIGTERM);
}

static void
a_slow_check_is_ended(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/sleep", "60" },
		.pidfile = pidfile,
		.signal = SIGKILL };
	uint64_t start = now_ms();

	(void)state;
	has(reload(&r, 100), "took too long");
	assert_in_range(now_ms() - start, 90, 5000);
}

static void
a_check_has_no_environment_and_no_descriptor_of_ours(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/sh", "-c",
		    "[ -z \"$SECRET$HOME\" ] || exit 4;"
		    "[ ! -e /proc/self/fd/9 ] || exit 5; read x && exit 6;"
		    "exit 7" },
		.pidfile = pidfile,
		.signal = SIGKILL };

	(void)state;
	assert_int_equal(setenv("SECRET", "x", 1), 0);
	assert_int_equal(dup2(STDERR_FILENO, 9), 9); /* not close-on-exec */
	has(reload(&r, 5000), "exit status 7");
	(void)close(9);
}

/* The agent blocks signals for itself; its children must hear them. */
static void
a_check_hears_the_signals_that_we_block(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/sh", "-c", "kill -TERM $$; kill -PIPE $$" },
		.pidfile = pidfile,
		.signal = SIGKILL };
	sigset_t term, before;

	(void)state;
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &term, &before), 0);
	has(reload(&r, 5000), "killed by signal 15");
	(void)signal(SIGPIPE, SIG_IGN);
	r.check[2] = "kill -PIPE $$";
	has(reload(&r, 5000), "killed by signal 13");
	(void)signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void
a_pid_file_that_leads_nowhere_hits_nobody(void **state)
{
	static const char *const texts[] = { "", "x", "-1\n", "0\n", "1\n",
		"12x\n", "99999999999999999999\n", "4194305\n" };
	struct grant_reload r = {
		.name = "x", .pidfile = pidfile, .signal = SIGKILL
	};
	pid_t pid;

	(void)state;
	has(reload(&r, 5000), "No such file or directory");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		pid_file(texts[i]);
		(void)reload(&r, 5000);
		assert_string_not_equal(said, "good");
	}
	pid = process();
	r.exe = "/usr/sbin/other";
	has(reload(&r, 5000), "not /usr/sbin/other");
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	(void)ended_by(pid);
	has(reload(&r, 5000), "No such process");
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static void
a_call_that_is_cancelled_is_gone_with_its_child(void **state)
{
	struct grant_reload r = { .name = "x",
		.check = { "/bin/sleep", "60" },
		.pidfile = pidfile,
		.signal = SIGKILL };
	size_t before = descriptors();
	struct service_call *c;
	struct err e;

	(void)state;
	for (int i = 0; i < 5; i++) {
		c = service_reload(loop, &r, 9999, done, &times, &e);
		assert_non_null(c);
		service_cancel(c);
	}
	service_cancel(NULL);
	assert_int_equal(loop_once(loop, 20, &e), 0);
	assert_int_equal(times, 0);
	assert_int_equal(descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child left */
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_content_check_leads_to_the_signal),
		T(without_a_check_the_signal_is_sent),
		T(a_failed_check_says_what_it_printed_and_sends_nothing),
		T(a_slow_check_is_ended),
		T(a_check_has_no_environment_and_no_descriptor_of_ours),
		T(a_check_hears_the_signals_that_we_block),
		T(a_pid_file_that_leads_nowhere_hits_nobody),
		T(a_call_that_is_cancelled_is_gone_with_its_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
