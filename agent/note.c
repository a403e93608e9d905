/* SPDX-License-Identifier: MIT */
#include <sys/types.h>

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "note.h"

/* Exactly n bytes at off, or an error: the file is not to be trusted. */
static int
read_at(int fd, void *p, size_t n, uint64_t off, struct err *e)
{
	ssize_t got;

	if (off > INT64_MAX)
		return err_set(e, EBADMSG, "offset out of range");
	got = pread(fd, p, n, (off_t)off);
	if (got == -1)
		return err_sys(e, "read");
	if ((size_t)got != n)
		return err_set(e, EBADMSG, "file is cut short");
	return 0;
}

static int
is_plugin_note(const struct ingot_note *n)
{
	return n->namesz == 4 && n->descsz == 32 && n->type == 1 &&
	    memcmp(n->vendor, "ING", 4) == 0 &&
	    memchr(n->name, '\0', sizeof(n->name)) != NULL;
}

/* Looks through one segment of notes; 1: found. */
static int
scan_notes(int fd, const ElfW(Phdr) * ph, struct ingot_note *out, struct err *e)
{
	struct ingot_note n;
	uint64_t at = 0, step;

	while (at + sizeof(n) <= ph->p_filesz) {
		if (read_at(fd, &n, sizeof(n), ph->p_offset + at, e) == -1)
			return -1;
		if (is_plugin_note(&n)) {
			*out = n;
			return 1;
		}
		step = 12 + (((uint64_t)n.namesz + 3) & ~3ull) +
		    (((uint64_t)n.descsz + 3) & ~3ull);
		at += step;
	}
	return 0;
}

int
note_read(int fd, struct ingot_note *out, struct err *e)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	int found = 0;

	if (read_at(fd, &eh, sizeof(eh), 0, e) == -1)
		return -1;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_type != ET_DYN ||
	    eh.e_phentsize != sizeof(ph))
		return err_set(e, ENOEXEC, "not a shared object");
	for (unsigned i = 0; i < eh.e_phnum && found == 0; i++) {
		if (read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph),
			e) == -1)
			return -1;
		if (ph.p_type == PT_NOTE)
			found = scan_notes(fd, &ph, out, e);
	}
	if (found == -1)
		return -1;
	if (found == 0)
		return err_set(e, ENOEXEC, "not a gateway plugin");
	if (out->abi != INGOT_ABI)
		return err_set(e, ENOEXEC, "built for ABI %u, this is %u",
		    out->abi, INGOT_ABI);
	return 0;
}
