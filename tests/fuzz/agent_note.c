/* SPDX-License-Identifier: MIT */
/*
 * Any file as a plugin: whatever note_read accepts has a name that is safe in
 * a path, this ABI, and needs that are known.
 */
#include <sys/mman.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "own.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct ingot_note note;
	struct err e;

	if (write(fd, data, n) != (ssize_t)n)
		return 0;
	if (note_read(fd, &note, &e) == -1)
		return 0;
	if (memchr(note.name, '\0', sizeof(note.name)) == NULL ||
	    strpbrk(note.name, "/. \n") != NULL || note.abi != INGOT_ABI ||
	    note.needs > 0x7f)
		abort();
	return 0;
}
