/* SPDX-License-Identifier: MIT */
/*
 * Which host key is taken: pinned, taken once, or one that the unit made anew;
 * and that no other ever is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hostkeys.h"

/* Three keys as OpenSSH writes them; ssh-keygen -lf gave the prints. */
static const struct hostkey_shown key[] = {
	{ "ssh-ed25519",
	    "AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	    "g" },
	{ "ssh-ed25519",
	    "AAAAC3NzaC1lZDI1NTE5AAAAICAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwI"
	    "B" },
	{ "ssh-ed25519",
	    "AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
	    "B" },
};
#define PRINT_0 "SHA256:mKqU+0K8OhKmA8bBQi9Rz0Q5l7/g160hIP+rJYSTNj4"

static char folder[] = "/tmp/ingot-keys.XXXXXX", path[64];
static struct unit unit[] = { { .name = "GW-1" }, { .name = "GW-2" } };
static struct units all = { unit, 2 };

static int
fresh(void **state)
{
	(void)state;
	(void)unlink(path);
	unit[0].hostkey[0] = unit[1].hostkey[0] = '\0';
	return 0;
}

static int
judge(int u, int k, bool pinned_only, struct err *e)
{
	/* Opened each time: what counts is what is on the disk. */
	struct hostkeys *h = hostkeys_open(path, e);
	int rc;

	assert_non_null(h);
	rc = hostkeys_judge(h, &all, &unit[u], &key[k], pinned_only, e);
	hostkeys_free(h);
	return rc;
}

static void
pin(int u, int k)
{
	struct err e;

	assert_int_equal(hostkey_print(key[k].text, unit[u].hostkey, &e), 0);
}

static int
after_in(struct hostkeys *h, int u, const char *print, int new, struct err *e)
{
	return hostkeys_after(h, &all, &unit[u], print, &key[new], e);
}

static void
after(int u, int old, int new)
{
	char print[UNIT_HOSTKEY_LEN + 1];
	struct err e;
	struct hostkeys *h = hostkeys_open(path, &e);

	assert_non_null(h);
	assert_int_equal(hostkey_print(key[old].text, print, &e), 0);
	assert_int_equal(after_in(h, u, print, new, &e), 0);
	hostkeys_free(h);
}

static void
a_fingerprint_is_that_of_openssh(void **state)
{
	char print[UNIT_HOSTKEY_LEN + 1];
	struct err e;

	(void)state;
	assert_int_equal(hostkey_print(key[0].text, print, &e), 0);
	assert_string_equal(print, PRINT_0);
	assert_true(unit_hostkey_ok(print));
	assert_int_equal(hostkey_print("not base64", print, &e), -1);
}

static void
without_a_pin_the_first_key_is_taken_and_no_other_after_it(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	assert_int_equal(judge(0, 0, false, &e), 0);
	assert_int_equal(judge(0, 1, false, &e), -1);
	assert_int_equal(e.code, EPERM);
	assert_non_null(strstr(e.text, "THE HOST KEY IS NOT THE UNIT'S"));
	assert_non_null(strstr(e.text, PRINT_0));
	/* The refused one has left no trace. */
	assert_int_equal(judge(0, 0, false, &e), 0);
}

static void
pinned_only_takes_none_unseen(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, true, &e), -1);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_pin_takes_that_key_and_no_other(void **state)
{
	struct err e;

	(void)state;
	pin(0, 1);
	assert_int_equal(judge(0, 1, true, &e), 0);
	assert_int_equal(judge(0, 0, false, &e), -1);
	assert_non_null(strstr(e.text, "the list says"));
}

static void
a_record_does_not_stand_against_a_pin(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	pin(0, 1);
	assert_int_equal(judge(0, 0, false, &e), -1);
	assert_int_equal(judge(0, 1, false, &e), 0);
}

static void
two_units_never_have_one_key(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	assert_int_equal(judge(1, 0, false, &e), -1);
	assert_non_null(strstr(e.text, "BELONGS TO UNIT GW-1"));
	/* Also when the other has only been promised it by the list. */
	pin(0, 2);
	assert_int_equal(judge(1, 2, false, &e), -1);
	assert_non_null(strstr(e.text, "GW-1"));
}

static void
a_key_that_the_unit_made_anew_stands_on_the_one_before(void **state)
{
	struct err e;

	(void)state;
	pin(0, 0);
	after(0, 0, 1);
	assert_int_equal(judge(0, 1, false, &e), 0);
	assert_int_equal(judge(0, 2, false, &e), -1);
	after(0, 1, 2);
	assert_int_equal(judge(0, 2, true, &e), 0);
	/* With another pin the whole chain stands on nothing. */
	unit[0].hostkey[10]++;
	assert_int_equal(judge(0, 1, false, &e), -1);
	assert_int_equal(judge(0, 2, false, &e), -1);
}

static void
a_unit_of_which_nothing_is_known_can_not_follow_itself(void **state)
{
	struct err e;
	struct hostkeys *h = hostkeys_open(path, &e);

	(void)state;
	assert_non_null(h);
	assert_int_equal(after_in(h, 0, "", 1, &e), -1);
	pin(0, 0);
	assert_int_equal(after_in(h, 0, "", 1, &e), 0);
	assert_int_equal(after_in(h, 0, "", 2, &e), 0);
	hostkeys_free(h);
	assert_int_equal(judge(0, 2, true, &e), 0);
}

/* Else one bad unit shuts all others out by naming their keys as its own. */
static void
no_unit_can_claim_the_key_of_another(void **state)
{
	struct hostkeys *h;
	struct err e;

	(void)state;
	pin(1, 2);
	assert_int_equal(judge(0, 0, false, &e), 0);
	h = hostkeys_open(path, &e);
	assert_non_null(h);
	assert_int_equal(after_in(h, 0, PRINT_0, 2, &e), -1);
	assert_int_equal(e.code, EPERM);
	assert_non_null(strstr(e.text, "BELONGS TO UNIT GW-2"));
	hostkeys_free(h);
	assert_int_equal(judge(1, 2, true, &e), 0);
}

/* The type stands in the record as the unit wrote it. */
static void
a_type_of_key_is_a_plain_word(void **state)
{
	static const char *const bad[] = { "", "ssh-rsa\r", "x\033[2J", "#x",
		"a\nGW-2", "ssh\xff" };
	struct hostkeys *h;
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	h = hostkeys_open(path, &e);
	assert_non_null(h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hostkey_shown k = { bad[i], key[1].text };

		assert_int_equal(
		    hostkeys_after(h, &all, &unit[0], PRINT_0, &k, &e), -1);
	}
	hostkeys_free(h);
}

/* A record that grows without end can one day not be read any more. */
static void
a_unit_fills_the_record_only_so_far(void **state)
{
	struct hostkeys *h;
	struct err e;
	char text[128];
	int rc = 0, n;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	h = hostkeys_open(path, &e);
	assert_non_null(h);
	for (n = 0; n < 1000 && rc == 0; n++) {
		struct hostkey_shown k = { "ssh-ed25519", text };

		(void)snprintf(text, sizeof(text), "%s", key[1].text);
		text[40] = (char)('A' + n % 26);
		text[41] = (char)('A' + n / 26);
		rc = hostkeys_after(h, &all, &unit[0], PRINT_0, &k, &e);
	}
	assert_int_equal(rc, -1);
	assert_non_null(strstr(e.text, "known_hosts"));
	hostkeys_free(h);
	assert_int_equal(judge(0, 0, true, &e), 0);
}

static void
the_record_is_a_known_hosts_file(void **state)
{
	own_bytes struct bytes text = { 0 };
	char begin[256];
	struct err e;

	(void)state;
	assert_int_equal(judge(0, 0, false, &e), 0);
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &text, &e), 0);
	(void)snprintf(
	    begin, sizeof(begin), "GW-1 ssh-ed25519 %s seen 2", key[0].text);
	assert_int_equal(strncmp(text.p, begin, strlen(begin)), 0);
}

static void
a_damaged_record_is_an_error_with_its_line(void **state)
{
	static const char *const bad[] = { "GW-1\n", "GW-1 ssh-rsa\n",
		"GW-1 ssh-rsa !!!\n", "\nGW-1 ssh-rsa AAAA after x y\n" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(file_write(AT_FDCWD, path, bad[i],
				     strlen(bad[i]), FILE_PUBLIC, &e),
		    0);
		assert_null(hostkeys_open(path, &e));
		assert_non_null(
		    strstr(e.text, i == 3 ? "keys:2: " : "keys:1: "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_fingerprint_is_that_of_openssh, fresh),
		cmocka_unit_test_setup(
		    without_a_pin_the_first_key_is_taken_and_no_other_after_it,
		    fresh),
		cmocka_unit_test_setup(pinned_only_takes_none_unseen, fresh),
		cmocka_unit_test_setup(
		    a_pin_takes_that_key_and_no_other, fresh),
		cmocka_unit_test_setup(
		    a_record_does_not_stand_against_a_pin, fresh),
		cmocka_unit_test_setup(two_units_never_have_one_key, fresh),
		cmocka_unit_test_setup(
		    a_key_that_the_unit_made_anew_stands_on_the_one_before,
		    fresh),
		cmocka_unit_test_setup(
		    a_unit_of_which_nothing_is_known_can_not_follow_itself,
		    fresh),
		cmocka_unit_test_setup(
		    no_unit_can_claim_the_key_of_another, fresh),
		cmocka_unit_test_setup(a_type_of_key_is_a_plain_word, fresh),
		cmocka_unit_test_setup(
		    a_unit_fills_the_record_only_so_far, fresh),
		cmocka_unit_test_setup(the_record_is_a_known_hosts_file, fresh),
		cmocka_unit_test_setup(
		    a_damaged_record_is_an_error_with_its_line, fresh),
	};
	int rc;

	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/keys", folder);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(folder);
	return rc;
}
