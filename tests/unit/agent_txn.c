/* SPDX-License-Identifier: MIT */
/*
 * The transaction table, row by row against the design, and what must hold of
 * any such table: it ends, and it never forgets what it has done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msg.h"
#include "txn.h"

static void
every_row_is_as_the_design_says(void **state)
{
	static const struct {
		enum txn_phase at;
		uint32_t asks;
		enum txn_phase agreed, failed, recover;
	} want[] = {
		{ TXN_PACKAGES, 0, TXN_RENDER, TXN_REVERT, TXN_REVERT },
		{ TXN_RENDER, MSG_RENDER, TXN_ACTIVATE, TXN_REFUSED,
		    TXN_REFUSED },
		{ TXN_ACTIVATE, MSG_ACTIVATE, TXN_PROBE, TXN_REVERT,
		    TXN_REVERT },
		{ TXN_PROBE, MSG_PROBE, TXN_CONFIRM, TXN_REVERT, TXN_REVERT },
		{ TXN_CONFIRM, 0, TXN_DONE, TXN_REVERT, TXN_REVERT },
		{ TXN_REVERT, MSG_ACTIVATE, TXN_REFUSED, TXN_STUCK,
		    TXN_REVERT },
		{ TXN_DONE, 0, TXN_DONE, TXN_DONE, TXN_DONE },
		{ TXN_REFUSED, 0, TXN_REFUSED, TXN_REFUSED, TXN_REFUSED },
		{ TXN_STUCK, 0, TXN_STUCK, TXN_STUCK, TXN_STUCK },
	};

	(void)state;
	assert_int_equal(sizeof(want) / sizeof(want[0]), TXN_PHASES);
	for (size_t i = 0; i < TXN_PHASES; i++) {
		assert_int_equal(txn_asks(want[i].at), want[i].asks);
		assert_int_equal(txn_next(want[i].at, true), want[i].agreed);
		assert_int_equal(txn_next(want[i].at, false), want[i].failed);
		assert_int_equal(txn_recover(want[i].at), want[i].recover);
	}
}

static void
a_transaction_always_ends(void **state)
{
	(void)state;
	/* Any mixture of yes and no, from any phase. */
	for (int from = 0; from < TXN_PHASES; from++)
		for (unsigned answers = 0; answers < 1u << TXN_PHASES;
		     answers++) {
			enum txn_phase p = (enum txn_phase)from;

			for (int step = 0; step < TXN_PHASES; step++)
				p = txn_next(p, (answers >> step & 1) != 0);
			assert_true(txn_ended(p));
		}
}

static void
what_may_have_changed_the_system_is_never_just_forgotten(void **state)
{
	(void)state;
	for (int i = 0; i < TXN_PHASES; i++) {
		enum txn_phase p = (enum txn_phase)i;

		if (p == TXN_RENDER || txn_ended(p))
			continue;
		assert_int_equal(txn_recover(p), TXN_REVERT);
	}
}

static void
names_lead_back_to_their_phase(void **state)
{
	enum txn_phase p;

	(void)state;
	for (int i = 0; i < TXN_PHASES; i++) {
		assert_int_equal(
		    txn_by_name(txn_name((enum txn_phase)i), &p), 0);
		assert_int_equal(p, i);
	}
	assert_int_equal(txn_by_name("half-done", &p), -1);
	assert_int_equal(txn_by_name("", &p), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_as_the_design_says),
		cmocka_unit_test(a_transaction_always_ends),
		cmocka_unit_test(
		    what_may_have_changed_the_system_is_never_just_forgotten),
		cmocka_unit_test(names_lead_back_to_their_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
