/* SPDX-License-Identifier: MIT */
/*
 * Which leaf is used: the newest that has worked, or the pinned one, or the one
 * of an identity; and what a peer's yes and no do to that, over restarts.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>

#include "certs_world.h"
#include "place.h"

#define CSMS CERTS_LEAF_CSMS

/* The serial of the one that is chosen, or the result's name. */
static const char *
chosen_of(struct world *w, const char *identity, bool trial)
{
	const struct certs_entry *l;
	struct err e;
	enum certs_result r = certs_choose(w->c, CSMS, identity, trial, &l, &e);

	return r == CERTS_ACCEPTED ? l->cert->serial : certs_result_name(r);
}

static const char *
chosen(struct world *w, bool trial)
{
	return chosen_of(w, NULL, trial);
}

static void
put(struct world *w, const char *serial, time_t begin, time_t end)
{
	X509_free(world_install(w, CSMS,
	    (struct craft_cert){ .cn = "GW-0001",
		.serial = serial,
		.begin = begin,
		.end = end }));
}

/* What the peer said of the one with this serial. */
static enum certs_result
told(struct world *w, const char *serial, bool worked)
{
	const struct certs_entry *l;
	uint8_t print[32];
	struct err e;

	for (size_t i = 0; (l = certs_leaf_at(w->c, CSMS, i)) != NULL; i++)
		if (strcmp(l->cert->serial, serial) == 0)
			break;
	assert_non_null(l);
	memcpy(print, l->cert->print, sizeof(print));
	return worked ? certs_worked(w->c, CSMS, print, &e)
		      : certs_refused(w->c, CSMS, print, &e);
}

static void
D28_a_fresh_certificate_of_90_days_beats_the_factorys_of_ten_years(void **state)
{
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	put(&w, "f1", CRAFT_NOW - 30 * CRAFT_DAY, CRAFT_NOW + 9 * CRAFT_YEAR);
	assert_int_equal(told(&w, "f1", true), CERTS_ACCEPTED);
	put(&w, "a2", CRAFT_NOW - CRAFT_DAY, CRAFT_NOW + 90 * CRAFT_DAY);
	assert_string_equal(chosen(&w, true), "a2");
	assert_string_equal(chosen(&w, false), "f1");
	assert_int_equal(told(&w, "a2", true), CERTS_ACCEPTED);
	assert_string_equal(chosen(&w, false), "a2");
	/* The installation of an older one changes nothing of that. */
	put(&w, "b3", CRAFT_NOW - 3 * CRAFT_DAY, CRAFT_NOW + 5 * CRAFT_YEAR);
	assert_int_equal(told(&w, "b3", true), CERTS_ACCEPTED);
	assert_string_equal(chosen(&w, true), "a2");
	world_drop(&w);
}

static void
a_leaf_is_chosen_in_its_first_and_its_last_second(void **state)
{
	static const struct {
		time_t at;
		const char *want;
	} rows[] = { { CRAFT_NOW + 99, "NotFoundValid" },
		{ CRAFT_NOW + 100, "a1" }, { CRAFT_NOW + 200, "a1" },
		{ CRAFT_NOW + 201, "NotFoundValid" } };
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	put(&w, "a1", CRAFT_NOW + 100, CRAFT_NOW + 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		certs_set_clock(w.c, rows[i].at);
		assert_string_equal(chosen(&w, true), rows[i].want);
	}
	world_drop(&w);
}

static void
what_a_peer_refuses_is_not_tried_again_while_there_is_another(void **state)
{
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	put(&w, "01", CRAFT_NOW - 3 * CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	/* The only one is used though nobody has taken it yet. */
	assert_string_equal(chosen(&w, false), "1");
	assert_int_equal(told(&w, "1", true), CERTS_ACCEPTED);
	put(&w, "02", CRAFT_NOW - 2 * CRAFT_DAY, CRAFT_NOW + 40 * CRAFT_DAY);
	assert_int_equal(told(&w, "2", false), CERTS_ACCEPTED);
	assert_string_equal(chosen(&w, true), "1");
	world_again(&w, NULL);
	assert_string_equal(chosen(&w, true), "1");
	/* The old one has ended: better the refused one than none. */
	certs_set_clock(w.c, CRAFT_NOW + 35 * CRAFT_DAY);
	assert_string_equal(chosen(&w, true), "2");
	world_drop(&w);
}

static void
what_worked_is_remembered_over_a_restart(void **state)
{
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	put(&w, "11", CRAFT_NOW - 3 * CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	assert_int_equal(told(&w, "11", true), CERTS_ACCEPTED);
	put(&w, "12", CRAFT_NOW - 2 * CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	world_again(&w, NULL);
	assert_string_equal(chosen(&w, false), "11");
	assert_string_equal(chosen(&w, true), "12");
	assert_int_equal(told(&w, "12", true), CERTS_ACCEPTED);
	world_again(&w, NULL);
	assert_string_equal(chosen(&w, false), "12");
	world_drop(&w);
}

static void
a_pinned_serial_is_used_and_nothing_else(void **state)
{
	struct certs_config config;
	struct world w;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.pinned[CSMS], "21");
	world_make(&w, &config);
	world_roots(&w);
	put(&w, "22", CRAFT_NOW - CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	assert_string_equal(chosen(&w, false), "NotFound");
	put(&w, "21", CRAFT_NOW - 9 * CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	assert_string_equal(chosen(&w, false), "21");
	world_drop(&w);
}

/* OCPP 2.0.1, A00.FR.430: a station with an expired certificate still tries. */
static void
of_expired_ones_the_last_to_end_is_shown(void **state)
{
	const struct certs_entry *l;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(certs_choose_expired(w.c, CSMS, NULL, &l, &e),
	    CERTS_NOT_FOUND_VALID);
	put(&w, "51", CRAFT_NOW - 9 * CRAFT_DAY, CRAFT_NOW + 5 * CRAFT_DAY);
	put(&w, "52", CRAFT_NOW - 8 * CRAFT_DAY, CRAFT_NOW + 9 * CRAFT_DAY);
	put(&w, "53", CRAFT_NOW - 7 * CRAFT_DAY, CRAFT_NOW + 2 * CRAFT_DAY);
	certs_set_clock(w.c, CRAFT_NOW + 20 * CRAFT_DAY);
	assert_string_equal(chosen(&w, true), "NotFoundValid");
	assert_int_equal(
	    certs_choose_expired(w.c, CSMS, NULL, &l, &e), CERTS_ACCEPTED);
	assert_string_equal(l->cert->serial, "52");
	assert_int_equal(certs_choose_expired(w.c, CSMS, "CP-OTHER", &l, &e),
	    CERTS_NOT_FOUND_VALID);
	assert_null(l);
	world_drop(&w);
}

static void
D36_each_identity_has_its_own(void **state)
{
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	X509_free(world_install(
	    &w, CSMS, (struct craft_cert){ .cn = "CP-A", .serial = "31" }));
	X509_free(world_install(&w, CSMS,
	    (struct craft_cert){
		.cn = "x", .serial = "32", .san = "DNS:cp-b.example" }));
	assert_string_equal(chosen_of(&w, "cp-a", false), "31");
	assert_string_equal(chosen_of(&w, "CP-B.example", false), "32");
	assert_string_equal(chosen_of(&w, "CP-", false), "NotFound");
	assert_string_equal(chosen_of(&w, "CP-AA", false), "NotFound");
	world_drop(&w);
}

static void
D35_a_clock_below_the_floor_is_told_from_expired(void **state)
{
	struct world w;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	put(&w, "41", CRAFT_NOW - CRAFT_DAY, CRAFT_NOW + 30 * CRAFT_DAY);
	certs_set_clock(w.c, 3600); /* 1970 */
	assert_string_equal(chosen(&w, false), "ClockInvalid");
	certs_set_clock(w.c, CRAFT_NOW + 31 * CRAFT_DAY);
	assert_string_equal(chosen(&w, false), "NotFoundValid");
	world_drop(&w);
}

static void
it_is_renewed_by_its_life_and_a_day_before_its_end(void **state)
{
	struct cert cert = { .begin = CRAFT_NOW };
	struct certs_entry l = { .cert = &cert };

	(void)state;
	cert.end = CRAFT_NOW + 100 * CRAFT_DAY;
	assert_int_equal(certs_renew_at(&l, 80, 0), CRAFT_NOW + 80 * CRAFT_DAY);
	cert.end = CRAFT_NOW + 4 * CRAFT_DAY;
	assert_int_equal(certs_renew_at(&l, 99, 0), CRAFT_NOW + 3 * CRAFT_DAY);
	/* One that lasts an hour has no day before its end. */
	cert.end = CRAFT_NOW + 3600;
	assert_int_equal(certs_renew_at(&l, 50, 0), CRAFT_NOW + 1800);
	/* In days: what comes first of both, and never before its life. */
	cert.end = CRAFT_NOW + 100 * CRAFT_DAY;
	assert_int_equal(
	    certs_renew_at(&l, 80, 30), CRAFT_NOW + 70 * CRAFT_DAY);
	assert_int_equal(
	    certs_renew_at(&l, 60, 30), CRAFT_NOW + 60 * CRAFT_DAY);
	assert_int_equal(certs_renew_at(&l, 80, 500), CRAFT_NOW);
}

static void
nobody_is_marked_whom_the_store_does_not_have(void **state)
{
	static const uint8_t nobody[32] = { 1 };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(certs_worked(w.c, CSMS, nobody, &e), CERTS_NOT_FOUND);
	assert_int_equal(certs_refused(w.c, CSMS, nobody, &e), CERTS_NOT_FOUND);
	assert_int_equal(certs_root_worked(w.c, nobody, &e), CERTS_NOT_FOUND);
	assert_int_equal(certs_root_refused(w.c, nobody, &e), CERTS_NOT_FOUND);
	world_drop(&w);
}

/* Two CSMS roots, the second signed by the first; which are left? */
static size_t
roots_after(bool worked, struct cert_hash_data *left)
{
	struct certs_config config;
	const struct certs_entry *a;
	uint8_t print[32];
	struct world w;
	struct err e;
	size_t n = 0;
	X509 *next;

	certs_config_default(&config);
	config.additional_root = true;
	world_make(&w, &config);
	world_roots(&w);
	next = craft_x509(&(struct craft_cert){ .cn = "next root",
	    .ca = true,
	    .serial = "5e",
	    .issuer = w.csms,
	    .issuer_key = w.csms_key });
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, next, &e), CERTS_ACCEPTED);
	for (size_t i = 0; (a = certs_anchor(w.c, CERTS_CSMS, i)) != NULL; i++)
		if (strcmp(a->cert->serial, "5e") == 0)
			memcpy(print, a->cert->print, sizeof(print));
	assert_int_equal(worked ? certs_root_worked(w.c, print, &e)
				: certs_root_refused(w.c, print, &e),
	    CERTS_ACCEPTED);
	while ((a = certs_anchor(w.c, CERTS_CSMS, n)) != NULL) {
		cert_hash_data(a->cert, NULL, CERT_SHA256, left);
		n++;
	}
	X509_free(next);
	world_drop(&w);
	return n;
}

static void
the_old_root_goes_when_the_new_one_worked(void **state)
{
	struct cert_hash_data left;

	(void)state;
	assert_int_equal(roots_after(true, &left), 1);
	assert_string_equal(left.serial, "5e");
}

static void
the_new_root_goes_when_it_was_refused(void **state)
{
	struct cert_hash_data left;

	(void)state;
	assert_int_equal(roots_after(false, &left), 1);
	assert_string_equal(left.serial, "c0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(a_leaf_is_chosen_in_its_first_and_its_last_second),
		in_a_place(
		    D28_a_fresh_certificate_of_90_days_beats_the_factorys_of_ten_years),
		in_a_place(
		    what_a_peer_refuses_is_not_tried_again_while_there_is_another),
		in_a_place(what_worked_is_remembered_over_a_restart),
		in_a_place(a_pinned_serial_is_used_and_nothing_else),
		in_a_place(of_expired_ones_the_last_to_end_is_shown),
		in_a_place(D36_each_identity_has_its_own),
		in_a_place(D35_a_clock_below_the_floor_is_told_from_expired),
		in_a_place(it_is_renewed_by_its_life_and_a_day_before_its_end),
		in_a_place(nobody_is_marked_whom_the_store_does_not_have),
		in_a_place(the_old_root_goes_when_the_new_one_worked),
		in_a_place(the_new_root_goes_when_it_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
