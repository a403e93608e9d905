/* SPDX-License-Identifier: MIT */
/*
 * The sealed answer opens for this unit, this request and this key alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sealed.h"
#include "service/ca.h"

static const uint8_t key[SEALED_KEY_LEN] = "0123456789abcdef0123456789abcde";
static const struct sealed_for names = { "SN-1", "00", "ab" };
static const char plain[] = "the answer";

static void
it_opens_for_whom_it_was_made(void **state)
{
	own_bytes struct bytes box = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sealed_close(key, &names, plain, sizeof(plain), &box, &e), 0);
	assert_int_equal(box.len, sizeof(plain) + SEALED_OVERHEAD);
	assert_int_equal(sealed_open(key, &names, box.p, box.len, &out, &e), 0);
	assert_int_equal(out.len, sizeof(plain));
	assert_memory_equal(out.p, plain, sizeof(plain));
}

static void
it_opens_for_nobody_else(void **state)
{
	static const struct sealed_for others[] = { { "SN-2", "00", "ab" },
		{ "SN-1", "01", "ab" }, { "SN-1", "00", "ac" },
		{ "SN-1|00", "", "ab" } };
	own_bytes struct bytes box = { 0 }, out = { 0 };
	uint8_t other[SEALED_KEY_LEN];
	struct err e;

	(void)state;
	assert_int_equal(
	    sealed_close(key, &names, plain, sizeof(plain), &box, &e), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    sealed_open(key, &others[i], box.p, box.len, &out, &e), -1);
	memcpy(other, key, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(
	    sealed_open(other, &names, box.p, box.len, &out, &e), -1);
	assert_int_equal(out.len, 0);
}

static void
no_bit_of_it_can_be_changed(void **state)
{
	own_bytes struct bytes box = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sealed_close(key, &names, plain, sizeof(plain), &box, &e), 0);
	for (size_t bit = 0; bit < 8 * box.len; bit++) {
		box.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(
		    sealed_open(key, &names, box.p, box.len, &out, &e), -1);
		box.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n < box.len; n++)
		assert_int_equal(
		    sealed_open(key, &names, box.p, n, &out, &e), -1);
}

static void
the_same_sealed_twice_is_not_the_same(void **state)
{
	own_bytes struct bytes x = { 0 }, y = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sealed_close(key, &names, plain, sizeof(plain), &x, &e), 0);
	assert_int_equal(
	    sealed_close(key, &names, plain, sizeof(plain), &y, &e), 0);
	assert_memory_not_equal(x.p, y.p, x.len);
}

static void
what_is_too_large_is_refused(void **state)
{
	static char big[SEALED_PLAIN_MAX + 1];
	own_bytes struct bytes box = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sealed_close(key, &names, big, sizeof(big), &box, &e), -1);
	assert_int_equal(sealed_close(key, &names, big, 0, &box, &e), -1);
}

static void
both_halves_of_a_wrap_agree_and_no_third(void **state)
{
	uint8_t k1[SEALED_KEY_LEN], k2[SEALED_KEY_LEN], k3[SEALED_KEY_LEN];
	uint8_t point[SEALED_POINT_LEN];
	EVP_PKEY *unit, *other;
	struct err e;

	(void)state;
	unit = ca_key_new(&e);
	other = ca_key_new(&e);
	assert_int_equal(sealed_wrap(unit, k1, point, &e), 0);
	assert_int_equal(sealed_unwrap(unit, point, k2, &e), 0);
	assert_int_equal(sealed_unwrap(other, point, k3, &e), 0);
	assert_memory_equal(k1, k2, sizeof(k1));
	assert_memory_not_equal(k1, k3, sizeof(k1));
	point[20] ^= 1; /* off the curve: an invalid-curve attack */
	assert_int_equal(sealed_unwrap(unit, point, k2, &e), -1);
	EVP_PKEY_free(unit);
	EVP_PKEY_free(other);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_for_whom_it_was_made),
		cmocka_unit_test(it_opens_for_nobody_else),
		cmocka_unit_test(no_bit_of_it_can_be_changed),
		cmocka_unit_test(the_same_sealed_twice_is_not_the_same),
		cmocka_unit_test(what_is_too_large_is_refused),
		cmocka_unit_test(both_halves_of_a_wrap_agree_and_no_third),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
