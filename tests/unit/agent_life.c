/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "life.h"

static void
a_dead_host_is_always_reaped(void **state)
{
	(void)state;
	for (enum life_state s = LIFE_STARTING; s <= LIFE_STOPPING; s++) {
		assert_int_equal(life_step(s, LIFE_EXIT).next, LIFE_DOWN);
		assert_int_equal(life_step(s, LIFE_EXIT).act, ACT_WAIT);
		assert_int_equal(
		    life_step(s, LIFE_EXIT_AGAIN).next, LIFE_BROKEN);
		assert_int_equal(life_step(s, LIFE_EXIT_AGAIN).act, ACT_REPORT);
	}
}

static void
an_evil_host_is_always_stopped(void **state)
{
	(void)state;
	for (enum life_state s = LIFE_STARTING; s <= LIFE_STOPPING; s++) {
		assert_int_equal(
		    life_step(s, LIFE_NONSENSE).next, LIFE_STOPPING);
		assert_int_equal(life_step(s, LIFE_STOP).next, LIFE_STOPPING);
		if (s != LIFE_STOPPING)
			assert_int_equal(
			    life_step(s, LIFE_NONSENSE).act, ACT_KILL);
	}
}

static void
a_late_host_is_killed_and_one_that_owes_nothing_is_never_late(void **state)
{
	(void)state;
	for (enum life_state s = 0; s < LIFE_STATES; s++)
		assert_int_equal(life_step(s, LIFE_LATE).act,
		    s == LIFE_STARTING || s == LIFE_BUSY || s == LIFE_STOPPING
			? ACT_KILL
			: ACT_BUG);
}

static void
one_request_at_a_time_and_one_process_at_a_time(void **state)
{
	(void)state;
	for (enum life_state s = 0; s < LIFE_STATES; s++) {
		assert_true((life_step(s, LIFE_ASK).act == ACT_SEND) ==
		    (s == LIFE_IDLE));
		assert_true((life_step(s, LIFE_START).act == ACT_SPAWN) ==
		    (s == LIFE_DOWN));
		assert_true((life_step(s, LIFE_ANSWER).act == ACT_DELIVER) ==
		    (s == LIFE_BUSY));
	}
}

static void
a_broken_host_waits_for_an_operator(void **state)
{
	(void)state;
	for (enum life_event ev = 0; ev < LIFE_EVENTS; ev++) {
		struct life_step step = life_step(LIFE_BROKEN, ev);

		if (ev == LIFE_RESET)
			assert_int_equal(step.next, LIFE_DOWN);
		else
			assert_true(step.act == ACT_BUG ||
			    (step.act == ACT_NONE && step.next == LIFE_BROKEN));
	}
}

/* From each state, whatever was asked of it, the way down is open. */
static void
a_stop_ends_every_life(void **state)
{
	(void)state;
	for (enum life_state s = 0; s < LIFE_STATES; s++) {
		struct life_step step = life_step(s, LIFE_STOP);

		assert_int_not_equal(step.act, ACT_BUG);
		if (step.next == LIFE_STOPPING)
			step = life_step(step.next, LIFE_EXIT);
		assert_true(step.next == LIFE_DOWN || step.next == LIFE_BROKEN);
	}
}

static void
the_wait_doubles_up_to_a_minute(void **state)
{
	static const unsigned want[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

	(void)state;
	for (unsigned n = 0; n < 8; n++)
		assert_int_equal(life_backoff(n), want[n]);
	assert_int_equal(life_backoff(UINT32_MAX), 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_host_is_always_reaped),
		cmocka_unit_test(an_evil_host_is_always_stopped),
		cmocka_unit_test(
		    a_late_host_is_killed_and_one_that_owes_nothing_is_never_late),
		cmocka_unit_test(
		    one_request_at_a_time_and_one_process_at_a_time),
		cmocka_unit_test(a_broken_host_waits_for_an_operator),
		cmocka_unit_test(a_stop_ends_every_life),
		cmocka_unit_test(the_wait_doubles_up_to_a_minute),
	};

	return cmocka_run_group_tests_name("agent_life", tests, NULL, NULL);
}
