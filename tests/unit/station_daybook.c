/* SPDX-License-Identifier: MIT */
/*
 * The day book: what is done stays done through every way of dying, and what
 * is not sure is never taken as done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daybook.h"
#include "file.h"

/* In memory: every append is synced, and here are a thousand of them. */
static char folder[] = "/dev/shm/ingot-book.XXXXXX";
static int dir = -1;
static struct unit unit[] = { { .name = "GW-1" }, { .name = "GW-2" } };
static const struct units all = { unit, 2 };
static struct outcome seen[2];

static int
fresh(void **state)
{
	(void)state;
	(void)unlinkat(dir, DAYBOOK_NAME, 0);
	memset(seen, 0, sizeof(seen));
	return 0;
}

static struct daybook *
open_for(const char *goal, struct err *e)
{
	memset(seen, 0, sizeof(seen));
	return daybook_open(dir, "day", goal, &all, seen, e);
}

static void
write_done(const char *goal, int u)
{
	struct outcome o = { .how = OUTCOME_DONE, .tries = 1, .ms = 1500 };
	struct err e;
	struct daybook *b = open_for(goal, &e);

	assert_non_null(b);
	(void)strcpy(o.mode, "production");
	assert_int_equal(daybook_begin(b, &unit[u], &e), 0);
	assert_int_equal(daybook_end(b, &unit[u], &o, &e), 0);
	daybook_close(b);
}

static void
look(const char *goal)
{
	struct err e;
	struct daybook *b = open_for(goal, &e);

	if (b == NULL)
		fail_msg("%s", e.text);
	daybook_close(b);
}

static void
what_ended_is_done_with_all_its_facts(void **state)
{
	(void)state;
	write_done("a", 0);
	look("a");
	assert_int_equal(seen[0].how, OUTCOME_DONE);
	assert_true(seen[0].before);
	assert_string_equal(seen[0].mode, "production");
	assert_int_equal(seen[0].ms, 1500);
	assert_int_equal(seen[1].how, OUTCOME_WAITING);
}

static void
what_was_begun_and_not_ended_is_interrupted(void **state)
{
	struct err e;
	struct daybook *b;

	(void)state;
	write_done("a", 0);
	assert_non_null(b = open_for("a", &e));
	assert_int_equal(daybook_begin(b, &unit[0], &e), 0);
	assert_int_equal(daybook_begin(b, &unit[1], &e), 0);
	daybook_close(b);
	look("a");
	assert_int_equal(seen[0].how, OUTCOME_INTERRUPTED);
	assert_false(seen[0].before);
	assert_int_equal(seen[0].tries, 2);
	assert_int_equal(seen[1].how, OUTCOME_INTERRUPTED);
}

static void
another_goal_is_another_day(void **state)
{
	(void)state;
	write_done("a", 0);
	look("b");
	assert_int_equal(seen[0].how, OUTCOME_WAITING);
	write_done("b", 1);
	look("a");
	assert_int_equal(seen[0].how, OUTCOME_DONE);
	assert_int_equal(seen[1].how, OUTCOME_WAITING);
}

/* Cut at every byte: a unit is done exactly when its whole last line is. */
static void
a_torn_book_says_done_only_where_it_is(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;
	size_t first;

	(void)state;
	write_done("a", 0);
	write_done("a", 1);
	assert_int_equal(file_read(dir, DAYBOOK_NAME, 1 << 20, &text, &e), 0);
	first = (size_t)(strchr(strchr(text.p, '\n') + 1, '\n') + 1 - text.p);
	for (size_t n = 0; n <= text.len; n++) {
		assert_int_equal(
		    file_write(dir, DAYBOOK_NAME, text.p, n, FILE_PUBLIC, &e),
		    0);
		look("a");
		assert_int_equal(seen[0].how == OUTCOME_DONE, n >= first);
		assert_int_equal(seen[1].how == OUTCOME_DONE, n == text.len);
		/* What is written behind the cut is read again. */
		write_done("a", 1);
		look("a");
		assert_int_equal(seen[1].how, OUTCOME_DONE);
	}
}

/* What was cut off is longer than the line that is written in its place: none
 * of it may stand behind that line. */
static void
a_torn_line_is_gone_however_long_it_was(void **state)
{
	own_bytes struct bytes text = { 0 };
	char torn[2000];
	struct err e;

	(void)state;
	write_done("a", 0);
	assert_int_equal(file_read(dir, DAYBOOK_NAME, 1 << 20, &text, &e), 0);
	memset(torn, 'x', sizeof(torn));
	bytes_add(&text, torn, sizeof(torn));
	assert_int_equal(
	    file_write(dir, DAYBOOK_NAME, text.p, text.len, FILE_PUBLIC, &e),
	    0);
	write_done("a", 1);
	look("a");
	assert_int_equal(seen[0].how, OUTCOME_DONE);
	assert_int_equal(seen[1].how, OUTCOME_DONE);
	assert_int_equal(file_read(dir, DAYBOOK_NAME, 1 << 20, &text, &e), 0);
	assert_int_equal(text.p[text.len - 1], '\n');
	assert_null(strstr(text.p, "xx"));
}

static void
damage_in_the_middle_is_an_error_with_its_line(void **state)
{
	static const char *const bad[] = { "{}\n", "x\n",
		"{\"event\":\"over\",\"unit\":\"GW-1\",\"goal\":\"a\"}\n",
		"{\"event\":\"begin\",\"unit\":\"GW-1\",\"goal\":\"a\",\"at\":-1}"
		"\n",
		"{\"event\":\"end\",\"unit\":\"GW-1\",\"goal\":\"a\",\"outcome\":{"
		"\"result\":\"fine\"}}\n",
		"{\"event\":\"begin\",\"unit\":\"GW-1\",\"goal\":\"a\",\"at\":1,"
		"\"x\":1}\n" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(file_write(dir, DAYBOOK_NAME, bad[i],
				     strlen(bad[i]), FILE_PUBLIC, &e),
		    0);
		assert_null(open_for("a", &e));
		assert_non_null(strstr(e.text, "day/daybook:1: damaged"));
	}
}

static void
two_stations_never_share_a_day(void **state)
{
	struct err e;
	struct daybook *b = open_for("a", &e);

	(void)state;
	assert_non_null(b);
	assert_null(open_for("a", &e));
	assert_non_null(strstr(e.text, "another run uses this folder"));
	daybook_close(b);
	look("a");
}

static void
a_unit_that_left_the_list_is_left_out(void **state)
{
	static const struct units less = { &unit[1], 1 };
	struct err e;
	struct daybook *b;

	(void)state;
	write_done("a", 0);
	write_done("a", 1);
	memset(seen, 0, sizeof(seen));
	b = daybook_open(dir, "day", "a", &less, seen, &e);
	assert_non_null(b);
	assert_int_equal(seen[0].how, OUTCOME_DONE);
	assert_int_equal(seen[1].how, OUTCOME_WAITING);
	daybook_close(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    what_ended_is_done_with_all_its_facts, fresh),
		cmocka_unit_test_setup(
		    what_was_begun_and_not_ended_is_interrupted, fresh),
		cmocka_unit_test_setup(another_goal_is_another_day, fresh),
		cmocka_unit_test_setup(
		    a_torn_book_says_done_only_where_it_is, fresh),
		cmocka_unit_test_setup(
		    a_torn_line_is_gone_however_long_it_was, fresh),
		cmocka_unit_test_setup(
		    damage_in_the_middle_is_an_error_with_its_line, fresh),
		cmocka_unit_test_setup(two_stations_never_share_a_day, fresh),
		cmocka_unit_test_setup(
		    a_unit_that_left_the_list_is_left_out, fresh),
	};
	int rc;

	if (mkdtemp(folder) == NULL ||
	    (dir = open(folder, O_RDONLY | O_DIRECTORY)) == -1)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlinkat(dir, DAYBOOK_NAME, 0);
	(void)rmdir(folder);
	return rc;
}
