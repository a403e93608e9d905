/* SPDX-License-Identifier: MIT */
/*
 * What leaves the station: commands for a shell, and a report for a browser
 * and a spreadsheet. Whatever stands in them came from strangers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day.h"
#include "remote.h"
#include "report.h"

#define EVIL "<script>alert('x')</script>&\"=cmd|' /C calc'!A0"

/* What a shell makes of the command; the caller's. */
static char *
run(const char *script, const char *const args[])
{
	own_bytes struct bytes command = { 0 };
	char *out = calloc(1, 4096);
	struct err e;
	FILE *f;

	assert_int_equal(remote_command(&command, true, script, args, &e), 0);
	assert_non_null(f = popen(command.p, "r"));
	assert_int_not_equal(fread(out, 1, 4095, f), 0);
	(void)pclose(f);
	return out;
}

static void
no_argument_becomes_syntax(void **state)
{
	static const char *const rows[] = { "plain", "a b", "'", "''",
		"'; echo broken; '", "$(echo broken)", "`echo broken`", "\\",
		"\"", "*", "~", "-n", "a'\\''b", "!!", "#x", "%s%n" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const args[] = { rows[i], "end", NULL };
		own_str char *got = run("printf '%s|%s' \"$1\" \"$2\"", args);
		char want[128];

		(void)snprintf(want, sizeof(want), "%s|end", rows[i]);
		assert_string_equal(got, want);
	}
}

static void
a_control_character_is_no_argument(void **state)
{
	static const char *const args[] = { "a\nb", NULL };
	own_bytes struct bytes command = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(remote_command(&command, true, "true", args, &e), -1);
}

static void
who_is_not_root_asks_sudo_that_never_prompts(void **state)
{
	own_bytes struct bytes command = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(remote_command(&command, false, "true", NULL, &e), 0);
	assert_string_equal(command.p, "sudo -n -- sh -c 'true' ingot-station");
}

static void
the_last_line_is_what_is_shown(void **state)
{
	char out[] = "out\n", err[] = "first\nlast \033[2J\n\n";
	struct said s = { .out = { .p = out, .len = strlen(out) } };

	(void)state;
	assert_string_equal(remote_last_line(&s), "out");
	s.err = (struct bytes){ .p = err, .len = strlen(err) };
	assert_string_equal(remote_last_line(&s), "last ?[2J");
	s = (struct said){ .status = 0 };
	assert_string_equal(remote_last_line(&s), "");
}

static struct unit unit[] = {
	{ .name = "GW-1", .serial = "GW-1", .host = "10.0.0.1" },
	{ .name = "GW-2", .serial = "GW-2", .host = "10.0.0.2" }
};
static struct units units = { unit, 2 };
static struct outcome outcomes[2];
static struct job job = { .bundle_path = EVIL, .snapshot = "abc", .jobs = 2 };
static struct day day = {
	.job = &job, .units = &units, .outcomes = outcomes, .began = 1
};

static int
evil_day(void **state)
{
	(void)state;
	outcomes[0].how = OUTCOME_DONE;
	outcomes[1].how = OUTCOME_FAILED;
	(void)strcpy(outcomes[1].step, "copy");
	(void)strcpy(outcomes[1].why, EVIL);
	(void)strcpy(outcomes[1].next, EVIL);
	(void)strcpy(outcomes[0].verdict, EVIL);
	/* Short is enough to begin a comment that hides every unit below. */
	(void)strcpy(outcomes[0].mode, "<!--mode");
	(void)strcpy(outcomes[0].snapshot, "<!--snapshot");
	(void)strcpy(outcomes[0].agent, "<!--agent");
	(void)strcpy(outcomes[0].hostkey, "<!--hostkey");
	(void)strcpy(outcomes[0].birth, "<!--birth");
	return 0;
}

static void
nothing_in_the_page_is_markup_but_ours(void **state)
{
	own_bytes struct bytes page = { 0 };
	const char *p;
	int shown = 0;

	(void)state;
	report_html(&day, &page);
	assert_false(page.bad);
	assert_null(strstr(page.p, "<script"));
	assert_null(strstr(page.p, "<!--"));
	assert_null(strstr(page.p, "alert('x')"));
	for (p = page.p; (p = strstr(p, "&lt;script&gt;alert(&#39;x")); p++)
		shown++;
	assert_int_equal(shown, 4);
	assert_non_null(strstr(page.p, "What needs a hand"));
	assert_non_null(strstr(page.p, "default-src 'none'"));
	assert_null(strstr(page.p, "http://"));
	assert_null(strstr(page.p, "https://"));
}

static void
the_spreadsheet_gets_texts_only(void **state)
{
	own_bytes struct bytes csv = { 0 };

	(void)state;
	(void)strcpy(outcomes[1].why, "=HYPERLINK(\"http://x\")");
	report_csv(&day, &csv);
	assert_non_null(strstr(csv.p, "\"'=HYPERLINK(\"\"http://x\"\")\""));
	assert_int_equal(strncmp(csv.p, "unit,serial,host,", 17), 0);
}

static void
the_json_reads_back(void **state)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *j = NULL;
	struct outcome o;
	struct err e;

	(void)state;
	report_json(&day, &text);
	j = json_parse("report", text.p, text.len - 1, 1 << 20, &e);
	assert_non_null(j);
	assert_int_equal(json_array_size(json_object_get(j, "units")), 2);
	assert_int_equal(
	    outcome_read(
		&o, json_array_get(json_object_get(j, "units"), 1), &e),
	    0);
	assert_string_equal(o.why, outcomes[1].why);
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(j, "day"), "failed")),
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_argument_becomes_syntax),
		cmocka_unit_test(a_control_character_is_no_argument),
		cmocka_unit_test(who_is_not_root_asks_sudo_that_never_prompts),
		cmocka_unit_test(the_last_line_is_what_is_shown),
		cmocka_unit_test_setup(
		    nothing_in_the_page_is_markup_but_ours, evil_day),
		cmocka_unit_test_setup(
		    the_spreadsheet_gets_texts_only, evil_day),
		cmocka_unit_test_setup(the_json_reads_back, evil_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
