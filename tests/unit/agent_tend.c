/* SPDX-License-Identifier: MIT */
/*
 * A service that the agent keeps, played by a shell that writes down that it
 * started and waits to be ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tend.h"

struct world {
	char dir[64], config[96], starts[96], script[96];
	struct loop *loop;
	struct tended *list;
	struct grant_reload r;
};

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char text[512];
	struct err e;

	assert_non_null(w);
	(void)strcpy(w->dir, "/tmp/ingot-tend.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->config, sizeof(w->config), "%s/config", w->dir);
	(void)snprintf(w->starts, sizeof(w->starts), "%s/starts", w->dir);
	(void)snprintf(w->script, sizeof(w->script), "%s/run", w->dir);
	(void)snprintf(text, sizeof(text),
	    "#!/bin/sh\necho $$ >>%s\nexec sleep 60\n", w->starts);
	write_file(w->script, text, 0755);
	w->loop = loop_new(&e);
	assert_non_null(w->loop);
	w->r = (struct grant_reload){ .name = "sleeper",
		.run = { "/bin/sh", w->script },
		.config = w->config };
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;

	tend_stop(&w->list, now_ms() + 2000);
	loop_free(w->loop);
	(void)unlink(w->config);
	(void)unlink(w->starts);
	(void)unlink(w->script);
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

/* How often it was started; *pid is the newest. */
static unsigned
starts(const struct world *w, pid_t *pid)
{
	FILE *f = fopen(w->starts, "r");
	unsigned n = 0;
	int p;

	*pid = 0;
	while (f != NULL && fscanf(f, "%d", &p) == 1) {
		*pid = p;
		n++;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

static bool
lives(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static pid_t
wait_for_start(struct world *w, unsigned n)
{
	uint64_t until = now_ms() + 10000;
	pid_t pid = 0;
	struct err e;

	while (starts(w, &pid) < n && now_ms() < until)
		(void)loop_once(w->loop, 20, &e);
	assert_int_equal(starts(w, &pid), n);
	return pid;
}

static void
wait_for_end(struct world *w, pid_t pid)
{
	uint64_t until = now_ms() + 10000;
	struct err e;

	while (lives(pid) && now_ms() < until)
		(void)loop_once(w->loop, 20, &e);
	assert_false(lives(pid));
}

static void
look(struct world *w)
{
	struct err e = { 0 };

	if (tend(w->loop, &w->list, &w->r, &e) == -1)
		fail_msg("%s", e.text);
}

static void
a_service_runs_while_its_file_stands(void **state)
{
	struct world *w = *state;
	pid_t pid;

	look(w);
	assert_int_equal(starts(w, &pid), 0);
	write_file(w->config, "a\n", 0600);
	look(w);
	pid = wait_for_start(w, 1);
	look(w);
	look(w);
	assert_true(lives(pid));
	(void)unlink(w->config);
	look(w);
	wait_for_end(w, pid);
	assert_int_equal(starts(w, &pid), 1);
}

static void
a_changed_file_starts_it_anew(void **state)
{
	struct world *w = *state;
	pid_t first, second;

	write_file(w->config, "a\n", 0600);
	look(w);
	first = wait_for_start(w, 1);
	write_file(w->config, "b\n", 0600);
	look(w);
	second = wait_for_start(w, 2);
	assert_int_not_equal(first, second);
	wait_for_end(w, first);
	assert_true(lives(second));
}

static void
one_that_dies_is_started_again(void **state)
{
	struct world *w = *state;
	pid_t pid;

	write_file(w->config, "a\n", 0600);
	look(w);
	pid = wait_for_start(w, 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	(void)wait_for_start(w, 2);
}

static void
it_ends_with_the_agent(void **state)
{
	struct world *w = *state;
	pid_t pid;

	write_file(w->config, "a\n", 0600);
	look(w);
	pid = wait_for_start(w, 1);
	tend_stop(&w->list, now_ms() + 2000);
	assert_false(lives(pid));
	assert_null(w->list);
}

static void
a_command_that_is_not_there_is_an_error(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	w->r.run[0] = "/nowhere/broker";
	write_file(w->config, "a\n", 0600);
	assert_int_equal(tend(w->loop, &w->list, &w->r, &e), -1);
	assert_non_null(strstr(e.text, "sleeper"));
	assert_non_null(strstr(e.text, "/nowhere/broker"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_service_runs_while_its_file_stands, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_changed_file_starts_it_anew, begin, end),
		cmocka_unit_test_setup_teardown(
		    one_that_dies_is_started_again, begin, end),
		cmocka_unit_test_setup_teardown(
		    it_ends_with_the_agent, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_command_that_is_not_there_is_an_error, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
