/* SPDX-License-Identifier: MIT */
/* The file of standings: what is read back is what was written, and a line
 * that nobody wrote is told by its number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "standing.h"

#define HEX "0101010101010101010101010101010101010101010101010101010101010101"

static const uint8_t one[32] = { [0 ... 31] = 1 }, two[32] = { 2 };

static void
what_is_not_named_has_worked(void **state)
{
	struct standings s = { 0 };

	(void)state;
	assert_int_equal(standings_of(&s, "csms", one), STANDING_WORKED);
}

static void
what_was_written_is_read_back_by_kind(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct standings s = { 0 }, back;
	struct err e;

	(void)state;
	assert_int_equal(standings_set(&s, "csms", one, STANDING_TRIAL, &e), 0);
	assert_int_equal(
	    standings_set(&s, "secc", one, STANDING_REFUSED, &e), 0);
	assert_int_equal(standings_set(&s, "csms", two, STANDING_TRIAL, &e), 0);
	assert_int_equal(
	    standings_set(&s, "csms", two, STANDING_WORKED, &e), 0);
	standings_write(&s, &text);
	assert_string_equal(
	    text.p, "csms " HEX " trial\nsecc " HEX " refused\n");
	assert_int_equal(standings_parse(&back, text.p, text.len, &e), 0);
	assert_int_equal(back.count, 2);
	assert_int_equal(standings_of(&back, "csms", one), STANDING_TRIAL);
	assert_int_equal(standings_of(&back, "secc", one), STANDING_REFUSED);
	assert_int_equal(standings_of(&back, "csms", two), STANDING_WORKED);
	standings_free(&s);
	standings_free(&back);
}

static void
a_line_nobody_wrote_is_told_by_its_number(void **state)
{
	static const char *const bad[] = {
		"csms " HEX " trial\ncsms " HEX " perhaps\n",
		"csms " HEX " trial\ncsms " HEX "\n",
		"csms " HEX " trial\ncsms 0" HEX " trial\n",
		"csms " HEX " trial\ncsms " HEX " trial\n",
		"csms " HEX " trial\n" HEX " csms trial\n",
		"csms " HEX " trial\n\n",
		"csms " HEX " trial\ncsms " HEX " trial",
		"csms " HEX " trial\n      " HEX " trial\n",
	};
	struct standings s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    standings_parse(&s, bad[i], strlen(bad[i]), &e), -1);
		assert_non_null(strstr(e.text, ".ingot-standing:2: "));
		assert_null(s.rows);
	}
}

static void
a_nul_in_it_and_an_endless_line_are_refused(void **state)
{
	char text[4096];
	struct standings s;
	struct err e;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	assert_int_equal(standings_parse(&s, text, sizeof(text), &e), -1);
	assert_int_equal(
	    standings_parse(&s, "csms\0" HEX " trial\n", 76, &e), -1);
}

static void
there_is_an_end_to_the_rows(void **state)
{
	struct standings s = { 0 };
	uint8_t print[32] = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < STANDING_MAX; i++) {
		memcpy(print, &i, sizeof(i));
		assert_int_equal(
		    standings_set(&s, "csms", print, STANDING_TRIAL, &e), 0);
	}
	assert_int_equal(
	    standings_set(&s, "root", print, STANDING_TRIAL, &e), -1);
	assert_int_equal(e.code, E2BIG);
	standings_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_named_has_worked),
		cmocka_unit_test(what_was_written_is_read_back_by_kind),
		cmocka_unit_test(a_line_nobody_wrote_is_told_by_its_number),
		cmocka_unit_test(a_nul_in_it_and_an_endless_line_are_refused),
		cmocka_unit_test(there_is_an_end_to_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
