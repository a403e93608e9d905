/* SPDX-License-Identifier: MIT */
/* Strict JSON: one meaning for each text, and limits before the parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static json_t *
parse(const char *text, struct err *e)
{
	return json_parse("t", text, strlen(text), 1000, e);
}

static void
what_has_two_meanings_is_refused(void **state)
{
	static const char *const rows[] = { "", " ", "1", "\"a\"", "{",
		"{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}",
		"{\"a\":1,\"\\u0061\":2}", "{} {}", "{}x", "{\"a\":1,}",
		"{'a':1}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\\ud800\"}", "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}",
		"{\"a\":\"\n\"}", "{\"a\":1e999}",
		"{\"a\":99999999999999999999}", "/**/{}" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_json json_t *j = parse(rows[i], &e);

		if (j != NULL)
			fail_msg("%s was taken", rows[i]);
		assert_memory_equal(e.text, "t:", 2);
	}
}

static void
a_nul_after_the_end_is_a_trailing_byte(void **state)
{
	own_json json_t *j = NULL;
	struct err e;

	(void)state;
	j = json_parse("t", "{}\0", 3, 100, &e);
	assert_null(j);
}

static void
depth_is_counted_outside_of_texts(void **state)
{
	own_bytes struct bytes deep = { 0 }, flat = { 0 };
	own_json json_t *ok = NULL;
	struct err e;

	(void)state;
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		bytes_fmt(&deep, "[");
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		bytes_fmt(&deep, "]");
	assert_null(parse(deep.p, &e));
	assert_non_null(strstr(e.text, "nested deeper than 24"));
	deep.p[deep.len - 1] = '\0';
	ok = parse(deep.p + 1, &e);
	assert_non_null(ok);
	bytes_fmt(&flat, "[\"");
	for (int i = 0; i < 100; i++)
		bytes_fmt(&flat, "[{\\\"");
	bytes_fmt(&flat, "\"]");
	json_decref(ok);
	ok = parse(flat.p, &e);
	assert_non_null(ok);
}

static void
the_size_limit_is_the_caller_s(void **state)
{
	own_json json_t *j = NULL;
	struct err e;

	(void)state;
	j = json_parse("t", "{ }", 3, 2, &e);
	assert_null(j);
	assert_int_equal(e.code, EFBIG);
	j = json_parse("t", "{ }", 3, 3, &e);
	assert_non_null(j);
}

static void
equal_values_give_equal_lines(void **state)
{
	own_json json_t *a = NULL, *b = NULL;
	own_str char *x = NULL, *y = NULL;
	struct err e;

	(void)state;
	a = parse("{\"b\":[1, 2],\"a\":\"x\"}", &e);
	b = parse("{ \"a\" : \"\\u0078\", \"b\": [1,2]}", &e);
	x = json_line(a);
	y = json_line(b);
	assert_string_equal(x, "{\"a\":\"x\",\"b\":[1,2]}");
	assert_string_equal(x, y);
}

static void
members_are_what_they_must_be(void **state)
{
	static const char *const keys[] = { "s", "n", "l", NULL };
	own_json json_t *j = NULL, *list = NULL, *l = NULL;
	const char *s;
	int64_t n;
	struct err e;

	(void)state;
	j = parse("{\"s\":\"abc\",\"n\":5,\"l\":[1,2]}", &e);
	assert_int_equal(json_known(j, keys, &e), 0);
	assert_int_equal(json_known(j, keys + 1, &e), -1);
	assert_string_equal(e.text, "unknown key \"s\"");
	list = parse("[]", &e);
	assert_int_equal(json_known(list, keys, &e), -1);
	assert_int_equal(json_str(j, "s", 3, &s, &e), 0);
	assert_string_equal(s, "abc");
	assert_int_equal(json_str(j, "s", 2, &s, &e), -1);
	assert_int_equal(json_str(j, "n", 9, &s, &e), -1);
	assert_int_equal(json_str(j, "z", 9, &s, &e), -1);
	assert_int_equal(json_str_or(j, "z", 9, "else", &s, &e), 0);
	assert_string_equal(s, "else");
	assert_int_equal(json_num(j, "n", 5, 5, &n, &e), 0);
	assert_int_equal(json_num(j, "n", 6, 9, &n, &e), -1);
	assert_int_equal(json_num(j, "n", 0, 4, &n, &e), -1);
	assert_int_equal(json_num(j, "s", 0, 9, &n, &e), -1);
	assert_int_equal(json_array_of(j, "l", 2, &l, &e), 0);
	json_incref(l); /* it was only lent */
	assert_int_equal(json_array_of(j, "s", 2, &list, &e), -1);
}

static void
a_list_longer_than_its_limit_is_refused(void **state)
{
	own_json json_t *j = NULL;
	json_t *l = NULL;
	struct err e;

	(void)state;
	j = parse("{\"l\":[1,2]}", &e);
	assert_int_equal(json_array_of(j, "l", 1, &l, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_two_meanings_is_refused),
		cmocka_unit_test(a_nul_after_the_end_is_a_trailing_byte),
		cmocka_unit_test(depth_is_counted_outside_of_texts),
		cmocka_unit_test(the_size_limit_is_the_caller_s),
		cmocka_unit_test(equal_values_give_equal_lines),
		cmocka_unit_test(members_are_what_they_must_be),
		cmocka_unit_test(a_list_longer_than_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
