/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

/* The CALLs of one direction: which are open, whose turn is next. */

static struct call
named(const char *id)
{
	struct call c = { .shape = 7 };

	call_id_is(&c, (struct span){ id, strlen(id) });
	return c;
}

static void
add(struct calls *s, const char *id, bool ours)
{
	struct call c = named(id), lost;

	c.ours = ours;
	assert_int_equal(calls_add(s, &c, &lost), 0);
}

static void
hold(struct calls *s, const char *id, bool ours)
{
	struct call c = named(id);

	c.ours = ours;
	c.text = strdup(id);
	c.text_len = strlen(id);
	assert_int_equal(calls_wait(s, &c, 1000), 0);
}

static bool
next_is(struct calls *s, const char *id)
{
	struct call c;
	bool is;

	if (!calls_next(s, &c))
		return id == NULL;
	is = id != NULL && strcmp(c.text, id) == 0;
	free(c.text);
	return is;
}

static void
an_answer_finds_its_call_once(void **state)
{
	struct calls s = { 0 };
	struct call like = named("b"), out;

	(void)state;
	add(&s, "a", false);
	add(&s, "b", false);
	assert_true(calls_take(&s, &like, &out));
	assert_string_equal(out.id, "b");
	assert_int_equal(out.shape, 7);
	assert_false(calls_take(&s, &like, &out));
	assert_int_equal(s.nopen, 1);
	calls_free(&s);
}

static void
an_id_is_the_same_however_it_is_written(void **state)
{
	struct calls s = { 0 };
	struct call like = { .shape = 7 }, out;
	/* As they stand in a frame: between quotes. */
	static const char plain[] = "\"A1\"", escaped[] = "\"\\u00411\"";

	(void)state;
	call_id_is(&like, (struct span){ plain + 1, strlen(plain) - 2 });
	assert_int_equal(calls_add(&s, &like, &out), 0);
	call_id_is(&like, (struct span){ escaped + 1, strlen(escaped) - 2 });
	assert_true(calls_take(&s, &like, &out));
	calls_free(&s);
}

static void
ids_that_differ_behind_what_is_kept_are_two(void **state)
{
	char a[CALL_ID_MAX + 40], b[CALL_ID_MAX + 40];
	struct calls s = { 0 };
	struct call one = { .shape = 7 }, two = one, out;

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	b[sizeof(b) - 1] = 'y';
	call_id_is(&one, (struct span){ a, sizeof(a) });
	call_id_is(&two, (struct span){ b, sizeof(b) });
	assert_int_equal(calls_add(&s, &one, &out), 0);
	assert_false(calls_take(&s, &two, &out));
	assert_true(calls_take(&s, &one, &out));
	call_id_is(&two, (struct span){ a, sizeof(a) - 1 });
	assert_int_equal(calls_add(&s, &one, &out), 0);
	assert_false(calls_take(&s, &two, &out));
	calls_free(&s);
}

static void
one_too_many_makes_the_oldest_forgotten_and_tells_which(void **state)
{
	struct calls s = { 0 };
	struct call c, lost;
	char id[16];

	(void)state;
	for (int i = 0; i < CALLS_OPEN; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		add(&s, id, i == 0);
	}
	assert_int_equal(s.ours, 1);
	c = named("more");
	assert_int_equal(calls_add(&s, &c, &lost), 0);
	assert_string_equal(lost.id, "0");
	assert_true(lost.ours);
	assert_int_equal(s.ours, 0);
	assert_int_equal(s.nopen, CALLS_OPEN);
	calls_free(&s);
}

static void
ours_waits_behind_whatever_is_open(void **state)
{
	struct calls s = { 0 };
	struct call like = named("theirs"), out;

	(void)state;
	add(&s, "theirs", false);
	hold(&s, "ours", true);
	assert_true(next_is(&s, NULL));
	assert_true(calls_take(&s, &like, &out));
	assert_true(next_is(&s, "ours"));
	calls_free(&s);
}

static void
theirs_waits_behind_ours_alone_and_in_order(void **state)
{
	struct calls s = { 0 };
	struct call like = named("ours"), out;

	(void)state;
	add(&s, "ours", true);
	hold(&s, "first", false);
	hold(&s, "second", false);
	hold(&s, "again ours", true);
	assert_true(next_is(&s, NULL));
	assert_true(calls_take(&s, &like, &out));
	assert_true(next_is(&s, "first"));
	add(&s, "first", false);
	/* A hasty side is not punished: its second goes beside its first. */
	assert_true(next_is(&s, "second"));
	assert_true(next_is(&s, NULL));
	calls_free(&s);
}

static void
so_many_may_wait_and_no_more(void **state)
{
	struct calls s = { 0 };
	struct call c = named("x");

	(void)state;
	for (int i = 0; i < CALLS_WAITING; i++)
		hold(&s, "x", true);
	assert_int_equal(calls_wait(&s, &c, 1000), -1);
	calls_free(&s);
	hold(&s, "12345", true);
	c.text_len = 6;
	assert_int_equal(calls_wait(&s, &c, 10), -1);
	c.text_len = 5;
	assert_int_equal(calls_wait(&s, &c, 10), 0);
	assert_true(next_is(&s, "12345"));
	assert_int_equal(s.waiting_bytes, 5);
	calls_free(&s);
}

static void
late_ones_are_taken_out_and_no_others(void **state)
{
	struct calls s = { 0 };
	struct call c = named("old"), out;

	(void)state;
	c.at_ms = 100;
	assert_int_equal(calls_add(&s, &c, &out), 0);
	c = named("new");
	c.at_ms = 200;
	assert_int_equal(calls_add(&s, &c, &out), 0);
	assert_false(calls_late(&s, 100, &out));
	assert_true(calls_late(&s, 101, &out));
	assert_string_equal(out.id, "old");
	assert_false(calls_late(&s, 101, &out));
	calls_free(&s);
}

static void
of_a_side_that_is_gone_no_answer_is_forwarded_and_nothing_waits(void **state)
{
	struct calls s = { 0 };
	struct call like = named("theirs"), out;

	(void)state;
	add(&s, "theirs", false);
	hold(&s, "held", false);
	hold(&s, "ours", true);
	calls_orphan(&s);
	assert_int_equal(s.nwaiting, 1);
	/* One at a time still: the charge point has not answered yet. */
	assert_true(next_is(&s, NULL));
	assert_true(calls_take(&s, &like, &out));
	assert_true(out.ours);
	assert_null(out.done);
	assert_true(next_is(&s, "ours"));
	calls_free(&s);
}

static void
an_answer_that_went_on_is_remembered_for_an_error_about_it(void **state)
{
	struct calls s = { 0 };
	struct call a = named("a"), b = named("b");

	(void)state;
	assert_false(calls_recent(&s, &a));
	calls_answered(&s, &a);
	assert_true(calls_recent(&s, &a));
	assert_false(calls_recent(&s, &b));
	for (int i = 0; i < CALLS_RECENT; i++)
		calls_answered(&s, &b);
	assert_false(calls_recent(&s, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_finds_its_call_once),
		cmocka_unit_test(an_id_is_the_same_however_it_is_written),
		cmocka_unit_test(ids_that_differ_behind_what_is_kept_are_two),
		cmocka_unit_test(
		    one_too_many_makes_the_oldest_forgotten_and_tells_which),
		cmocka_unit_test(ours_waits_behind_whatever_is_open),
		cmocka_unit_test(theirs_waits_behind_ours_alone_and_in_order),
		cmocka_unit_test(so_many_may_wait_and_no_more),
		cmocka_unit_test(late_ones_are_taken_out_and_no_others),
		cmocka_unit_test(
		    of_a_side_that_is_gone_no_answer_is_forwarded_and_nothing_waits),
		cmocka_unit_test(
		    an_answer_that_went_on_is_remembered_for_an_error_about_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
