/* SPDX-License-Identifier: MIT */
/* The loop: callbacks may change anything, and nobody starves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop.h"

struct world {
	struct loop *loop;
	int fd[4];
	int seen[4];
	int order[8];
	int n;
	int timer[4];
	struct err e;
};

static int
make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->loop = loop_new(&w->e);
	for (int i = 0; i < 4; i++)
		w->fd[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	*state = w;
	return w->loop == NULL ? -1 : 0;
}

static int
drop(void **state)
{
	struct world *w = *state;

	loop_free(w->loop);
	loop_free(NULL);
	for (int i = 0; i < 4; i++)
		if (w->fd[i] != -1)
			(void)close(w->fd[i]);
	free(w);
	return 0;
}

static void
count(void *ctx, int fd, uint32_t events)
{
	struct world *w = ctx;

	assert_true((events & EPOLLIN) != 0);
	for (int i = 0; i < 4; i++)
		w->seen[i] += w->fd[i] == fd;
}

static int
all_seen(const struct world *w)
{
	return w->seen[0] + w->seen[1] + w->seen[2] + w->seen[3];
}

static void
ready_descriptors_are_told_again_and_again(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    loop_watch(w->loop, w->fd[i], EPOLLIN, count, w, &w->e), 0);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(w->seen[i], 2);
	loop_forget(w->loop, w->fd[0]);
	loop_forget(w->loop, w->fd[0]); /* twice is fine */
	loop_forget(w->loop, -1);
	loop_forget(w->loop, 100000);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(w->seen[0], 2);
	assert_int_equal(loop_watch(w->loop, -1, EPOLLIN, count, w, &w->e), -1);
}

static void
forget_all(void *ctx, int fd, uint32_t events)
{
	struct world *w = ctx;

	count(ctx, fd, events);
	for (int i = 0; i < 4; i++)
		loop_forget(w->loop, w->fd[i]);
}

static void
an_event_already_fetched_is_not_told_to_the_forgotten(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++)
		(void)loop_watch(
		    w->loop, w->fd[i], EPOLLIN, forget_all, w, &w->e);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(all_seen(w), 1);
}

static void
reuse_all(void *ctx, int fd, uint32_t events)
{
	struct world *w = ctx;

	count(ctx, fd, events);
	for (int i = 0; i < 4; i++) {
		loop_forget(w->loop, w->fd[i]);
		(void)close(w->fd[i]);
		w->fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		(void)loop_watch(w->loop, w->fd[i], EPOLLIN, count, w, &w->e);
	}
}

static void
an_event_of_a_closed_descriptor_is_not_told_to_its_heir(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++)
		(void)loop_watch(
		    w->loop, w->fd[i], EPOLLIN, reuse_all, w, &w->e);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(all_seen(w), 1); /* the new ones are not ready */
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(all_seen(w), 1);
}

#define MARK(number)                                                           \
	static void mark_##number(void *ctx)                                   \
	{                                                                      \
		struct world *w = ctx;                                         \
                                                                               \
		w->order[w->n++] = number;                                     \
	}
MARK(1)
MARK(2)
MARK(3)

static void
stop(void *ctx)
{
	struct world *w = ctx;

	loop_stop(w->loop);
}

static void
timers_come_in_the_order_of_their_time(void **state)
{
	struct world *w = *state;

	assert_true(loop_timer(w->loop, 30, mark_3, w, &w->e) > 0);
	assert_true(loop_timer(w->loop, 10, mark_1, w, &w->e) > 0);
	assert_true(loop_timer(w->loop, 20, mark_2, w, &w->e) > 0);
	assert_true(loop_timer(w->loop, 30, stop, w, &w->e) > 0);
	assert_true(loop_timer(w->loop, 60000, mark_1, w, &w->e) > 0);
	assert_int_equal(loop_run(w->loop, &w->e), 0);
	assert_true(loop_stopped(w->loop));
	assert_int_equal(w->n, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(w->order[i], i + 1);
}

static void
drop_others(void *ctx)
{
	struct world *w = ctx;

	w->order[w->n++] = 9;
	for (int i = 0; i < 4; i++)
		loop_untimer(w->loop, w->timer[i]); /* itself included */
}

static void
a_timer_taken_back_by_another_does_not_come(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++)
		w->timer[i] = loop_timer(w->loop, 0, drop_others, w, &w->e);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(w->n, 1);
	loop_untimer(w->loop, 0);
	loop_untimer(w->loop, -1);
	loop_untimer(w->loop, w->timer[0]);
}

static void
again(void *ctx)
{
	struct world *w = ctx;

	w->seen[3]++;
	w->timer[0] = loop_timer(w->loop, 0, again, w, &w->e);
}

static void
a_timer_that_sets_itself_again_comes_once_a_round(void **state)
{
	struct world *w = *state;

	again(w);
	for (int i = 0; i < 50; i++)
		assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
	assert_int_equal(w->seen[3], 51);
}

static void
stop_on_event(void *ctx, int fd, uint32_t events)
{
	count(ctx, fd, events);
	stop(ctx);
}

static void
after_stop_nothing_more_is_called(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++)
		(void)loop_watch(
		    w->loop, w->fd[i], EPOLLIN, stop_on_event, w, &w->e);
	(void)loop_timer(w->loop, 0, mark_1, w, &w->e);
	assert_int_equal(loop_run(w->loop, &w->e), 0);
	assert_int_equal(all_seen(w), 1);
	assert_int_equal(w->n, 0);
}

static void
a_thousand_timers_leave_none_behind(void **state)
{
	struct world *w = *state;
	int ids[1000];

	for (int i = 0; i < 1000; i++)
		ids[i] = loop_timer(
		    w->loop, (uint64_t)rand() % 60000, mark_1, w, &w->e);
	for (int i = 0; i < 1000; i += 2)
		loop_untimer(w->loop, ids[i]);
	for (int i = 1; i < 1000; i += 2)
		loop_untimer(w->loop, ids[i]);
	(void)loop_timer(w->loop, 5, stop, w, &w->e);
	assert_int_equal(loop_run(w->loop, &w->e), 0);
	assert_int_equal(w->n, 0);
}

static void
nest(void *ctx, int fd, uint32_t events)
{
	struct world *w = ctx;

	assert_int_equal(fd, loop_fd(w->loop));
	assert_true((events & EPOLLIN) != 0);
	assert_int_equal(loop_once(w->loop, 0, &w->e), 0);
}

static void
a_loop_inside_another_is_woken_by_it(void **state)
{
	struct world *w = *state;
	struct loop *outer = loop_new(&w->e);

	assert_int_equal(loop_wait_ms(w->loop), -1);
	assert_int_equal(
	    loop_watch(outer, loop_fd(w->loop), EPOLLIN, nest, w, &w->e), 0);
	assert_int_equal(
	    loop_watch(w->loop, w->fd[0], EPOLLIN, count, w, &w->e), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_once(outer, 0, &w->e), 0);
	assert_int_equal(w->seen[0], 3);
	(void)loop_timer(w->loop, 5000, stop, w, &w->e);
	assert_in_range(loop_wait_ms(w->loop), 4000, 5000);
	loop_forget(outer, loop_fd(w->loop));
	loop_free(outer);
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_world(ready_descriptors_are_told_again_and_again),
		in_a_world(
		    an_event_already_fetched_is_not_told_to_the_forgotten),
		in_a_world(
		    an_event_of_a_closed_descriptor_is_not_told_to_its_heir),
		in_a_world(timers_come_in_the_order_of_their_time),
		in_a_world(a_timer_taken_back_by_another_does_not_come),
		in_a_world(a_timer_that_sets_itself_again_comes_once_a_round),
		in_a_world(after_stop_nothing_more_is_called),
		in_a_world(a_thousand_timers_leave_none_behind),
		in_a_world(a_loop_inside_another_is_woken_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
