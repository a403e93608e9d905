/* SPDX-License-Identifier: MIT */
/*
 * The audit trail against power and against people: what is torn is set aside,
 * what is cut, changed, added or taken away is found, at every place of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "audit_line.h"
#include "file.h"
#include "own.h"

static char top[64];
static int dir;

static int
set_up(void **state)
{
	(void)state;
	(void)strcpy(top, "/tmp/ingot-audit.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	(void)close(dir);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static struct audit *
open_trail(void)
{
	struct err e;
	struct audit *a = audit_open(top, dir, &e);

	if (a == NULL)
		fail_msg("%s", e.text);
	return a;
}

static void
write_lines(int n)
{
	struct audit *a = open_trail();

	for (int i = 0; i < n; i++)
		audit_say(a, "test", "Line", "number %d", i);
	audit_close(a);
}

static void
get(const char *name, struct bytes *out)
{
	struct err e;

	if (file_read(dir, name, 1 << 20, out, &e) == -1)
		fail_msg("%s", e.text);
}

static void
put(const char *name, const char *p, size_t len)
{
	struct err e;

	assert_int_equal(file_write(dir, name, p, len, FILE_SECRET, &e), 0);
}

static int
verify(size_t *lines, struct err *e)
{
	return audit_verify(top, dir, lines, e);
}

static void
a_trail_is_good_as_it_was_written(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(verify(&n, &e), 0); /* none yet */
	write_lines(3);
	write_lines(2); /* it goes on after a stop */
	assert_int_equal(verify(&n, &e), 0);
	assert_int_equal(n, 5);
	get("audit", &b);
	assert_non_null(strstr(b.p,
	    "\"prev\":\"00000000000000000000000000000000"
	    "00000000000000000000000000000000\",\"seq\":1,"));
}

static void
fields_are_kept_but_can_not_pretend(void **state)
{
	struct audit *a = open_trail();
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(audit_take(a, "test", "Kind",
			     json_pack("{s:i s:s s:i}", "port", 22, "who",
				 "agent", "seq", 99),
			     &e),
	    0);
	assert_int_equal(audit_take(a, "test", "Kind", NULL, &e), 0);
	audit_close(a);
	get("audit", &b);
	assert_non_null(strstr(b.p, "\"port\":22"));
	assert_non_null(strstr(b.p, "\"who\":\"test\""));
	assert_null(strstr(b.p, "\"seq\":99"));
	assert_int_equal(verify(&n, &e), 0);
}

static void
any_text_becomes_one_line(void **state)
{
	static const char nasty[] = "a\nb\x01\xff\xc3(\xed\xa0\x80\xf4\x90 "
				    "\"\\ \xc3\xa4 \xe2\x82\xac \xc3";
	struct audit *a = open_trail();
	own_bytes struct bytes b = { 0 };
	char longest[5000];
	struct err e;
	size_t n;

	(void)state;
	memset(longest, '"', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	audit_say(a, "test", "Nasty", "%s", nasty);
	audit_say(a, "test", "Long", "%s", longest);
	audit_close(a);
	assert_int_equal(verify(&n, &e), 0);
	assert_int_equal(n, 2);
	get("audit", &b);
	assert_non_null(strstr(b.p, "a?b??"));
	assert_non_null(strstr(b.p, "\xc3\xa4 \xe2\x82\xac ?"));
}

/* Every byte of the trail, changed; the head stays as it was. */
static void
a_change_anywhere_is_found(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	write_lines(4);
	get("audit", &b);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		put("audit", b.p, b.len);
		if (verify(&n, &e) == 0)
			fail_msg("byte %zu may be changed", i);
		b.p[i] ^= 1;
	}
	put("audit", b.p, b.len);
	assert_int_equal(verify(&n, &e), 0);
}

static void
a_cut_anywhere_is_found(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	write_lines(4);
	get("audit", &b);
	for (size_t i = 0; i < b.len; i++) {
		put("audit", b.p, i);
		if (verify(&n, &e) == 0)
			fail_msg("%zu bytes are enough", i);
	}
	assert_non_null(strstr(e.text, "taken away"));
	assert_int_equal(file_remove(dir, "audit", &e), 0);
	assert_int_equal(verify(&n, &e), -1);
}

static void
a_line_taken_out_or_twice_is_found(void **state)
{
	own_bytes struct bytes b = { 0 }, less = { 0 }, more = { 0 };
	const char *second, *third;
	struct err e;
	size_t n;

	(void)state;
	write_lines(4);
	get("audit", &b);
	second = strchr(b.p, '\n') + 1;
	third = strchr(second, '\n') + 1;
	bytes_add(&less, b.p, (size_t)(second - b.p));
	bytes_add(&less, third, b.len - (size_t)(third - b.p));
	put("audit", less.p, less.len);
	assert_int_equal(verify(&n, &e), -1);
	assert_non_null(strstr(e.text, "line 2"));
	assert_int_equal(n, 1);
	bytes_add(&more, b.p, (size_t)(third - b.p));
	bytes_add(&more, second, b.len - (size_t)(second - b.p));
	put("audit", more.p, more.len);
	assert_int_equal(verify(&n, &e), -1);
	assert_non_null(strstr(e.text, "line 3"));
	put("audit", third, b.len - (size_t)(third - b.p)); /* the beginning */
	assert_int_equal(verify(&n, &e), -1);
	assert_non_null(strstr(e.text, "line 1"));
}

static void
what_was_taken_away_stays_missing_after_the_agent_wrote_on(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	write_lines(4);
	get("audit", &b);
	put("audit", b.p, (size_t)(strchr(b.p, '\n') + 1 - b.p));
	write_lines(2);
	assert_int_equal(verify(&n, &e), -1);
	get("audit", &b);
	assert_non_null(strstr(b.p, "AuditTrailBroken"));
	assert_non_null(strstr(b.p, "\"seq\":5"));
}

static void
a_head_that_is_gone_or_damaged_is_said(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	write_lines(2);
	assert_int_equal(file_remove(dir, "audit-head", &e), 0);
	assert_int_equal(verify(&n, &e), -1);
	put("audit-head", "nonsense\n", 9);
	assert_int_equal(verify(&n, &e), -1);
	write_lines(1);
	get("audit", &b);
	assert_non_null(strstr(b.p, "AuditTrailBroken"));
	assert_int_equal(verify(&n, &e), 0);
}

/* Every place at which the power can go while the second line is written. */
static void
a_torn_line_is_set_aside_and_the_chain_goes_on(void **state)
{
	own_bytes struct bytes one = { 0 }, two = { 0 }, head1 = { 0 },
			       torn = { 0 };
	struct err e;
	size_t n;

	(void)state;
	write_lines(1);
	get("audit", &one);
	get("audit-head", &head1);
	write_lines(1);
	get("audit", &two);
	for (size_t i = one.len; i <= two.len; i += 7) {
		put("audit", two.p, i);
		put("audit-head", head1.p, head1.len);
		(void)file_remove(dir, "audit.torn", &e);
		write_lines(1);
		if (verify(&n, &e) == -1)
			fail_msg("torn after %zu bytes: %s", i, e.text);
		assert_int_equal(n, 2);
		if (i == one.len)
			continue;
		get("audit.torn", &torn);
		assert_int_equal(torn.len, i - one.len);
	}
	/* The line whole, its head not yet written. */
	put("audit", two.p, two.len);
	put("audit-head", head1.p, head1.len);
	assert_int_equal(verify(&n, &e), 0);
	write_lines(1);
	assert_int_equal(verify(&n, &e), 0);
	assert_int_equal(n, 3);
}

static void
a_trail_that_can_not_be_opened_is_an_error(void **state)
{
	struct err e;
	size_t n;

	(void)state;
	assert_null(audit_open("/nix/nix", dir, &e));
	assert_int_equal(symlinkat("/etc/passwd", dir, "audit"), 0);
	assert_null(audit_open(top, dir, &e));
	assert_int_equal(verify(&n, &e), -1);
	audit_close(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_trail_is_good_as_it_was_written),
		T(fields_are_kept_but_can_not_pretend),
		T(any_text_becomes_one_line),
		T(a_change_anywhere_is_found),
		T(a_cut_anywhere_is_found),
		T(a_line_taken_out_or_twice_is_found),
		T(what_was_taken_away_stays_missing_after_the_agent_wrote_on),
		T(a_head_that_is_gone_or_damaged_is_said),
		T(a_torn_line_is_set_aside_and_the_chain_goes_on),
		T(a_trail_that_can_not_be_opened_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
