/* SPDX-License-Identifier: MIT */
/* Errors: sentences that grow outwards and never overrun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "err.h"

static void
an_error_reads_from_the_outside_in(void **state)
{
	struct err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "open %s", "zones.conf"), -1);
	assert_int_equal(err_in(&e, "firewall"), -1);
	assert_int_equal(err_in(&e, "snapshot %s", "pilot-7"), -1);
	assert_string_equal(e.text,
	    "snapshot pilot-7: firewall: open zones.conf: "
	    "No such file or directory");
	assert_int_equal(e.code, ENOENT);
}

static void
a_sentence_too_long_is_cut_and_ends(void **state)
{
	struct {
		struct err e;
		char guard;
	} g = { .guard = 'g' };
	char big[2 * ERR_TEXT_MAX];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(err_set(&g.e, 7, "%s", big), -1);
	assert_int_equal(strlen(g.e.text), ERR_TEXT_MAX - 1);
	errno = EIO;
	assert_int_equal(err_sys(&g.e, "%s", big), -1);
	assert_int_equal(strlen(g.e.text), ERR_TEXT_MAX - 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(err_in(&g.e, "level %d", i), -1);
	assert_int_equal(strlen(g.e.text), ERR_TEXT_MAX - 1);
	assert_memory_equal(g.e.text, "level 99: level 98: ", 20);
	assert_int_equal(g.e.code, EIO);
	assert_int_equal(g.guard, 'g');
}

static void
percent_signs_in_an_inner_part_stay_what_they_are(void **state)
{
	struct err e;

	(void)state;
	(void)err_set(&e, 1, "%s", "100%s%n");
	(void)err_in(&e, "%s", "%d");
	assert_string_equal(e.text, "%d: 100%s%n");
}

static void
an_error_of_openssl_is_named_and_leaves_its_queue(void **state)
{
	struct err e;

	(void)state;
	assert_null(EVP_MD_fetch(NULL, "no-such-digest", NULL));
	assert_int_equal(err_ssl(&e, "digest"), -1);
	assert_memory_equal(e.text, "digest: ", 8);
	assert_true(strlen(e.text) > 8);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(err_ssl(&e, "digest"), -1);
	assert_string_equal(e.text, "digest: unknown cryptographic failure");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_reads_from_the_outside_in),
		cmocka_unit_test(a_sentence_too_long_is_cut_and_ends),
		cmocka_unit_test(
		    percent_signs_in_an_inner_part_stay_what_they_are),
		cmocka_unit_test(
		    an_error_of_openssl_is_named_and_leaves_its_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
