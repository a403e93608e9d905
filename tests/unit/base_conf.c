/* SPDX-License-Identifier: MIT */
/* Documents: file and line in every error, and no way to pull in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "file.h"
#include "place.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const known[] = { "a", "b", "list", "group", NULL };

/* Parses text and takes an "a" of 1 to 9, a "b" of at most 4 bytes. */
static int
read_all(const char *text, size_t len, struct err *e)
{
	own_conf struct conf c = { 0 };
	conf_node *n, *root;
	const char *s;
	int64_t i;
	bool yes;

	if (conf_parse(&c, "x.conf", text, len, e) == -1)
		return -1;
	root = conf_root(&c);
	if (conf_known(root, known, e) == -1 ||
	    conf_int_or(root, "a", 1, 9, 5, &i, e) == -1 ||
	    conf_str_or(root, "b", 4, "", &s, e) == -1 ||
	    conf_list(root, "list", 2, &n, e) == -1 ||
	    conf_group(root, "group", &n, e) == -1)
		return -1;
	return n == NULL ? 0 : conf_bool_or(n, "yes", true, &yes, e);
}

static void
an_error_says_file_and_line(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "a = 1;\nc = 2;",
		    "x.conf:2: unknown key \"c\"; known here: "
		    "a b list group" },
		{ "\n\na = 0;", "x.conf:3: a must be between 1 and 9" },
		{ "a = 10L;", "x.conf:1: a must be between 1 and 9" },
		{ "a = 9223372036854775807L;", "between" },
		{ "a = \"1\";", "x.conf:1: a must be a whole number" },
		{ "a = 1.5;", "a must be a whole number" },
		{ "a = true;", "a must be a whole number" },
		{ "b = 1;", "x.conf:1: b must be a text" },
		{ "\nb = \"12345\";", "x.conf:2: b is longer than 4 bytes" },
		{ "b = \"1\\n\";", "x.conf:1: b holds a control character" },
		{ "b = \"\\x7f\";", "control character" },
		{ "list = \"a\";", "x.conf:1: list must be a list" },
		{ "list = [ 1, 2, 3 ];", "list has more than 2 entries" },
		{ "group = ( );", "x.conf:1: group must be a group" },
		{ "group = {\nyes = 1;\n};", "x.conf:2: yes must be true" },
		{ "a = 1;\na = 2;", "x.conf:2: " }, /* twice */
		{ "a = 1;\n}", "x.conf:2: syntax error" },
		{ "a = ", "x.conf:1: syntax error" },
		{ "\nb = \"open", "x.conf:2: text without its end" },
		{ "\n/* open", "x.conf:2: comment without its end" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		e.text[0] = '\0';
		assert_int_equal(
		    read_all(rows[i].text, strlen(rows[i].text), &e), -1);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].text, e.text);
	}
}

static void
what_is_right_is_taken(void **state)
{
	static const char *const rows[] = { "", "# only a comment",
		"a = 9; b = \"1234\"; list = [ ]; group = { };",
		"b = \"@inc\"; // @include \"x\"\n/* @include \"x\" */",
		"b = \"\\\"{(\"; # [[[[[[[[[[[[[[[[[[[[",
		"group : { yes = false; }", "/**/ a = 1; /***/" };
	struct err e = { .text = "" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (read_all(rows[i], strlen(rows[i]), &e) == -1)
			fail_msg("%s: %s", rows[i], e.text);
}

/* Each tries to have a file read by hiding the word from our own scan. */
static void
no_file_can_be_pulled_in(void **state)
{
	static const char *const rows[] = { "@include \"in\"",
		"\t @include \"in\"", "a = 1;\n@include\t\"in\"",
		"/*/ \" */\n@include \"in\" # \"",
		"/*/ */ /* \" */\n@include \"in\"\n/* \" */",
		"b = \"\\\" \";\n@include \"in\" # \"",
		"b = \"\\\\\";\n@include \"in\"", "# \"\n@include \"in\"\n# \"",
		"// /*\n@include \"in\"\n// */", "/* // */\n@include \"in\"",
		"b = \"a\" \"\\\"\";\n@include \"in\"",
		"b = \"\\q\";\n@include \"in\"" };
	struct err e;

	(void)state;
	assert_int_equal(
	    file_write(AT_FDCWD, "in", "a = 7;", 6, FILE_PUBLIC, &e), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_conf struct conf c = { 0 };
		int rc = conf_parse(&c, "x", rows[i], strlen(rows[i]), &e);

		if (rc == 0 && conf_get(conf_root(&c), "a") != NULL &&
		    strncmp(rows[i], "a", 1) != 0)
			fail_msg("%s pulled it in", rows[i]);
		if (rc == 0)
			fail_msg("%s was taken", rows[i]);
	}
}

static void
deep_large_and_broken_texts_are_refused(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < 100000; i++)
		bytes_fmt(&b, "group={");
	assert_int_equal(read_all(b.p, b.len, &e), -1);
	assert_non_null(strstr(e.text, "nested deeper than 16"));
	bytes_free(&b);
	while (b.len <= CONF_SIZE_MAX)
		bytes_fmt(&b, "%64s", "");
	assert_int_equal(read_all(b.p, b.len, &e), -1);
	assert_int_equal(e.code, EFBIG);
	assert_int_equal(read_all("a = 1;\n\0b = 2;", 14, &e), -1);
	assert_string_equal(e.text, "x.conf:2: NUL byte");
	assert_int_equal(read_all("b = \"\\\0\";\n@include", 18, &e), -1);
	assert_string_equal(e.text, "x.conf:1: NUL byte");
}

static void
sixteen_levels_are_fine(void **state)
{
	own_bytes struct bytes b = { 0 };
	own_conf struct conf c = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < CONF_DEPTH_MAX; i++)
		bytes_fmt(&b, "g={");
	for (int i = 0; i < CONF_DEPTH_MAX; i++)
		bytes_fmt(&b, "};");
	assert_int_equal(conf_parse(&c, "x", b.p, b.len, &e), 0);
}

static void
a_long_list_of_known_keys_is_cut_not_overrun(void **state)
{
	static const char key[] =
	    "a-key-with-a-name-of-forty-eight-characters-long";
	const char *many[20];
	own_conf struct conf c = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < 19; i++)
		many[i] = key;
	many[19] = NULL;
	assert_int_equal(conf_parse(&c, "x", "c=1;", 4, &e), 0);
	assert_int_equal(conf_known(conf_root(&c), many, &e), -1);
	assert_true(strlen(e.text) < ERR_TEXT_MAX);
}

static void
a_file_is_read_with_its_path_in_the_errors(void **state)
{
	own_conf struct conf c = { 0 };
	char path[128];
	struct err e;
	const char *s;

	(void)snprintf(path, sizeof(path), "%s/d.conf", (char *)*state);
	assert_int_equal(conf_read(&c, path, &e), -1);
	assert_int_equal(e.code, ENOENT);
	conf_free(&c); /* fine after a failure */
	assert_int_equal(
	    file_write(AT_FDCWD, path, "a = 1;\n", 7, FILE_PUBLIC, &e), 0);
	assert_int_equal(conf_read(&c, path, &e), 0);
	assert_int_equal(conf_str(conf_root(&c), "a", 9, &s, &e), -1);
	assert_non_null(strstr(e.text, "d.conf:1: a must be a text"));
	assert_int_equal(conf_str(conf_root(&c), "z", 9, &s, &e), -1);
	assert_non_null(strstr(e.text, "z is missing"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_says_file_and_line),
		cmocka_unit_test(what_is_right_is_taken),
		in_a_place(no_file_can_be_pulled_in),
		cmocka_unit_test(deep_large_and_broken_texts_are_refused),
		cmocka_unit_test(sixteen_levels_are_fine),
		cmocka_unit_test(a_long_list_of_known_keys_is_cut_not_overrun),
		in_a_place(a_file_is_read_with_its_path_in_the_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* libconfig forgets a text that stood before a syntax error. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}
