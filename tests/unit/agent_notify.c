/* SPDX-License-Identifier: MIT */
/*
 * What a service manager hears, byte for byte, on a real datagram socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"
#include "own.h"

static struct loop *loop;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return (loop = loop_new(&e)) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	char name[64];

	(void)state;
	(void)snprintf(
	    name, sizeof(name), "/tmp/ingot-notify.%d", (int)getpid());
	(void)unlink(name);
	loop_free(loop);
	return 0;
}

/* A manager at an abstract name, or at a path. */
static int
manager(bool abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[64];
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(name, sizeof(name), "%s/tmp/ingot-notify.%d",
	    abstract ? "@" : "", (int)getpid());
	(void)memcpy(at.sun_path, name, strlen(name) + 1);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name) + (abstract ? 0 : 1));
	if (abstract)
		at.sun_path[0] = '\0';
	else
		(void)unlink(name);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	(void)setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
the_manager_hears_each_word(void **state)
{
	unsigned long long usec;
	struct timespec ts;
	struct err e;

	(void)state;
	for (int abstract = 0; abstract < 2; abstract++) {
		own_fd int fd = manager(abstract == 1);
		struct notify *n = notify_start(loop, &e);

		assert_non_null(n);
		assert_null(getenv("NOTIFY_SOCKET"));
		notify_ready(n);
		assert_string_equal(heard(fd), "READY=1");
		notify_reloading(n);
		assert_int_equal(sscanf(heard(fd),
				     "RELOADING=1\nMONOTONIC_USEC=%llu", &usec),
		    1);
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		assert_in_range(
		    (unsigned long long)ts.tv_sec - usec / 1000000, 0, 2);
		notify_status(n, "six plugins\nREADY=0 %d", 7);
		assert_string_equal(heard(fd), "STATUS=six plugins READY=0 7");
		notify_stopping(n);
		assert_string_equal(heard(fd), "STOPPING=1");
		assert_string_equal(heard(fd), ""); /* no watchdog asked for */
		notify_stop(n);
	}
}

static void
the_watchdog_is_fed_at_half_its_interval(void **state)
{
	own_fd int fd = manager(true);
	struct notify *n;
	struct err e;
	char pid[16];
	unsigned fed = 0;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("WATCHDOG_PID", pid, 1);
	(void)setenv("WATCHDOG_USEC", "100000", 1);
	n = notify_start(loop, &e);
	assert_null(getenv("WATCHDOG_USEC"));
	for (uint64_t end = now_ms() + 500; now_ms() < end;) {
		(void)loop_once(loop, 10, &e);
		fed += strcmp(heard(fd), "WATCHDOG=1") == 0;
	}
	notify_stop(n);
	assert_in_range(fed, 8, 12);
}

static void
a_watchdog_of_another_process_is_not_ours(void **state)
{
	own_fd int fd = manager(true);
	struct notify *n;
	struct err e;

	(void)state;
	(void)setenv("WATCHDOG_PID", "1", 1);
	(void)setenv("WATCHDOG_USEC", "100000", 1);
	n = notify_start(loop, &e);
	assert_string_equal(heard(fd), "");
	notify_stop(n);
}

static void
without_a_manager_nothing_is_said(void **state)
{
	struct err e;
	struct notify *n = notify_start(loop, &e);

	(void)state;
	assert_non_null(n);
	notify_ready(n);
	notify_stop(n);
	notify_ready(NULL);
	notify_stop(NULL);
}

static void
a_manager_that_does_not_read_delays_nobody(void **state)
{
	own_fd int fd = manager(true);
	struct err e;
	struct notify *n = notify_start(loop, &e);
	uint64_t start = now_ms();

	(void)state;
	for (int i = 0; i < 2000; i++)
		notify_ready(n);
	assert_in_range(now_ms() - start, 0, 500);
	notify_stop(n);
}

static void
a_wrong_address_is_an_error(void **state)
{
	static const char *const wrong[] = { "", "@", "/", "relative",
		"vsock:2:1" };
	char longest[300];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		(void)setenv("NOTIFY_SOCKET", wrong[i], 1);
		assert_null(notify_start(loop, &e));
		assert_non_null(strstr(e.text, "NOTIFY_SOCKET"));
	}
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	(void)setenv("NOTIFY_SOCKET", longest, 1);
	assert_null(notify_start(loop, &e));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_manager_hears_each_word),
		T(the_watchdog_is_fed_at_half_its_interval),
		T(a_watchdog_of_another_process_is_not_ours),
		T(without_a_manager_nothing_is_said),
		T(a_manager_that_does_not_read_delays_nobody),
		T(a_wrong_address_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
