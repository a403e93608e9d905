/* SPDX-License-Identifier: MIT */
/*
 * ingot.conf: the defaults, every key, and what is refused with which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "settings.h"

static int
parse(struct settings *s, const char *text, struct err *e)
{
	return settings_parse(s, "ingot.conf", text, strlen(text), e);
}

static void
a_missing_file_gives_the_defaults(void **state)
{
	struct settings s;
	struct err e;

	(void)state;
	assert_int_equal(settings_read(&s, "/nix/nix/ingot.conf", &e), 0);
	assert_string_equal(s.state_dir, "/var/lib/ingot");
	assert_string_equal(s.run_dir, "/run/ingot");
	assert_string_equal(s.log_dir, "/var/log/ingot");
	assert_string_equal(s.policy_dir, "/etc/ingot/policies");
	assert_string_equal(s.shipped_dir, "/usr/share/ingot/policies");
	assert_string_equal(s.plugin_dir, "/usr/lib/ingot/plugins");
	assert_string_equal(s.libexec_dir, "/usr/libexec/ingot");
	assert_string_equal(s.anchors, "/etc/ingot/maker-ca.pem");
	assert_string_equal(s.unit_file, "/etc/ingot/unit.conf");
	assert_string_equal(s.group, "ingot");
	assert_string_equal(s.plugins[0], "firewall_policy");
	assert_null(s.plugins[4]);
	assert_int_equal(s.confirm_s, 120);
	assert_int_equal(s.backoff_ms, 1000);
	assert_false(s.unsigned_bundles);
	assert_true(s.unsigned_plugins);
	settings_free(&s);
	settings_free(&s); /* twice does no harm */
}

static void
every_key_is_read_and_the_struct_may_be_moved(void **state)
{
	struct settings s, moved;
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(&s,
		"state_dir = \"/a\"; run_dir = \"/b\"; log_dir = \"/c\";"
		"policy_dir = \"/d\"; shipped_dir = \"/e\";"
		"plugin_dir = \"/f\"; libexec_dir = \"/g\"; anchors = \"/h\";"
		"unit_file = \"/i\"; unpack_user = \"j\"; group = \"k\";"
		"plugins = [ \"b\", \"a\" ]; confirm_s = 0;"
		"unsigned_bundles = true; unsigned_plugins = false;"
		"log_json = true; backoff_ms = 1; quick_ms = 0;"
		"stop_ms = 10; check_ms = 20;",
		&e),
	    0);
	moved = s;
	memset(&s, 0xff, sizeof(s));
	assert_string_equal(moved.unit_file, "/i");
	assert_string_equal(moved.unpack_user, "j");
	assert_string_equal(moved.plugins[0], "b");
	assert_string_equal(moved.plugins[1], "a");
	assert_null(moved.plugins[2]);
	assert_int_equal(moved.confirm_s, 0);
	assert_true(moved.unsigned_bundles && moved.log_json);
	assert_false(moved.unsigned_plugins);
	assert_int_equal(moved.check_ms, 20);
	settings_free(&moved);
}

static void
what_is_wrong_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "stat_dir = \"/a\";", "ingot.conf:1: unknown key" },
		{ "\nstate_dir = \"a\";",
		    "ingot.conf:2: state_dir must be an "
		    "absolute path" },
		{ "state_dir = \"\";", "must be an absolute path" },
		{ "state_dir = 7;", "must be a text" },
		{ "state_dir = \"/a\\x0ab\";", "control character" },
		{ "group = \"\";", "group must be a name" },
		{ "confirm_s = -1;", "between 0 and 86400" },
		{ "confirm_s = \"1\";", "whole number" },
		{ "backoff_ms = 0;", "between 1" },
		{ "log_json = 1;", "true or false" },
		{ "plugins = \"a\";", "must be a list" },
		{ "plugins = [ 1 ];", "must be a text" },
		{ "plugins = [ \"A\" ];", "no plugin name" },
		{ "plugins = [ \"../a\" ];", "no plugin name" },
		{ "plugins = [ \"\" ];", "no plugin name" },
		{ "plugins = [ \"9a\" ];", "no plugin name" },
		{ "plugins = [ \"a\", \"b\", \"a\" ];", "stands here twice" },
		{ "plugins = [ \"aaaaaaaaaaaaaaaaaaaaaaaa\" ];",
		    "longer than" },
		{ "plugins = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\","
		  "\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\"];",
		    "more than 15" },
		{ "@include \"/etc/passwd\"\n", "@include is not allowed" },
		{ "state_dir = ", "syntax error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct settings s;
		struct err e;

		assert_int_equal(parse(&s, rows[i].text, &e), -1);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_null(s.file); /* nothing is held */
	}
}

static void
fifteen_plugins_are_fine(void **state)
{
	struct settings s;
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(&s,
		"plugins = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\","
		"\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\"];",
		&e),
	    0);
	assert_string_equal(s.plugins[14], "o");
	assert_null(s.plugins[15]);
	settings_free(&s);
}

static void
an_unreadable_file_is_not_a_missing_one(void **state)
{
	struct settings s;
	struct err e;

	(void)state;
	assert_int_equal(settings_read(&s, "/dev/null", &e), -1);
	assert_int_equal(settings_read(&s, "/etc", &e), -1);
}

static void
only_the_folders_can_not_change(void **state)
{
	struct settings a, b;
	struct err e;

	(void)state;
	assert_int_equal(parse(&a, "state_dir = \"/a\";", &e), 0);
	assert_int_equal(
	    parse(&b, "state_dir = \"/a\"; plugin_dir = \"/b\";", &e), 0);
	assert_null(settings_fixed(&a, &b));
	settings_free(&b);
	assert_int_equal(
	    parse(&b, "state_dir = \"/a\"; log_dir = \"/b\";", &e), 0);
	assert_string_equal(settings_fixed(&a, &b), "log_dir");
	settings_free(&b);
	settings_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_gives_the_defaults),
		cmocka_unit_test(every_key_is_read_and_the_struct_may_be_moved),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
		cmocka_unit_test(fifteen_plugins_are_fine),
		cmocka_unit_test(an_unreadable_file_is_not_a_missing_one),
		cmocka_unit_test(only_the_folders_can_not_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
