/* SPDX-License-Identifier: MIT */
/*
 * The list of units: what RFC 4180 says, what a spreadsheet does to it, and
 * what is refused with which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "csv.h"
#include "units.h"

#define KEY_A "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static const struct unit_defaults defaults = { "root", "gw100", "", 22 };

static int
parse(struct units *l, const char *text, struct err *e)
{
	return units_parse(l, "units.csv", text, strlen(text), &defaults, e);
}

static void
a_list_is_read_in_any_order_of_columns(void **state)
{
	own_units struct units l = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(&l,
		"host,serial,user,port,hostkey,hardware,value.site\n"
		"10.0.0.1,GW-1,admin,2222," KEY_A ",A2,north/1\n"
		"fe80::1%eth0,GW-2,,,,,\n",
		&e),
	    0);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.unit[0].serial, "GW-1");
	assert_string_equal(l.unit[0].name, "GW-1");
	assert_string_equal(l.unit[0].host, "10.0.0.1");
	assert_string_equal(l.unit[0].user, "admin");
	assert_int_equal(l.unit[0].port, 2222);
	assert_string_equal(l.unit[0].hostkey, KEY_A);
	assert_string_equal(l.unit[0].hardware, "A2");
	assert_int_equal(l.unit[0].values, 1);
	assert_string_equal(l.unit[0].value[0].name, "site");
	assert_string_equal(l.unit[0].value[0].text, "north/1");
	assert_int_equal(l.unit[0].line, 2);
	/* What its row leaves out comes from the options. */
	assert_string_equal(l.unit[1].user, "root");
	assert_string_equal(l.unit[1].model, "gw100");
	assert_int_equal(l.unit[1].port, 22);
	assert_int_equal(l.unit[1].values, 0);
}

static void
what_a_spreadsheet_writes_is_read(void **state)
{
	own_units struct units l = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(parse(&l,
			     "\xef\xbb\xbf\"serial\",\"host\"\r\n\r\n"
			     "\"GW-1\",10.0.0.1\r\nGW-2,\"10.0.0.2\"",
			     &e),
	    0);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.unit[1].host, "10.0.0.2");
	assert_int_equal(l.unit[1].line, 4);
}

static void
what_is_wrong_is_said_with_file_line_and_remedy(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "", "names no unit" },
		{ "serial,host\n", "names no unit" },
		{ "serial\nA\n",
		    "units.csv:1: the first line names the "
		    "columns, and \"host\" is not among them" },
		{ "serial,host,colour\n", "there is no column \"colour\"" },
		{ "serial;host\n", "not with a semicolon" },
		{ "serial,host,serial\n", "column serial stands twice" },
		{ "serial,host,value.a,value.a\n", "value.a stands twice" },
		{ "serial,host,value.1a\n", "begins with a letter" },
		{ "serial,host,value.-a\n", "begins with a letter" },
		{ "serial,host,value._a\n", "begins with a letter" },
		{ "serial,host,password\n", "--password-fd" },
		{ "serial,host\nA,b,c\n",
		    "units.csv:2: 3 fields, but the first "
		    "line names 2 columns" },
		{ "serial,host\n,b\n", "serial is empty" },
		{ "serial,host\n../x,b\n", "serial is not right" },
		{ "serial,host\nA/B,b\n", "serial is not right" },
		{ "serial,host\n-A,b\n", "serial is not right" },
		{ "serial,host\nA$(x),b\n", "serial is not right" },
		{ "serial,host\nA,b;reboot\n", "host is not right" },
		{ "serial,host\nA,-oProxy\n", "host is not right" },
		{ "serial,host,user\nA,b,a b\n", "user is not right" },
		{ "serial,host,user\nA,b,-l\n", "user is not right" },
		{ "serial,host,port\nA,b,0\n",
		    "port is not right; it is 1 to" },
		{ "serial,host,port\nA,b,65536\n", "port is not right" },
		{ "serial,host,port\nA,b,99999999\n", "port is not right" },
		{ "serial,host,hostkey\nA,b,MD5:aa\n", "ssh-keygen -lf" },
		{ "serial,host,hostkey\nA,b,SHA256:AAAA\n", "ssh-keygen -lf" },
		{ "serial,host,value.x\nA,b,a'b\n", "value.x" },
		{ "serial,host\nA,h1\nA,h2\n",
		    "units.csv:3: the same serial as unit A (line 2)" },
		{ "serial,host\nA,h1\nB,H1\n", "the same host and port as" },
		{ "serial,host,hostkey\nA,h1," KEY_A "\nB,h2," KEY_A "\n",
		    "the same host key as unit A" },
		{ "serial,host\nA,\"b\nC,d\n", "a quote is never closed" },
		{ "serial,host\nA,b\"c\n", "a quote inside a field" },
		{ "serial,host\nA,\"b\"c\n", "behind a closing quote" },
		{ "serial,host\rA,b\r", "carriage return alone" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_units struct units l = { 0 };

		if (parse(&l, rows[i].text, &e) == 0)
			fail_msg("taken: %s", rows[i].text);
		if (strstr(e.text, rows[i].says) == NULL ||
		    strncmp(e.text, "units.csv:", 10) != 0)
			fail_msg("%s: says \"%s\"", rows[i].text, e.text);
	}
}

static void
limits_hold(void **state)
{
	own_units struct units l = { 0 };
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	bytes_fmt(&text, "serial,host\n");
	for (int i = 0; i <= UNITS_MAX; i++)
		bytes_fmt(&text, "S%d,h%d\n", i, i);
	assert_int_equal(parse(&l, text.p, &e), -1);
	assert_non_null(strstr(e.text, "more than 4096 units"));
	units_free(&l);
	assert_int_equal(
	    units_parse(&l, "units.csv", "serial\0", 7, &defaults, &e), -1);
	assert_non_null(strstr(e.text, "NUL"));
	units_free(&l);
	bytes_free(&text);
	bytes_fmt(&text, "serial,host\nA,");
	for (int i = 0; i < CSV_FIELD_MAX + 1; i++)
		bytes_fmt(&text, "h");
	assert_int_equal(parse(&l, text.p, &e), -1);
	assert_non_null(strstr(e.text, "longer than"));
}

static void
words_name_units_as_well(void **state)
{
	char one[] = "GW-1=admin@10.0.0.1:2222", two[] = "10.0.0.2";
	char three[] = "[fe80::1]:24", four[] = "fe80::2", bad[] = "GW 1=h";
	char *const words[] = { one, two, three, four, NULL };
	char *const twice[] = { two, two, NULL };
	char *const wrong[] = { bad, NULL };
	own_units struct units l = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(units_words(&l, words, &defaults, &e), 0);
	assert_string_equal(l.unit[0].serial, "GW-1");
	assert_string_equal(l.unit[0].user, "admin");
	assert_string_equal(l.unit[0].host, "10.0.0.1");
	assert_int_equal(l.unit[0].port, 2222);
	assert_string_equal(l.unit[1].name, "10.0.0.2");
	assert_string_equal(l.unit[2].host, "fe80::1");
	assert_string_equal(l.unit[2].name, "[fe80::1]:24");
	assert_string_equal(l.unit[3].host, "fe80::2");
	units_free(&l);
	assert_int_equal(units_words(&l, twice, &defaults, &e), -1);
	units_free(&l);
	assert_int_equal(units_words(&l, wrong, &defaults, &e), -1);
	assert_non_null(strstr(e.text, "serial is not right"));
}

static int
keep_field(
    void *ctx, unsigned line, char *const *fields, size_t n, struct err *e)
{
	(void)line;
	(void)e;
	assert_int_equal(n, 2);
	assert_string_equal(fields[1], "end");
	*(char **)ctx = strdup(fields[0]);
	return 0;
}

static void
what_is_written_reads_back_and_is_no_formula(void **state)
{
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "a,b", "a,b" },
		{ "say \"x\"", "say \"x\"" },
		{ "two\nlines", "two\nlines" },
		{ "=1+1", "'=1+1" },
		{ "@x", "'@x" },
		{ "-1", "'-1" },
		{ "", "" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_bytes struct bytes b = { 0 };
		char *got = NULL;

		csv_put(&b, rows[i][0]);
		bytes_fmt(&b, ",end\r\n");
		assert_int_equal(
		    csv_parse("x", b.p, b.len, keep_field, &got, &e), 0);
		assert_string_equal(got, rows[i][1]);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_in_any_order_of_columns),
		cmocka_unit_test(what_a_spreadsheet_writes_is_read),
		cmocka_unit_test(
		    what_is_wrong_is_said_with_file_line_and_remedy),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(words_name_units_as_well),
		cmocka_unit_test(what_is_written_reads_back_and_is_no_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
