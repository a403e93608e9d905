/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <string.h>

#include "result.h"

static void
each_result_has_its_own_name_and_a_sentence(void **state)
{
	(void)state;
	for (int i = 0; i < CERTS_RESULTS; i++) {
		enum certs_result r = (enum certs_result)i;

		assert_int_equal(certs_result_of(certs_result_name(r)), r);
		assert_true(
		    r == CERTS_ACCEPTED || strlen(certs_result_why(r)) > 15);
	}
}

static void
a_name_of_nothing_is_no_result(void **state)
{
	(void)state;
	assert_int_equal(certs_result_of("Accepted "), CERTS_RESULTS);
	assert_int_equal(certs_result_of(""), CERTS_RESULTS);
}

static void
what_is_said_has_the_thing_and_the_remedy(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(
	    certs_say(&e, CERTS_NOT_A_CA, "CN=%s", "x"), CERTS_NOT_A_CA);
	assert_int_equal(e.code, EINVAL);
	assert_non_null(strstr(e.text, "CN=x: "));
	assert_non_null(strstr(e.text, "CA:TRUE"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_result_has_its_own_name_and_a_sentence),
		cmocka_unit_test(a_name_of_nothing_is_no_result),
		cmocka_unit_test(what_is_said_has_the_thing_and_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
