/* SPDX-License-Identifier: MIT */
/*
 * For whom a snapshot is: what an agent does not understand, and was told not
 * to pass by, stops it; and nobody but the right unit may apply it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "snapshot.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MEMBER                                                                 \
	"{\"path\":\"files/a\",\"sha256\":\"" HASH "\",\"size\":0,"            \
	"\"mode\":\"0644\",\"owner\":\"root\",\"group\":\"root\","             \
	"\"slots\":false,\"xattr\":\"x\"}"
#define WITH(more)                                                             \
	"{\"ingot\":1,\"name\":\"site\",\"model\":\"gw\",\"sequence\":7,"      \
	"\"members\":[" MEMBER "]" more "}"

static const struct {
	const char *more;
	const char *why; /* NULL: it is fine */
} manifests[] = {
	{ WITH(""), NULL },
	{ WITH(",\"colour\":\"red\""), NULL },
	{ WITH(",\"colour\":\"red\",\"critical\":[]"), NULL },
	{ WITH(",\"colour\":\"red\",\"critical\":[\"colour\"]"),
	    "field \"colour\" is critical, and agent " INGOT_VERSION
	    " does not know it; update" },
	{ WITH(",\"critical\":[\"members.xattr\"]"),
	    "field \"members.xattr\" is critical" },
	{ WITH(",\"critical\":[\"members.mode\",\"model\"]"), NULL },
	{ WITH(",\"critical\":[\"hardware\"]"), "which is not there" },
	{ WITH(",\"critical\":\"model\""), "critical" },
	{ WITH(",\"critical\":[1]"), "no field name" },
	{ WITH(",\"critical\":[\"model\\u0000x\"]"), "" },
	{ WITH(",\"hardware\":[\"A2\"],\"critical\":[\"hardware\"]"), NULL },
	{ WITH(",\"hardware\":[]"), "empty" },
	{ WITH(",\"hardware\":\"A2\""), "hardware" },
	{ WITH(",\"hardware\":[\"A2\",2]"), "no revision" },
	{ WITH(",\"hardware\":[\"A/2\"]"), "no revision" },
	{ WITH(",\"agent\":\"0.1.0\""), NULL },
	{ WITH(",\"agent\":\"0.1\""), "no version" },
	{ WITH(",\"agent\":\"0.1.x\""), "no version" },
	{ WITH(",\"agent\":\"0.1.00000\""), "no version" },
	{ WITH(",\"agent\":1"), "agent" },
	{ WITH(",\"recipients\":[\"" HASH "\"]"), NULL },
	{ WITH(",\"recipients\":[\"abcd\"]"), "no SHA-256" },
};

static void
what_is_critical_is_known_and_the_rest_may_be_there(void **state)
{
	struct snapshot s;
	struct err e;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(manifests) / sizeof(*manifests); i++) {
		e.text[0] = '\0';
		rc = snapshot_parse(
		    &s, manifests[i].more, strlen(manifests[i].more), &e);
		if (rc != (manifests[i].why == NULL ? 0 : -1) ||
		    (rc == -1 && strstr(e.text, manifests[i].why) == NULL))
			fail_msg("%s: %s", manifests[i].more, e.text);
		snapshot_free(&s);
	}
}

static void
versions_are_compared_by_number(void **state)
{
	(void)state;
	assert_true(terms_version_compare("0.10.0", "0.9.9") > 0);
	assert_true(terms_version_compare("0.1.9", "0.1.10") < 0);
	assert_true(terms_version_compare("1.0.0", "0.99.99") > 0);
	assert_int_equal(terms_version_compare("1.2.3", "1.2.3"), 0);
	assert_int_equal(terms_version_compare("1.2.3", "1.02.3"), 0);
}

static const struct {
	struct terms_unit unit;
	const char *why;
} units[] = {
	{ { NULL, NULL, NULL, 0 }, NULL },
	{ { "gw100", "B1", "0.2.0", 7 }, NULL },
	{ { "gw100", "A2", "1.0.0", 0 }, NULL },
	{ { "gw200", "B1", "0.2.0", 7 },
	    "is for model gw100, this unit is a gw200; take the bundle" },
	{ { "gw100", "B2", "0.2.0", 7 },
	    "is for hardware A2, B1, this unit is B2; take the bundle" },
	{ { "gw100", "", "0.2.0", 7 }, "set \"hardware\" in its unit.conf" },
	{ { "gw100", "B1", "0.1.9", 7 },
	    "needs agent 0.2.0 or later, this is 0.1.9; update the agent" },
	{ { "gw100", "B1", "0.2.0", 8 }, "sequence 7 is older than 8" },
};

static void
nobody_but_the_right_unit_may_apply_it(void **state)
{
	struct snapshot s = { .model = "gw100",
		.sequence = 7,
		.terms = { 2, { "A2", "B1" }, "0.2.0", 0, { { 0 } } } };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		e.text[0] = '\0';
		assert_int_equal(terms_fit(&s, &units[i].unit, &e),
		    units[i].why == NULL ? 0 : -1);
		if (units[i].why == NULL)
			continue;
		assert_int_equal(e.code, EPERM);
		if (strstr(e.text, units[i].why) == NULL)
			fail_msg("row %zu: %s", i, e.text);
	}
	s.terms.hardware_count = 0;
	assert_int_equal(
	    terms_fit(&s, &(struct terms_unit){ .hardware = "" }, &e), 0);
}

static void
a_recipient_is_named_once_and_there_are_not_too_many(void **state)
{
	struct terms t = { 0 };
	uint8_t spki[SHA256_LEN] = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < TERMS_RECIPIENTS_MAX; i++) {
		spki[0] = (uint8_t)i;
		assert_int_equal(terms_add_recipient(&t, spki, &e), 0);
		assert_int_equal(terms_add_recipient(&t, spki, &e), 0);
	}
	assert_int_equal(t.recipient_count, TERMS_RECIPIENTS_MAX);
	spki[0] = 99;
	assert_int_equal(terms_add_recipient(&t, spki, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_critical_is_known_and_the_rest_may_be_there),
		cmocka_unit_test(versions_are_compared_by_number),
		cmocka_unit_test(nobody_but_the_right_unit_may_apply_it),
		cmocka_unit_test(
		    a_recipient_is_named_once_and_there_are_not_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
