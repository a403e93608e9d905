/* SPDX-License-Identifier: MIT */
/*
 * The residue search: a value is found in each disguise, at each place, also
 * when lines are wrapped; and what is no trace of it is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "own.h"
#include "residue.h"

#define SECRET "q7&Zx9<kLm2/\"Wp"

static struct residue *
searching_for(enum residue_kind kind, const char *value)
{
	struct err e;
	struct residue *r = residue_new(6, &e);

	assert_non_null(r);
	assert_int_equal(
	    residue_add(r, kind, "it", value, strlen(value), &e), 1);
	return r;
}

static int
on_found(
    void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	(void)form;
	(void)at;
	(void)e;
	assert_string_equal(what, "it");
	++*(unsigned *)ctx;
	return 0;
}

static unsigned
found_in(const struct residue *r, const void *p, size_t len)
{
	unsigned n = 0;
	struct err e;

	assert_int_equal(residue_scan(r, p, len, on_found, &n, &e), 0);
	return n;
}

static unsigned
found(const struct residue *r, const char *text)
{
	return found_in(r, text, strlen(text));
}

/* SECRET as other programs write it; each line was made by another tool. */
static const char *const disguises[] = {
	"before " SECRET " behind",
	"3771375a7839" /* split below */,
};

static void
a_secret_is_found_as_it_is_and_escaped(void **state)
{
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);

	(void)state;
	assert_true(found(r, disguises[0]) > 0);
	assert_true(found(r, "<v>q7&amp;Zx9&lt;kLm2/\"Wp</v>") > 0);
	assert_true(found(r, "<v a='q7&amp;Zx9&lt;kLm2/&quot;Wp'/>") > 0);
	assert_true(found(r, "{\"v\":\"q7&Zx9<kLm2/\\\"Wp\"}") > 0);
	assert_true(found(r, "{\"v\":\"q7&Zx9<kLm2\\/\\\"Wp\"}") > 0);
	assert_true(found(r, "u=q7%26Zx9%3CkLm2%2F%22Wp") > 0);
	assert_true(found(r, "u=q7%26Zx9%3ckLm2%2f%22Wp") > 0);
	assert_int_equal(found(r, "q7&Zx9<kLm2/'Wp and no more"), 0);
	/* A part of it is not it. */
	assert_int_equal(found(r, disguises[1]), 0);
	residue_free(r);
}

static void
a_secret_is_found_in_hex_of_both_cases(void **state)
{
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);
	char hex[64];

	(void)state;
	hex_encode(SECRET, strlen(SECRET), hex);
	assert_true(found(r, hex) > 0);
	for (char *c = hex; *c != '\0'; c++)
		*c = (char)(*c >= 'a' ? *c - 32 : *c);
	assert_true(found(r, hex) > 0);
	residue_free(r);
}

static void
a_secret_is_found_in_hex_with_separators(void **state)
{
	static const char *const between[] = { ":", " ", "-", "\\x" };
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);

	(void)state;
	for (size_t w = 0; w < 4; w++)
		for (int upper = 0; upper < 2; upper++) {
			own_bytes struct bytes text = { 0 };

			for (size_t i = 0; i < strlen(SECRET); i++)
				bytes_fmt(&text, upper ? "%s%02X" : "%s%02x",
				    i > 0 ? between[w] : "",
				    (unsigned char)SECRET[i]);
			if (found(r, text.p) == 0)
				fail_msg("%s", text.p);
		}
	residue_free(r);
}

/* With any number of bytes before and behind it in what is encoded. */
static void
a_secret_is_found_in_base64_at_each_alignment(void **state)
{
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);
	char plain[64];

	(void)state;
	for (int before = 0; before < 7; before++) {
		for (int behind = 0; behind < 4; behind++) {
			own_str char *text = NULL;

			(void)snprintf(plain, sizeof(plain), "%.*s%s%.*s",
			    before, "user:xx", SECRET, behind, "@end");
			text = base64_encode(plain, strlen(plain));
			if (found(r, text) == 0)
				fail_msg("%s is %s", text, plain);
			for (char *c = text; *c != '\0'; c++)
				*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
			assert_true(found(r, text) > 0);
		}
	}
	residue_free(r);
}

static void
a_secret_is_found_in_both_utf16_orders(void **state)
{
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);
	char wide[2 * sizeof(SECRET) + 1] = "";

	(void)state;
	for (size_t i = 0; i < strlen(SECRET); i++)
		wide[2 * i] = SECRET[i];
	assert_true(found_in(r, wide, 2 * strlen(SECRET)) > 0);
	memmove(wide + 1, wide, 2 * strlen(SECRET));
	wide[0] = '\0';
	assert_true(found_in(r, wide, 2 * strlen(SECRET)) > 0);
	residue_free(r);
}

static void
a_secret_at_the_first_and_the_last_byte_is_found(void **state)
{
	struct residue *r = searching_for(RESIDUE_SECRET, SECRET);
	struct err e;

	(void)state;
	assert_true(found_in(r, SECRET, strlen(SECRET)) > 0);
	assert_int_equal(found_in(r, SECRET, strlen(SECRET) - 1), 0);
	assert_int_equal(found_in(r, "", 0), 0);
	residue_free(r);
	/* The shortest that can be searched for, at the very end. */
	r = residue_new(0, &e);
	assert_non_null(r);
	assert_int_equal(
	    residue_add(r, RESIDUE_SECRET, "it", "q7&Z", 4, &e), 1);
	assert_true(found(r, "x q7&Z") > 0);
	assert_true(found(r, "q7&Z") > 0);
	residue_free(r);
}

/* 300 bytes in base64, in lines of 64 and of 76 characters. */
static void
a_long_secret_is_found_though_its_lines_are_wrapped(void **state)
{
	static const int widths[] = { 64, 76 };
	own_bytes struct bytes value = { 0 }, wrapped = { 0 };
	own_str char *text = NULL;
	struct residue *r;

	(void)state;
	for (int i = 0; i < 300; i++)
		bytes_fmt(&value, "%c", 'A' + (i * 7 + i / 13) % 57);
	r = searching_for(RESIDUE_SECRET, value.p);
	text = base64_encode(value.p, value.len);
	for (size_t w = 0; w < 2; w++) {
		bytes_free(&wrapped);
		for (size_t at = 0; at < strlen(text); at += (size_t)widths[w])
			bytes_fmt(&wrapped, "%.*s\n", widths[w], text + at);
		assert_true(found_in(r, wrapped.p, wrapped.len) > 0);
	}
	/* A piece of it, anywhere. */
	assert_true(found_in(r, value.p + 70, 60) > 0);
	/* And its end, which fills no piece. */
	assert_int_not_equal(value.len % RESIDUE_PIECE, 0);
	assert_true(found_in(r, value.p + value.len - RESIDUE_PIECE,
			RESIDUE_PIECE) > 0);
	residue_free(r);
}

static void
an_identifier_is_found_in_any_case_and_with_other_separators(void **state)
{
	static const char *const forms[] = { "02:42:ac:11:00:0b",
		"02:42:AC:11:00:0B", "02-42-ac-11-00-0b", "0242ac11000b",
		"ap_0242AC11000B", "0242.ac11.000b", "0b:00:11:ac:42:02",
		"0B-00-11-AC-42-02", "0b0011ac4202", "\x02\x42\xac\x11\0\x0b",
		"\x0b\0\x11\xac\x42\x02", "0242:ac11:000b", "0B00.11AC.4202" };
	struct residue *r =
	    searching_for(RESIDUE_IDENTIFIER, "02:42:Ac:11:00:0b");

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (i != 9 && i != 10 && found(r, forms[i]) == 0)
			fail_msg("%s was not found", forms[i]);
	assert_true(found_in(r, forms[9], 6) > 0);
	assert_true(found_in(r, forms[10], 6) > 0);
	assert_int_equal(found(r, "02:42:ac:11:00:0c"), 0);
	residue_free(r);
}

static void
a_machine_id_is_found_as_a_uuid(void **state)
{
	struct residue *r = searching_for(
	    RESIDUE_IDENTIFIER, "0123456789abcdef0123456789abcdef");

	(void)state;
	assert_true(found(r, "01234567-89ab-cdef-0123-456789abcdef") > 0);
	assert_true(found(r, "01234567-89AB-CDEF-0123-456789ABCDEF") > 0);
	residue_free(r);
}

static void
a_host_name_counts_only_as_a_word(void **state)
{
	struct residue *r = searching_for(RESIDUE_WORD, "gateway");

	(void)state;
	assert_true(found(r, "127.0.1.1 gateway\n") > 0);
	assert_true(found(r, "Gateway.local") > 0);
	assert_int_equal(found(r, "gateways and supergateway"), 0);
	residue_free(r);
}

static void
a_value_that_is_too_short_is_told_and_not_searched(void **state)
{
	struct err e;
	struct residue *r = residue_new(6, &e);

	(void)state;
	assert_int_equal(residue_add(r, RESIDUE_WORD, "it", "gw", 2, &e), 0);
	assert_int_equal(
	    residue_add(r, RESIDUE_SECRET, "it", "12345", 5, &e), 0);
	assert_int_equal(residue_forms(r), 0);
	assert_int_equal(found(r, "gw 12345"), 0);
	residue_free(r);
}

static void
placeholders_are_no_secrets(void **state)
{
	static const char *const values[] = { "changeit", "username",
		"Password", "00:00:00:00:00:00", "********", "" };
	struct err e;
	struct residue *r = residue_new(6, &e);

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(residue_add(r, RESIDUE_SECRET, "it", values[i],
				     strlen(values[i]), &e),
		    1);
	assert_int_equal(residue_forms(r), 0);
	assert_int_equal(
	    residue_add(r, RESIDUE_SECRET, "it", "!$%&/()=", 8, &e), 1);
	assert_true(residue_forms(r) > 0);
	residue_free(r);
}

static void
many_values_are_all_found_in_one_pass(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct err e;
	struct residue *r = residue_new(6, &e);
	unsigned n = 0;
	char value[32];

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)snprintf(
		    value, sizeof(value), "value-%d-x%d", i * 977, i);
		assert_int_equal(residue_add(r, RESIDUE_SECRET, "it", value,
				     strlen(value), &e),
		    1);
		bytes_fmt(&text, "some text, then %s, and more\n", value);
	}
	assert_int_equal(
	    residue_scan(r, text.p, text.len, on_found, &n, &e), 0);
	assert_true(n >= 500);
	residue_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_found_as_it_is_and_escaped),
		cmocka_unit_test(a_secret_is_found_in_hex_of_both_cases),
		cmocka_unit_test(a_secret_is_found_in_hex_with_separators),
		cmocka_unit_test(a_secret_is_found_in_base64_at_each_alignment),
		cmocka_unit_test(a_secret_is_found_in_both_utf16_orders),
		cmocka_unit_test(
		    a_secret_at_the_first_and_the_last_byte_is_found),
		cmocka_unit_test(
		    a_long_secret_is_found_though_its_lines_are_wrapped),
		cmocka_unit_test(
		    an_identifier_is_found_in_any_case_and_with_other_separators),
		cmocka_unit_test(a_machine_id_is_found_as_a_uuid),
		cmocka_unit_test(a_host_name_counts_only_as_a_word),
		cmocka_unit_test(
		    a_value_that_is_too_short_is_told_and_not_searched),
		cmocka_unit_test(placeholders_are_no_secrets),
		cmocka_unit_test(many_values_are_all_found_in_one_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
