/* SPDX-License-Identifier: MIT */
/* What may be shown of a text, and what a quota has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mask.h"
#include "preflight.h"

static struct values values;

static int
make(void **state)
{
	(void)state;
	values.issued = json_pack("{s:s, s:s, s:s}", "user", "unit-1", "pin",
	    "42", "long", "unit-1-long");
	values.generated = json_pack("{s:s}", "psk", "Zq8wKd02");
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	json_decref(values.issued);
	json_decref(values.generated);
	return 0;
}

static void
what_is_shown_is_masked(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "", "" },
		{ "color=red\n", "color=red\n" },
		{ "user=unit-1\n", "user=@{issued.user}\n" },
		{ "x=unit-1-longer\n", "x=@{issued.long}er\n" },
		{ "wpa=aZq8wKd02b\n", "wpa=a@{generated.psk:8}b\n" },
		/* A short value is one only as a whole word. */
		{ "port=4200 pin=42\n", "port=4200 pin=@{issued.pin}\n" },
		/* What nobody told us of. */
		{ "a=1\npassword=Geheim77\nb=2\n",
		    "a=1\npassword=(hidden)\nb=2\n" },
		{ "password=@{issued.user}\n", "password=@{issued.user}\n" },
		{ "k:\n-----BEGIN PRIVATE KEY-----\nMIIE\nabcd\n"
		  "-----END PRIVATE KEY-----\nz\n",
		    "k:\n(hidden)\nz\n" },
		{ "name=Stra\xc3\x9f"
		  "e\n",
		    "name=Stra\xc3\x9f"
		    "e\n" },
		{ "name=Stra\xdf"
		  "e\n",
		    "name=Stra\\xdf"
		    "e\n" },
	};
	struct bytes out = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bytes_free(&out);
		assert_int_equal(mask_text(&values, rows[i].text,
				     strlen(rows[i].text), &out, &e),
		    0);
		bytes_add(&out, "", 0);
		assert_string_equal(out.p, rows[i].shown);
	}
	bytes_free(&out);
}

static void
what_is_no_text_is_not_shown(void **state)
{
	struct bytes out = { 0 };
	struct err e;

	(void)state;
	assert_false(mask_is_text("a\0b", 3));
	assert_false(mask_is_text("", MASK_TEXT_MAX + 1));
	assert_true(mask_is_text("a\n", 2));
	assert_int_equal(
	    mask_text(NULL, "\033]0;x\007\001\002", 8, &out, &e), -1);
	assert_int_equal(out.len, 0);
}

static void
a_quota_refuses_what_goes_beyond_its_limit(void **state)
{
	static const struct {
		uint64_t limit_kib, used, inode_limit, inodes, valid;
		uint64_t bytes, files;
		bool is_short;
	} rows[] = {
		{ 0, 1 << 20, 0, 9999, 15, 1 << 20, 99, false },
		{ 64, 0, 0, 0, 15, 65536, 1, false },
		{ 64, 1, 0, 0, 15, 65536, 1, true },
		{ 0, 0, 10, 9, 15, 0, 1, false },
		{ 0, 0, 10, 9, 15, 0, 2, true },
		/* The kernel does not speak of them: no limit. */
		{ 64, 1, 10, 9, 0, 65536, 2, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dqblk q = { .dqb_bhardlimit = rows[i].limit_kib,
			.dqb_curspace = rows[i].used,
			.dqb_ihardlimit = rows[i].inode_limit,
			.dqb_curinodes = rows[i].inodes,
			.dqb_valid = (uint32_t)rows[i].valid };

		assert_int_equal(quota_short(&q, rows[i].bytes, rows[i].files),
		    rows[i].is_short);
	}
}

static void
an_obstacle_is_told_once_and_all_of_them_counted(void **state)
{
	json_t *list = json_array();
	struct err e;

	(void)state;
	obstacle_add(list, "a", "/x", "repair", "broken %d", 1);
	obstacle_add(list, "a", "/y", "repair", "broken %d", 1);
	assert_int_equal(obstacles_say(list, &e), -1);
	assert_string_equal(e.text, "/x: broken 1; repair");
	for (int i = 2; i < 2 * OBSTACLES_MAX; i++)
		obstacle_add(list, "a", "/x", "repair", "broken %d", i);
	assert_int_equal(json_array_size(list), OBSTACLES_MAX);
	assert_int_equal(obstacles_say(list, &e), -1);
	assert_string_equal(e.text,
	    "100 things stand in the way, the first: /x: broken 1; repair");
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown_is_masked),
		cmocka_unit_test(what_is_no_text_is_not_shown),
		cmocka_unit_test(a_quota_refuses_what_goes_beyond_its_limit),
		cmocka_unit_test(
		    an_obstacle_is_told_once_and_all_of_them_counted),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
