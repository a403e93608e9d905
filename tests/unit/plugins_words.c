/* SPDX-License-Identifier: MIT */
/* Pass phrases by key: the right one, whole, and none for anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../plugins/cert_store/words.h"

static char word[WORDS_WORD_MAX + 1];

static int
find(const char *text, const char *file, struct err *e)
{
	return words_find(text, strlen(text), file, word, e);
}

static void
a_word_is_the_rest_of_the_line(void **state)
{
	static const char text[] = "# keys\n\nclient/a.key one\n"
				   "client/b.key  two words #3 \n"
				   "client/c.key\nclient/d.key last";
	struct err e;

	(void)state;
	assert_int_equal(find(text, "client/a.key", &e), 1);
	assert_string_equal(word, "one");
	assert_int_equal(find(text, "client/b.key", &e), 1);
	assert_string_equal(word, " two words #3 ");
	assert_int_equal(find(text, "client/d.key", &e), 1);
	assert_string_equal(word, "last");
}

static void
an_empty_word_is_none_and_another_key_has_none(void **state)
{
	static const char text[] = "a.key one\nb.key\nc.key \n#d.key x\n";
	static const char *const none[] = { "b.key", "c.key", "d.key", "a.ke",
		"a.keyy", "one", "", "#d.key" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(find(text, none[i], &e), 0);
		assert_string_equal(word, "");
	}
}

static void
what_is_too_long_is_refused_without_being_told(void **state)
{
	char text[400] = "a.key ";
	struct err e;

	(void)state;
	memset(text + 6, 'S', WORDS_WORD_MAX + 1);
	assert_int_equal(find(text, "a.key", &e), -1);
	assert_null(strstr(e.text, "SS"));
	assert_int_equal(words_find("a.key o\0ne", 10, "a.key", word, &e), -1);
	text[6 + WORDS_WORD_MAX] = '\0';
	assert_int_equal(find(text, "a.key", &e), 1);
	assert_int_equal(strlen(word), WORDS_WORD_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_the_rest_of_the_line),
		cmocka_unit_test(
		    an_empty_word_is_none_and_another_key_has_none),
		cmocka_unit_test(
		    what_is_too_long_is_refused_without_being_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
