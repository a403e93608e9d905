/* SPDX-License-Identifier: MIT */
/*
 * INSTALL and REMOVE: only where the policy says, as it says, and what stood
 * there before comes back, wherever the power went.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "install.h"
#include "own.h"
#include "plugin.h"

static char top[64], target[128];
static int state_dir;
static struct grants *grants;

static int
set_up(void **state)
{
	char text[512], sub[128];
	struct err e;

	(void)state;
	(void)strcpy(top, "/tmp/ingot-install.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	(void)snprintf(sub, sizeof(sub), "%s/state", top);
	(void)snprintf(target, sizeof(target), "%s/x.conf", top);
	if (mkdir(sub, 0700) == -1)
		return -1;
	state_dir = open(sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text),
	    "user = \"nobody\"; install = (\n"
	    "{ name = \"x\"; path = \"%s\"; mode = \"0640\"; },\n"
	    "{ name = \"deep\"; path = \"%s/no/such/y\"; },\n"
	    "{ name = \"folder\"; path = \"%s/state\"; } );",
	    target, top, top);
	grants = grants_parse("demo", "demo.conf", text, strlen(text), &e);
	if (grants == NULL)
		return -1;
	for (struct grant_install *s = grants->install; s->name != NULL; s++) {
		s->uid = geteuid();
		s->gid = getegid();
	}
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	grants_free(grants);
	(void)close(state_dir);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static int
put(const char *slot, const char *text, bool *changed, struct err *e)
{
	own_fd int fd = file_sealed(text, strlen(text), e);
	bool unused;

	return install_put(state_dir, grants, slot, fd,
	    changed == NULL ? &unused : changed, e);
}

static void
must_put(const char *text, bool want_changed)
{
	bool changed;
	struct err e;

	if (put("x", text, &changed, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(changed, want_changed);
}

static void
must_remove(void)
{
	struct err e;

	if (install_remove(state_dir, grants, "x", &e) == -1)
		fail_msg("%s", e.text);
}

/* NULL: there must be nothing. */
static void
holds(const char *text, mode_t mode)
{
	own_bytes struct bytes b = { 0 };
	struct stat st;
	struct err e;

	if (text == NULL) {
		assert_int_equal(lstat(target, &st), -1);
		return;
	}
	assert_int_equal(file_read(AT_FDCWD, target, 1 << 20, &b, &e), 0);
	assert_string_equal(b.p, text);
	assert_int_equal(lstat(target, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
by_hand(const char *text, mode_t mode)
{
	struct file_meta m = { mode, (uid_t)-1, (gid_t)-1 };
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, target, text, strlen(text), m, &e), 0);
}

static void
what_was_installed_is_there_and_removed_again(void **state)
{
	(void)state;
	must_put("one", true);
	holds("one", 0640);
	must_put("one", false); /* spares the flash */
	must_put("two", true);
	holds("two", 0640);
	must_remove();
	holds(NULL, 0);
	must_remove();
	must_put("", true);
	holds("", 0640);
}

static void
what_stood_there_comes_back_with_its_mode(void **state)
{
	(void)state;
	by_hand("by hand", 0604);
	must_put("ours", true);
	must_put("ours again", true);
	must_remove();
	holds("by hand", 0604);
	must_remove(); /* no longer ours */
	holds("by hand", 0604);
	must_put("third", true);
	must_remove();
	holds("by hand", 0604);
}

static void
what_was_never_installed_is_not_removed(void **state)
{
	(void)state;
	by_hand("by hand", 0644);
	must_remove();
	holds("by hand", 0644);
}

static void
a_copy_left_by_a_power_cut_does_not_come_back(void **state)
{
	struct err e;

	(void)state;
	/* Cut between the marker's end and the copy's. */
	by_hand("old", 0644);
	must_put("ours", true);
	must_remove();
	assert_int_equal(file_write(state_dir, "installed/demo.x.was", "stale",
			     5, FILE_SECRET, &e),
	    0);
	assert_int_equal(unlink(target), 0);
	must_put("ours", true);
	must_remove();
	holds(NULL, 0);
}

static void
a_mode_or_owner_that_somebody_changed_is_put_right(void **state)
{
	(void)state;
	must_put("one", true);
	assert_int_equal(chmod(target, 0666), 0);
	must_put("one", true);
	holds("one", 0640);
}

static void
only_the_policys_slots_are_known(void **state)
{
	static const char *const slots[] = { "", "y", "X", "x/../../etc/passwd",
		"/etc/passwd", "deep/y" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
		assert_int_equal(put(slots[i], "a", NULL, &e), -1);
		assert_non_null(strstr(e.text, "has no slot"));
		assert_int_equal(
		    install_remove(state_dir, grants, slots[i], &e), -1);
	}
}

static void
a_link_or_a_folder_in_the_way_is_refused(void **state)
{
	struct err e;
	struct stat st;

	(void)state;
	assert_int_equal(symlink("/etc/passwd", target), 0);
	assert_int_equal(put("x", "root::0:0", NULL, &e), -1);
	assert_int_equal(lstat(target, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(put("folder", "a", NULL, &e), -1);
	assert_int_equal(put("deep", "a", NULL, &e), -1);
	assert_non_null(strstr(e.text, "No such file or directory"));
}

static void
a_content_too_large_is_refused(void **state)
{
	own_bytes struct bytes big = { 0 };
	char piece[4096];
	own_fd int fd = -1;
	bool changed;
	struct err e;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	while (big.len <= INGOT_TEXT_MAX)
		bytes_add(&big, piece, sizeof(piece));
	fd = file_sealed(big.p, big.len, &e);
	assert_int_equal(
	    install_put(state_dir, grants, "x", fd, &changed, &e), -1);
	holds(NULL, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_installed_is_there_and_removed_again),
		T(what_stood_there_comes_back_with_its_mode),
		T(what_was_never_installed_is_not_removed),
		T(a_copy_left_by_a_power_cut_does_not_come_back),
		T(a_mode_or_owner_that_somebody_changed_is_put_right),
		T(only_the_policys_slots_are_known),
		T(a_link_or_a_folder_in_the_way_is_refused),
		T(a_content_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
