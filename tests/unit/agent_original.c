/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a file whose owner changes it meanwhile: nothing that was
 * never there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "original.h"
#include "own.h"

#define SIZE   ((size_t)256 * 1024)
#define ROUNDS 150

static char top[64], one[96], other[96]; /* a folder of a user's, its files */
static int state;
static volatile bool stop;

static void
put(const char *path, const char *text, mode_t mode)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text),
		(struct file_meta){ mode, (uid_t)-1, (gid_t)-1 }, &e),
	    0);
}

static int
make(void **ignored)
{
	own_str char *large = calloc(1, SIZE + 1);
	struct err e;

	(void)ignored;
	(void)strcpy(top, "/tmp/ingot-original.XXXXXX");
	assert_non_null(mkdtemp(top));
	(void)snprintf(one, sizeof(one), "%s/one", top);
	(void)snprintf(other, sizeof(other), "%s/other", top);
	memset(large, 'x', SIZE);
	put(one, large, 0600);
	put(other, "of another size and mode", 04755);
	state = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_mkdirs(state, "state", 0700, &e), 0);
	stop = false;
	return 0;
}

static int
drop(void **ignored)
{
	struct err e;

	(void)ignored;
	(void)close(state);
	return file_remove_tree(AT_FDCWD, top, &e);
}

/* Keeps, over and over, until the thread has had its chances. */
static void
keep_and_look(void (*look)(const json_t *was, const struct bytes *text))
{
	struct err e;

	for (int i = 0; i < ROUNDS; i++) {
		own_originals struct originals o;
		own_bytes struct bytes text = { .limit = 2 * SIZE };
		own_fd int fd = -1;

		(void)file_remove_tree(state, "original", &e);
		assert_int_equal(originals_open(&o, state, &e), 0);
		if (original_keep(&o, one + 1, &e) == -1 ||
		    originals_save(&o, &e) == -1)
			fail_msg("%s", e.text);
		fd = original_open(&o, one + 1);
		assert_int_equal(file_read_fd(fd, 2 * SIZE, &text, &e), 0);
		look(json_object_get(o.index, one + 1), &text);
	}
}

static void
with(void *(*attacker)(void *),
    void (*look)(const json_t *, const struct bytes *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, attacker, NULL), 0);
	keep_and_look(look);
	stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *
swap(void *ignored)
{
	(void)ignored;
	while (!stop)
		(void)renameat2(
		    AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
	return NULL;
}

static void
mode_is_of_the_bytes(const json_t *was, const struct bytes *text)
{
	assert_int_equal(json_integer_value(json_object_get(was, "mode")),
	    text->len == SIZE ? 0600 : 04755);
}

static void
bytes_and_mode_are_of_one_file_whoever_swaps_it(void **ignored)
{
	(void)ignored;
	with(swap, mode_is_of_the_bytes);
}

static void *
scribble(void *ignored)
{
	int fd = open(one, O_WRONLY | O_CLOEXEC);

	(void)ignored;
	for (unsigned n = 0; !stop; n++)
		if (pwrite(fd, n % 2 == 0 ? "a" : "b", 1, n % 7 * 9000) == -1)
			break;
	(void)close(fd);
	return NULL;
}

static void
hash_is_of_the_bytes(const json_t *was, const struct bytes *text)
{
	uint8_t is[SHA256_LEN];
	char hex[SHA256_HEX];
	struct err e;

	assert_int_equal(sha256(text->p, text->len, is, &e), 0);
	hex_encode(is, sizeof(is), hex);
	assert_string_equal(
	    json_string_value(json_object_get(was, "sha256")), hex);
}

static void
it_can_be_put_back_whoever_writes_to_it(void **ignored)
{
	(void)ignored;
	with(scribble, hash_is_of_the_bytes);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(bytes_and_mode_are_of_one_file_whoever_swaps_it),
		T(it_can_be_put_back_whoever_writes_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
