/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>

#include "ocpp_queue.h"
#include "place.h"

/* What is killed or fails at every call is tests/system/ocpp_queue_torn.test.
 */

static void
commit(struct queue *q)
{
	struct err e;

	assert_int_equal(queue_commit(q, &e), 0);
}

static void
done(struct queue *q, const char *who, uint64_t number)
{
	struct err e;

	assert_int_equal(queue_done(q, who, number, &e), 0);
}

static unsigned
files(const char *begins)
{
	DIR *d = opendir("q");
	const struct dirent *de;
	unsigned n = 0;

	while ((de = readdir(d)) != NULL)
		if (strncmp(de->d_name, begins, strlen(begins)) == 0)
			n++;
	(void)closedir(d);
	return n;
}

static void
what_was_put_comes_back_in_order_and_once(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	uint64_t one;

	(void)state;
	one = put(q, "CP1", QUEUE_START, "start");
	assert_true(put(q, "CP2", QUEUE_START, "other") > one);
	assert_true(put(q, "CP1", QUEUE_PERIODIC, "meter") > one);
	assert_true(put(q, "CP1", QUEUE_STOP, "stop") > one);
	commit(q);
	assert_string_equal(list(q, "CP1"), "start meter stop");
	q = again(q);
	assert_string_equal(list(q, "CP1"), "start meter stop");
	assert_string_equal(list(q, "CP2"), "other");
	done(q, "CP1", one);
	assert_string_equal(list(q, "CP1"), "meter stop");
	commit(q);
	q = again(q);
	assert_string_equal(list(q, "CP1"), "meter stop");
	assert_string_equal(list(q, "CP3"), "");
	queue_free(q);
}

static void
nothing_is_given_out_or_lasts_before_its_commit(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);

	(void)state;
	assert_false(queue_is_staged(q));
	assert_true(put(q, "CP1", QUEUE_START, "start") > 0);
	assert_true(queue_is_staged(q));
	assert_string_equal(list(q, "CP1"), "");
	q = again(q);
	assert_string_equal(list(q, "CP1"), "");
	queue_free(q);
}

static void
a_done_without_a_commit_comes_back(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	uint64_t one = put(q, "CP1", QUEUE_START, "start");

	(void)state;
	commit(q);
	done(q, "CP1", one);
	assert_string_equal(list(q, "CP1"), "");
	q = again(q);
	assert_string_equal(list(q, "CP1"), "start");
	queue_free(q);
}

static void
facts_of_a_record_last(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	struct queue_record r = { .kind = QUEUE_STOP,
		.version = 2,
		.at = 1700000000,
		.transaction = -7,
		.mark = 0xfeedfacecafe,
		.text = "\xc3\xa4",
		.len = 2 };
	struct err e;

	(void)state;
	assert_int_equal(queue_put(q, "CP1", &r, &e), 0);
	commit(q);
	assert_int_equal(queue_tried(q, "CP1", r.number, &e), 0);
	commit(q);
	assert_int_equal(queue_tried(q, "CP1", r.number, &e), 0);
	commit(q);
	q = again(q);
	memset(&r, 0, sizeof(r));
	assert_int_equal(queue_next(q, "CP1", 0, &r, &e), 1);
	assert_int_equal(r.kind, QUEUE_STOP);
	assert_int_equal(r.version, 2);
	assert_int_equal(r.at, 1700000000);
	assert_int_equal(r.transaction, -7);
	assert_true(r.mark == 0xfeedfacecafe);
	assert_int_equal(r.attempts, 2);
	assert_memory_equal(r.text, "\xc3\xa4", 2);
	queue_free(q);
}

static void
the_last_record_is_known_after_it_was_delivered(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	uint64_t one = put(q, "CP1", QUEUE_STOP, "stop");
	struct queue_record r;

	(void)state;
	assert_false(queue_last(q, "CP1", &r));
	assert_true(put(q, "CP1", QUEUE_LATEST, "status!") > 0);
	commit(q);
	done(q, "CP1", one);
	commit(q);
	q = again(q);
	assert_true(queue_last(q, "CP1", &r));
	assert_true(r.number == one && r.mark == 4 && r.kind == QUEUE_STOP);
	assert_false(queue_last(q, "CP2", &r));
	queue_free(q);
}

static void
of_latest_the_newest_of_each_key_is_kept(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	struct queue_record r;
	uint64_t n;
	struct err e;

	(void)state;
	assert_int_equal(put_one(q, "CP1", QUEUE_LATEST, 2, "two", 3, &n), 0);
	assert_int_equal(put_one(q, "CP1", QUEUE_LATEST, 1, "old", 3, &n), 0);
	commit(q);
	assert_int_equal(put_one(q, "CP1", QUEUE_LATEST, 1, "new", 3, &n), 0);
	commit(q);
	assert_string_equal(list(q, "CP1"), "");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(queue_latest(q, "CP1", &r, &e), 1);
		assert_memory_equal(r.text, "new", 3);
		assert_int_equal(r.transaction, 1);
		q = again(q);
	}
	done(q, "CP1", n);
	commit(q);
	q = again(q);
	assert_int_equal(queue_latest(q, "CP1", &r, &e), 1);
	assert_memory_equal(r.text, "two", 3);
	done(q, "CP1", r.number);
	commit(q);
	assert_int_equal(queue_latest(q, "CP1", &r, &e), 0);
	queue_free(q);
}

static void
provisional_ids_are_negative_and_never_used_again(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	struct queue_figures f;
	int32_t id, before = -1;
	static char text[400];
	uint64_t n;
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 60; i++) {
		assert_int_equal(queue_provisional(q, &id, &e), 0);
		assert_true(id < before);
		before = id;
		assert_int_equal(
		    put_one(q, "CP1", QUEUE_STOP, id, text, 400, &n), 0);
		commit(q);
		done(q, "CP1", n);
		commit(q);
		if (i % 20 == 0)
			q = again(q);
	}
	/* What was delivered does not lie about. */
	queue_figures(q, NULL, &f);
	assert_in_range(f.disk, 1, 4096);
	/* It is known though all files with those records have gone. */
	assert_int_equal(files(""), 2 + 1);
	q = again(q);
	assert_int_equal(queue_provisional(q, &id, &e), 0);
	assert_int_equal(id, before - 1);
	queue_free(q);
}

static void
an_id_is_mapped_until_its_stop_is_done(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	int32_t id, real, back;
	uint64_t n, meter;
	struct err e;

	(void)state;
	assert_int_equal(queue_provisional(q, &id, &e), 0);
	assert_int_equal(queue_map(q, "CP1", id, 77, &e), 0);
	assert_false(queue_mapped(q, "CP1", id, &real));
	commit(q);
	q = again(q);
	assert_true(queue_mapped(q, "CP1", id, &real));
	assert_int_equal(real, 77);
	assert_true(queue_unmapped(q, "CP1", 77, &back));
	assert_int_equal(back, id);
	assert_false(queue_mapped(q, "CP2", id, &real));
	assert_false(queue_unmapped(q, "CP1", 78, &back));
	assert_int_equal(
	    put_one(q, "CP1", QUEUE_PERIODIC, id, "m", 1, &meter), 0);
	assert_int_equal(put_one(q, "CP1", QUEUE_STOP, id, "s", 1, &n), 0);
	commit(q);
	done(q, "CP1", meter);
	commit(q);
	assert_true(queue_mapped(q, "CP1", id, &real));
	done(q, "CP1", n);
	commit(q);
	assert_false(queue_mapped(q, "CP1", id, &real));
	q = again(q);
	assert_false(queue_mapped(q, "CP1", id, &real));
	queue_free(q);
}

static void
what_goes_for_want_of_room_goes_in_the_stated_order(void **state)
{
	struct queue *q = queue_of(1 << 20, 5);
	struct queue_record r;
	struct err e;
	uint64_t n;

	(void)state;
	(void)put(q, "CP1", QUEUE_EVENT, "event");
	(void)put(q, "CP1", QUEUE_START, "start");
	(void)put(q, "CP1", QUEUE_PERIODIC, "m1");
	(void)put(q, "CP1", QUEUE_PERIODIC, "m2");
	(void)put(q, "CP1", QUEUE_LATEST, "state");
	commit(q);
	(void)put(q, "CP1", QUEUE_PERIODIC, "m3");
	commit(q);
	assert_string_equal(list(q, "CP1"), "event start m2 m3");
	(void)put(q, "CP1", QUEUE_STOP, "stop");
	(void)put(q, "CP1", QUEUE_START, "start2");
	commit(q);
	assert_string_equal(list(q, "CP1"), "event start stop start2");
	/* A meter value drives out none but its like. */
	assert_int_equal(put_one(q, "CP1", QUEUE_PERIODIC, 0, "m4", 2, &n), 1);
	(void)put(q, "CP1", QUEUE_STOP, "stop2");
	commit(q);
	assert_string_equal(list(q, "CP1"), "start stop start2 stop2");
	assert_int_equal(queue_latest(q, "CP1", &r, &e), 1);
	assert_true(put(q, "CP1", QUEUE_START, "start3") > 0);
	commit(q);
	assert_int_equal(queue_latest(q, "CP1", &r, &e), 0);
	assert_int_equal(put_one(q, "CP1", QUEUE_STOP, 0, "stop3", 5, &n), -1);
	commit(q);
	assert_string_equal(list(q, "CP1"), "start stop start2 stop2 start3");
	/* Another charge point has a share of its own. */
	assert_true(put(q, "CP2", QUEUE_STOP, "stop") > 0);
	assert_non_null(strstr(said, "dropped"));
	queue_free(q);
}

static void
bytes_are_bounded_and_no_start_or_stop_goes(void **state)
{
	struct queue *q = queue_of(1 << 20, 1000000);
	struct queue_figures f;
	static char text[1000];
	uint64_t n;
	int rc = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(put_one(q, i % 2 == 0 ? "CP1" : "CP2",
				     QUEUE_PERIODIC, 0, text, 1000, &n),
		    0);
		if (i % 50 == 0)
			commit(q);
	}
	commit(q);
	queue_figures(q, NULL, &f);
	assert_true(f.disk <= 1 << 20);
	assert_true(f.bytes <= 1 << 19 && f.bytes > 1 << 18);
	assert_true(f.dropped > 2000 && f.records + f.dropped == 3000);
	for (int i = 0; i < 600 && rc == 0; i++) {
		rc = put_one(q, "CP3", QUEUE_STOP, 0, text, 1000, &n);
		if (i % 20 == 0)
			commit(q);
		queue_figures(q, NULL, &f);
		assert_true(f.disk <= 1 << 20);
	}
	assert_int_equal(rc, -1);
	commit(q);
	assert_string_equal(list(q, "CP1"), "");
	queue_figures(q, "CP3", &f);
	assert_true(f.records > 450);
	n = f.records;
	q = again(q);
	queue_figures(q, "CP3", &f);
	assert_true(f.records == n);
	queue_free(q);
}

static void
what_was_delivered_leaves_the_disk_and_the_rest_stays(void **state)
{
	struct queue *q = queue_of(1 << 20, 1000000);
	struct queue_figures f;
	static char text[4000];
	int32_t id, real;
	uint64_t n;
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	(void)put(q, "AWAY", QUEUE_START, "kept");
	assert_int_equal(queue_provisional(q, &id, &e), 0);
	assert_int_equal(queue_map(q, "AWAY", id, 5, &e), 0);
	commit(q);
	for (int i = 0; i < 120; i++) {
		assert_int_equal(
		    put_one(q, "CP1", QUEUE_STOP, 0, text, 4000, &n), 0);
		commit(q);
		done(q, "CP1", n);
		commit(q);
		queue_figures(q, NULL, &f);
		assert_true(f.disk < 1 << 18);
		if (i % 40 == 0)
			q = again(q);
	}
	assert_string_equal(list(q, "AWAY"), "kept");
	assert_string_equal(list(q, "CP1"), "");
	q = again(q);
	assert_string_equal(list(q, "AWAY"), "kept");
	assert_true(queue_mapped(q, "AWAY", id, &real) && real == 5);
	assert_string_equal(said, "");
	queue_free(q);
}

/* The bytes of the only file. */
static void
harm(off_t at, const char *bytes, size_t len)
{
	DIR *d = opendir("q");
	const struct dirent *de;
	char path[300] = "";
	struct stat st;
	int fd;

	while ((de = readdir(d)) != NULL)
		if (strstr(de->d_name, ".log") != NULL)
			(void)snprintf(path, sizeof(path), "q/%s", de->d_name);
	(void)closedir(d);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	if (bytes == NULL)
		assert_int_equal(ftruncate(fd, st.st_size + at), 0);
	else
		assert_int_equal(
		    pwrite(fd, bytes, len, at < 0 ? st.st_size + at : at),
		    (ssize_t)len);
	(void)close(fd);
}

static void
three_records(void)
{
	struct queue *q = queue_of(1 << 20, 100);

	(void)put(q, "CP1", QUEUE_START, "one");
	(void)put(q, "CP1", QUEUE_START, "two");
	(void)put(q, "CP1", QUEUE_START, "three");
	commit(q);
	queue_free(q);
}

static void
an_unfinished_write_at_the_end_is_left_out(void **state)
{
	struct queue *q;

	(void)state;
	three_records();
	harm(-1, NULL, 0);
	q = queue_of(1 << 20, 100);
	assert_string_equal(list(q, "CP1"), "one two");
	assert_non_null(strstr(said, "unfinished"));
	assert_int_equal(files("damaged-"), 0);
	(void)put(q, "CP1", QUEUE_STOP, "four");
	commit(q);
	q = again(q);
	assert_string_equal(list(q, "CP1"), "one two four");
	queue_free(q);
}

static void
damage_in_the_middle_is_said_and_costs_only_what_it_hit(void **state)
{
	struct queue *q;

	(void)state;
	three_records();
	/* Head of the file 56, the first record 56 + 3 + 3. */
	harm(56 + 62 + 59, "X", 1);
	q = queue_of(1 << 20, 100);
	assert_string_equal(list(q, "CP1"), "one three");
	assert_non_null(strstr(said, "DAMAGED"));
	assert_int_equal(files("damaged-"), 1);
	q = again(q);
	assert_string_equal(list(q, "CP1"), "one three");
	assert_string_equal(said, "");
	queue_free(q);
}

static void
no_frame_can_pretend_to_be_a_record(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	uint64_t n;

	(void)state;
	assert_int_equal(put_one(q, "CP1", QUEUE_START, 0,
			     "a\xff"
			     "b",
			     3, &n),
	    -1);
	assert_int_equal(put_one(q, "CP1", QUEUE_START, 0, "a\0b", 3, &n), -1);
	assert_int_equal(put_one(q, "C\xffP", QUEUE_START, 0, "ab", 2, &n), -1);
	assert_int_equal(put_one(q, "", QUEUE_START, 0, "ab", 2, &n), -1);
	assert_int_equal(put_one(q, "CP1", QUEUE_START, 0, "", 0, &n), -1);
	commit(q);
	queue_free(q);
}

static void
many_small_damages_leave_at_most_a_few_files_aside(void **state)
{
	struct queue *q;

	(void)state;
	for (int i = 0; i < 8; i++) {
		three_records();
		harm(56 + 59, "X", 1);
		q = queue_of(1 << 20, 100);
		assert_non_null(strstr(said, "DAMAGED"));
		queue_free(q);
	}
	q = queue_of(1 << 20, 100);
	assert_in_range(files("damaged-"), 1, 5);
	queue_free(q);
}

static void
a_folder_belongs_to_one_queue_at_a_time(void **state)
{
	struct queue *q = queue_of(1 << 20, 100), *second;
	const struct queue_limits l = { 1 << 20, 100, NULL, NULL };
	struct err e;

	(void)state;
	second = queue_open("q", &l, &e);
	assert_null(second);
	assert_non_null(strstr(e.text, "belongs to another"));
	queue_free(q);
	q = queue_open("q", &l, &e);
	assert_non_null(q);
	queue_free(q);
}

static void
hold(void *ctx, const char *identity)
{
	(void)snprintf((char *)ctx + strlen(ctx), 20, "%s ", identity);
}

static void
what_waits_is_known_from_when_it_is_put_until_its_done_is_durable(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	uint64_t n;

	(void)state;
	assert_false(queue_waits(q, "CP1", 1));
	n = put(q, "CP1", QUEUE_START, "one");
	assert_true(queue_waits(q, "CP1", 1));
	assert_false(queue_waits(q, "CP1", 2));
	assert_false(queue_waits(q, "CP2", 1));
	commit(q);
	assert_true(queue_waits(q, "CP1", 1));
	done(q, "CP1", n);
	assert_true(queue_waits(q, "CP1", 1));
	commit(q);
	assert_false(queue_waits(q, "CP1", 1));
	(void)put(q, "CP1", QUEUE_LATEST, "state");
	commit(q);
	assert_false(queue_waits(q, "CP1", 1));
	queue_free(q);
}

static void
figures_are_those_of_one_or_of_all(void **state)
{
	struct queue *q = queue_of(1 << 20, 100);
	struct queue_figures f;
	uint64_t n = put(q, "CP1", QUEUE_START, "one");
	char who[64] = "";

	(void)state;
	(void)put(q, "CP2", QUEUE_START, "two");
	commit(q);
	queue_figures(q, "CP1", &f);
	assert_true(f.records == 1 && f.bytes == 62 && f.oldest_at == 1000);
	queue_figures(q, NULL, &f);
	assert_true(f.records == 2 && f.bytes == 124);
	done(q, "CP1", n);
	queue_figures(q, "CP1", &f);
	assert_true(f.records == 0 && f.bytes == 0 && f.oldest_at == 0);
	queue_each(q, hold, who);
	assert_string_equal(who, "CP2 ");
	queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(what_was_put_comes_back_in_order_and_once),
		in_a_place(nothing_is_given_out_or_lasts_before_its_commit),
		in_a_place(a_done_without_a_commit_comes_back),
		in_a_place(facts_of_a_record_last),
		in_a_place(the_last_record_is_known_after_it_was_delivered),
		in_a_place(of_latest_the_newest_of_each_key_is_kept),
		in_a_place(provisional_ids_are_negative_and_never_used_again),
		in_a_place(an_id_is_mapped_until_its_stop_is_done),
		in_a_place(what_goes_for_want_of_room_goes_in_the_stated_order),
		in_a_place(bytes_are_bounded_and_no_start_or_stop_goes),
		in_a_place(
		    what_was_delivered_leaves_the_disk_and_the_rest_stays),
		in_a_place(an_unfinished_write_at_the_end_is_left_out),
		in_a_place(
		    damage_in_the_middle_is_said_and_costs_only_what_it_hit),
		in_a_place(no_frame_can_pretend_to_be_a_record),
		in_a_place(many_small_damages_leave_at_most_a_few_files_aside),
		in_a_place(a_folder_belongs_to_one_queue_at_a_time),
		in_a_place(
		    what_waits_is_known_from_when_it_is_put_until_its_done_is_durable),
		in_a_place(figures_are_those_of_one_or_of_all),
	};

	return cmocka_run_group_tests_name("ocpp_queue", tests, NULL, NULL);
}
