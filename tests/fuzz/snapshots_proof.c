/* SPDX-License-Identifier: MIT */
/*
 * The proof in anybody's bundle: its first line alone says what a unit thinks
 * of it, whatever stands behind.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char path[] = "/dev/shm/ingot-fuzz.XXXXXX";
static int dir = -1;

static void
remove_folder(void)
{
	(void)unlinkat(dir, "proof", 0);
	(void)rmdir(path);
}

static json_t *
summary(const uint8_t *data, size_t len)
{
	own_fd int fd = openat(
	    dir, "proof", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err e = { 0 };
	json_t *j;

	if (fd == -1 || file_write_all(fd, data, len) == -1)
		abort();
	j = proof_summary(dir, &e);
	if (j == NULL && e.text[0] == '\0')
		abort();
	return j;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len == 0 ? NULL : memchr(data, '\n', len);
	own_json json_t *all = NULL, *first = NULL;

	if (dir == -1) {
		if (mkdtemp(path) == NULL ||
		    (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
			-1)
			abort();
		(void)atexit(remove_folder);
	}
	all = summary(data, len);
	first = summary(data, end == NULL ? len : (size_t)(end - data));
	if ((all == NULL) != (first == NULL) ||
	    (all != NULL && !json_equal(all, first)))
		abort();
	return 0;
}
