/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "ocpp_ends.h"
#include "place.h"

/*
 * Memory that is not there: from the moment a charge point knocks, the n-th
 * allocation fails, for every n that there is. Whatever becomes of that one,
 * who is connected stays so, and the next one comes in.
 *
 * The allocator of this program is wrapped; a sanitizer has its own, and there
 * the test is left out.
 */
#ifdef __SANITIZE_ADDRESS__
#define WRAPPED false

static long left = -1;
#else
#define WRAPPED true

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static _Thread_local long left = -1; /* allocations until one fails; -1: none */

static bool
fails(void)
{
	if (left < 0)
		return false;
	return left-- == 0;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
#endif

struct both {
	struct ends w;
	struct end *cp, *cs;
};

static void
meet(struct both *b)
{
	assert_int_equal(ends_open(&b->w), 0);
	b->w.set.limits.failures = 1000000;
	assert_int_equal(ends_serve(&b->w), 0);
	b->cp = ends_dial(&b->w, "/steady", "ocpp1.6");
	assert_int_equal(b->cp->how, DIAL_OPEN);
	b->cs = ends_csms(&b->w);
}

static bool
works(struct end *cp, struct end *cs)
{
	static const char call[] = "[2,\"1\",\"Heartbeat\",{}]",
			  answer[] = "[3,\"1\",{\"currentTime\":"
				     "\"2026-01-02T03:04:05Z\"}]";

	return end_say(cp, call) == 0 && strcmp(end_hears(cs), call) == 0 &&
	    end_say(cs, answer) == 0 && strcmp(end_hears(cp), answer) == 0;
}

/* What they heard is not of interest any more; the world has room again. */
static void
again(struct both *b)
{
	for (unsigned i = 2; i < b->w.n; i++) {
		struct end *x = &b->w.all[i];

		dial_free(x->dial);
		leg_free(x->leg);
		for (unsigned k = 0; k < x->nheard; k++)
			free(x->heard[k]);
	}
	for (unsigned k = 0; k < 2; k++) {
		struct end *x = &b->w.all[k];

		while (x->nheard > 0)
			free(x->heard[--x->nheard]);
		x->nread = 0;
	}
	b->w.n = 2;
	b->w.ncsms = b->w.taken = 1;
	ends_pass(&b->w, 2);
}

static bool
has_answer(void *ctx)
{
	struct end *x = ctx;

	return x->done || left < 0;
}

static void
an_allocation_that_fails_costs_one_charger_at_most(void **state)
{
	struct both b;
	long n = 0;

	(void)state;
	if (!WRAPPED)
		skip();
	meet(&b);
	for (bool failed = true; failed && n < 2000; n++) {
		struct end *cp;
		char path[32];

		(void)snprintf(path, sizeof(path), "/CP%ld", n);
		cp = ends_dialling(&b.w, path, "ocpp1.6", NULL, NULL, 0);
		left = n;
		(void)ends_run(&b.w, has_answer, cp, 200);
		if (cp->done && cp->leg != NULL && left >= 0) {
			(void)end_say(cp, "[2,\"1\",\"Heartbeat\",{}]");
			ends_pass(&b.w, 3);
		}
		failed = left < 0;
		left = -1;
		ends_pass(&b.w, 2);
		if (b.cp->closed || b.cs->closed)
			fail_msg("allocation %ld closed another", n);
		if (!works(b.cp, b.cs))
			fail_msg("allocation %ld disturbed another", n);
		again(&b);
	}
	assert_in_range(n, 20, 1999); /* it was tried at all, and to the end */
	assert_int_equal(ends_dial(&b.w, "/last", "ocpp1.6")->how, DIAL_OPEN);
	again(&b);
	ends_close(&b.w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(an_allocation_that_fails_costs_one_charger_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
