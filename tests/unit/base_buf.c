/* SPDX-License-Identifier: MIT */
/* Cursors and growing bytes: no step is made after a lie or past a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void
what_was_put_is_what_is_got(void **state)
{
	unsigned char raw[64];
	char s[8], b[3];
	struct wbuf w;
	struct rbuf r;

	(void)state;
	wbuf_init(&w, raw, sizeof(raw));
	put_u32(&w, 0xfffffffe);
	put_str(&w, "abc");
	put_str(&w, "");
	put_bytes(&w, "xyz", 3);
	assert_false(w.bad);
	rbuf_init(&r, raw, w.len);
	assert_int_equal(get_u32(&r), 0xfffffffe);
	get_str(&r, s, sizeof(s));
	assert_string_equal(s, "abc");
	get_str(&r, s, sizeof(s));
	assert_string_equal(s, "");
	assert_false(rbuf_done(&r));
	get_bytes(&r, b, 3);
	assert_memory_equal(b, "xyz", 3);
	assert_true(rbuf_done(&r));
}

static void
a_length_that_lies_is_caught(void **state)
{
	unsigned char raw[12] = { 0 };
	uint32_t lengths[] = { 8, 9, 255, 0x7fffffff, 0xffffffff };
	char s[8];
	struct rbuf r;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		memset(raw, 'x', sizeof(raw));
		memcpy(raw, &lengths[i], 4);
		rbuf_init(&r, raw, sizeof(raw));
		get_str(&r, s, sizeof(s));
		assert_string_equal(s, "");
		assert_true(r.bad);
		assert_int_equal(get_u32(&r), 0);
		assert_false(rbuf_done(&r));
	}
}

static void
a_string_with_a_nul_is_a_lie(void **state)
{
	unsigned char raw[8];
	struct wbuf w;
	struct rbuf r;
	char s[8];

	(void)state;
	wbuf_init(&w, raw, sizeof(raw));
	put_u32(&w, 4);
	put_bytes(&w, "a\0b", 4);
	rbuf_init(&r, raw, w.len);
	get_str(&r, s, sizeof(s));
	assert_string_equal(s, "");
	assert_true(r.bad);
}

static void
what_does_not_fit_is_not_written_and_not_forgotten(void **state)
{
	unsigned char raw[8] = { 0 };
	struct wbuf w;

	(void)state;
	wbuf_init(&w, raw, 6);
	put_u32(&w, 1);
	put_u32(&w, 2);
	assert_true(w.bad);
	assert_int_equal(w.len, 4);
	put_bytes(&w, "x", 1); /* would fit, but comes after the failure */
	assert_int_equal(w.len, 4);
	assert_int_equal(raw[4] | raw[5] | raw[6], 0);
}

static void
bytes_grow_and_always_end(void **state)
{
	own_bytes struct bytes b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		bytes_fmt(&b, "%d,", i % 10);
		assert_int_equal(b.p[b.len], '\0');
	}
	assert_int_equal(b.len, 20000);
	assert_memory_equal(b.p + 19990, "5,6,7,8,9,", 10);
	bytes_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 20003);
	assert_false(b.bad);
}

static void
the_limit_of_bytes_holds_to_the_byte(void **state)
{
	own_bytes struct bytes b = { .limit = 5 };

	(void)state;
	bytes_add(&b, "12345", 5);
	assert_false(b.bad);
	bytes_add(&b, "6", 1);
	assert_true(b.bad);
	assert_string_equal(b.p, "12345");
	bytes_free(&b);
	assert_false(b.bad);
	bytes_fmt(&b, "%s", "123456");
	assert_true(b.bad);
	assert_null(b.p);
}

static void
a_length_near_the_end_of_numbers_is_refused(void **state)
{
	own_bytes struct bytes b = { 0 };

	(void)state;
	bytes_add(&b, "x", 1);
	bytes_add(&b, "x", (size_t)-1);
	assert_true(b.bad);
	assert_string_equal(b.p, "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_what_is_got),
		cmocka_unit_test(a_length_that_lies_is_caught),
		cmocka_unit_test(a_string_with_a_nul_is_a_lie),
		cmocka_unit_test(
		    what_does_not_fit_is_not_written_and_not_forgotten),
		cmocka_unit_test(bytes_grow_and_always_end),
		cmocka_unit_test(the_limit_of_bytes_holds_to_the_byte),
		cmocka_unit_test(a_length_near_the_end_of_numbers_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
