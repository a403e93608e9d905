/* SPDX-License-Identifier: MIT */
/*
 * Text of strangers, as JSON and as a terminal may have it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "json.h"
#include "text.h"

static const struct {
	const char *in;
	const char *utf8;
	const char *line;
} rows[] = {
	{ "", "", "" },
	{ "plain /etc/x", "plain /etc/x", "plain /etc/x" },
	{ "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80",
	    "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80",
	    "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "a\xff.conf", "a\\xff.conf", "a\\xff.conf" },
	{ "Z\xfcrich", "Z\\xfcrich", "Z\\xfcrich" },
	{ "cut \xe2\x82", "cut \\xe2\\x82", "cut \\xe2\\x82" },
	{ "over \xc0\xaf", "over \\xc0\\xaf", "over \\xc0\\xaf" },
	{ "half \xed\xa0\x80", "half \\xed\\xa0\\x80", "half \\xed\\xa0\\x80" },
	{ "far \xf4\x90\x80\x80", "far \\xf4\\x90\\x80\\x80",
	    "far \\xf4\\x90\\x80\\x80" },
	{ "\033[31mred\n", "\033[31mred\n", "\\x1b[31mred\\x0a" },
	{ "c1 \xc2\x9b[2J", "c1 \xc2\x9b[2J", "c1 \\xc2\\x9b[2J" },
	{ "del \x7f", "del \x7f", "del \\x7f" },
	{ "nbsp \xc2\xa0", "nbsp \xc2\xa0", "nbsp \xc2\xa0" },
};

static void
each_text_comes_out_as_json_and_a_terminal_may_have_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_bytes struct bytes utf8 = { 0 }, line = { 0 };
		own_json json_t *j = NULL;

		text_utf8(&utf8, rows[i].in);
		text_line(&line, rows[i].in);
		assert_string_equal(utf8.p, rows[i].utf8);
		assert_string_equal(line.p, rows[i].line);
		assert_non_null(j = json_string(utf8.p));
		assert_int_equal(text_is_utf8(rows[i].in),
		    strcmp(rows[i].in, rows[i].utf8) == 0);
	}
}

static void
texts_that_differ_still_do(void **state)
{
	own_json json_t *a = json_text("a\xff"), *b = json_text("a\xfe");

	(void)state;
	assert_non_null(a);
	assert_false(json_equal(a, b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_text_comes_out_as_json_and_a_terminal_may_have_it),
		cmocka_unit_test(texts_that_differ_still_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
