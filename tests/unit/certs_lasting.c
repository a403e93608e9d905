/* SPDX-License-Identifier: MIT */
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
#include "index.h"
#include "journal.h"
#include "place.h"

/* What has to hold of any certificate, any history, and on a poor system. */

/* --- whatever is accepted can be listed and deleted ----------------------- */

static const char *
one_of(const char *const *list)
{
	int n = 0;

	while (list[n] != NULL)
		n++;
	return list[rand() % n];
}

/* Right in most of its parts, so that some are accepted. */
static X509 *
any_authority(const struct world *w, bool *below)
{
	static const char *const kinds[] = { "P-256", "P-384", "P-224",
		"RSA-2048", "ED25519", "P-256", "P-256", NULL };
	static const char *const serials[] = { "0", "01", "80", "FF00", "7F",
		"00AB", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", NULL };
	static const char *const basics[] = { "critical,CA:TRUE", "CA:TRUE",
		"critical,CA:TRUE,pathlen:0", "critical,CA:TRUE",
		"critical,CA:FALSE", NULL };
	static const char *const usages[] = { "critical,keyCertSign",
		"keyCertSign,cRLSign", "critical,keyCertSign,digitalSignature",
		"cRLSign", NULL };
	char serial[48];
	struct craft_cert spec = { .cn = rand() % 2 == 0 ? "root" : "Ö ",
		.ca = true,
		.key = craft_key(one_of(kinds), (unsigned)rand() % 3),
		.basic = one_of(basics),
		.usage = one_of(usages),
		.begin = CRAFT_NOW + (rand() % 9 - 7) * CRAFT_DAY };
	const char *first = one_of(serials);

	(void)snprintf(
	    serial, sizeof(serial), "%s%04X", first, rand() % 0xffff);
	spec.serial = serial;
	*below = rand() % 3 == 0;
	if (*below) {
		spec.issuer = w->v2g;
		spec.issuer_key = w->v2g_key;
	}
	return craft_x509(&spec);
}

static void
D01_all_that_is_accepted_is_listed_and_deleted(void **state)
{
	struct certs_config config;
	struct cert_hash_data hash;
	int accepted = 0, refused = 0;
	struct world w;
	struct err e;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.anchors[CERTS_MO], "ca/mo");
	world_make(&w, &config);
	world_roots(&w);
	assert_int_equal(world_anchor(&w, CERTS_MO, w.v2g, &e), CERTS_ACCEPTED);
	srand(4);
	for (int i = 0; i < 120; i++) {
		enum certs_domain d = i % 2 == 0 ? CERTS_V2G : CERTS_MO;
		const struct certs_entry *n;
		bool below;
		X509 *x = any_authority(&w, &below);

		if (world_anchor(&w, d, x, &e) != CERTS_ACCEPTED) {
			refused++;
			X509_free(x);
			continue;
		}
		accepted++;
		n = world_find(&w, x, below ? w.v2g : x, &hash);
		assert_non_null(n);
		assert_int_equal(n->domain, d);
		assert_true(n->anchor);
		assert_non_null(certs_issuer(w.c, n));
		/* By every algorithm, and for ever gone. */
		for (int h = 0; h < CERT_HASHES; h++) {
			cert_hash_data(n->cert, certs_issuer(w.c, n),
			    (enum cert_hash)h, &hash);
			assert_ptr_equal(certs_find(w.c, &hash), n);
		}
		assert_int_equal(
		    certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
		assert_null(certs_find(w.c, &hash));
		X509_free(x);
	}
	assert_true(accepted > 15 && refused > 15);
	assert_null(certs_anchor(w.c, CERTS_V2G, 1));
	assert_null(certs_anchor(w.c, CERTS_MO, 1));
	world_drop(&w);
}

static void
D03_a_leaf_never_stands_without_its_chain(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 60);
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;
	char name[128];
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, key, name, &e), CERTS_ACCEPTED);
	x = world_leaf(
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, &pem);
	/* The journal cannot be written: the last step before all happens. */
	assert_int_equal(mkdir(JOURNAL_NAME, 0755), 0);
	assert_int_not_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_ACCEPTED);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0));
	assert_int_equal(rmdir(JOURNAL_NAME), 0);
	/* And the key still waits for it. */
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(
	    certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->chain_count, 2);
	X509_free(x);
	world_drop(&w);
}

static void
D14_what_is_not_there_is_told_from_what_is_over(void **state)
{
	const struct certs_entry *l;
	struct world w;
	struct err e;
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(certs_choose(w.c, CERTS_LEAF_SECC, NULL, true, &l, &e),
	    CERTS_NOT_FOUND);
	x = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .end = CRAFT_NOW + CRAFT_DAY });
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
	assert_int_equal(certs_choose(w.c, CERTS_LEAF_SECC, NULL, true, &l, &e),
	    CERTS_NOT_FOUND_VALID);
	certs_set_clock(w.c, 0);
	certs_set_clock(w.c, CRAFT_NOW);
	assert_int_equal(
	    unlink(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key), 0);
	assert_int_equal(certs_choose(w.c, CERTS_LEAF_SECC, NULL, true, &l, &e),
	    CERTS_KEY_NOT_FOUND);
	X509_free(x);
	world_drop(&w);
}

/* --- the index ------------------------------------------------------------ */

static void
D29_nothing_is_parsed_but_what_changed(void **state)
{
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	x = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	/* A mark that a parser would not leave (an address might come again).
	 */
	certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->end++;
	assert_int_equal(world_anchor(&w, CERTS_MO, w.v2g, &e), CERTS_ACCEPTED);
	assert_non_null(world_find(&w, w.csms, w.csms, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->end,
	    CRAFT_NOW - CRAFT_DAY + CRAFT_YEAR + 1);
	/* Also when the folders have to be read again as a whole. */
	w.c->all_stale = true;
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->cert->end,
	    CRAFT_NOW - CRAFT_DAY + CRAFT_YEAR + 1);
	X509_free(x);
	world_drop(&w);
}

/* As temporary names of any program are. */
static void
hidden_files_are_nobodys(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	X509_free(world_leaf(&w, CERTS_LEAF_SECC, craft_key("P-256", 1),
	    (struct craft_cert){ 0 }, &pem));
	assert_int_equal(file_write(w.root, "client/cso/.a.pem", pem.p, pem.len,
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0));
	world_again(&w, NULL);
	assert_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0));
	assert_int_equal(rename("client/cso/.a.pem", "client/cso/a.pem"), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0));
	world_drop(&w);
}

static void
without_inotify_folders_are_read_each_time(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	(void)close(w.c->inotify);
	w.c->inotify = -1;
	assert_int_equal(certs_watch_fd(w.c), -1);
	world_roots(&w);
	x = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_non_null(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0));
	craft_pem(w.v2g, &pem);
	assert_int_equal(file_write(AT_FDCWD, "ca/mf/MF_ROOT_CA.pem", pem.p,
			     pem.len, FILE_PUBLIC, &e),
	    0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MF, 0));
	assert_int_equal(unlink("ca/mf/MF_ROOT_CA.pem"), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_null(certs_anchor(w.c, CERTS_MF, 0));
	X509_free(x);
	world_drop(&w);
}

static void
more_events_than_the_kernel_keeps_lose_nothing(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	craft_pem(w.v2g, &pem);
	assert_int_equal(file_write(AT_FDCWD, "ca/mo/MO_ROOT_CA.pem", pem.p,
			     pem.len, FILE_PUBLIC, &e),
	    0);
	/* What an overflow says, without its 16,384 events. */
	w.c->all_stale = true;
	while (read(w.c->inotify, (char[4096]){ 0 }, 4096) > 0)
		;
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MO, 0));
	world_drop(&w);
}

static void
what_is_held_across_a_change_is_the_fresh_one(void **state)
{
	struct cert_hash_data hash;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	/* A self-signed one in two domains: both go by one deletion. */
	assert_int_equal(world_anchor(&w, CERTS_MO, w.v2g, &e), CERTS_ACCEPTED);
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_null(certs_anchor(w.c, CERTS_MO, 0));
	assert_null(certs_anchor(w.c, CERTS_V2G, 0));
	world_drop(&w);
}

/* Renewed with the key it had: the old certificate goes, the key does not. */
static void
a_key_of_two_leaves_stays_with_the_other(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 61);
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	char name[128];
	X509 *x[2];

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, key, name, &e), CERTS_ACCEPTED);
	for (int i = 0; i < 2; i++) {
		own_bytes struct bytes pem = { 0 };

		x[i] = world_leaf(&w, CERTS_LEAF_SECC, key,
		    (struct craft_cert){
			.begin = CRAFT_NOW - (9 - i) * CRAFT_DAY },
		    &pem);
		assert_int_equal(certs_install_leaf(
				     w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
		    CERTS_ACCEPTED);
	}
	assert_non_null(world_find(&w, x[0], w.sub, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_string_equal(certs_leaf_at(w.c, CERTS_LEAF_SECC, 0)->key, name);
	assert_int_equal(access(name, F_OK), 0);
	X509_free(x[0]);
	X509_free(x[1]);
	world_drop(&w);
}

static void
an_authority_below_goes_alone(void **state)
{
	struct cert_hash_data hash;
	struct certs_deleted what;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_ACCEPTED);
	assert_non_null(world_find(&w, w.sub, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, &what, &e), CERTS_ACCEPTED);
	assert_int_equal(what.below, 0);
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_null(certs_anchor(w.c, CERTS_V2G, 1));
	world_drop(&w);
}

static void
a_bundle_behind_a_link_is_read_and_not_replaced(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	struct stat st;

	(void)state;
	world_make(&w, NULL);
	craft_pem(w.v2g, &pem);
	assert_int_equal(
	    file_write(w.root, "elsewhere", pem.p, pem.len, FILE_PUBLIC, &e),
	    0);
	assert_int_equal(symlink("../../elsewhere", "ca/mo/MO_ROOT_CA.pem"), 0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_non_null(certs_anchor(w.c, CERTS_MO, 0));
	assert_int_equal(
	    world_anchor(&w, CERTS_MO, w.csms, &e), CERTS_WRITE_ERROR);
	assert_non_null(strstr(e.text, "symbolic link"));
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_WRITE_ERROR);
	assert_int_equal(lstat("ca/mo/MO_ROOT_CA.pem", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_non_null(certs_anchor(w.c, CERTS_MO, 0));
	world_drop(&w);
}

/* --- histories ------------------------------------------------------------ */

static void
a_journal_is_finished_though_its_folder_has_gone(void **state)
{
	struct change c[COMMIT_MAX] = {
		{ .name = "client/old/x", .temp = "client/old/.ingot-new.1" },
		{ .name = "client/old/y", .remove = true },
	};
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(journal_write(w.root, c, 2, &e), 0);
	world_again(&w, NULL);
	assert_int_equal(access(JOURNAL_NAME, F_OK), -1);
	world_drop(&w);
}

static void
a_leap_of_the_clock_is_not_taken_for_the_floor_at_once(void **state)
{
	struct world w;
	struct err e;
	X509 *x = craft_x509(&(struct craft_cert){
	    .cn = "for long", .ca = true, .end = CRAFT_NOW + 50 * CRAFT_YEAR });

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(w.c->floor, CRAFT_NOW);
	certs_set_clock(w.c, CRAFT_NOW + 13 * CRAFT_YEAR);
	assert_int_equal(world_anchor(&w, CERTS_MO, x, &e), CERTS_ACCEPTED);
	assert_int_equal(w.c->floor, CRAFT_NOW);
	/* It came right: nothing is lost, and the leap is forgotten. */
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
	assert_true(certs_clock_valid(w.c));
	assert_int_equal(world_anchor(&w, CERTS_MF, x, &e), CERTS_ACCEPTED);
	assert_int_equal(w.c->floor, CRAFT_NOW + 2 * CRAFT_DAY);
	assert_int_equal(w.c->leaped, 0);
	/* It stayed there for a day of running: then it is believed. */
	certs_set_clock(w.c, CRAFT_NOW + 13 * CRAFT_YEAR);
	clock_keep(w.c);
	w.c->leaped -= 25 * 3600;
	clock_keep(w.c);
	assert_int_equal(w.c->floor, CRAFT_NOW + 13 * CRAFT_YEAR);
	world_again(&w, NULL);
	assert_false(certs_clock_valid(w.c));
	X509_free(x);
	world_drop(&w);
}

static void
a_damaged_floor_is_none(void **state)
{
	static const char *const rows[] = { "", "x", "99999999999999999999\n",
		"12\n", "2000000000", "2000000000 \n", "-5\n" };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(file_write(w.root, ".ingot-clock", rows[i],
				     strlen(rows[i]), FILE_SECRET, &e),
		    0);
		world_again(&w, NULL);
		assert_true(certs_clock_valid(w.c));
	}
	assert_int_equal(file_write(w.root, ".ingot-clock", "2000000000\n", 11,
			     FILE_SECRET, &e),
	    0);
	world_again(&w, NULL);
	assert_false(certs_clock_valid(w.c));
	world_drop(&w);
}

static void
rows_of_keys_are_read_as_written_and_damage_is_refused(void **state)
{
	static const char *const rows[] = { "a", "a\t-\t1", "a\t-\t1\t2\t3\n",
		"a\t-\t1\t2", "\t-\t1\t2\n", "a\tzz\t1\t2\n", "a\t-\t-1\t2\n",
		"a\t-\t1\t\n", "a\t-\t1\t2\na\t-\t1\t2\n",
		"a\t-\t99999999999999999999\t2\n" };
	struct keyring k = { 0 }, again;
	own_bytes struct bytes text = { 0 };
	struct keyring_row *row;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    keyring_parse(&k, rows[i], strlen(rows[i]), &e), -1);
	row = keyring_add(&k, "client/cso/a b.key");
	row->known = true;
	memset(row->hash, 7, sizeof(row->hash));
	row->born = 5;
	assert_non_null(keyring_add(&k, "b"));
	assert_null(keyring_add(&k, "with\ttab"));
	assert_null(keyring_add(&k, ""));
	keyring_write(&k, &text);
	assert_int_equal(keyring_parse(&again, text.p, text.len, &e), 0);
	assert_int_equal(again.count, 2);
	row = keyring_find(&again, "client/cso/a b.key");
	assert_true(row != NULL && row->known && row->born == 5);
	assert_int_equal(row->hash[31], 7);
	keyring_remove(&again, "client/cso/a b.key");
	assert_int_equal(again.count, 1);
	keyring_free(&k);
	keyring_free(&again);
}

static void
answers_count_for_the_limits(void **state)
{
	struct certs_config config;
	struct world w;
	struct err e;
	char name[64];

	(void)state;
	certs_config_default(&config);
	config.max_entries = 10;
	world_make(&w, &config);
	assert_int_equal(mkdir("client/cso/ocsp", 0755), 0);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(
		    name, sizeof(name), "client/cso/ocsp/%d_ocsp.der", i);
		assert_int_equal(
		    file_write(w.root, name, "x", 1, FILE_PUBLIC, &e), 0);
	}
	assert_int_equal(
	    world_anchor(&w, CERTS_MF, w.csms, &e), CERTS_STORE_FULL);
	world_drop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(D01_all_that_is_accepted_is_listed_and_deleted),
		in_a_place(D03_a_leaf_never_stands_without_its_chain),
		in_a_place(D14_what_is_not_there_is_told_from_what_is_over),
		in_a_place(D29_nothing_is_parsed_but_what_changed),
		in_a_place(hidden_files_are_nobodys),
		in_a_place(without_inotify_folders_are_read_each_time),
		in_a_place(more_events_than_the_kernel_keeps_lose_nothing),
		in_a_place(what_is_held_across_a_change_is_the_fresh_one),
		in_a_place(a_key_of_two_leaves_stays_with_the_other),
		in_a_place(an_authority_below_goes_alone),
		in_a_place(a_bundle_behind_a_link_is_read_and_not_replaced),
		in_a_place(a_journal_is_finished_though_its_folder_has_gone),
		in_a_place(
		    a_leap_of_the_clock_is_not_taken_for_the_floor_at_once),
		in_a_place(a_damaged_floor_is_none),
		in_a_place(
		    rows_of_keys_are_read_as_written_and_damage_is_refused),
		in_a_place(answers_count_for_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
