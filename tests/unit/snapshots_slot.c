/* SPDX-License-Identifier: MIT */
/*
 * Slots: filled, left, escaped or refused, and nothing else is touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "slot.h"

/* unit.* has a value, issued.* has none yet, generated.bad:8 a bad one. */
static int
value(void *ctx, const char *name, char out[static SLOT_VALUE_MAX + 1],
    struct err *e)
{
	(void)ctx;
	if (strcmp(name, "generated.bad:8") == 0)
		return (void)strcpy(out, "a\"b"), 1;
	if (strcmp(name, "generated.none:8") == 0)
		return err_set(e, 0, "no randomness");
	if (strncmp(name, "issued.", 7) == 0)
		return 0;
	(void)snprintf(out, SLOT_VALUE_MAX + 1, "<%s>", name);
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '<' || *c == '>' ? '=' : *c;
	return 1;
}

static const struct {
	const char *in;
	int missing;
	const char *out; /* when nothing is missing */
} good[] = {
	{ "", 0, "" },
	{ "plain text\n", 0, "plain text\n" },
	{ "@{unit.serial}", 0, "=unit.serial=" },
	{ "a@{unit.a}b@{unit.b}c", 0, "a=unit.a=b=unit.b=c" },
	{ "x = @@{unit.a} @ @x {y}", 0, "x = @{unit.a} @ @x {y}" },
	{ "@@@{unit.a}", 0, "@@{unit.a}" },
	{ "@", 0, "@" },
	{ "@@", 0, "@@" },
	{ "@{generated.psk:8}@{generated.psk:64}", 0,
	    "=generated.psk:8==generated.psk:64=" },
	{ "@{issued.mqtt.username}", 1, NULL },
	{ "@{issued.a} @{unit.a} @{issued.b}", 2, NULL },
};

static void
slots_are_filled_and_the_rest_is_left(void **state)
{
	own_bytes struct bytes out = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(slot_fill("x", good[i].in, strlen(good[i].in),
				     value, NULL, &out, NULL, &e),
		    good[i].missing);
		if (good[i].out != NULL)
			assert_string_equal(out.p, good[i].out);
	}
}

static void
the_first_missing_one_is_named(void **state)
{
	static const char text[] = "@{unit.a} @{issued.one} @{issued.two}";
	char missing[SLOT_NAME_MAX + 1] = "";
	own_bytes struct bytes out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    slot_fill("x", text, strlen(text), value, NULL, &out, missing, &e),
	    2);
	assert_string_equal(missing, "issued.one");
}

static const struct {
	const char *in;
	const char *why;
} bad[] = {
	{ "one\ntwo @{unit", "doc:2: \"@{\" without" },
	{ "@{unit.a\n}", "doc:1: a slot ends in another line" },
	{ "@{}", "begins with none" },
	{ "@{other.a}", "begins with none" },
	{ "@{unit.}", "a-z 0-9" },
	{ "@{unit.A}", "a-z 0-9" },
	{ "@{unit.a b}", "a-z 0-9" },
	{ "@{unit.a:8}", "says its length" },
	{ "@{generated.a}", "says its length" },
	{ "@{generated.a:7}", "8 to 64" },
	{ "@{generated.a:65}", "8 to 64" },
	{ "@{generated.a:08}", "8 to 64" },
	{ "@{generated.a:8x}", "8 to 64" },
	{ "@{generated.a:99999999999999999999}", "8 to 64" },
	{ "@{unit.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
	    "without" },
	{ "@{generated.bad:8}", "empty, too long" },
	{ "@{generated.none:8}", "no randomness" },
};

static void
a_bad_slot_is_refused_with_its_line(void **state)
{
	own_bytes struct bytes out = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(slot_fill("doc", bad[i].in, strlen(bad[i].in),
				     value, NULL, &out, NULL, &e),
		    -1);
		if (strstr(e.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].in, e.text);
	}
}

static void
a_bad_value_is_never_repeated_in_the_error(void **state)
{
	own_bytes struct bytes out = { 0 };
	static const char text[] = "@{generated.bad:8}";
	struct err e;

	(void)state;
	assert_int_equal(
	    slot_fill("doc", text, strlen(text), value, NULL, &out, NULL, &e),
	    -1);
	assert_null(strstr(e.text, "a\"b"));
}

static void
more_slots_than_the_limit_are_refused(void **state)
{
	own_bytes struct bytes text = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < SLOT_COUNT_MAX; i++)
		bytes_fmt(&text, "@{unit.a}\n");
	assert_int_equal(
	    slot_fill("x", text.p, text.len, value, NULL, &out, NULL, &e), 0);
	bytes_fmt(&text, "@{unit.a}\n");
	assert_int_equal(
	    slot_fill("x", text.p, text.len, value, NULL, &out, NULL, &e), -1);
}

static void
text_that_does_not_end_in_nul_is_not_read_beyond(void **state)
{
	static const char text[3] = { 'a', '@', '{' };
	own_bytes struct bytes out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    slot_fill("x", text, 2, value, NULL, &out, NULL, &e), 0);
	assert_string_equal(out.p, "a@");
	assert_int_equal(
	    slot_fill("x", text, 3, value, NULL, &out, NULL, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_filled_and_the_rest_is_left),
		cmocka_unit_test(the_first_missing_one_is_named),
		cmocka_unit_test(a_bad_slot_is_refused_with_its_line),
		cmocka_unit_test(a_bad_value_is_never_repeated_in_the_error),
		cmocka_unit_test(more_slots_than_the_limit_are_refused),
		cmocka_unit_test(
		    text_that_does_not_end_in_nul_is_not_read_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
