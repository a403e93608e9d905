/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define COUNT(a) (int)(sizeof(a) / sizeof(*(a)))

static int
words(char **argv)
{
	int n = 0;

	while (argv[n] != NULL)
		n++;
	return n;
}

static int
parse(struct host_spec *s, int n, const char *const *said, struct err *e)
{
	return spec_parse(s, n, (char **)(uintptr_t)said, e);
}

static void
what_the_agent_says_the_host_understands(void **state)
{
	const struct host_spec said = {
		.uid = 901,
		.gid = 902,
		.groups = { 12, 13 },
		.granted = 0x61,
		.memory_mb = 64,
		.descriptors = 4096,
		.state = "/var/lib/ingot/plugins/a=b c",
		.read = { "/etc/ssl", "/proc/net" },
		.write = { "/run/x" },
		.connect = { 8883, 65535 },
		.bind = { 1 },
		.hand = { "xtables-lock" },
	};
	struct host_spec heard;
	struct err e = { .text = "" };
	char **argv = spec_argv(&said, &e);

	(void)state;
	assert_non_null(argv);
	assert_string_equal(argv[0], "ingot-host");
	assert_int_equal(spec_parse(&heard, words(argv), argv, &e), 0);
	assert_int_equal(heard.uid, 901);
	assert_int_equal(heard.gid, 902);
	assert_memory_equal(heard.groups, said.groups, sizeof(said.groups));
	assert_int_equal(heard.granted, 0x61);
	assert_int_equal(heard.memory_mb, 64);
	assert_int_equal(heard.descriptors, 4096);
	assert_string_equal(heard.state, said.state);
	assert_string_equal(heard.read[1], "/proc/net");
	assert_null(heard.read[2]);
	assert_string_equal(heard.write[0], "/run/x");
	assert_memory_equal(heard.connect, said.connect, sizeof(said.connect));
	assert_memory_equal(heard.bind, said.bind, sizeof(said.bind));
	assert_string_equal(heard.hand[0], "xtables-lock");
	free(argv);
}

static void
the_fullest_spec_fits(void **state)
{
	struct host_spec said = { .uid = INT32_MAX,
		.gid = INT32_MAX,
		.granted = UINT32_MAX,
		.memory_mb = 1024 * 1024,
		.state = "/s" };
	struct host_spec heard;
	struct err e = { .text = "" };
	char **argv;

	(void)state;
	for (int i = 0; i < SPEC_LIST_MAX - 1; i++) {
		said.groups[i] = INT32_MAX;
		said.read[i] = said.write[i] = said.hand[i] = "/a/long/path";
		said.connect[i] = said.bind[i] = UINT16_MAX;
	}
	argv = spec_argv(&said, &e);
	assert_non_null(argv);
	assert_int_equal(spec_parse(&heard, words(argv), argv, &e), 0);
	assert_int_equal(heard.bind[SPEC_LIST_MAX - 2], UINT16_MAX);
	assert_string_equal(heard.hand[SPEC_LIST_MAX - 2], "/a/long/path");
	assert_int_equal(heard.granted, UINT32_MAX);
	free(argv);
}

static void
a_word_that_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *word, *why;
	} rows[] = {
		/* clang-format off */
		{ "", "not a word" },
		{ "shell", "not a word" },
		{ "shell=/bin/sh", "not a word" },
		{ "=1", "not a word" },
		{ "uid", "not a word" },
		{ "uid=1", "too many" },
		{ "group=", "not a number" },
		{ "group=-1", "not a number" },
		{ "group= 1", "not a number" },
		{ "group=0", "not a number" },
		{ "group=1x", "not a number" },
		{ "group=99999999999999999999999", "not a number" },
		{ "connect=0", "not a number" },
		{ "connect=65536", "not a number" },
		{ "granted=4294967296", "not a number" },
		{ "memory_mb=1048577", "not a number" },
		{ "read=", "empty" },
		{ "state=", "empty" },
		/* clang-format on */
	};
	struct host_spec s;
	struct err e;

	(void)state;
	for (int i = 0; i < COUNT(rows); i++) {
		const char *argv[] = { "ingot-host", "uid=1", "gid=1",
			rows[i].word };

		e.text[0] = '\0';
		assert_int_equal(parse(&s, 4, argv, &e), -1);
		assert_non_null(strstr(e.text, rows[i].why));
	}
}

static void
a_list_ends_before_its_room_does(void **state)
{
	const char *argv[] = { "ingot-host", "uid=1", "gid=1", "hand=1",
		"hand=2", "hand=3", "hand=4", "hand=5", "hand=6", "hand=7",
		"hand=8" };
	struct host_spec s;
	struct err e = { .text = "" };

	(void)state;
	assert_int_equal(parse(&s, 10, argv, &e), 0);
	assert_null(s.hand[SPEC_LIST_MAX - 1]);
	assert_int_equal(parse(&s, 11, argv, &e), -1);
	assert_string_equal(e.text, "hand=8: too many");
}

static void
nobody_is_no_user(void **state)
{
	const char *none[] = { "ingot-host", "gid=1" };
	const char *root[] = { "ingot-host", "uid=0", "gid=1" };
	struct host_spec s;
	struct err e = { .text = "" };

	(void)state;
	assert_int_equal(parse(&s, COUNT(none), none, &e), -1);
	assert_non_null(strstr(e.text, "uid= is missing"));
	assert_int_equal(parse(&s, COUNT(root), root, &e), -1);
	assert_int_equal(parse(&s, 0, none, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_agent_says_the_host_understands),
		cmocka_unit_test(the_fullest_spec_fits),
		cmocka_unit_test(a_word_that_is_not_understood_is_refused),
		cmocka_unit_test(a_list_ends_before_its_room_does),
		cmocka_unit_test(nobody_is_no_user),
	};

	return cmocka_run_group_tests_name("agent_spec", tests, NULL, NULL);
}
