/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with which topic: the gate's table, row by row and hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "service/policy.h"

#define R POLICY_READ
#define W POLICY_WRITE
#define S POLICY_SUBSCRIBE

struct row {
	enum policy_act act;
	const char *topic;
	bool may;
};

static void
check(enum policy_role role, const char *unit, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (policy_may(role, unit, rows[i].act, rows[i].topic) !=
		    rows[i].may)
			fail_msg("row %zu, %s: not so", i, rows[i].topic);
}
#define CHECK(role, unit, rows)                                                \
	check(role, unit, rows, sizeof(rows) / sizeof((rows)[0]))

static void
a_claim_asks_and_hears_its_answer_and_that_is_all(void **state)
{
	static const struct row rows[] = {
		{ W, "ingot/v1/enrol/A/request", true },
		{ S, "ingot/v1/enrol/A/reply", true },
		{ R, "ingot/v1/enrol/A/reply", true },
		{ W, "ingot/v1/enrol/B/request", false },
		{ W, "ingot/v1/enrol/A/confirm", false },
		{ W, "ingot/v1/enrol/A/reply", false },
		{ W, "ingot/v1/enrol/A/request/x", false },
		{ W, "ingot/v1/status/A/request", false },
		{ S, "ingot/v1/enrol/B/reply", false },
		{ S, "ingot/v1/enrol/+/reply", false },
		{ S, "ingot/v1/enrol/A/+", false },
		{ S, "ingot/v1/enrol/A/#", false },
		{ S, "ingot/v1/enrol/#", false },
		{ S, "#", false },
		{ S, "+/v1/enrol/A/reply", false },
		{ S, "$share/enrol/ingot/v1/enrol/+/request", false },
		{ S, "$share/x/ingot/v1/enrol/A/reply", false },
		{ S, "$SYS/#", false },
		{ R, "ingot/v1/enrol/A/request", false },
		{ W, "", false },
		{ W, "ingot/v1/enrol/A", false },
		{ W, "/ingot/v1/enrol/A/request", false },
	};

	(void)state;
	CHECK(POLICY_CLAIM, "A", rows);
}

static void
pending_confirms_and_that_is_all(void **state)
{
	static const struct row rows[] = {
		{ W, "ingot/v1/enrol/A/confirm", true },
		{ S, "ingot/v1/enrol/A/reply", true },
		{ W, "ingot/v1/enrol/A/request", false },
		{ W, "ingot/v1/status/A/state", false },
		{ S, "ingot/v1/command/A/do", false },
		{ W, "ingot/v1/enrol/B/confirm", false },
	};

	(void)state;
	CHECK(POLICY_PENDING, "A", rows);
}

static void
a_unit_has_its_own_tree_and_no_other(void **state)
{
	static const struct row rows[] = {
		{ W, "ingot/v1/status/A/state", true },
		{ W, "ingot/v1/data/A/deep/er/still", true },
		{ W, "ingot/v1/enrol/A/request", true },
		{ W, "ingot/v1/enrol/A/confirm", true },
		{ S, "ingot/v1/command/A/#", true },
		{ S, "ingot/v1/command/A/+/x", true },
		{ R, "ingot/v1/command/A/do", true },
		{ W, "ingot/v1/enrol/A/reply", false },
		{ W, "ingot/v1/enrol/A/reply/x", false },
		{ W, "ingot/v1/status/B/state", false },
		{ W, "ingot/v1/status/AB/state", false },
		{ W, "ingot/v1/status/a/state", false },
		{ W, "ingot/v1/status/A/", false },
		{ W, "ingot/v1/status/A/+", false },
		{ W, "ingot/v1/status/A/#", false },
		{ W, "ingot/v1/sta#tus/A/state", false },
		{ W, "ingot/v1/STATUS/A/state", false },
		{ S, "ingot/v1/status/B/#", false },
		{ S, "ingot/v1/+/A/state", false },
		{ S, "ingot/v1/status/+/state", false },
		{ S, "ingot/+/status/A/state", false },
		{ S, "ingot/#", false },
		{ S, "$share/g/ingot/v1/status/A/state", false },
		{ R, "ingot/v1/status/B/state", false },
	};

	(void)state;
	CHECK(POLICY_UNIT, "A", rows);
}

static void
a_worker_shares_the_requests_and_answers_everybody(void **state)
{
	static const struct row rows[] = {
		{ S, WIRE_REQUESTS, true },
		{ S, WIRE_CONFIRMS, true },
		{ R, "ingot/v1/enrol/A/request", true },
		{ R, "ingot/v1/enrol/B/confirm", true },
		{ W, "ingot/v1/enrol/A/reply", true },
		{ W, "ingot/v1/enrol/A/request", false },
		{ W, "ingot/v1/status/A/state", false },
		{ S, "ingot/v1/enrol/+/request", false },
		{ S, "$share/other/ingot/v1/enrol/+/request", false },
		{ S, "ingot/v1/status/+/state", false },
		{ R, "ingot/v1/status/A/state", false },
	};

	(void)state;
	CHECK(POLICY_WORKER, "", rows);
}

static void
nobody_may_do_nothing(void **state)
{
	static const struct row rows[] = {
		{ W, "ingot/v1/enrol/A/request", false },
		{ S, "ingot/v1/enrol/A/reply", false },
		{ R, "ingot/v1/enrol/A/reply", false },
		{ S, WIRE_REQUESTS, false },
	};

	(void)state;
	CHECK(POLICY_NOBODY, "A", rows);
}

static void
an_endless_topic_is_refused(void **state)
{
	char topic[1000] = "ingot/v1/data/A/";

	(void)state;
	memset(topic + 16, 'x', sizeof(topic) - 17);
	assert_false(policy_may(POLICY_UNIT, "A", W, topic));
}

static void
a_client_id_belongs_to_its_certificate(void **state)
{
	static const struct {
		enum policy_role role;
		const char *cn, *id, *unit; /* NULL: refused */
	} rows[] = {
		{ POLICY_CLAIM, "B1", "claim:SN-1:0011aabb", "SN-1" },
		{ POLICY_CLAIM, "B1", "claim:SN-1:0011AABB", NULL },
		{ POLICY_CLAIM, "B1", "claim:SN-1:0011aabb0", NULL },
		{ POLICY_CLAIM, "B1", "claim:SN-1", NULL },
		{ POLICY_CLAIM, "B1", "claim:SN/1:0011aabb", NULL },
		{ POLICY_CLAIM, "B1", "claim:+:0011aabb", NULL },
		{ POLICY_CLAIM, "B1", "claim::0011aabb", NULL },
		{ POLICY_CLAIM, "B1", "SN-1", NULL },
		{ POLICY_CLAIM, "B1", "B1", NULL },
		{ POLICY_UNIT, "SN-1", "SN-1", "SN-1" },
		{ POLICY_UNIT, "SN-1", "SN-2", NULL },
		{ POLICY_UNIT, "SN-1", "SN-11", NULL },
		{ POLICY_UNIT, "SN-1", "SN-", NULL },
		{ POLICY_UNIT, "SN-1", "", NULL },
		{ POLICY_PENDING, "SN-1", "SN-1", "SN-1" },
		{ POLICY_PENDING, "SN-1", "claim:SN-1:0011aabb", NULL },
		{ POLICY_WORKER, "worker", "worker:123", "" },
		{ POLICY_WORKER, "worker", "worker", "" },
		{ POLICY_WORKER, "worker", "worker:x", NULL },
		{ POLICY_WORKER, "worker", "worker2", NULL },
		{ POLICY_WORKER, "worker", "SN-1", NULL },
		{ POLICY_NOBODY, "SN-1", "SN-1", NULL },
	};
	char unit[WIRE_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc =
		    policy_client(rows[i].role, rows[i].cn, rows[i].id, unit);

		if (rc != (rows[i].unit == NULL ? -1 : 0))
			fail_msg("row %zu, %s", i, rows[i].id);
		if (rc == 0)
			assert_string_equal(unit, rows[i].unit);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_claim_asks_and_hears_its_answer_and_that_is_all),
		cmocka_unit_test(pending_confirms_and_that_is_all),
		cmocka_unit_test(a_unit_has_its_own_tree_and_no_other),
		cmocka_unit_test(
		    a_worker_shares_the_requests_and_answers_everybody),
		cmocka_unit_test(nobody_may_do_nothing),
		cmocka_unit_test(an_endless_topic_is_refused),
		cmocka_unit_test(a_client_id_belongs_to_its_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
