/* SPDX-License-Identifier: MIT */
/*
 * A leg and its peer, both ours, over loopback: what one sends the other hears,
 * whole and in order, whatever the size, and each end is told once.
 */
#include "ocpp_wire.h"

static void
what_one_side_says_the_other_hears(void **state)
{
	(void)state;
	connect_both(NULL);
	assert_string_equal(w.path, "/ocpp/CP%201");
	assert_string_equal(w.protocols, "ocpp2.0.1, ocpp1.6");
	assert_string_equal(w.protocol, "ocpp1.6");
	assert_int_equal(leg_send(w.up.leg, "[2,\"1\"]", 7), 0);
	assert_int_equal(leg_send(w.down.leg, "[3]", 3), 0);
	until(w.up.messages == 1 && w.down.messages == 1);
	assert_string_equal(w.down.heard, "[2,\"1\"]|");
	assert_string_equal(w.up.heard, "[3]|");
}

#define in_a_world_(t) in_a_world(t)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_world(what_one_side_says_the_other_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
