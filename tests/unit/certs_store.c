/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <sys/wait.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "certs_world.h"
#include "place.h"

/* The store's operations one by one; the defects (D..) of its twin that they
 * must not have stand in the names. */

static int
count_names(const char *folder, const char *end)
{
	DIR *d = opendir(folder);
	const struct dirent *one;
	size_t n = strlen(end);
	int count = 0;

	while (d != NULL && (one = readdir(d)) != NULL)
		count += one->d_name[0] != '.' && strlen(one->d_name) >= n &&
		    strcmp(one->d_name + strlen(one->d_name) - n, end) == 0;
	if (d != NULL)
		(void)closedir(d);
	return count;
}

static void
write_text(const char *name, const void *text, size_t len)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, name, text, len, FILE_PUBLIC, &e), 0);
}

static void
write_x509(const char *name, X509 *x)
{
	own_bytes struct bytes pem = { 0 };

	craft_pem(x, &pem);
	write_text(name, pem.p, pem.len);
}

static void
write_key(const char *name, EVP_PKEY *key)
{
	own_bytes struct bytes pem = { 0 };

	craft_key_pem(key, &pem);
	write_text(name, pem.p, pem.len);
}

static size_t
leaves(struct world *w, enum certs_leaf k)
{
	size_t n = 0;

	while (certs_leaf_at(w->c, k, n) != NULL)
		n++;
	return n;
}

static size_t
anchors(struct world *w, enum certs_domain d)
{
	size_t n = 0;

	while (certs_anchor(w->c, d, n) != NULL)
		n++;
	return n;
}

/* --- anchors -------------------------------------------------------------- */

static void
an_anchor_that_is_accepted_is_listed_found_and_deleted(void **state)
{
	struct cert_hash_data hash;
	struct certs_deleted what;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	for (int d = 0; d < CERTS_DOMAINS; d++) {
		enum certs_domain domain = (enum certs_domain)d;

		assert_int_equal(
		    world_anchor(&w, domain, w.v2g, &e), CERTS_ACCEPTED);
		assert_int_equal(anchors(&w, domain), 1);
		assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
		assert_int_equal(
		    certs_delete(w.c, &hash, &what, &e), CERTS_ACCEPTED);
		assert_true(what.anchor);
		assert_int_equal(what.domain, domain);
		assert_null(certs_find(w.c, &hash));
		assert_int_equal(
		    certs_delete(w.c, &hash, NULL, &e), CERTS_NOT_FOUND);
	}
	world_drop(&w);
}

static void
D01_what_could_not_be_listed_or_deleted_is_refused(void **state)
{
	EVP_PKEY *rsa = craft_key("RSA-1024", 0);
	const struct {
		struct craft_cert spec;
		enum certs_result wanted;
	} rows[] = {
		{ { .cn = "leaf" }, CERTS_NOT_A_CA },
		{ { .ca = true, .usage = "digitalSignature" }, CERTS_NOT_A_CA },
		{ { .ca = true, .usage = "" }, CERTS_NOT_A_CA },
		{ { .ca = true, .key = rsa }, CERTS_WEAK_KEY },
		{ { .ca = true, .key = craft_key("P-224", 0) },
		    CERTS_WEAK_KEY },
		{ { .ca = true,
		      .begin = CRAFT_NOW - 2 * CRAFT_YEAR,
		      .end = CRAFT_NOW - 1 },
		    CERTS_EXPIRED },
		{ { .ca = true, .begin = CRAFT_NOW + CRAFT_DAY },
		    CERTS_NOT_YET_VALID },
		{ { .ca = true, .issuer_key = craft_key("P-256", 9) },
		    CERTS_INVALID_SIGNATURE },
	};
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *x = craft_x509(&rows[i].spec);

		assert_int_equal(
		    world_anchor(&w, CERTS_CSMS, x, &e), rows[i].wanted);
		assert_true(e.text[0] != '\0');
		X509_free(x);
	}
	/* Below an authority that is not here; then below one that is. */
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_ISSUER_NOT_FOUND);
	assert_int_equal(anchors(&w, CERTS_V2G), 0);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.v2g, &e), CERTS_ACCEPTED);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_ACCEPTED);
	assert_int_equal(anchors(&w, CERTS_V2G), 2);
	world_drop(&w);
}

static void
what_is_not_one_certificate_is_refused(void **state)
{
	own_bytes struct bytes two = { 0 };
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	craft_pem(w.csms, &two);
	craft_pem(w.v2g, &two);
	assert_int_equal(
	    certs_install_anchor(w.c, CERTS_CSMS, two.p, two.len, &e),
	    CERTS_INVALID_FORMAT);
	assert_int_equal(certs_install_anchor(w.c, CERTS_CSMS, "x", 1, &e),
	    CERTS_INVALID_FORMAT);
	assert_int_equal(certs_install_anchor(w.c, CERTS_CSMS, "", 0, &e),
	    CERTS_INVALID_FORMAT);
	craft_pem(w.csms, &two);
	assert_int_equal(
	    certs_install_anchor(w.c, CERTS_CSMS, two.p, two.len, &e),
	    CERTS_INVALID_FORMAT);
	world_drop(&w);
}

static void
D02_an_anchor_of_the_future_is_not_expired_and_may_come_by_policy(void **state)
{
	struct certs_config config;
	struct certs_count count;
	struct world w;
	struct err e;
	X509 *x = craft_x509(
	    &(struct craft_cert){ .ca = true, .begin = CRAFT_NOW + CRAFT_DAY });

	(void)state;
	certs_config_default(&config);
	config.future_anchors = true;
	world_make(&w, NULL);
	assert_int_equal(
	    world_anchor(&w, CERTS_MO, x, &e), CERTS_NOT_YET_VALID);
	world_again(&w, &config);
	assert_int_equal(world_anchor(&w, CERTS_MO, x, &e), CERTS_ACCEPTED);
	certs_count(w.c, &count);
	assert_int_equal(count.anchors[CERTS_MO], 1);
	assert_int_equal(count.valid_anchors[CERTS_MO], 0);
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
	certs_count(w.c, &count);
	assert_int_equal(count.valid_anchors[CERTS_MO], 1);
	X509_free(x);
	world_drop(&w);
}

static void
an_anchor_twice_is_accepted_and_changes_nothing(void **state)
{
	struct world w;
	struct err e;
	unsigned long before;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	before = certs_generation(w.c);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, w.csms, &e), CERTS_ACCEPTED);
	assert_int_equal(certs_generation(w.c), before);
	assert_int_equal(anchors(&w, CERTS_CSMS), 1);
	world_drop(&w);
}

static void
a_bundle_keeps_what_else_is_in_it(void **state)
{
	own_bytes struct bytes text = { 0 };
	struct cert_hash_data hash;
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	bytes_fmt(&text, "# the fleet's own root\n");
	craft_pem(w.csms, &text);
	text.len--; /* no line break at its end */
	write_text("ca/csms/CSMS_ROOT_CA.pem", text.p, text.len);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, w.v2g, &e), CERTS_ACCEPTED);
	assert_int_equal(anchors(&w, CERTS_CSMS), 2);
	bytes_free(&text);
	assert_int_equal(file_read(w.root, "ca/csms/CSMS_ROOT_CA.pem",
			     CERT_FILE_MAX, &text, &e),
	    0);
	assert_non_null(strstr(text.p, "# the fleet's own root\n"));
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(anchors(&w, CERTS_CSMS), 1);
	/* The last one goes, the bundle stays. */
	assert_non_null(world_find(&w, w.csms, w.csms, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(access("ca/csms/CSMS_ROOT_CA.pem", F_OK), 0);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, w.csms, &e), CERTS_ACCEPTED);
	world_drop(&w);
}

static void
a_bundle_of_something_else_is_not_added_to(void **state)
{
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	write_text("ca/csms/CSMS_ROOT_CA.pem", "-----BEGIN X\n", 13);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, w.csms, &e), CERTS_WRITE_ERROR);
	assert_non_null(strstr(e.text, "repair"));
	assert_int_equal(anchors(&w, CERTS_CSMS), 0);
	world_drop(&w);
}

static void
D39_folders_hold_anchors_in_der_and_pem_by_any_name(void **state)
{
	own_bytes struct bytes der = { 0 };
	struct certs_config config;
	struct cert_hash_data hash;
	struct world w;
	struct err e;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.anchors[CERTS_V2G], "ca/v2g");
	world_make(&w, &config);
	/* A .der file is DER; and a .der file that holds PEM is PEM. */
	craft_der(w.v2g, &der);
	write_text("ca/v2g/root.der", der.p, der.len);
	write_x509("ca/v2g/other.der", w.csms);
	write_text("ca/v2g/readme.txt", "hello", 5);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(anchors(&w, CERTS_V2G), 2);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_ACCEPTED);
	assert_int_equal(anchors(&w, CERTS_V2G), 3);
	assert_int_equal(count_names("ca/v2g", ".pem"), 1);
	assert_non_null(strstr(
	    world_find(&w, w.sub, w.v2g, &hash)->file, "ca/v2g/V2G_ROOT_M"));
	assert_non_null(world_find(&w, w.csms, w.csms, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(access("ca/v2g/other.der", F_OK), -1);
	world_drop(&w);
}

static void
D09_who_deletes_a_root_is_told_what_hung_on_it(void **state)
{
	struct cert_hash_data hash;
	struct certs_deleted what;
	struct world w;
	struct err e;
	X509 *leaf;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_ACCEPTED);
	leaf = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, &what, &e), CERTS_ACCEPTED);
	assert_int_equal(what.below, 1);
	assert_int_equal(what.dependent, 1);
	/* The authority below went with it; the leaf is listed as before. */
	assert_int_equal(anchors(&w, CERTS_V2G), 0);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 1);
	X509_free(leaf);
	world_drop(&w);
}

static void
an_authority_with_two_ways_up_stays(void **state)
{
	struct world w;
	struct cert_hash_data hash;
	struct certs_deleted what;
	struct err e;
	EVP_PKEY *other_key = craft_key("P-256", 105);
	X509 *other, *cross;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	/* Another root of the same name and key: it issued the same. */
	other = craft_x509(&(struct craft_cert){ .cn = "V2G root",
	    .ca = true,
	    .key = w.v2g_key,
	    .serial = "D7",
	    .end = CRAFT_NOW + 9 * CRAFT_YEAR });
	cross = craft_x509(&(struct craft_cert){ .cn = "below both",
	    .ca = true,
	    .key = other_key,
	    .issuer = w.v2g,
	    .issuer_key = w.v2g_key });
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, other, &e), CERTS_ACCEPTED);
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, cross, &e), CERTS_ACCEPTED);
	assert_non_null(world_find(&w, w.v2g, w.v2g, &hash));
	assert_int_equal(certs_delete(w.c, &hash, &what, &e), CERTS_ACCEPTED);
	assert_int_equal(what.below, 0);
	assert_int_equal(anchors(&w, CERTS_V2G), 2);
	X509_free(other);
	X509_free(cross);
	world_drop(&w);
}

static void
what_another_program_put_with_the_anchors_can_be_deleted(void **state)
{
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	X509 *leaf;

	(void)state;
	world_make(&w, NULL);
	leaf = world_leaf(&w, CERTS_LEAF_CSMS, craft_key("P-256", 3),
	    (struct craft_cert){ .serial = "E1" }, NULL);
	write_x509("ca/csms/CSMS_ROOT_CA.pem", leaf);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(anchors(&w, CERTS_CSMS), 0);
	assert_non_null(certs_stray(w.c, CERTS_CSMS, 0));
	/* Its issuer is not here: name and serial find it. */
	assert_null(certs_issuer(w.c, certs_stray(w.c, CERTS_CSMS, 0)));
	assert_non_null(world_find(&w, leaf, w.csms, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_null(certs_stray(w.c, CERTS_CSMS, 0));
	X509_free(leaf);
	world_drop(&w);
}

static void
the_largest_number_of_anchors_is_the_one_that_is_said(void **state)
{
	struct certs_config config;
	struct world w;
	struct err e;

	(void)state;
	certs_config_default(&config);
	config.max_anchors = 2;
	world_make(&w, &config);
	world_roots(&w);
	assert_int_equal(
	    world_anchor(&w, CERTS_MO, w.v2g, &e), CERTS_STORE_FULL);
	world_drop(&w);
}

static void
a_new_csms_root_has_to_be_signed_by_the_old(void **state)
{
	EVP_PKEY *key = craft_key("P-256", 106);
	const uint8_t *print;
	struct certs_config config;
	struct world w;
	struct err e;
	X509 *self, *next, *third;

	(void)state;
	certs_config_default(&config);
	config.additional_root = true;
	world_make(&w, &config);
	world_roots(&w);
	self = craft_x509(
	    &(struct craft_cert){ .cn = "new", .ca = true, .key = key });
	next = craft_x509(&(struct craft_cert){ .cn = "new",
	    .ca = true,
	    .key = key,
	    .issuer = w.csms,
	    .issuer_key = w.csms_key });
	third = craft_x509(&(struct craft_cert){ .cn = "third",
	    .ca = true,
	    .issuer = w.csms,
	    .issuer_key = w.csms_key });
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, self, &e), CERTS_POLICY_REFUSED);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, next, &e), CERTS_ACCEPTED);
	assert_int_equal(
	    world_anchor(&w, CERTS_CSMS, third, &e), CERTS_POLICY_REFUSED);
	assert_int_equal(anchors(&w, CERTS_CSMS), 2);
	/* On trial over a restart; it worked: the old one goes, it stays. */
	world_again(&w, NULL);
	print = NULL;
	for (size_t i = 0; i < 2; i++)
		if (!certs_anchor(w.c, CERTS_CSMS, i)->cert->self_signed)
			print = certs_anchor(w.c, CERTS_CSMS, i)->cert->print;
	{
		uint8_t copy[32];

		memcpy(copy, print, 32);
		assert_int_equal(
		    certs_root_worked(w.c, copy, &e), CERTS_ACCEPTED);
		assert_int_equal(anchors(&w, CERTS_CSMS), 1);
		assert_memory_equal(
		    certs_anchor(w.c, CERTS_CSMS, 0)->cert->print, copy, 32);
	}
	X509_free(self);
	X509_free(next);
	X509_free(third);
	world_drop(&w);
}

/* --- leaves --------------------------------------------------------------- */

static void
D18_a_key_is_for_its_owner_alone_whatever_the_umask(void **state)
{
	mode_t was = umask(0);
	struct stat st;
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	world_make(&w, NULL);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 7), name, &e),
	    CERTS_ACCEPTED);
	(void)umask(was);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(".ingot-keys", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	world_drop(&w);
}

static void
a_leaf_comes_with_its_chain_and_finds_its_key(void **state)
{
	const struct certs_entry *l;
	struct certs_count count;
	struct world w;
	X509 *secc, *csms;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	secc = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	csms = world_install(&w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 });
	l = certs_leaf_at(w.c, CERTS_LEAF_SECC, 0);
	assert_non_null(l);
	assert_true(
	    strncmp(l->file, "client/cso/SECC_LEAF_M01_D01_Y2027_H00_",
		strlen("client/cso/SECC_LEAF_M01_D01_Y2027_H00_")) == 0);
	assert_non_null(strstr(l->chain, "CPO_CERT_SECC_LEAF_CHAIN_M"));
	assert_non_null(strstr(l->key, "client/cso/SECC_LEAF_M"));
	assert_int_equal(l->chain_count, 2);
	assert_true(l->trial);
	l = certs_leaf_at(w.c, CERTS_LEAF_CSMS, 0);
	assert_non_null(l->key);
	assert_null(l->chain); /* its issuer is the root, which is left out */
	certs_count(w.c, &count);
	assert_int_equal(count.leaves[CERTS_LEAF_SECC], 1);
	assert_int_equal(count.valid_leaves[CERTS_LEAF_CSMS], 1);
	assert_int_equal(count.keys, 2);
	assert_int_equal(count.requests, 0);
	/* And so after a restart. */
	world_again(&w, NULL);
	l = certs_leaf_at(w.c, CERTS_LEAF_SECC, 0);
	assert_true(l != NULL && l->key != NULL && l->chain != NULL);
	assert_true(l->trial);
	X509_free(secc);
	X509_free(csms);
	world_drop(&w);
}

static enum certs_result
try_leaf(struct world *w, struct craft_cert spec, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	EVP_PKEY *key = craft_key("P-256", 200);
	X509 *x = world_leaf(w, CERTS_LEAF_SECC, key, spec, &pem);

	X509_free(x);
	return certs_install_leaf(w->c, CERTS_LEAF_SECC, pem.p, pem.len, e);
}

static void
a_leaf_that_is_not_right_is_refused_with_its_reason(void **state)
{
	const struct {
		struct craft_cert spec;
		enum certs_result wanted;
	} rows[] = {
		{ { .begin = CRAFT_NOW - 3 * CRAFT_DAY, .end = CRAFT_NOW - 1 },
		    CERTS_EXPIRED },
		{ { .eku = "clientAuth" }, CERTS_WRONG_PURPOSE },
		{ { .ca = true }, CERTS_WRONG_PURPOSE },
		{ { .cn = "another unit" }, CERTS_INVALID_COMMON_NAME },
		{ { .md = EVP_sha1() }, CERTS_WEAK_KEY },
		{ { 0 }, CERTS_ACCEPTED },
	};
	struct certs_config config;
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.name[CERTS_LEAF_SECC], "unit");
	world_make(&w, &config);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 200), name, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(
	    try_leaf(&w, (struct craft_cert){ 0 }, &e), CERTS_NO_ROOT);
	world_roots(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    try_leaf(&w, rows[i].spec, &e), rows[i].wanted);
		assert_int_equal(leaves(&w, CERTS_LEAF_SECC),
		    rows[i].wanted == CERTS_ACCEPTED);
	}
	world_drop(&w);
}

static void
D04_a_leaf_of_another_unit_is_refused_by_common_and_alternative_name(
    void **state)
{
	struct certs_config config;
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.name[CERTS_LEAF_SECC], "unit7.example");
	world_make(&w, &config);
	world_roots(&w);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 200), name, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(try_leaf(&w,
			     (struct craft_cert){ .cn = "unit8.example",
				 .san = "DNS:unit9.example" },
			     &e),
	    CERTS_INVALID_COMMON_NAME);
	assert_int_equal(try_leaf(&w,
			     (struct craft_cert){
				 .cn = "whatever", .san = "DNS:unit7.example" },
			     &e),
	    CERTS_ACCEPTED);
	world_drop(&w);
}

static void
a_leaf_without_its_key_is_refused(void **state)
{
	struct world w;
	struct err e;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(
	    try_leaf(&w, (struct craft_cert){ 0 }, &e), CERTS_KEY_NOT_FOUND);
	world_drop(&w);
}

static void
a_chain_is_in_order_and_its_root_is_dropped(void **state)
{
	own_bytes struct bytes good = { 0 }, bad = { 0 };
	EVP_PKEY *key = craft_key("P-256", 201);
	const struct certs_entry *l;
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
	    &w, CERTS_LEAF_SECC, key, (struct craft_cert){ 0 }, &good);
	craft_pem(w.v2g, &good);
	craft_pem(x, &bad);
	craft_pem(w.sub, &bad);
	craft_pem(w.sub, &bad);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, bad.p, bad.len, &e),
	    CERTS_INVALID_CHAIN);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, good.p, good.len, &e),
	    CERTS_ACCEPTED);
	l = certs_leaf_at(w.c, CERTS_LEAF_SECC, 0);
	assert_int_equal(l->chain_count, 2);
	{
		own_bytes struct bytes text = { 0 };
		struct cert *all[4];
		int n;

		assert_int_equal(
		    file_read(w.root, l->chain, 65536, &text, &e), 0);
		n = cert_parse(text.p, text.len, all, 4, &e);
		assert_int_equal(n, 2);
		while (n > 0)
			cert_free(all[--n]);
	}
	/* The same once more: nothing is added. */
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, good.p, good.len, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(count_names("client/cso", ".pem"), 2);
	X509_free(x);
	world_drop(&w);
}

static void
D05_a_leaf_of_the_future_waits_for_its_time_or_is_refused(void **state)
{
	const struct craft_cert spec = { .begin = CRAFT_NOW + 5 * CRAFT_DAY };
	const struct certs_entry *l;
	struct certs_config config;
	struct world w;
	struct err e;
	char name[128];

	(void)state;
	certs_config_default(&config);
	config.future_leaves = false;
	world_make(&w, &config);
	world_roots(&w);
	assert_int_equal(
	    world_key(&w, CERTS_LEAF_SECC, craft_key("P-256", 200), name, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(try_leaf(&w, spec, &e), CERTS_NOT_YET_VALID);
	config.future_leaves = true;
	world_again(&w, &config);
	assert_int_equal(try_leaf(&w, spec, &e), CERTS_ACCEPTED);
	assert_int_equal(certs_choose(w.c, CERTS_LEAF_SECC, NULL, true, &l, &e),
	    CERTS_NOT_FOUND_VALID);
	certs_set_clock(w.c, CRAFT_NOW + 6 * CRAFT_DAY);
	assert_int_equal(certs_choose(w.c, CERTS_LEAF_SECC, NULL, true, &l, &e),
	    CERTS_ACCEPTED);
	world_drop(&w);
}

static void
the_leaf_in_use_is_not_deleted_another_is(void **state)
{
	struct cert_hash_data hash, other;
	struct certs_deleted what;
	struct world w;
	struct err e;
	X509 *old, *new;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	old = world_install(&w, CERTS_LEAF_CSMS,
	    (struct craft_cert){ .begin = CRAFT_NOW - 30 * CRAFT_DAY });
	new = world_install(&w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 });
	/* D12: the CSMS's client leaf is listed like any other. */
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 2);
	assert_non_null(world_find(&w, new, w.csms, &hash));
	assert_non_null(world_find(&w, old, w.csms, &other));
	assert_int_equal(certs_worked(w.c, CERTS_LEAF_CSMS,
			     certs_find(w.c, &hash)->cert->print, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_IN_USE);
	assert_int_equal(certs_delete(w.c, &other, &what, &e), CERTS_ACCEPTED);
	assert_false(what.anchor);
	assert_int_equal(what.leaf, CERTS_LEAF_CSMS);
	/* With its key, and nothing else. */
	assert_int_equal(count_names("client/csms", ".key"), 1);
	assert_int_equal(count_names("client/csms", ".pem"), 1);
	X509_free(old);
	X509_free(new);
	world_drop(&w);
}

static void
D10_a_leaf_is_deleted_by_hash_data_in_capitals(void **state)
{
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	X509 *a, *b;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	a = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){
		.serial = "0ABCDEF1", .begin = CRAFT_NOW - 9 * CRAFT_DAY });
	b = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_non_null(world_find(&w, a, w.sub, &hash));
	for (char *p = hash.issuer_name; *p != '\0'; p++)
		*p = (char)toupper(*p);
	for (char *p = hash.issuer_key; *p != '\0'; p++)
		*p = (char)toupper(*p);
	(void)strcpy(hash.serial, "000ABCDEF1");
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 1);
	X509_free(a);
	X509_free(b);
	world_drop(&w);
}

static void
D11_D12_one_folder_for_both_kinds_keeps_them_apart(void **state)
{
	struct certs_config config;
	struct cert_hash_data hash;
	struct world w;
	struct err e;
	X509 *secc[2], *csms, *foreign;

	(void)state;
	certs_config_default(&config);
	(void)strcpy(config.leaves[CERTS_LEAF_CSMS], "client");
	(void)strcpy(config.leaves[CERTS_LEAF_SECC], "client");
	world_make(&w, &config);
	world_roots(&w);
	csms = world_install(&w, CERTS_LEAF_CSMS, (struct craft_cert){ 0 });
	secc[0] = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .begin = CRAFT_NOW - 8 * CRAFT_DAY });
	secc[1] = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 1);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 2);
	/* A file that no name tells of is told by what it may do. */
	foreign = world_leaf(&w, CERTS_LEAF_CSMS, craft_key("P-256", 30),
	    (struct craft_cert){ .cn = "foreign" }, NULL);
	write_x509("client/mine.pem", foreign);
	write_key("client/mine.key", craft_key("P-256", 30));
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 2);
	assert_non_null(world_find(&w, foreign, w.csms, &hash)->key);
	assert_non_null(world_find(&w, secc[0], w.sub, &hash));
	assert_int_equal(certs_delete(w.c, &hash, NULL, &e), CERTS_ACCEPTED);
	assert_int_equal(leaves(&w, CERTS_LEAF_SECC), 1);
	assert_int_equal(leaves(&w, CERTS_LEAF_CSMS), 2);
	X509_free(csms);
	X509_free(secc[0]);
	X509_free(secc[1]);
	X509_free(foreign);
	world_drop(&w);
}

static void
a_clock_below_its_floor_is_neither_expired_nor_valid(void **state)
{
	const struct certs_entry *l;
	struct certs_count count;
	struct world w;
	struct err e;
	X509 *x,
	    *over = craft_x509(&(struct craft_cert){ .cn = "over",
		.ca = true,
		.begin = CRAFT_NOW - 9 * CRAFT_DAY,
		.end = CRAFT_NOW - CRAFT_DAY });

	(void)state;
	world_make(&w, NULL);
	world_roots(&w); /* and the floor is CRAFT_NOW from here on */
	x = world_install(&w, CERTS_LEAF_SECC, (struct craft_cert){ 0 });
	world_again(&w, NULL);
	certs_set_clock(w.c, 1000);
	assert_false(certs_clock_valid(w.c));
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, w.sub, &e), CERTS_CLOCK_INVALID);
	/* What ended before the floor has ended, whatever the clock says. */
	assert_int_equal(world_anchor(&w, CERTS_MO, over, &e), CERTS_EXPIRED);
	assert_int_equal(
	    certs_choose(w.c, CERTS_LEAF_SECC, NULL, false, &l, &e),
	    CERTS_CLOCK_INVALID);
	certs_count(w.c, &count);
	assert_int_equal(count.valid_leaves[CERTS_LEAF_SECC], 0);
	/* The floor is what was seen, over the restart: a day before it is
	 * below as well. */
	certs_set_clock(w.c, CRAFT_NOW - CRAFT_DAY);
	assert_false(certs_clock_valid(w.c));
	certs_set_clock(w.c, CRAFT_NOW + CRAFT_DAY);
	assert_true(certs_clock_valid(w.c));
	X509_free(over);
	X509_free(x);
	world_drop(&w);
}

static void
D34_D41_counts_tell_what_is_there_from_what_is_valid(void **state)
{
	struct certs_count count;
	struct world w;
	X509 *x;

	(void)state;
	world_make(&w, NULL);
	certs_count(w.c, &count);
	assert_int_equal(count.anchors[CERTS_V2G], 0);
	world_roots(&w);
	x = world_install(&w, CERTS_LEAF_SECC,
	    (struct craft_cert){ .end = CRAFT_NOW + CRAFT_DAY });
	certs_set_clock(w.c, CRAFT_NOW + 2 * CRAFT_DAY);
	certs_count(w.c, &count);
	assert_int_equal(count.leaves[CERTS_LEAF_SECC], 1);
	assert_int_equal(count.valid_leaves[CERTS_LEAF_SECC], 0);
	assert_int_equal(count.valid_anchors[CERTS_V2G], 1);
	certs_set_clock(w.c, CRAFT_NOW + 20 * CRAFT_YEAR);
	certs_count(w.c, &count);
	assert_int_equal(count.anchors[CERTS_V2G], 1);
	assert_int_equal(count.valid_anchors[CERTS_V2G], 0);
	X509_free(x);
	world_drop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(
		    an_anchor_that_is_accepted_is_listed_found_and_deleted),
		in_a_place(D01_what_could_not_be_listed_or_deleted_is_refused),
		in_a_place(what_is_not_one_certificate_is_refused),
		in_a_place(
		    D02_an_anchor_of_the_future_is_not_expired_and_may_come_by_policy),
		in_a_place(an_anchor_twice_is_accepted_and_changes_nothing),
		in_a_place(a_bundle_keeps_what_else_is_in_it),
		in_a_place(a_bundle_of_something_else_is_not_added_to),
		in_a_place(D39_folders_hold_anchors_in_der_and_pem_by_any_name),
		in_a_place(D09_who_deletes_a_root_is_told_what_hung_on_it),
		in_a_place(an_authority_with_two_ways_up_stays),
		in_a_place(
		    what_another_program_put_with_the_anchors_can_be_deleted),
		in_a_place(
		    the_largest_number_of_anchors_is_the_one_that_is_said),
		in_a_place(a_new_csms_root_has_to_be_signed_by_the_old),
		in_a_place(D18_a_key_is_for_its_owner_alone_whatever_the_umask),
		in_a_place(a_leaf_comes_with_its_chain_and_finds_its_key),
		in_a_place(a_leaf_that_is_not_right_is_refused_with_its_reason),
		in_a_place(
		    D04_a_leaf_of_another_unit_is_refused_by_common_and_alternative_name),
		in_a_place(a_leaf_without_its_key_is_refused),
		in_a_place(a_chain_is_in_order_and_its_root_is_dropped),
		in_a_place(
		    D05_a_leaf_of_the_future_waits_for_its_time_or_is_refused),
		in_a_place(the_leaf_in_use_is_not_deleted_another_is),
		in_a_place(D10_a_leaf_is_deleted_by_hash_data_in_capitals),
		in_a_place(D11_D12_one_folder_for_both_kinds_keeps_them_apart),
		in_a_place(
		    a_clock_below_its_floor_is_neither_expired_nor_valid),
		in_a_place(
		    D34_D41_counts_tell_what_is_there_from_what_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
