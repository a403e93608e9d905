/* SPDX-License-Identifier: MIT */
/*
 * A small ELF file is made in memory, so that each of its claims can be made a
 * lie; and real libraries are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "own.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define ELF_LEN  (offsetof(struct elf, note) + sizeof(struct ingot_note))

struct elf {
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph[2];
	struct {
		uint32_t namesz, descsz, type;
		char name[4];
		char desc[20];
	} build_id; /* a note of somebody else's in front */
	struct ingot_note note;
};

static const struct elf good = {
	.eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F',
		    sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
		    ELFDATA2LSB },
		.e_type = ET_DYN,
		.e_phoff = offsetof(struct elf, ph),
		.e_phentsize = sizeof(ElfW(Phdr)),
		.e_phnum = 2,
	},
	.ph = {
		{ .p_type = PT_LOAD },
		{ .p_type = PT_NOTE,
		    .p_offset = offsetof(struct elf, build_id),
		    .p_filesz = ELF_LEN - offsetof(struct elf, build_id) },
	},
	.build_id = { 4, 20, 3, "GNU", "" },
	.note = { 4, 32, 1, "ING", INGOT_ABI, INGOT_NEED_INSTALL, "quiet" },
};

/* What note_read says of these bytes; "" when it likes them. */
static const char *
read_bytes(const void *p, size_t n, struct ingot_note *note)
{
	static struct err e;
	own_fd int fd = memfd_create("elf", MFD_CLOEXEC);

	e.text[0] = '\0';
	assert_int_equal(write(fd, p, n), n);
	return note_read(fd, note, &e) == -1 ? e.text : "";
}

static const char *
read_elf(const struct elf *elf)
{
	struct ingot_note note;

	return read_bytes(elf, ELF_LEN, &note);
}

static void
a_note_is_found_behind_anothers(void **state)
{
	struct ingot_note note;

	(void)state;
	assert_string_equal(read_bytes(&good, ELF_LEN, &note), "");
	assert_string_equal(note.name, "quiet");
	assert_int_equal(note.needs, INGOT_NEED_INSTALL);
}

static void
a_file_that_ends_anywhere_is_refused(void **state)
{
	struct ingot_note note;

	(void)state;
	for (size_t n = 0; n < ELF_LEN; n++)
		assert_string_not_equal(read_bytes(&good, n, &note), "");
}

static void
a_header_that_lies_is_refused(void **state)
{
	static const struct {
		size_t at, size;
		uint64_t lie;
		const char *why;
	} rows[] = {
#define LIE(field, value, why)                                                 \
	{ offsetof(struct elf, field), sizeof(good.field), (value), (why) }
		LIE(eh.e_ident[0], 0, "not a shared object"),
		LIE(eh.e_ident[EI_CLASS], 9, "not a shared object"),
		LIE(eh.e_ident[EI_DATA], ELFDATA2MSB, "not a shared object"),
		LIE(eh.e_type, ET_EXEC, "not a shared object"),
		LIE(eh.e_phentsize, 1, "not a shared object"),
		LIE(eh.e_phnum, 0, "not an Ingot plugin"),
		LIE(eh.e_phnum, 65535, "headers out of range"),
		LIE(eh.e_phoff, UINT64_MAX, "headers out of range"),
		LIE(eh.e_phoff, INT64_MAX, "Invalid argument"),
		LIE(eh.e_phoff, 1 << 20, "cut short"),
		LIE(ph[1].p_type, PT_LOAD, "not an Ingot plugin"),
		LIE(ph[1].p_offset, UINT64_MAX, "out of range"),
		LIE(ph[1].p_offset, INT64_MAX, "Invalid argument"),
		LIE(ph[1].p_offset, 1 << 20, "cut short"),
		LIE(ph[1].p_filesz, UINT64_MAX, "out of range"),
		LIE(ph[1].p_filesz, 1 << 20, "out of range"),
		LIE(ph[1].p_filesz, 8, "not an Ingot plugin"),
		LIE(build_id.descsz, UINT32_MAX, "not an Ingot plugin"),
		LIE(build_id.namesz, UINT32_MAX, "not an Ingot plugin"),
		LIE(note.descsz, 31, "not an Ingot plugin"),
		LIE(note.type, 2, "not an Ingot plugin"),
		LIE(note.vendor[0], 'X', "not an Ingot plugin"),
		LIE(note.abi, 99, "built for ABI 99, this is 1"),
		LIE(note.needs, 0x80, "0x80 is unknown"),
		LIE(note.name[0], '\0', "plugin's name"),
		LIE(note.name[0], '/', "plugin's name"),
		LIE(note.name[1], '.', "plugin's name"),
		LIE(note.name[4], '\n', "plugin's name"),
		LIE(note.name[4], (uint64_t)0xff, "plugin's name"),
#undef LIE
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct elf bad = good;

		memcpy((char *)&bad + rows[i].at, &rows[i].lie, rows[i].size);
		if (strstr(read_elf(&bad), rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, read_elf(&bad));
	}
}

static void
a_name_without_an_end_is_refused(void **state)
{
	struct elf bad = good;

	(void)state;
	memset(bad.note.name, 'a', sizeof(bad.note.name));
	assert_non_null(strstr(read_elf(&bad), "plugin's name"));
	bad.note.name[sizeof(bad.note.name) - 1] = '\0';
	assert_string_equal(read_elf(&bad), "");
}

static void
real_files_are_told_apart(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ BUILD "/tests/plugins/quiet.so", "" },
		{ "/proc/self/exe", "not an Ingot plugin" },
		{ "Makefile", "not a shared object" },
		{ "/dev/null", "cut short" },
		{ "/tmp", "Is a directory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_fd int fd = open(rows[i].path, O_RDONLY | O_CLOEXEC);
		struct ingot_note note = { .abi = 0 };
		struct err e = { .text = "" };

		assert_int_not_equal(fd, -1);
		(void)note_read(fd, &note, &e);
		assert_non_null(strstr(e.text, rows[i].why));
		assert_int_equal(note.abi == 0, rows[i].why[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_note_is_found_behind_anothers),
		cmocka_unit_test(a_file_that_ends_anywhere_is_refused),
		cmocka_unit_test(a_header_that_lies_is_refused),
		cmocka_unit_test(a_name_without_an_end_is_refused),
		cmocka_unit_test(real_files_are_told_apart),
	};

	return cmocka_run_group_tests_name("agent_note", tests, NULL, NULL);
}
