/* SPDX-License-Identifier: MIT */
/* Log lines: one each, whatever is in the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "log.h"

/* What log_at() writes about text, into line. */
static void
logged(int priority, const char *text, char *line, size_t size)
{
	int saved = dup(STDERR_FILENO), fds[2];
	ssize_t n;

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	(void)dup2(fds[1], STDERR_FILENO);
	log_at(priority, "%s", text);
	(void)dup2(saved, STDERR_FILENO);
	n = read(fds[0], line, size - 1);
	line[n < 0 ? 0 : n] = '\0';
	(void)close(saved);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
each_form_has_its_line(void **state)
{
	char line[4096];

	(void)state;
	log_init("x", LOG_PLAIN, LOG_INFO);
	logged(LOG_ERR, "hello", line, sizeof(line));
	assert_string_equal(line, "x: hello\n");
	log_init("x", LOG_JOURNAL, LOG_INFO);
	logged(LOG_ERR, "hello", line, sizeof(line));
	assert_string_equal(line, "<3>x: hello\n");
	log_init("x", LOG_JSON, LOG_INFO);
	logged(LOG_ERR, "hello", line, sizeof(line));
	assert_string_equal(
	    line, "{\"priority\":3,\"who\":\"x\",\"text\":\"hello\"}\n");
}

static void
what_is_less_urgent_is_dropped(void **state)
{
	char line[64];

	(void)state;
	log_init("x", LOG_PLAIN, LOG_WARNING);
	logged(LOG_NOTICE, "hello", line, sizeof(line));
	assert_string_equal(line, "");
	logged(LOG_WARNING, "hello", line, sizeof(line));
	assert_string_equal(line, "x: hello\n");
}

static void
nobody_s_text_makes_a_second_line(void **state)
{
	char line[4096];

	(void)state;
	log_init("x", LOG_JOURNAL, LOG_INFO);
	logged(LOG_ERR, "a\n<0>y: b\r\033[2J\177", line, sizeof(line));
	assert_string_equal(line, "<3>x: a?<0>y: b??[2J?\n");
}

static void
every_json_line_is_json(void **state)
{
	static const char *const texts[] = { "\"quoted\" and \\",
		"Grüße 充电 🔌", "\xff\xfe", "\xc3", "\xe2\x82", "\xed\xa0\x80",
		"\xf5\x80\x80\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "a\xc3(" };
	char line[4096], big[4 * LOG_LINE_MAX];
	struct err e;

	(void)state;
	log_init("x", LOG_JSON, LOG_INFO);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		own_json json_t *j = NULL;

		logged(LOG_ERR, texts[i], line, sizeof(line));
		j = json_parse("line", line, strlen(line), 4096, &e);
		if (j == NULL)
			fail_msg("%zu: %s: %s", i, e.text, line);
		if (i < 2)
			assert_string_equal(
			    json_string_value(json_object_get(j, "text")),
			    texts[i]);
	}
	for (size_t cut = 0; cut < 4; cut++) { /* in the middle of any letter */
		own_json json_t *j = NULL;

		memset(big, 'x', cut);
		for (size_t i = cut; i + 3 < sizeof(big); i += 3)
			(void)strcpy(big + i, "€");
		logged(LOG_ERR, big, line, sizeof(line));
		j = json_parse("line", line, strlen(line), 4096, &e);
		assert_non_null(j);
	}
	memset(big, '"', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	logged(LOG_ERR, big, line, sizeof(line));
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_int_equal(line[strlen(line) - 2], '}');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_has_its_line),
		cmocka_unit_test(what_is_less_urgent_is_dropped),
		cmocka_unit_test(nobody_s_text_makes_a_second_line),
		cmocka_unit_test(every_json_line_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
