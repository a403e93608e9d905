/* SPDX-License-Identifier: MIT */
/*
 * The managed files and their originals: convergence from anywhere, the way
 * to a file past links, and what must be said before the first change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <place.h> /* agent/, not the one beside this file */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "original.h"
#include "own.h"

static char top[64]; /* absolute; with "state" and "out" in it */
static struct {
	int state;
	struct applied target;
	struct applied_file files[4];
} w;

static void
put(const char *name, const char *text)
{
	struct err e;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
}

static int
make(void **state)
{
	struct err e;

	(void)state;
	memset(&w, 0, sizeof(w));
	(void)strcpy(top, "/tmp/ingot-files.XXXXXX");
	assert_non_null(mkdtemp(top));
	w.state = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_mkdirs(w.state, "out", 0755, &e), 0);
	assert_int_equal(
	    file_mkdirs(w.state, "state/applied/1/files", 0700, &e), 0);
	(void)close(w.state);
	{
		char sub[96];

		(void)snprintf(sub, sizeof(sub), "%s/state", top);
		w.state = open(sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	assert_int_not_equal(w.state, -1);
	w.target = (struct applied){ .number = 1, .files = w.files };
	return 0;
}

static int
drop(void **state)
{
	struct err e;

	(void)state;
	(void)close(w.state);
	(void)file_remove_tree(AT_FDCWD, top, &e);
	return 0;
}

/* One more file of the target, with these bytes; out/NAME. */
static struct applied_file *
want(const char *name, const char *text)
{
	struct applied_file *f = &w.files[w.target.file_count++];
	char path[1024], *slash;
	struct err e;

	(void)snprintf(f->path, sizeof(f->path), "%s/out/%s", top + 1, name);
	(void)snprintf(
	    f->owner, sizeof(f->owner), "%s", getpwuid(geteuid())->pw_name);
	(void)snprintf(
	    f->group, sizeof(f->group), "%s", getgrgid(getegid())->gr_name);
	f->mode = 0640;
	f->filled = true;
	assert_int_equal(sha256(text, strlen(text), f->sha256, &e), 0);
	(void)snprintf(path, sizeof(path), "applied/1/files/%s", f->path);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(w.state, path, 0700, &e), 0);
	*slash = '/';
	assert_int_equal(
	    file_write(w.state, path, text, strlen(text), FILE_SECRET, &e), 0);
	return f;
}

static void
converge(size_t count)
{
	struct err e = { .text = "" };

	w.target.file_count = count;
	if (files_converge(&w.target, w.state, true, &e) == -1)
		fail_msg("%s", e.text);
}

static const char *
get(const char *name)
{
	static struct bytes text;
	char path[256];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/out/%s", top, name);
	return file_read(AT_FDCWD, path, 4096, &text, &e) == -1 ? NULL : text.p;
}

static void
files_come_and_go_with_the_target(void **state)
{
	(void)state;
	put("out/b", "original");
	(void)want("a", "one");
	(void)want("b", "two");
	converge(2);
	assert_string_equal(get("a"), "one");
	assert_string_equal(get("b"), "two");
	converge(2); /* once more does no harm */
	assert_string_equal(get("b"), "two");
	converge(1);
	assert_string_equal(get("a"), "one");
	assert_string_equal(get("b"), "original");
	converge(0);
	assert_null(get("a"));
	assert_string_equal(get("b"), "original");
}

static void
what_was_made_for_a_file_goes_with_it(void **state)
{
	char path[128];

	(void)state;
	(void)want("new/er/file", "x");
	converge(1);
	assert_string_equal(get("new/er/file"), "x");
	converge(0);
	(void)snprintf(path, sizeof(path), "%s/out/new", top);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/out", top);
	assert_int_equal(access(path, F_OK), 0);
}

static void
a_folder_that_somebody_else_uses_by_now_stays(void **state)
{
	(void)state;
	(void)want("new/er/file", "x");
	converge(1);
	put("out/new/other", "mine");
	converge(0);
	assert_null(get("new/er/file"));
	assert_string_equal(get("new/other"), "mine");
}

static void
an_edit_by_hand_is_put_right_and_is_no_original(void **state)
{
	struct applied_file *f = want("a", "one");
	struct err e;

	(void)state;
	put("out/a", "original");
	converge(1);
	put("out/a", "edited");
	assert_int_equal(files_same(f, &e), -1);
	assert_string_equal(e.text, "its mode is 0644, not 0640");
	converge(1);
	assert_int_equal(files_same(f, &e), 0);
	converge(0);
	assert_string_equal(get("a"), "original");
}

static void
litter_of_a_kill_is_swept(void **state)
{
	(void)state;
	(void)want("a", "one");
	put("out/" FILE_TEMP "1.1", "half");
	converge(1);
	assert_null(get(FILE_TEMP "1.1"));
}

static void
a_damaged_copy_is_not_put_in_place(void **state)
{
	struct applied_file *f = want("a", "one");
	char path[1024];
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "applied/1/files/%s", f->path);
	assert_int_equal(
	    file_write(w.state, path, "0ne", 3, FILE_SECRET, &e), 0);
	assert_int_equal(files_converge(&w.target, w.state, false, &e), -1);
	assert_non_null(strstr(e.text, "damaged"));
	assert_null(get("a"));
}

/* Names in out/ that begin so. */
static unsigned
count_names(const char *start)
{
	char path[128];
	struct dirent *de;
	unsigned n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/out", top);
	assert_non_null(d = opendir(path));
	while ((de = readdir(d)) != NULL)
		n += strncmp(de->d_name, start, strlen(start)) == 0;
	(void)closedir(d);
	return n;
}

/* All are written before the first is moved in: what fails until then has
 * changed nothing, and leaves nothing beside. */
static void
a_failure_before_the_last_is_written_changes_no_file(void **state)
{
	struct applied_file *f;
	char path[1024];
	struct err e;

	(void)state;
	put("out/a", "original");
	put("out/b", "original");
	(void)want("a", "one");
	(void)want("b", "two");
	f = want("c", "three");
	(void)snprintf(path, sizeof(path), "applied/1/files/%s", f->path);
	assert_int_equal(
	    file_write(w.state, path, "thrEE", 5, FILE_SECRET, &e), 0);
	assert_int_equal(files_converge(&w.target, w.state, false, &e), -1);
	assert_string_equal(get("a"), "original");
	assert_string_equal(get("b"), "original");
	assert_null(get("c"));
	assert_int_equal(count_names(FILE_TEMP), 0);
}

/* And their copies, when they are back: nothing may grow from apply to apply.
 */
static void
originals_that_are_back_are_forgotten(void **state)
{
	struct originals o;
	char path[128];
	struct err e;

	(void)state;
	put("out/a", "original");
	put("out/b", "original too");
	(void)want("a", "one");
	(void)want("b", "two");
	(void)want("c", "three");
	converge(3);
	assert_int_equal(originals_open(&o, w.state, &e), 0);
	assert_int_equal(json_object_size(o.index), 3);
	originals_close(&o);
	converge(0);
	assert_string_equal(get("a"), "original");
	assert_string_equal(get("b"), "original too");
	assert_null(get("c"));
	assert_int_equal(originals_open(&o, w.state, &e), 0);
	assert_int_equal(json_object_size(o.index), 0);
	originals_close(&o);
	(void)snprintf(path, sizeof(path), "%s/state/original", top);
	(void)strcat(path, "/index.json");
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0); /* was empty but for the index */
}

static void
a_damaged_index_of_originals_stops_everything(void **state)
{
	struct originals o;
	struct err e;

	(void)state;
	put("state/original.x", "");
	assert_int_equal(file_mkdirs(w.state, "original", 0700, &e), 0);
	put("state/original/index.json", "{ half");
	(void)want("a", "one");
	assert_int_equal(files_converge(&w.target, w.state, false, &e), -1);
	assert_null(get("a"));
	assert_int_equal(originals_open(&o, w.state, &e), -1);
	originals_close(&o);
}

static void
a_path_with_dots_leads_nowhere(void **state)
{
	static const char *const rows[] = { "etc/../etc/x", "etc/./x", "etc//x",
		"etc/..", "", "../x" };
	const char *name;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    place_open(rows[i], false, NULL, &name, &e), -1);
}

static void
a_users_link_is_refused_and_our_own_followed(void **state)
{
	char path[256], to[128];
	const char *name;
	struct err e;
	int fd;

	(void)state;
	(void)snprintf(to, sizeof(to), "%s/out", top);
	(void)snprintf(path, sizeof(path), "%s/link", top);
	assert_int_equal(symlink(to, path), 0);
	(void)strcat(path, "/file");
	fd = place_open(path + 1, false, NULL, &name, &e);
	assert_int_not_equal(fd, -1);
	assert_string_equal(name, "file");
	(void)close(fd);
	if (geteuid() != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s/link", top);
	assert_int_equal(lchown(path, 65534, 65534), 0);
	(void)strcat(path, "/file");
	assert_int_equal(place_open(path + 1, false, NULL, &name, &e), -1);
	assert_non_null(strstr(e.text, "belongs to user 65534"));
}

/* Ours, but it leads through a folder in which a user may put links. */
static void
a_users_link_behind_our_own_is_refused(void **state)
{
	char ours[128], theirs[128], path[256];
	const char *name;
	struct err e;

	(void)state;
	(void)snprintf(theirs, sizeof(theirs), "%s/theirs", top);
	(void)snprintf(ours, sizeof(ours), "%s/ours", top);
	assert_int_equal(symlink("out", theirs), 0);
	assert_int_equal(symlink("theirs/../out/../theirs", ours), 0);
	(void)snprintf(path, sizeof(path), "%s/file", ours);
	(void)close(place_open(path + 1, false, NULL, &name, &e));
	if (geteuid() != 0)
		skip();
	assert_int_equal(lchown(theirs, 65534, 65534), 0);
	assert_int_equal(place_open(path + 1, false, NULL, &name, &e), -1);
	assert_non_null(strstr(e.text, "belongs to user 65534"));
}

static void
links_in_a_circle_end(void **state)
{
	char one[128], two[128], path[256];
	const char *name;
	struct err e;

	(void)state;
	(void)snprintf(one, sizeof(one), "%s/one", top);
	(void)snprintf(two, sizeof(two), "%s/two", top);
	assert_int_equal(symlink("two", one), 0);
	assert_int_equal(symlink("one", two), 0);
	(void)snprintf(path, sizeof(path), "%s/file", one);
	assert_int_equal(place_open(path + 1, false, NULL, &name, &e), -1);
	assert_non_null(strstr(e.text, "too many links"));
}

static void
the_real_place_is_behind_all_links(void **state)
{
	char link[128], path[256], real[PATH_MAX], want[256];
	struct err e;

	(void)state;
	(void)snprintf(link, sizeof(link), "%s/link", top);
	assert_int_equal(symlink("out", link), 0);
	(void)snprintf(path, sizeof(path), "%s/not/yet/file", link);
	(void)snprintf(want, sizeof(want), "%s/out/not/yet/file", top);
	assert_int_equal(place_real(path + 1, real, &e), 0);
	assert_string_equal(real, want);
	assert_int_equal(place_real("file", real, &e), 0);
	assert_string_equal(real, "/file");
	assert_int_equal(place_real("a/../b", real, &e), -1);
}

static void
missing_folders_are_counted(void **state)
{
	char path[256];
	unsigned missing;
	const char *name;
	struct err e;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/out/x/y/z", top);
	assert_int_equal(place_open(path + 1, false, &missing, &name, &e), -1);
	assert_int_equal(e.code, ENOENT);
	assert_int_equal(missing, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(files_come_and_go_with_the_target),
		T(what_was_made_for_a_file_goes_with_it),
		T(a_folder_that_somebody_else_uses_by_now_stays),
		T(an_edit_by_hand_is_put_right_and_is_no_original),
		T(litter_of_a_kill_is_swept),
		T(a_damaged_copy_is_not_put_in_place),
		T(a_failure_before_the_last_is_written_changes_no_file),
		T(originals_that_are_back_are_forgotten),
		T(a_damaged_index_of_originals_stops_everything),
		T(a_path_with_dots_leads_nowhere),
		T(a_users_link_is_refused_and_our_own_followed),
		T(a_users_link_behind_our_own_is_refused),
		T(links_in_a_circle_end),
		T(the_real_place_is_behind_all_links),
		T(missing_folders_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
