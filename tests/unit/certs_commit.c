/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "commit.h"
#include "digest.h"
#include "journal.h"
#include "place.h"

/* What is killed or fails at every call is tests/system/certs_store.test. */

static int
here(void)
{
	return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
write_text(const char *name, const char *text)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, name, text, strlen(text), FILE_PUBLIC, &e), 0);
}

static void
is_text(const char *name, const char *wanted)
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	assert_int_equal(file_read(AT_FDCWD, name, 4096, &b, &e), 0);
	assert_string_equal(b.p, wanted);
}

static int
count_names(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void
put(struct commit *c, const char *name, const char *text)
{
	struct err e;

	assert_int_equal(commit_put(c, name, text, strlen(text), 0644, &e), 0);
}

static void
all_of_it_is_there_and_nothing_else(void **state)
{
	int root = here();
	struct commit *c;
	struct stat st;
	char to[16] = { 0 };
	struct err e;

	(void)state;
	(void)mkdir("a", 0700);
	write_text("a/old", "old");
	write_text("gone", "gone");
	assert_non_null(c = commit_begin(root, &e));
	assert_int_equal(commit_put(c, "a/key", "k", 1, 0600, &e), 0);
	put(c, "a/old", "new");
	assert_int_equal(commit_remove(c, "gone", &e), 0);
	assert_int_equal(commit_remove(c, "never-there", &e), 0);
	assert_int_equal(commit_link(c, "key", "a/link", &e), 0);
	is_text("a/old", "old"); /* nothing is seen before its end */
	assert_int_equal(commit_end(c, &e), 0);
	is_text("a/old", "new");
	is_text("a/key", "k");
	assert_int_equal(stat("a/key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access("gone", F_OK), -1);
	assert_int_equal(readlink("a/link", to, sizeof(to) - 1), 3);
	assert_string_equal(to, "key");
	assert_int_equal(count_names("a"), 3);
	assert_int_equal(count_names("."), 1);
	(void)close(root);
}

static void
what_is_dropped_never_was(void **state)
{
	int root = here();
	struct commit *c;
	struct err e;

	(void)state;
	assert_non_null(c = commit_begin(root, &e));
	put(c, "x", "x");
	commit_drop(c);
	commit_drop(NULL);
	assert_int_equal(count_names("."), 0);
	(void)close(root);
}

/* A rename over a folder fails, whoever one is: the one before is undone. */
static void
D25_D26_a_change_that_fails_takes_back_the_ones_before(void **state)
{
	int root = here();
	struct commit *c;
	struct err e;

	(void)state;
	write_text("first", "old");
	write_text("gone", "still");
	assert_non_null(c = commit_begin(root, &e));
	put(c, "first", "new");
	put(c, "fresh", "new");
	assert_int_equal(commit_remove(c, "gone", &e), 0);
	put(c, "last", "new");
	/* As if somebody had put it there in between. */
	(void)mkdir("last", 0700);
	(void)mkdir("last/x", 0700);
	assert_int_equal(commit_end(c, &e), -1);
	assert_int_equal(count_names("."), 3);
	is_text("first", "old");
	is_text("gone", "still");
	assert_int_equal(access("fresh", F_OK), -1);
	(void)close(root);
}

static void
names_that_leave_the_root_are_refused(void **state)
{
	static const char *const names[] = { "", "/etc/passwd", "../x",
		"a/../x", "./x", "a//x", "a/", ".", ".." };
	int root = here();
	struct commit *c;
	char longer[1024];
	struct err e;

	(void)state;
	assert_non_null(c = commit_begin(root, &e));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(commit_put(c, names[i], "x", 1, 0644, &e), -1);
		assert_int_equal(commit_remove(c, names[i], &e), -1);
		assert_int_equal(commit_link(c, "x", names[i], &e), -1);
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(commit_put(c, longer, "x", 1, 0644, &e), -1);
	put(c, "once", "x");
	assert_int_equal(commit_remove(c, "once", &e), -1);
	commit_drop(c);
	assert_int_equal(count_names("."), 0);
	(void)close(root);
}

static void
more_changes_than_fit_are_refused_not_forgotten(void **state)
{
	int root = here();
	struct commit *c;
	char name[16];
	struct err e;

	(void)state;
	assert_non_null(c = commit_begin(root, &e));
	for (int i = 0; i < COMMIT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		put(c, name, "x");
	}
	assert_int_equal(commit_put(c, "more", "x", 1, 0644, &e), -1);
	assert_int_equal(e.code, E2BIG);
	assert_int_equal(commit_end(c, &e), 0);
	assert_int_equal(count_names("."), COMMIT_MAX);
	(void)close(root);
}

/* --- the journal ---------------------------------------------------------- */

static void
a_journal_that_stands_is_finished(void **state)
{
	struct change c[COMMIT_MAX] = {
		{ .name = "a/new", .temp = "a/.ingot-new.1" },
		{ .name = "done", .temp = ".ingot-new.2" },
		{ .name = "b", .remove = true },
		{ .name = "b2", .remove = true },
	};
	int root = here();
	struct err e;

	(void)state;
	(void)mkdir("a", 0700);
	(void)mkdir("a/.hidden", 0700);
	write_text("a/.ingot-new.1", "new");
	write_text("a/.ingot-new.left", "");
	write_text("a/.hidden/.ingot-new.not-ours", "");
	write_text("done", "done"); /* its temporary name is gone already */
	write_text("b", "b");
	assert_int_equal(journal_write(root, c, 4, &e), 0);
	assert_int_equal(commit_recover(root, &e), 0);
	is_text("a/new", "new");
	is_text("done", "done");
	assert_int_equal(access("b", F_OK), -1);
	assert_int_equal(access(JOURNAL_NAME, F_OK), -1);
	assert_int_equal(access("a/.ingot-new.left", F_OK), -1);
	assert_int_equal(access("a/.hidden/.ingot-new.not-ours", F_OK), 0);
	(void)close(root);
}

static void
a_commit_finishes_what_stands_before_it_begins(void **state)
{
	struct change c[COMMIT_MAX] = { { .name = "x", .remove = true } };
	int root = here();
	struct commit *next;
	struct err e;

	(void)state;
	write_text("x", "x");
	assert_int_equal(journal_write(root, c, 1, &e), 0);
	assert_non_null(next = commit_begin(root, &e));
	assert_int_equal(count_names("."), 0);
	commit_drop(next);
	(void)close(root);
}

static void
a_journal_comes_back_as_it_was_written(void **state)
{
	struct change out[COMMIT_MAX],
	    c[COMMIT_MAX] = {
		    { .name = "a\nb", .temp = "\xff\xfe" },
		    { .name = "b", .remove = true },
	    };
	int root = here();
	struct err e;

	(void)state;
	assert_int_equal(journal_read(root, out, &e), 0);
	assert_int_equal(journal_write(root, c, 2, &e), 0);
	assert_int_equal(journal_read(root, out, &e), 2);
	assert_string_equal(out[0].name, "a\nb");
	assert_string_equal(out[0].temp, "\xff\xfe");
	assert_true(out[1].remove);
	(void)close(root);
}

/* What commit_put() and the others ask for, as a kill would find it. */
static void
what_a_commit_writes_down_can_be_read_back(void **state)
{
	struct change out[COMMIT_MAX];
	int root = here();
	struct commit *c;
	struct err e;

	(void)state;
	(void)mkdir("a", 0700);
	(void)mkdir("blocked", 0700);
	(void)mkdir("blocked/x", 0700);
	assert_non_null(c = commit_begin(root, &e));
	put(c, "top", "t");
	put(c, "a/b", "t");
	assert_int_equal(commit_link(c, "b", "a/l", &e), 0);
	assert_int_equal(commit_remove(c, "a/r", &e), 0);
	/* The journal cannot take this folder's name: nothing happened. */
	(void)mkdir(JOURNAL_NAME, 0700);
	assert_int_equal(commit_end(c, &e), -1);
	assert_int_equal(access("top", F_OK), -1);
	(void)rmdir(JOURNAL_NAME);
	/* And this one stands in the way of the last. */
	assert_non_null(c = commit_begin(root, &e));
	put(c, "top", "t");
	put(c, "a/b", "t");
	assert_int_equal(commit_remove(c, "blocked", &e), 0);
	assert_int_equal(commit_end(c, &e), -1);
	assert_int_equal(journal_read(root, out, &e), 0);
	assert_int_equal(access("top", F_OK), -1);
	assert_int_equal(commit_recover(root, &e), 0);
	assert_int_equal(count_names("a"), 0);
	(void)close(root);
}

static void
a_damaged_journal_is_refused_with_its_name(void **state)
{
	struct change out[COMMIT_MAX],
	    c[COMMIT_MAX] = { { .name = "a", .temp = "b" } };
	own_bytes struct bytes b = { 0 };
	int root = here();
	struct err e;

	(void)state;
	assert_int_equal(journal_write(root, c, 1, &e), 0);
	assert_int_equal(file_read(root, JOURNAL_NAME, 4096, &b, &e), 0);
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(journal_parse(b.p, b.len, out, &e), -1);
		b.p[i] ^= 1;
		assert_int_equal(journal_parse(b.p, i, out, &e), -1);
	}
	write_text(JOURNAL_NAME, "ingot-commit 1\n");
	assert_int_equal(commit_recover(root, &e), -1);
	assert_non_null(strstr(e.text, JOURNAL_NAME));
	assert_null(commit_begin(root, &e));
	(void)close(root);
}

/* A right sum does not make it ours. */
static void
a_journal_that_names_what_is_elsewhere_is_refused(void **state)
{
	static const char *const rows[] = { "D../x", "D/etc/passwd", "Rx\0../y",
		"R../y\0x", "Xa", "Da\0D" };
	static const size_t lens[] = { 6, 13, 7, 7, 3, 4 };
	struct change out[COMMIT_MAX],
	    c[COMMIT_MAX] = { { .name = "../x", .remove = true } };
	int root = here();
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_bytes struct bytes b = { 0 };
		uint8_t sum[SHA256_LEN];

		bytes_fmt(&b, "ingot-commit 1\n");
		bytes_add(&b, rows[i], lens[i]);
		assert_int_equal(sha256(b.p, b.len, sum, &e), 0);
		bytes_add(&b, sum, sizeof(sum));
		assert_int_equal(journal_parse(b.p, b.len, out, &e), -1);
	}
	/* And none is written. */
	assert_int_equal(journal_write(root, c, 1, &e), -1);
	assert_int_equal(journal_read(root, out, &e), 0);
	(void)close(root);
}

static void
D27_the_lock_is_for_other_openers_too(void **state)
{
	int root = here(), fd, again;
	struct err e;

	(void)state;
	assert_int_not_equal(fd = commit_lock(root, 0, &e), -1);
	assert_int_equal(commit_lock(root, 5, &e), -1);
	assert_int_equal(e.code, EBUSY);
	(void)close(fd);
	assert_int_not_equal(again = commit_lock(root, 0, &e), -1);
	(void)close(again);
	(void)close(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(all_of_it_is_there_and_nothing_else),
		in_a_place(what_is_dropped_never_was),
		in_a_place(
		    D25_D26_a_change_that_fails_takes_back_the_ones_before),
		in_a_place(names_that_leave_the_root_are_refused),
		in_a_place(more_changes_than_fit_are_refused_not_forgotten),
		in_a_place(a_journal_that_stands_is_finished),
		in_a_place(a_commit_finishes_what_stands_before_it_begins),
		in_a_place(a_journal_comes_back_as_it_was_written),
		in_a_place(what_a_commit_writes_down_can_be_read_back),
		in_a_place(a_damaged_journal_is_refused_with_its_name),
		in_a_place(a_journal_that_names_what_is_elsewhere_is_refused),
		in_a_place(D27_the_lock_is_for_other_openers_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
