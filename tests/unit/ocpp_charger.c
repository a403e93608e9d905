/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charger.h"
#include "place.h"

/* Records of charge points: what is kept, how, and what a bad disk costs. */

static char heard[1024];

static void
hear(void *ctx, const char *line)
{
	(void)ctx;
	(void)snprintf(heard, sizeof(heard), "%s", line);
}

static struct chargers *
open_all(unsigned most)
{
	struct err e;
	struct chargers *s = chargers_open("chargers", most, hear, NULL, &e);

	heard[0] = '\0';
	assert_non_null(s);
	return s;
}

static struct charger *
get(struct chargers *s, const char *identity)
{
	struct err e;
	struct charger *c = chargers_get(s, identity, &e);

	assert_non_null(c);
	return c;
}

static void
what_was_saved_is_there_after_a_restart(void **state)
{
	struct chargers *s = open_all(10);
	struct charger *c = get(s, "CP 1/ä");
	struct err e;

	(void)state;
	c->version = OCPP_201;
	c->profile = 2;
	c->boot_interval = 300;
	(void)strcpy(c->serial, "SN-1");
	(void)strcpy(c->vendor, "Wärme \"AG\"");
	(void)strcpy(c->leaf, "SN-1");
	memcpy(c->secret, "a\0:b", 4);
	c->secret_len = 4;
	memset(c->salt, 1, sizeof(c->salt));
	memset(c->hash, 2, sizeof(c->hash));
	c->has_hash = c->root_check = c->changed = true;
	assert_int_equal(charger_save(s, c, &e), 0);
	assert_false(c->changed);
	chargers_free(s);

	s = open_all(10);
	assert_null(chargers_find(s, "CP 1/ä"));
	c = get(s, "CP 1/ä");
	assert_int_equal(c->version, OCPP_201);
	assert_int_equal(c->profile, 2);
	assert_int_equal(c->boot_interval, 300);
	assert_string_equal(c->serial, "SN-1");
	assert_string_equal(c->vendor, "Wärme \"AG\"");
	assert_string_equal(c->leaf, "SN-1");
	assert_int_equal(c->secret_len, 4);
	assert_memory_equal(c->secret, "a\0:b", 4);
	assert_true(c->has_hash);
	assert_true(c->root_check);
	assert_int_equal(c->hash[31], 2);
	chargers_free(s);
}

static void
a_record_is_for_its_owner_alone_and_its_name_is_escaped(void **state)
{
	struct chargers *s = open_all(10);
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(charger_save(s, get(s, "a/+#.%"), &e), 0);
	assert_int_equal(stat("chargers/a%2F%2B%23%2E%25", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	chargers_free(s);
}

static void
a_long_identity_has_a_file_of_its_own(void **state)
{
	struct chargers *s = open_all(10);
	char a[OCPP_IDENTITY_MAX + 1], b[OCPP_IDENTITY_MAX + 1];
	struct err e;

	(void)state;
	memset(a, '/', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	(void)strcpy(b, a);
	b[sizeof(b) - 2] = '+';
	(void)strcpy(get(s, a)->serial, "A");
	(void)strcpy(get(s, b)->serial, "B");
	assert_int_equal(charger_save(s, get(s, a), &e), 0);
	assert_int_equal(charger_save(s, get(s, b), &e), 0);
	chargers_free(s);
	s = open_all(10);
	assert_string_equal(get(s, a)->serial, "A");
	assert_string_equal(get(s, b)->serial, "B");
	chargers_free(s);
}

static void
write_record(const char *name, const char *text)
{
	struct err e;

	assert_int_equal(file_mkdirs(AT_FDCWD, "chargers", 0700, &e), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, name, text, strlen(text), FILE_SECRET, &e), 0);
}

static void
a_damaged_record_is_set_aside_loudly_and_begun_anew(void **state)
{
	static const char *const damaged[] = {
		"",
		"{",
		"{\"format\":1,\"identity\":\"CP1\",\"profile\":4}",
		"{\"format\":2,\"identity\":\"CP1\"}",
		"{\"format\":1,\"identity\":\"CP2\"}",
		"{\"format\":1,\"identity\":\"CP1\",\"new\":1}",
		"{\"format\":1,\"identity\":\"CP1\",\"secret\":\"xyz\"}",
		"{\"format\":1,\"identity\":\"CP1\",\"salt\":\"00\"}",
		"{\"format\":1,\"identity\":\"CP1\",\"version\":\"ocpp3\"}",
		"{\"format\":1,\"identity\":\"CP1\",\"root_check\":1}",
		("{\"format\":1,\"identity\":\"CP1\",\"salt\":"
		 "\"00000000000000000000000000000000\"}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		struct chargers *s;
		struct charger *c;

		write_record("chargers/CP1", damaged[i]);
		s = open_all(10);
		c = get(s, "CP1");
		assert_string_equal(c->identity, "CP1");
		assert_int_equal(c->profile, 255);
		assert_int_equal(c->secret_len, 0);
		assert_non_null(strstr(heard, "set aside"));
		assert_int_equal(access("chargers/CP1", F_OK), -1);
		assert_int_equal(access("chargers/CP1.damaged", F_OK), 0);
		chargers_free(s);
	}
}

static void
a_record_too_long_is_damaged_too(void **state)
{
	static char text[CHARGER_FILE_MAX + 2];
	struct chargers *s;

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	write_record("chargers/CP1", text);
	s = open_all(10);
	(void)get(s, "CP1");
	assert_non_null(strstr(heard, "set aside"));
	chargers_free(s);
}

static void
one_that_cannot_be_read_is_refused_and_left_as_it_is(void **state)
{
	struct chargers *s = open_all(10);
	struct err e;

	(void)state;
	assert_int_equal(mkdir("chargers/CP1", 0700), 0);
	assert_null(chargers_get(s, "CP1", &e));
	assert_int_equal(access("chargers/CP1", F_OK), 0);
	chargers_free(s);
}

static void
the_limit_drops_who_is_not_held_and_never_who_is(void **state)
{
	struct chargers *s = open_all(2);
	struct charger *a = get(s, "a"), *b = get(s, "b");
	struct err e;

	(void)state;
	a->held = 1;
	b->changed = true;
	assert_null(chargers_get(s, "c", &e));
	b->changed = false;
	assert_non_null(chargers_get(s, "c", &e));
	assert_ptr_equal(chargers_find(s, "a"), a);
	assert_null(chargers_find(s, "b"));
	chargers_free(s);
}

static void
they_are_listed_in_order_page_by_page(void **state)
{
	struct chargers *s = open_all(10);
	static const char *const names[] = { "d", "a", "c", "b" };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)get(s, names[i]);
	assert_string_equal(chargers_at(s, 0)->identity, "a");
	assert_string_equal(chargers_at(s, 3)->identity, "d");
	assert_null(chargers_at(s, 4));
	assert_int_equal(chargers_after(s, ""), 0);
	assert_int_equal(chargers_after(s, "b"), 2);
	assert_int_equal(chargers_after(s, "bb"), 2);
	chargers_free(s);
}

/* --- by the crew ---------------------------------------------------------- */

static struct loop *loop;
static struct crew *crew;

static void
hire(void)
{
	struct err e;

	assert_non_null(loop = loop_new(&e));
	assert_non_null(crew = crew_new(loop, 1, &e));
}

static void
until_saved(const struct charger *c)
{
	struct err e;

	for (int i = 0; i < 400 && c->saving; i++)
		assert_int_equal(loop_once(loop, 5, &e), 0);
	assert_false(c->saving);
}

static void
dismiss(struct chargers *s)
{
	crew_free(crew);
	chargers_free(s);
	loop_free(loop);
}

static void
what_is_saved_later_is_there_and_a_newer_one_is_never_replaced(void **state)
{
	struct chargers *s = open_all(10);
	struct charger *c = get(s, "CP1");
	struct err e;

	(void)state;
	hire();
	(void)strcpy(c->serial, "first");
	c->changed = true;
	assert_int_equal(charger_save_later(s, crew, c, &e), 0);
	assert_false(c->changed);
	assert_int_equal(c->held, 1);
	until_saved(c);
	assert_int_equal(c->held, 0);
	chargers_free(s);
	s = open_all(10);
	c = get(s, "CP1");
	assert_string_equal(c->serial, "first");

	for (int i = 0; i < 20; i++) {
		(void)strcpy(c->serial, "older");
		assert_int_equal(charger_save_later(s, crew, c, &e), 0);
		(void)strcpy(c->serial, "newer");
		assert_int_equal(charger_save(s, c, &e), 0);
		until_saved(c);
		(void)strcpy(c->serial, "");
		assert_int_equal(charger_save_later(s, crew, c, &e), 0);
		until_saved(c);
		(void)strcpy(c->serial, "older");
		assert_int_equal(charger_save_later(s, crew, c, &e), 0);
		(void)strcpy(c->serial, "newer");
		assert_int_equal(charger_save(s, c, &e), 0);
		until_saved(c);
		chargers_free(s);
		s = open_all(10);
		c = get(s, "CP1");
		assert_string_equal(c->serial, "newer");
	}
	dismiss(s);
}

static void
what_cannot_be_saved_later_is_told_and_tried_again(void **state)
{
	struct chargers *s = open_all(10);
	struct charger *c = get(s, "CP1");
	struct err e;

	(void)state;
	hire();
	assert_int_equal(rmdir("chargers"), 0);
	assert_int_equal(charger_save_later(s, crew, c, &e), 0);
	until_saved(c);
	assert_true(c->changed);
	assert_non_null(strstr(heard, "is not saved"));
	dismiss(s);
}

static void
made_up_names_do_not_fill_the_disk(void **state)
{
	struct chargers *s = open_all(10);
	struct charger *c = get(s, "CP1"), *other = get(s, "CP2");
	struct err e;
	char name[32];

	(void)state;
	assert_int_equal(charger_save(s, c, &e), 0);
	chargers_free(s);
	for (int i = 0; i < CHARGERS_FILES - 1; i++) {
		int fd;

		(void)snprintf(name, sizeof(name), "chargers/x%d", i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		assert_int_not_equal(fd, -1);
		(void)close(fd);
	}
	s = open_all(10);
	hire();
	c = get(s, "CP1");
	other = get(s, "CP2");
	assert_int_equal(charger_save(s, other, &e), -1);
	assert_int_equal(charger_save_later(s, crew, other, &e), 0);
	until_saved(other);
	assert_non_null(strstr(heard, "10000 records are here"));
	assert_false(other->changed);
	/* Whose record is here has it saved. */
	assert_int_equal(charger_save(s, c, &e), 0);
	dismiss(s);
}

static void
what_the_crew_did_not_come_to_is_changed_still(void **state)
{
	struct chargers *s = open_all(10);
	struct charger *c = get(s, "CP1");
	struct err e;

	(void)state;
	hire();
	assert_int_equal(charger_save_later(s, crew, c, &e), 0);
	crew_free(crew);
	crew = NULL;
	assert_true(c->changed);
	assert_false(c->saving);
	dismiss(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(what_was_saved_is_there_after_a_restart),
		in_a_place(
		    a_record_is_for_its_owner_alone_and_its_name_is_escaped),
		in_a_place(a_long_identity_has_a_file_of_its_own),
		in_a_place(a_damaged_record_is_set_aside_loudly_and_begun_anew),
		in_a_place(a_record_too_long_is_damaged_too),
		in_a_place(
		    one_that_cannot_be_read_is_refused_and_left_as_it_is),
		in_a_place(the_limit_drops_who_is_not_held_and_never_who_is),
		in_a_place(they_are_listed_in_order_page_by_page),
		in_a_place(
		    what_is_saved_later_is_there_and_a_newer_one_is_never_replaced),
		in_a_place(what_cannot_be_saved_later_is_told_and_tried_again),
		in_a_place(made_up_names_do_not_fill_the_disk),
		in_a_place(what_the_crew_did_not_come_to_is_changed_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
