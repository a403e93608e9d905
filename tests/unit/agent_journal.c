/* SPDX-License-Identifier: MIT */
/*
 * The journal: what was written is what is read, and what is not exactly that
 * is damaged, whatever bit or byte it is.
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
#include "journal.h"
#include "own.h"

#define ID "4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a4f2a"

struct place {
	char path[64];
	int dir;
};

static int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)strcpy(p->path, "/tmp/ingot-journal.XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(p->dir, -1);
	*state = p;
	return 0;
}

static int
drop_place(void **state)
{
	struct place *p = *state;
	struct err e;

	(void)close(p->dir);
	(void)file_remove_tree(AT_FDCWD, p->path, &e);
	free(p);
	return 0;
}

static void
what_was_written_is_read(void **state)
{
	struct place *p = *state;
	struct journal in = { TXN_ACTIVATE, 7, 6, true, ID, "a_b " }, out;
	struct err e;

	for (int i = 0; i < TXN_PHASES; i++) {
		in.phase = (enum txn_phase)i;
		assert_int_equal(journal_write(p->dir, &in, &e), 0);
		assert_int_equal(journal_read(p->dir, &out, &e), 1);
		assert_int_equal(out.phase, i);
		assert_int_equal(out.target, 7);
		assert_int_equal(out.before, 6);
		assert_true(out.yes);
		assert_string_equal(out.snapshot, ID);
		assert_string_equal(out.asked, "a_b ");
	}
}

static void
none_is_not_the_same_as_a_damaged_one(void **state)
{
	struct place *p = *state;
	struct journal j;
	struct err e;

	assert_int_equal(journal_read(p->dir, &j, &e), 0);
	assert_int_equal(
	    file_write(p->dir, JOURNAL_FILE, "", 0, FILE_SECRET, &e), 0);
	assert_int_equal(journal_read(p->dir, &j, &e), -1);
	assert_string_equal(e.text, "journal: cut off");
	assert_int_equal(journal_remove(p->dir, &e), 0);
	assert_int_equal(journal_read(p->dir, &j, &e), 0);
	assert_int_equal(journal_remove(p->dir, &e), 0);
}

static void
a_journal_that_is_a_link_or_a_pipe_is_damaged(void **state)
{
	struct place *p = *state;
	struct journal j;
	struct err e;

	assert_int_equal(symlinkat("/etc/passwd", p->dir, JOURNAL_FILE), 0);
	assert_int_equal(journal_read(p->dir, &j, &e), -1);
	assert_int_equal(unlinkat(p->dir, JOURNAL_FILE, 0), 0);
	assert_int_equal(mkfifoat(p->dir, JOURNAL_FILE, 0600), 0);
	assert_int_equal(journal_read(p->dir, &j, &e), -1);
}

static void
any_flipped_bit_and_any_cut_is_noticed(void **state)
{
	struct place *p = *state;
	struct journal j = { TXN_PROBE, 12, 11, false, ID, "" };
	own_bytes struct bytes b = { 0 };
	struct err e;

	assert_int_equal(journal_write(p->dir, &j, &e), 0);
	assert_int_equal(
	    file_read(p->dir, JOURNAL_FILE, JOURNAL_MAX, &b, &e), 0);
	assert_int_equal(journal_parse(&j, b.p, b.len, &e), 0);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(journal_parse(&j, b.p, b.len, &e), -1);
		b.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(journal_parse(&j, b.p, len, &e), -1);
	bytes_add(&b, "\n", 1);
	assert_int_equal(journal_parse(&j, b.p, b.len, &e), -1);
}

/* Right checksum, wrong content: what a buggy or hostile writer would leave. */
static void
content_is_checked_beside_the_checksum(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "{}", "journal: \"phase\"" },
		{ "[]", "journal: " },
		{ "not json", "journal" },
		{ "{\"before\":1,\"phase\":\"lunch\",\"snapshot\":\"\","
		  "\"target\":2,\"yes\":true}",
		    "no phase is called \"lunch\"" },
		{ "{\"before\":-1,\"phase\":\"probe\",\"snapshot\":\"\","
		  "\"target\":2,\"yes\":true}",
		    "\"before\" is not between" },
		{ "{\"before\":1,\"phase\":\"probe\",\"snapshot\":\"\","
		  "\"target\":2000000000,\"yes\":true}",
		    "\"target\" is not between" },
		{ "{\"before\":1,\"phase\":\"probe\",\"snapshot\":\"../x\","
		  "\"target\":2,\"yes\":true}",
		    "\"snapshot\" is no hash" },
		{ "{\"before\":1,\"phase\":\"probe\",\"snapshot\":\"\","
		  "\"target\":2,\"yes\":true,\"more\":1}",
		    "journal: " },
		{ "{\"before\":1,\"phase\":\"probe\",\"snapshot\":\"\","
		  "\"target\":2,\"yes\":1}",
		    "\"yes\" is not true or false" },
		{ "{\"before\":1,\"before\":1,\"phase\":\"probe\","
		  "\"snapshot\":\"\",\"target\":2,\"yes\":true}",
		    "journal" },
	};
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct journal j;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_bytes struct bytes b = { 0 };

		assert_int_equal(
		    sha256(rows[i].line, strlen(rows[i].line), sum, &e), 0);
		hex_encode(sum, sizeof(sum), hex);
		bytes_fmt(&b, "%s\n%s\n", rows[i].line, hex);
		assert_int_equal(journal_parse(&j, b.p, b.len, &e), -1);
		assert_non_null(strstr(e.text, rows[i].says));
	}
}

static void
who_was_asked_is_known_by_whole_names(void **state)
{
	struct journal j = { .asked = "" };
	char name[24];
	struct err e;

	(void)state;
	assert_false(journal_asked(&j, "ssh"));
	assert_int_equal(journal_ask(&j, "openssh", &e), 0);
	assert_int_equal(journal_ask(&j, "sshd", &e), 0);
	assert_false(journal_asked(&j, "ssh"));
	assert_true(journal_asked(&j, "openssh"));
	assert_int_equal(journal_ask(&j, "ssh", &e), 0);
	assert_int_equal(journal_ask(&j, "ssh", &e), 0);
	assert_string_equal(j.asked, "openssh sshd ssh ");
	for (int i = 0; i < 16 - 3; i++) {
		(void)snprintf(name, sizeof(name), "%023d", i);
		assert_int_equal(journal_ask(&j, name, &e), 0);
		assert_true(journal_asked(&j, name));
	}
	for (int i = 0; journal_ask(&j, name, &e) == 0; i++)
		(void)snprintf(name, sizeof(name), "x%022d", i);
	assert_non_null(strstr(e.text, "no room"));
}

/* One of an agent before this list: it must be taken as "all were". */
static void
a_journal_without_the_list_stands_for_all(void **state)
{
	static const char line[] =
	    "{\"before\":1,\"phase\":\"revert\",\"snapshot\":\"\","
	    "\"target\":2,\"yes\":false}";
	own_bytes struct bytes b = { 0 };
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct journal j;
	struct err e;

	(void)state;
	assert_int_equal(sha256(line, strlen(line), sum, &e), 0);
	hex_encode(sum, sizeof(sum), hex);
	bytes_fmt(&b, "%s\n%s\n", line, hex);
	assert_int_equal(journal_parse(&j, b.p, b.len, &e), 0);
	assert_true(journal_asked(&j, "anybody"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_was_written_is_read, make_place, drop_place),
		cmocka_unit_test_setup_teardown(
		    none_is_not_the_same_as_a_damaged_one, make_place,
		    drop_place),
		cmocka_unit_test_setup_teardown(
		    a_journal_that_is_a_link_or_a_pipe_is_damaged, make_place,
		    drop_place),
		cmocka_unit_test_setup_teardown(
		    any_flipped_bit_and_any_cut_is_noticed, make_place,
		    drop_place),
		cmocka_unit_test(content_is_checked_beside_the_checksum),
		cmocka_unit_test(who_was_asked_is_known_by_whole_names),
		cmocka_unit_test(a_journal_without_the_list_stands_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
