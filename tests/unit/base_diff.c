/* SPDX-License-Identifier: MIT */
/* The unified diff: as diff -u would, and true for any two texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diff_apply.h"

static void
diff_of(const char *was, const char *is, struct bytes *out)
{
	struct diff_side a = { "a", was, strlen(was) };
	struct diff_side b = { "b", is, strlen(is) };
	struct err e;

	bytes_free(out);
	assert_int_equal(diff_unified(&a, &b, out, &e), 0);
	bytes_add(out, "", 0);
}

static void
known_pairs_give_what_diff_u_gives(void **state)
{
	static const struct {
		const char *was, *is, *diff;
	} rows[] = {
		{ "", "", "" },
		{ "a\n", "a\n", "" },
		{ "", "a\n", "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+a\n" },
		{ "a\n", "", "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-a\n" },
		{ "a\nb\nc\n", "a\nx\nc\n",
		    "--- a\n+++ b\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
		{ "a", "a\n",
		    "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n"
		    "\\ No newline at end of file\n+a\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nX\n",
		    "--- a\n+++ b\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+X\n" },
		/* Eight lines between: two hunks; six would be one. */
		{ "A\n1\n2\n3\n4\n5\n6\n7\n8\nB\n",
		    "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n",
		    "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-A\n+x\n 1\n 2\n 3\n"
		    "@@ -7,4 +7,4 @@\n 6\n 7\n 8\n-B\n+y\n" },
		{ "A\n1\n2\n3\n4\n5\n6\nB\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
		    "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-A\n+x\n 1\n 2\n 3\n 4\n"
		    " 5\n 6\n-B\n+y\n" },
	};
	struct bytes out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		diff_of(rows[i].was, rows[i].is, &out);
		assert_string_equal(out.p, rows[i].diff);
	}
	bytes_free(&out);
}

/* Few different lines, so that much is equal by chance. */
static void
random_lines(char *text, size_t lines, unsigned letters)
{
	for (size_t i = 0; i < lines; i++) {
		*text++ = (char)('a' + (unsigned)random() % letters);
		*text++ = '\n';
	}
	if (lines > 0 && random() % 2 == 0)
		text--;
	*text = '\0';
}

static void
any_difference_applied_to_the_old_gives_the_new(void **state)
{
	static char was[256], is[256];
	struct bytes out = { 0 }, made = { 0 };

	(void)state;
	srandom(1);
	for (int i = 0; i < 4000; i++) {
		random_lines(was, (size_t)random() % 60, 2 + i % 8);
		random_lines(is, (size_t)random() % 60, 2 + i % 8);
		diff_of(was, is, &out);
		bytes_free(&made);
		diff_apply(
		    &(struct diff_side){ "a", was, strlen(was) }, &out, &made);
		bytes_add(&made, "", 0);
		assert_string_equal(made.p, is);
	}
	bytes_free(&out);
	bytes_free(&made);
}

static void
one_changed_line_among_many_is_all_that_is_shown(void **state)
{
	struct bytes was = { 0 }, is = { 0 }, out = { 0 };
	size_t signs = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bytes_fmt(&was, "line %d\n", i);
		bytes_fmt(&is, i == 9000 ? "other\n" : "line %d\n", i);
	}
	diff_of(was.p, is.p, &out);
	for (const char *p = out.p; *p != '\0'; p++)
		signs += p[0] == '\n' && (p[1] == '-' || p[1] == '+');
	assert_int_equal(signs, 3); /* +++, - and + */
	bytes_free(&was);
	bytes_free(&is);
	bytes_free(&out);
}

static void
texts_with_nothing_in_common_are_shown_as_one_block(void **state)
{
	struct bytes was = { 0 }, is = { 0 }, out = { 0 }, made = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bytes_fmt(&was, "old %d\n", i);
		bytes_fmt(&is, "new %d\n", i);
	}
	diff_of(was.p, is.p, &out);
	diff_apply(&(struct diff_side){ "a", was.p, was.len }, &out, &made);
	assert_int_equal(made.len, is.len);
	assert_memory_equal(made.p, is.p, is.len);
	bytes_free(&was);
	bytes_free(&is);
	bytes_free(&out);
	bytes_free(&made);
}

static void
a_text_beyond_the_limit_is_refused(void **state)
{
	struct diff_side a = { "a", "", DIFF_TEXT_MAX + 1 };
	struct diff_side b = { "b", "", 0 };
	struct bytes out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(diff_unified(&a, &b, &out, &e), -1);
	assert_int_equal(diff_unified(&b, &a, &out, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_pairs_give_what_diff_u_gives),
		cmocka_unit_test(
		    any_difference_applied_to_the_old_gives_the_new),
		cmocka_unit_test(
		    one_changed_line_among_many_is_all_that_is_shown),
		cmocka_unit_test(
		    texts_with_nothing_in_common_are_shown_as_one_block),
		cmocka_unit_test(a_text_beyond_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
