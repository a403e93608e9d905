/* SPDX-License-Identifier: MIT */
#ifndef TEST_PLACE_H
#define TEST_PLACE_H

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* A folder of its own for one test: cmocka setup and teardown. *state is the
 * path; the test stands in it. */
static inline int
place_make_in(const char *name, void **state)
{
	char *path = strdup(name);

	if (path == NULL || mkdtemp(path) == NULL || chdir(path) == -1)
		return -1;
	*state = path;
	return 0;
}

static inline int
place_make(void **state)
{
	return place_make_in("/tmp/ingot-unit.XXXXXX", state);
}

/* In memory, where a sync costs nothing: for who makes a hundred of them. */
static inline int
place_make_light(void **state)
{
	return place_make_in(access("/dev/shm", W_OK) == 0
		? "/dev/shm/ingot-unit.XXXXXX"
		: "/tmp/ingot-unit.XXXXXX",
	    state);
}

static inline int
place_drop(void **state)
{
	struct err e;
	int rc = chdir("/");

	rc |= file_remove_tree(AT_FDCWD, *state, &e);
	free(*state);
	return rc;
}

#define in_a_place(test)                                                       \
	cmocka_unit_test_setup_teardown(test, place_make, place_drop)

#endif
