/* SPDX-License-Identifier: MIT */
/* Files: the old one or the new one, whole; and no way out of a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "place.h"

/* Entries of the folder the test stands in. */
static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void
holds(const char *path, const char *text)
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	if (file_read(AT_FDCWD, path, 1000, &b, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(b.p, text);
}

static void
put(const char *path, const char *text)
{
	struct err e;

	if (file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e) ==
	    -1)
		fail_msg("%s", e.text);
}

static void
a_file_is_replaced_with_its_mode_and_owner(void **state)
{
	struct file_meta m = { 0640, (uid_t)-1, (gid_t)-1 };
	struct stat st;
	struct err e;

	(void)state;
	(void)umask(0777);
	put("f", "old");
	if (getuid() == 0)
		m = (struct file_meta){ 02750, 65534, 65534 };
	assert_int_equal(file_write(AT_FDCWD, "f", "new", 3, m, &e), 0);
	(void)umask(022);
	holds("f", "new");
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, m.mode);
	if (getuid() == 0)
		assert_int_equal(st.st_uid, 65534);
	assert_int_equal(entries("."), 1);
}

static void
a_link_in_the_place_is_replaced_not_followed(void **state)
{
	struct stat st;

	(void)state;
	put("target", "keep");
	assert_int_equal(symlink("target", "f"), 0);
	put("f", "new");
	holds("target", "keep");
	assert_int_equal(lstat("f", &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
a_place_that_can_not_be_written_keeps_what_it_has(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, "d", "x", 1, FILE_PUBLIC, &e), -1);
	assert_int_equal(
	    file_write(AT_FDCWD, "d/", "x", 1, FILE_PUBLIC, &e), -1);
	assert_int_equal(
	    file_write(AT_FDCWD, "none/f", "x", 1, FILE_PUBLIC, &e), -1);
	assert_non_null(strstr(e.text, "none"));
	assert_int_equal(file_write(AT_FDCWD, "", "x", 1, FILE_PUBLIC, &e), -1);
	assert_int_equal(entries("."), 1);
	assert_int_equal(entries("d"), 0);
}

/* In a child with a mount namespace of its own: 0 when all held. */
static int
on_a_full_disk(const char *path)
{
	static char big[200 * 1024];
	struct err e;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("t", path, "tmpfs", 0, "size=64k") == -1 || chdir(path) == -1)
		return 2;
	if (file_write(AT_FDCWD, "f", "old", 3, FILE_PUBLIC, &e) == -1)
		return 3;
	if (file_write(AT_FDCWD, "f", big, sizeof(big), FILE_PUBLIC, &e) == 0)
		return 4;
	if (e.code != ENOSPC || strstr(e.text, "No space") == NULL)
		return 5;
	if (entries(".") != 1)
		return 6;
	holds("f", "old");
	return 0;
}

static void
a_full_disk_leaves_the_old_file_and_no_rest(void **state)
{
	int status;
	pid_t pid;

	if (getuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(on_a_full_disk(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
only_plain_files_within_the_limit_are_read(void **state)
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)state;
	put("f", "12345");
	assert_int_equal(file_read(AT_FDCWD, "f", 5, &b, &e), 0);
	assert_int_equal(b.len, 5);
	assert_int_equal(file_read(AT_FDCWD, "f", 4, &b, &e), -1);
	assert_int_equal(e.code, EFBIG);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(file_read(AT_FDCWD, "link", 5, &b, &e), -1);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(file_read(AT_FDCWD, "fifo", 5, &b, &e), -1);
	assert_non_null(strstr(e.text, "fifo: not a regular file"));
	assert_int_equal(file_read(AT_FDCWD, ".", 5, &b, &e), -1);
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 5, &b, &e), -1);
	put("empty", "");
	assert_int_equal(file_read(AT_FDCWD, "empty", 0, &b, &e), 0);
	assert_string_equal(b.p, "");
}

static void
removing_what_is_not_there_is_fine(void **state)
{
	struct err e;

	(void)state;
	put("f", "x");
	assert_int_equal(file_remove(AT_FDCWD, "f", &e), 0);
	assert_int_equal(file_remove(AT_FDCWD, "f", &e), 0);
	assert_int_equal(file_remove(AT_FDCWD, "none/f", &e), 0);
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(file_remove(AT_FDCWD, "d", &e), -1);
	assert_int_equal(entries("."), 1);
}

static void
a_link_is_turned_by_rename(void **state)
{
	char to[32] = "";
	struct err e;

	(void)state;
	assert_int_equal(file_link(AT_FDCWD, "a", "current", &e), 0);
	assert_int_equal(file_link(AT_FDCWD, "b", "current", &e), 0);
	assert_int_equal(readlink("current", to, sizeof(to) - 1), 1);
	assert_string_equal(to, "b");
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(file_link(AT_FDCWD, "b", "d", &e), -1);
	assert_int_equal(entries("."), 2);
}

static void
nothing_above_a_folder_can_be_opened_from_it(void **state)
{
	static const char *const out[] = { "..", "../f", "in/../../f",
		"/etc/passwd", "in/out", "in/link", "in/root/etc/passwd",
		"dir/f", "" };
	own_fd int dir = -1;
	int fd;
	struct err e;

	(void)state;
	put("f", "outside");
	assert_int_equal(file_mkdirs(AT_FDCWD, "box/in/deep", 0755, &e), 0);
	put("box/in/deep/f", "inside");
	assert_int_equal(symlink("../../f", "box/in/out"), 0);
	assert_int_equal(symlink("deep/f", "box/in/link"), 0);
	assert_int_equal(symlink("/", "box/in/root"), 0);
	assert_int_equal(symlink("in/deep", "box/dir"), 0);
	dir = open("box", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++)
		if (file_open_beneath(dir, out[i], O_RDONLY, 0, &e) != -1)
			fail_msg("%s was opened", out[i]);
	fd = file_open_beneath(dir, "in/deep/../deep/f", O_RDONLY, 0, &e);
	assert_int_not_equal(fd, -1); /* stays below all the way */
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(fd);
	fd = file_open_beneath(
	    dir, "in/new", O_WRONLY | O_CREAT | O_EXCL, 0600, &e);
	assert_int_not_equal(fd, -1);
	(void)close(fd);
}

static void
a_tree_goes_and_its_links_lead_nowhere(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(AT_FDCWD, "keep", 0755, &e), 0);
	put("keep/f", "kept");
	assert_int_equal(file_mkdirs(AT_FDCWD, "tree/a/b/c", 0755, &e), 0);
	assert_int_equal(file_mkdirs(AT_FDCWD, "tree/a/b/c", 0755, &e), 0);
	put("tree/a/b/f", "x");
	assert_int_equal(symlink("../keep", "tree/link"), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, "tree", &e), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, "tree", &e), 0);
	assert_int_equal(symlink("keep", "link"), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, "link", &e), 0);
	holds("keep/f", "kept");
	assert_int_equal(entries("."), 1);
	put("f", "x");
	assert_int_equal(file_mkdirs(AT_FDCWD, "f/d", 0755, &e), -1);
}

static void
only_temporary_names_are_swept(void **state)
{
	struct err e;

	(void)state;
	put(FILE_TEMP "1.1", "left by a power cut");
	put(".ingot-news", "kept");
	put("f", "kept");
	assert_int_equal(file_sweep(AT_FDCWD, ".", &e), 0);
	assert_int_equal(entries("."), 2);
	assert_int_equal(file_sweep(AT_FDCWD, "none", &e), -1);
}

static void
nobody_changes_a_sealed_text(void **state)
{
	own_bytes struct bytes b = { 0 };
	own_fd int fd = -1;
	struct err e;

	(void)state;
	fd = file_sealed("text", 4, &e);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, 0), -1);
	assert_int_equal(file_read_fd(fd, 4, &b, &e), 0);
	assert_string_equal(b.p, "text");
}

static void
a_batch_is_seen_when_it_is_committed_and_not_before(void **state)
{
	struct file_batch *b;
	struct err e;
	int dir;

	(void)state;
	put("a", "old");
	assert_int_equal(file_mkdirs(AT_FDCWD, "d", 0755, &e), 0);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	b = file_batch_new(dir, &e);
	assert_int_equal(file_batch_add(b, "a", "new", 3, FILE_PUBLIC, &e), 0);
	assert_int_equal(file_batch_add(b, "d/b", "b", 1, FILE_PUBLIC, &e), 0);
	assert_int_equal(
	    file_batch_add(b, "none/b", "b", 1, FILE_PUBLIC, &e), -1);
	holds("a", "old");
	assert_int_not_equal(access("d/b", F_OK), 0);
	assert_int_equal(file_batch_commit(b, &e), 0);
	holds("a", "new");
	holds("d/b", "b");
	assert_int_equal(file_batch_commit(b, &e), 0);
	file_batch_free(b);
	b = file_batch_new(dir, &e);
	assert_int_equal(
	    file_batch_add(b, "a", "newer", 5, FILE_PUBLIC, &e), 0);
	file_batch_free(b);
	file_batch_free(NULL);
	(void)close(dir);
	holds("a", "new");
	assert_int_equal(entries("."), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(a_file_is_replaced_with_its_mode_and_owner),
		in_a_place(a_link_in_the_place_is_replaced_not_followed),
		in_a_place(a_place_that_can_not_be_written_keeps_what_it_has),
		in_a_place(a_full_disk_leaves_the_old_file_and_no_rest),
		in_a_place(only_plain_files_within_the_limit_are_read),
		in_a_place(removing_what_is_not_there_is_fine),
		in_a_place(a_link_is_turned_by_rename),
		in_a_place(nothing_above_a_folder_can_be_opened_from_it),
		in_a_place(a_tree_goes_and_its_links_lead_nowhere),
		in_a_place(only_temporary_names_are_swept),
		in_a_place(nobody_changes_a_sealed_text),
		in_a_place(a_batch_is_seen_when_it_is_committed_and_not_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
