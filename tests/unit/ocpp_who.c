/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "guard.h"
#include "judging.h"
#include "who.h"

/* The settings own their texts and change none. */
#define TEXT(s) ((char[]){ s })

/* Who a charge point is and may be: names, lists, passwords, and how strictly
 * its frames are taken. */

static void
an_identity_is_the_last_segment_decoded_once(void **state)
{
	static const struct {
		const char *root, *target, *identity, *segment;
	} rows[] = {
		{ NULL, "/CP1", "CP1", "CP1" },
		{ NULL, "/ocpp/a/CP1?x=/y", "CP1", "CP1?x=/y" },
		{ "/ocpp", "/ocpp/CP1", "CP1", "CP1" },
		{ "/ocpp/", "/ocpp/CP1", "CP1", "CP1" },
		{ "/ocpp", "/ocpp/deep/CP1", "CP1", "CP1" },
		{ NULL, "/RDAM%20123", "RDAM 123", "RDAM%20123" },
		{ NULL, "/RDAM%7C123", "RDAM|123", "RDAM%7C123" },
		{ NULL, "/%2525", "%25", "%2525" },
		{ NULL, "/a%2fb", "a/b", "a%2fb" },
		{ NULL, "/a+b%23c", "a+b#c", "a+b%23c" },
		{ NULL, "/%C3%A4", "ä", "%C3%A4" },
		{ NULL, "/...", "...", "..." },
		/* 404 */
		{ NULL, "", NULL, NULL },
		{ NULL, "/", NULL, NULL },
		{ NULL, "/CP1/", NULL, NULL },
		{ NULL, "CP1", NULL, NULL },
		{ NULL, "*", NULL, NULL },
		{ NULL, "/?CP1", NULL, NULL },
		{ "/ocpp", "/ocppx/CP1", NULL, NULL },
		{ "/ocpp", "/CP1", NULL, NULL },
		{ NULL, "/%00", NULL, NULL },
		{ NULL, "/a%00b", NULL, NULL },
		{ NULL, "/..", NULL, NULL },
		{ NULL, "/%2e%2e", NULL, NULL },
		{ NULL, "/%2e%2e/", NULL, NULL },
		{ NULL, "/.", NULL, NULL },
		{ NULL, "/%", NULL, NULL },
		{ NULL, "/%4", NULL, NULL },
		{ NULL, "/%4g", NULL, NULL },
		{ NULL, "/a%0ab", NULL, NULL },
		{ NULL, "/a%7fb", NULL, NULL },
		{ NULL, "/%C3", NULL, NULL },
		{ NULL, "/%c2%9b", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char out[OCPP_IDENTITY_MAX + 1];
		const char *segment = NULL;
		bool good =
		    who_identity(rows[i].root, rows[i].target, out, &segment);

		if (good != (rows[i].identity != NULL))
			fail_msg("%s: %s", rows[i].target, out);
		if (!good)
			continue;
		assert_string_equal(out, rows[i].identity);
		assert_string_equal(segment, rows[i].segment);
	}
}

static void
an_identity_of_256_bytes_is_none(void **state)
{
	char target[400] = "/", out[OCPP_IDENTITY_MAX + 1];
	const char *segment;

	(void)state;
	memset(target + 1, 'x', OCPP_IDENTITY_MAX);
	assert_true(who_identity(NULL, target, out, &segment));
	target[1 + OCPP_IDENTITY_MAX] = 'x';
	assert_false(who_identity(NULL, target, out, &segment));
}

static void
a_name_of_2x_has_48_characters_and_no_colon(void **state)
{
	char name[200] = "";

	(void)state;
	for (int i = 0; i < 48; i++)
		(void)strcat(name, "ä");
	assert_true(who_fits(OCPP_201, name));
	(void)strcat(name, "x");
	assert_false(who_fits(OCPP_201, name));
	assert_false(who_fits(OCPP_21, name));
	assert_true(who_fits(OCPP_16, name));
	assert_false(who_fits(OCPP_21, "a:b"));
	assert_true(who_fits(OCPP_16, "a:b"));
}

static void
patterns_are_stars_and_question_marks_alone(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{ "*", "", true },
		{ "CP-*", "CP-1", true },
		{ "CP-*", "CP", false },
		{ "*-1", "CP-1-1", true },
		{ "a*b*c", "aXbYbZc", true },
		{ "a*b*c", "aXbYbZ", false },
		{ "?", "", false },
		{ "CP?", "CP1", true },
		{ "CP?", "CP12", false },
		{ "[ab]", "a", false },
		{ "[ab]", "[ab]", true },
		{ "", "", true },
		{ "", "a", false },
		{ "*a*a*a*a*a*a*a*a*b",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (who_matches(rows[i].pattern, rows[i].text) != rows[i].fits)
			fail_msg("%s %s", rows[i].pattern, rows[i].text);
}

static void
the_policy_says_whose_class_counts(void **state)
{
	struct ocpp_class classes[] = {
		{ .pattern = TEXT("CP-*") },
		{ .pattern = TEXT("CP-7"), .exact = true },
		{ .pattern = TEXT("*") },
	};
	struct ocpp_settings s = { .classes = classes, .nclasses = 3 };

	(void)state;
	s.who = OCPP_ANY;
	assert_ptr_equal(who_class(&s, "CP-7"), &classes[0]);
	assert_ptr_equal(who_class(&s, "other"), &classes[2]);
	s.who = OCPP_PATTERN;
	assert_ptr_equal(who_class(&s, "CP-1"), &classes[0]);
	assert_null(who_class(&s, "other"));
	s.who = OCPP_KNOWN;
	assert_ptr_equal(who_class(&s, "CP-7"), &classes[1]);
	assert_null(who_class(&s, "CP-1"));
	classes[1].pattern = TEXT("CP*");
	assert_null(who_class(&s, "CP-1"));
}

static void
the_offer_keeps_order_and_leaves_out_what_is_not_ours(void **state)
{
	char out[WHO_OFFER];
	unsigned all = 7;

	(void)state;
	(void)who_offer("ocpp1.6", all, "a", out);
	assert_string_equal(out, "ocpp1.6");
	assert_int_equal(
	    who_offer("ocpp2.1,  ocpp2.0 ,ocpp1.6,ocpp1.5", all, "a", out),
	    1u << OCPP_21 | 1u << OCPP_16);
	assert_string_equal(out, "ocpp2.1, ocpp1.6");
	(void)who_offer("ocpp2.1, ocpp2.0.1", 1u << OCPP_201, "a", out);
	assert_string_equal(out, "ocpp2.0.1");
	(void)who_offer("ocpp2.1, ocpp1.6", all, "a:b", out);
	assert_string_equal(out, "ocpp1.6");
	(void)who_offer(
	    "ocpp1.6,ocpp1.6,ocpp1.6,ocpp1.6,ocpp1.6", all, "a", out);
	assert_string_equal(out, "ocpp1.6");
	assert_int_equal(who_offer("", all, "a", out), 0);
	assert_int_equal(who_offer("OCPP1.6, mqtt", all, "a", out), 0);
	assert_string_equal(out, "");
}

static bool
proves(const char *plain, const void *given, size_t len)
{
	struct who_proof p = { .given_len = len };

	memcpy(p.given, given, len);
	(void)strcpy(p.plain, plain);
	who_prove(&p);
	return p.good;
}

static void
a_password_of_the_class_is_text_or_its_hex_the_bytes(void **state)
{
	static const uint8_t key[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ':', 0,
		255, 254, 253 };
	static const char hex[] = "000102030405060708090a3b00fffefd";
	char text[2 * sizeof(key) + 1];

	(void)state;
	hex_encode(key, sizeof(key), text);
	(void)strcpy(text + 22, "3A00FFFEFD");
	assert_true(proves("secret word 1234", "secret word 1234", 16));
	assert_false(proves("secret word 1234", "secret word 1235", 16));
	assert_false(proves("secret word 1234", "secret word 123", 15));
	assert_true(proves("000102030405060708090a3A00FFFEFD", key, 16));
	assert_true(proves(hex, hex, strlen(hex)));
	assert_false(proves("0001", key, 2));
	assert_false(proves("", "", 0));
	assert_false(proves("", key, 16));
}

static void
a_kept_password_is_a_salted_hash(void **state)
{
	static const uint8_t key[] = "a\0:binary-key-of-20";
	struct charger a = { 0 }, b = { 0 };
	struct who_proof p = { .given_len = sizeof(key), .has_hash = true };
	struct err e;

	(void)state;
	assert_int_equal(who_password_is(&a, key, sizeof(key), &e), 0);
	assert_int_equal(who_password_is(&b, key, sizeof(key), &e), 0);
	assert_true(a.has_hash);
	assert_true(a.changed);
	assert_memory_not_equal(a.hash, b.hash, sizeof(a.hash));
	memcpy(p.given, key, sizeof(key));
	memcpy(p.salt, a.salt, sizeof(p.salt));
	memcpy(p.hash, a.hash, sizeof(p.hash));
	who_prove(&p);
	assert_true(p.good);
	assert_int_equal(p.given[0], 0); /* wiped */

	memcpy(p.given, key, sizeof(key));
	p.given[5] ^= 1;
	who_prove(&p);
	assert_false(p.good);
	memcpy(p.given, key, sizeof(key));
	p.has_hash = false;
	who_prove(&p);
	assert_false(p.good);
	assert_int_equal(who_password_is(&a, key, 0, &e), -1);
	assert_int_equal(
	    who_password_is(&a, key, WHO_PASSWORD_MAX + 1, &e), -1);
}

static bool
certified(const char *first, int len, const char *second, const char *identity)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);
	bool is;

	(void)X509_NAME_add_entry_by_txt(
	    n, "O", MBSTRING_UTF8, (const unsigned char *)"CP1", -1, -1, 0);
	if (first != NULL)
		(void)X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
		    (const unsigned char *)first, len, -1, 0);
	if (second != NULL)
		(void)X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
		    (const unsigned char *)second, -1, -1, 0);
	is = who_certified(x, identity);
	X509_free(x);
	return is;
}

static void
a_certificate_is_its_one_common_names(void **state)
{
	(void)state;
	assert_true(certified("CP1", -1, NULL, "CP1"));
	assert_true(certified("Säule 1", -1, NULL, "Säule 1"));
	assert_false(certified("CP2", -1, NULL, "CP1"));
	assert_false(certified("CP11", -1, NULL, "CP1"));
	assert_false(certified("cp1", -1, NULL, "CP1"));
	assert_false(certified("CP1\0x", 5, NULL, "CP1"));
	assert_false(certified(NULL, 0, NULL, "CP1"));
	/* Who checked which? */
	assert_false(certified("CP1", -1, "CP2", "CP1"));
	assert_false(certified("CP2", -1, "CP1", "CP1"));
	assert_false(certified("CP1", -1, "CP1", "CP1"));
	assert_false(who_certified(NULL, "CP1"));
}

static void
a_peer_that_fails_too_often_is_not_listened_to_for_a_minute(void **state)
{
	struct guard *g = guard_new();
	const uint64_t now = 1000000;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(guard_blocks(g, "192.0.2.7:1", 3, now));
		guard_failed(g, "192.0.2.7:51022", now);
	}
	assert_true(guard_blocks(g, "192.0.2.7:2", 3, now + 59999));
	assert_false(guard_blocks(g, "192.0.2.8:2", 3, now));
	assert_false(guard_blocks(g, "192.0.2.7:2", 3, now + 60000));
	for (int i = 0; i < 3; i++)
		guard_failed(g, "[2001:db8:1:2::7]:9", now);
	assert_true(guard_blocks(g, "[2001:db8:1:2:ffff::1]:1", 3, now));
	assert_false(guard_blocks(g, "[2001:db8:1:3::7]:9", 3, now));
	guard_free(g);
}

static enum ocpp_judging
judged(const struct ocpp_settings *s, enum ocpp_version v, enum ocpp_way way,
    const char *who, const char *action)
{
	return judging_of(
	    s, v, way, who, (struct span){ action, strlen(action) });
}

static void
the_last_rule_that_fits_decides_and_warn_without_one(void **state)
{
	struct ocpp_rule rules[] = {
		{ 7, 3, NULL, NULL, OCPP_REJECT },
		{ 1u << OCPP_16, 1u << OCPP_UP, NULL, NULL, OCPP_OFF },
		{ 7, 3, TEXT("CP-*"), TEXT("Heartbeat"), OCPP_WARN },
	};
	struct ocpp_settings none = { 0 }, s = { .rules = rules, .nrules = 3 };

	(void)state;
	assert_int_equal(
	    judged(&none, OCPP_16, OCPP_UP, "a", "Reset"), OCPP_WARN);
	assert_int_equal(
	    judged(&s, OCPP_201, OCPP_UP, "a", "Reset"), OCPP_REJECT);
	assert_int_equal(judged(&s, OCPP_16, OCPP_UP, "a", ""), OCPP_OFF);
	assert_int_equal(
	    judged(&s, OCPP_16, OCPP_DOWN, "a", "Reset"), OCPP_REJECT);
	assert_int_equal(
	    judged(&s, OCPP_21, OCPP_UP, "CP-1", "Heartbeat"), OCPP_WARN);
	assert_int_equal(
	    judged(&s, OCPP_21, OCPP_UP, "XP-1", "Heartbeat"), OCPP_REJECT);
	assert_int_equal(
	    judged(&s, OCPP_21, OCPP_UP, "CP-1", "Heartbeat2"), OCPP_REJECT);
	assert_int_equal(judged(&s, OCPP_21, OCPP_UP, "CP-1", ""), OCPP_REJECT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_is_the_last_segment_decoded_once),
		cmocka_unit_test(an_identity_of_256_bytes_is_none),
		cmocka_unit_test(a_name_of_2x_has_48_characters_and_no_colon),
		cmocka_unit_test(patterns_are_stars_and_question_marks_alone),
		cmocka_unit_test(the_policy_says_whose_class_counts),
		cmocka_unit_test(
		    the_offer_keeps_order_and_leaves_out_what_is_not_ours),
		cmocka_unit_test(
		    a_password_of_the_class_is_text_or_its_hex_the_bytes),
		cmocka_unit_test(a_kept_password_is_a_salted_hash),
		cmocka_unit_test(a_certificate_is_its_one_common_names),
		cmocka_unit_test(
		    a_peer_that_fails_too_often_is_not_listened_to_for_a_minute),
		cmocka_unit_test(
		    the_last_rule_that_fits_decides_and_warn_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
