/* SPDX-License-Identifier: MIT */
/*
 * Slot values: each kind from its own source, errors that say what to do and
 * never a secret, and what is kept across restarts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "values.h"

#define UNIT                                                                   \
	"serial = \"U-17\";\nmodel = \"gw100\";\n"                             \
	"values = { site = \"north\"; };\n"

static struct {
	char path[64];
	char unit_file[96];
	int state;
	struct settings settings;
} w;

static void
unit_conf(const char *text)
{
	struct err e;

	assert_int_equal(file_write(AT_FDCWD, w.unit_file, text, strlen(text),
			     FILE_PUBLIC, &e),
	    0);
}

static int
make(void **state)
{
	(void)state;
	(void)strcpy(w.path, "/tmp/ingot-values.XXXXXX");
	assert_non_null(mkdtemp(w.path));
	(void)snprintf(
	    w.unit_file, sizeof(w.unit_file), "%s/unit.conf", w.path);
	w.settings.unit_file = w.unit_file;
	w.state = open(w.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(w.state, -1);
	unit_conf(UNIT);
	return 0;
}

static int
drop(void **state)
{
	struct err e;

	(void)state;
	(void)close(w.state);
	(void)file_remove_tree(AT_FDCWD, w.path, &e);
	return 0;
}

/* What values_lookup gives for this name; *rc its result. */
static const char *
look(const char *name, int *rc, struct err *e)
{
	static char value[SLOT_VALUE_MAX + 1];
	own_values struct values v;

	value[0] = '\0';
	assert_int_equal(values_open(&v, &w.settings, w.state, e), 0);
	*rc = values_lookup(&v, name, value, e);
	if (*rc == 1)
		assert_int_equal(values_save(&v, e), 0);
	return value;
}

static void
facts_of_the_unit_have_values(void **state)
{
	char host[65];
	struct err e;
	int rc;

	(void)state;
	assert_string_equal(look("unit.serial", &rc, &e), "U-17");
	assert_string_equal(look("unit.model", &rc, &e), "gw100");
	assert_string_equal(look("unit.site", &rc, &e), "north");
	(void)gethostname(host, sizeof(host));
	assert_string_equal(look("unit.hostname", &rc, &e), host);
	assert_string_equal(look("unit.mac.lo", &rc, &e), "00:00:00:00:00:00");
	assert_int_equal(rc, 1);
}

static void
a_fact_that_will_never_come_is_an_error_with_a_remedy(void **state)
{
	static const struct {
		const char *name, *says;
	} rows[] = {
		{ "unit.colour", "add \"colour\" to the values" },
		{ "unit.mac.nosuch0", "no such interface" },
		{ "unit.mac.../../passwd", "no such interface" },
		{ "unit.mac.averyveryverylongname", "no such interface" },
		{ "other.thing", "no such kind of slot" },
		{ "generated.psk", "its length is not 8 to 64" },
		{ "generated.psk:7", "its length is not 8 to 64" },
		{ "generated.psk:65", "its length is not 8 to 64" },
	};
	struct err e;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)look(rows[i].name, &rc, &e);
		assert_int_equal(rc, -1);
		assert_non_null(strstr(e.text, rows[i].says));
	}
}

static void
an_issued_value_comes_later(void **state)
{
	own_json json_t *v = json_pack("{s:s}", "mqtt.username", "unit-17");
	struct stat st;
	struct err e;
	int rc;

	(void)state;
	(void)look("issued.mqtt.username", &rc, &e);
	assert_int_equal(rc, 0);
	assert_int_equal(values_issue(w.state, v, &e), 0);
	assert_string_equal(look("issued.mqtt.username", &rc, &e), "unit-17");
	assert_int_equal(fstatat(w.state, "identity/issued.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
issuing_adds_and_replaces_and_forgets_nothing(void **state)
{
	own_json json_t *a = json_pack("{s:s, s:s}", "a", "1", "b", "2");
	own_json json_t *b = json_pack("{s:s, s:s}", "b", "3", "c", "4");
	struct err e;
	int rc;

	(void)state;
	assert_int_equal(values_issue(w.state, a, &e), 0);
	assert_int_equal(values_issue(w.state, b, &e), 0);
	assert_string_equal(look("issued.a", &rc, &e), "1");
	assert_string_equal(look("issued.b", &rc, &e), "3");
	assert_string_equal(look("issued.c", &rc, &e), "4");
}

static void
what_no_format_could_hold_is_not_issued(void **state)
{
	static const char *const rows[][2] = {
		{ "pass", "with\nnewline" },
		{ "pass", "with \"quote\"" },
		{ "pass", "with space" },
		{ "pass", "" },
		{ "Upper", "x" },
		{ "", "x" },
		{ "a}b", "x" },
	};
	own_json json_t *number = json_pack("{s:i}", "a", 1);
	own_json json_t *list = json_array();
	struct err e;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_json json_t *v = json_pack(
		    "{s:s, s:s}", "good", "x", rows[i][0], rows[i][1]);

		assert_int_equal(values_issue(w.state, v, &e), -1);
		/* A value may be a secret; the reason must not hold it. */
		if (strlen(rows[i][1]) > 1)
			assert_null(strstr(e.text, rows[i][1]));
	}
	assert_int_equal(values_issue(w.state, number, &e), -1);
	assert_int_equal(values_issue(w.state, list, &e), -1);
	(void)look("issued.good", &rc, &e);
	assert_int_equal(rc, 0); /* all or none */
}

static void
a_generated_value_is_made_once(void **state)
{
	char first[SLOT_VALUE_MAX + 1];
	struct stat st;
	struct err e;
	int rc;

	(void)state;
	(void)strcpy(first, look("generated.psk:32", &rc, &e));
	assert_int_equal(rc, 1);
	assert_int_equal(strlen(first), 32);
	assert_string_equal(look("generated.psk:32", &rc, &e), first);
	assert_string_not_equal(look("generated.other:32", &rc, &e), first);
	(void)look("generated.psk:16", &rc, &e);
	assert_int_equal(rc, -1);
	assert_null(strstr(e.text, first));
	assert_int_equal(
	    fstatat(w.state, "identity/generated.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
a_damaged_store_is_an_error_never_an_empty_one(void **state)
{
	static const char *const rows[] = { "", "{", "[]", "{\"a\":1}",
		"{\"a\":\"x\",\"a\":\"y\"}", "{\"a\":\"b c\"}" };
	struct values v;
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(w.state, "identity", 0700, &e), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(file_write(w.state, "identity/generated.json",
				     rows[i], strlen(rows[i]), FILE_SECRET, &e),
		    0);
		assert_int_equal(values_open(&v, &w.settings, w.state, &e), -1);
		assert_non_null(strstr(e.text, "generated.json"));
	}
}

static void
unit_conf_is_read_strictly(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "model = \"m\";", "serial" },
		{ "serial = \"s\";", "model" },
		{ "serial = \"a b\"; model = \"m\";", "may hold" },
		{ "serial = \"\"; model = \"m\";", "may hold" },
		{ "serial = \"s\"; model = \"m\"; colour = 1;", "colour" },
		{ "serial = \"s\"; model = \"m\"; values = { a = 1; };", "a" },
		{ "serial = \"s\"; model = \"m\"; values = { a = \"{}\"; };",
		    "do not allow" },
		{ "serial = ", "unit.conf" },
	};
	struct facts f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_conf(rows[i].text);
		assert_int_equal(facts_read(&f, &w.settings, &e), -1);
		facts_free(&f);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("\"%s\": %s", rows[i].text, e.text);
	}
	(void)unlink(w.unit_file);
	assert_int_equal(facts_read(&f, &w.settings, &e), -1);
	assert_non_null(strstr(e.text, "unit.conf"));
	facts_free(&f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(facts_of_the_unit_have_values),
		T(a_fact_that_will_never_come_is_an_error_with_a_remedy),
		T(an_issued_value_comes_later),
		T(issuing_adds_and_replaces_and_forgets_nothing),
		T(what_no_format_could_hold_is_not_issued),
		T(a_generated_value_is_made_once),
		T(a_damaged_store_is_an_error_never_an_empty_one),
		T(unit_conf_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
