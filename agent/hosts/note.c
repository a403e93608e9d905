/* SPDX-License-Identifier: MIT */
/*
 * Finds the plugin note in an ELF file that nobody has vouched for yet, without
 * running any of it.
 *
 * Promises: reads a bounded number of bytes whatever the file claims; what
 * comes out has a name that is safe as a user's, a folder's and a policy's
 * name, and only needs that this agent knows.
 *
 * Deliberately not: judging whether the library would load. The host finds out,
 * in its cage.
 */
#include <sys/types.h>

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "note.h"

/* A real plugin has about ten segments, and notes of 200 bytes. */
#define SEGMENTS_MAX 64
#define NOTES_MAX    4096

#define KNOWN_NEEDS                                                            \
	(INGOT_NEED_INSTALL | INGOT_NEED_SIGN | INGOT_NEED_RELOAD |            \
	    INGOT_NEED_TPM | INGOT_NEED_NET_ADMIN | INGOT_NEED_NETWORK |       \
	    INGOT_NEED_STATE)

#define OUR_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define OUR_DATA  (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

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
	    memcmp(n->vendor, "ING", 4) == 0;
}

/* Looks through one segment of notes; 1: found. */
static int
scan_notes(int fd, const ElfW(Phdr) * ph, struct ingot_note *out, struct err *e)
{
	struct ingot_note n;
	uint64_t at = 0, step;

	if (ph->p_filesz > NOTES_MAX || ph->p_offset > INT64_MAX)
		return err_set(e, EBADMSG, "note segment out of range");
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

static int
is_library(const ElfW(Ehdr) * eh)
{
	return memcmp(eh->e_ident, ELFMAG, SELFMAG) == 0 &&
	    eh->e_ident[EI_CLASS] == OUR_CLASS &&
	    eh->e_ident[EI_DATA] == OUR_DATA && eh->e_type == ET_DYN &&
	    eh->e_phentsize == sizeof(ElfW(Phdr));
}

/* 1: found, 0: none, -1. */
static int
find_note(int fd, struct ingot_note *out, struct err *e)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	int found = 0;

	if (read_at(fd, &eh, sizeof(eh), 0, e) == -1)
		return -1;
	if (!is_library(&eh))
		return err_set(
		    e, ENOEXEC, "not a shared object for this machine");
	if (eh.e_phnum > SEGMENTS_MAX || eh.e_phoff > INT64_MAX)
		return err_set(e, EBADMSG, "program headers out of range");
	for (unsigned i = 0; i < eh.e_phnum && found == 0; i++) {
		if (read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph),
			e) == -1)
			return -1;
		if (ph.p_type == PT_NOTE)
			found = scan_notes(fd, &ph, out, e);
	}
	return found;
}

/* The name becomes part of paths: [a-z0-9_] and nothing else. */
static int
check_name(const struct ingot_note *n, struct err *e)
{
	size_t len = strnlen(n->name, sizeof(n->name));

	if (len == 0 || len == sizeof(n->name) ||
	    strspn(n->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return err_set(e, ENOEXEC,
		    "the plugin's name is not 1 to %zu of a-z, 0-9 and _",
		    sizeof(n->name) - 1);
	return 0;
}

int
note_read(int fd, struct ingot_note *out, struct err *e)
{
	int found = find_note(fd, out, e);

	if (found == -1)
		return -1;
	if (found == 0)
		return err_set(e, ENOEXEC, "not an Ingot plugin");
	if (out->abi != INGOT_ABI)
		return err_set(e, ENOEXEC, "built for ABI %u, this is %u",
		    out->abi, INGOT_ABI);
	if ((out->needs & ~KNOWN_NEEDS) != 0)
		return err_set(e, ENOEXEC, "needs %#x, of which %#x is unknown",
		    out->needs, out->needs & ~KNOWN_NEEDS);
	return check_name(out, e);
}
