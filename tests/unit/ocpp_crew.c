/* SPDX-License-Identifier: MIT */
/* The crew: work elsewhere, its end here, and nothing after it was forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"

struct task {
	atomic_int worked, hold;
	int done, dropped;
	pthread_t by;
	sigset_t blocked;
};

static struct loop *loop;
static struct crew *crew;
static struct err e;

static void
work(void *ctx)
{
	struct task *t = ctx;

	t->by = pthread_self();
	(void)pthread_sigmask(SIG_BLOCK, NULL, &t->blocked);
	while (atomic_load(&t->hold))
		(void)usleep(1000);
	atomic_fetch_add(&t->worked, 1);
}

static void
done(void *ctx)
{
	((struct task *)ctx)->done++;
}

static void
drop(void *ctx)
{
	((struct task *)ctx)->dropped++;
}

static const struct crew_job job = { work, done, drop };

static int
make(void **state)
{
	(void)state;
	loop = loop_new(&e);
	crew = crew_new(loop, 2, &e);
	return crew == NULL ? -1 : 0;
}

static int
unmake(void **state)
{
	(void)state;
	crew_free(crew);
	crew = NULL;
	loop_free(loop);
	return 0;
}

static void
until(const int *n, int wanted)
{
	uint64_t late = now_ms() + 5000;

	while (*n < wanted && now_ms() < late)
		assert_int_equal(loop_once(loop, 10, &e), 0);
	assert_int_equal(*n, wanted);
}

static void
work_is_elsewhere_and_its_end_here(void **state)
{
	struct task t = { 0 };

	(void)state;
	assert_true(crew_add(crew, &job, &t, &e) > 0);
	until(&t.done, 1);
	assert_int_equal(t.worked, 1);
	assert_int_equal(t.dropped, 0);
	assert_false(pthread_equal(t.by, pthread_self()));
	assert_int_equal(sigismember(&t.blocked, SIGTERM), 1);
}

static void
what_is_forgotten_while_it_runs_is_dropped_when_it_has_ended(void **state)
{
	struct task t = { .hold = 1 };
	int id = crew_add(crew, &job, &t, &e);

	(void)state;
	(void)usleep(20000);
	crew_forget(crew, id);
	assert_int_equal(t.dropped, 0);
	atomic_store(&t.hold, 0);
	until(&t.dropped, 1);
	assert_int_equal(t.worked, 1);
	assert_int_equal(t.done, 0);
}

static void
what_is_forgotten_before_it_began_never_runs(void **state)
{
	struct task busy[2] = { { .hold = 1 }, { .hold = 1 } }, t[3] = { 0 };
	int ids[3];

	(void)state;
	for (int i = 0; i < 2; i++)
		(void)crew_add(crew, &job, &busy[i], &e);
	for (int i = 0; i < 3; i++)
		ids[i] = crew_add(crew, &job, &t[i], &e);
	crew_forget(crew, ids[2]);
	crew_forget(crew, ids[0]);
	crew_forget(crew, 4711);
	assert_int_equal(t[0].dropped + t[2].dropped, 2);
	/* The list has an end again. */
	assert_true(crew_add(crew, &job, &t[2], &e) > 0);
	atomic_store(&busy[0].hold, 0);
	atomic_store(&busy[1].hold, 0);
	until(&t[1].done, 1);
	until(&t[2].done, 1);
	assert_int_equal(t[0].worked, 0);
	assert_int_equal(t[2].worked, 1);
}

static void
a_job_that_has_ended_can_still_be_forgotten(void **state)
{
	struct task t = { 0 };
	int id = crew_add(crew, &job, &t, &e);

	(void)state;
	while (atomic_load(&t.worked) == 0)
		(void)usleep(1000);
	(void)usleep(5000);
	crew_forget(crew, id);
	assert_int_equal(t.dropped, 1);
	for (int i = 0; i < 3; i++)
		(void)loop_once(loop, 0, &e);
	assert_int_equal(t.done, 0);
}

static void
a_crew_that_goes_waits_for_its_work_and_drops_the_rest(void **state)
{
	struct task t[20] = { { 0 } };
	int dropped = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		(void)crew_add(crew, &job, &t[i], &e);
	crew_free(crew);
	crew = NULL;
	for (int i = 0; i < 20; i++) {
		dropped += t[i].dropped;
		assert_int_equal(t[i].done, 0);
	}
	assert_int_equal(dropped, 20);
}

#define with_a_crew(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_crew(work_is_elsewhere_and_its_end_here),
		with_a_crew(
		    what_is_forgotten_while_it_runs_is_dropped_when_it_has_ended),
		with_a_crew(what_is_forgotten_before_it_began_never_runs),
		with_a_crew(a_job_that_has_ended_can_still_be_forgotten),
		with_a_crew(
		    a_crew_that_goes_waits_for_its_work_and_drops_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
