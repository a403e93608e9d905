/* SPDX-License-Identifier: MIT */
/* Revocation lists that are kept beside the anchors. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <errno.h>

#include "certs_crl.h"
#include "certs_world.h"
#include "crl.h"
#include "place.h"

static enum certs_result
install(struct world *w, struct craft_crl spec, struct err *e)
{
	own_bytes struct bytes pem = { 0 };
	X509_CRL *list;
	enum certs_result r;

	if (spec.by == NULL)
		spec.by = w->v2g;
	if (spec.key == NULL)
		spec.key = w->v2g_key;
	list = craft_crl(&spec);
	craft_crl_pem(list, &pem);
	X509_CRL_free(list);
	r = crl_install(w->c, CERTS_V2G, pem.p, pem.len, e);
	return r;
}

static size_t
lists(struct world *w, enum certs_domain d)
{
	struct crl_entry l;
	size_t n = 0;

	while (crl_at(w->c, d, n, &l))
		n++;
	return n;
}

static void
each_list_that_comes_is_judged(void **state)
{
	EVP_PKEY *plain_key = craft_key("P-256", 50);
	struct world w;
	struct err e;
	X509 *plain, *stranger;

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	plain = craft_x509(&(struct craft_cert){ .cn = "no lister",
	    .ca = true,
	    .key = plain_key,
	    .usage = "critical,keyCertSign" });
	stranger = craft_x509(&(struct craft_cert){ .cn = "stranger" });
	assert_int_equal(
	    world_anchor(&w, CERTS_V2G, plain, &e), CERTS_ACCEPTED);
	{
		const struct {
			struct craft_crl spec;
			enum certs_result want;
		} rows[] = {
			{ { .by = stranger }, CERTS_ISSUER_NOT_FOUND },
			/* An anchor of another domain says nothing here. */
			{ { .by = w.csms, .key = w.csms_key },
			    CERTS_ISSUER_NOT_FOUND },
			{ { .key = plain_key }, CERTS_INVALID_SIGNATURE },
			{ { .by = plain, .key = plain_key },
			    CERTS_WRONG_PURPOSE },
			{ { .md = EVP_sha1() }, CERTS_WEAK_KEY },
			{ { .from = CRAFT_NOW + 60 }, CERTS_NOT_YET_VALID },
			{ { .to = CRAFT_NOW - 60 }, CERTS_EXPIRED },
			{ { .from = CRAFT_NOW - 120 }, CERTS_ACCEPTED },
			{ { .from = CRAFT_NOW - 180 }, CERTS_REJECTED },
			{ { .from = CRAFT_NOW - 60, .to = -1 },
			    CERTS_ACCEPTED },
			{ { .from = CRAFT_NOW - 180, .authorities = true },
			    CERTS_ACCEPTED }, /* another scope */
		};

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (install(&w, rows[i].spec, &e) != rows[i].want)
				fail_msg("row %zu: %s", i, e.text);
	}
	assert_int_equal(lists(&w, CERTS_V2G), 2);
	assert_int_equal(lists(&w, CERTS_CSMS), 0);
	assert_int_equal(
	    crl_install(w.c, CERTS_V2G, "x", 1, &e), CERTS_INVALID_FORMAT);
	certs_set_clock(w.c, 1000);
	assert_int_equal(
	    install(&w, (struct craft_crl){ 0 }, &e), CERTS_CLOCK_INVALID);
	X509_free(plain);
	X509_free(stranger);
	world_drop(&w);
}

static void
a_kept_list_is_listed_survives_and_goes(void **state)
{
	struct crl_entry l;
	struct world w;
	struct err e;
	char file[256];

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	assert_int_equal(install(&w, (struct craft_crl){ .lists = w.sub }, &e),
	    CERTS_ACCEPTED);
	world_again(&w, NULL);
	assert_true(crl_at(w.c, CERTS_V2G, 0, &l));
	assert_int_equal(l.from, CRAFT_NOW - CRAFT_DAY);
	assert_int_equal(l.to, CRAFT_NOW + CRAFT_DAY);
	assert_int_equal(l.revoked, 1);
	assert_true(strncmp(l.file, "ca/v2g/crl/", 11) == 0);
	assert_false(crl_at(w.c, CERTS_V2G, 1, &l));
	(void)snprintf(file, sizeof(file), "%s", l.file);
	assert_int_equal(
	    crl_remove(w.c, "ca/v2g/V2G_ROOT_CA.pem", &e), CERTS_NOT_FOUND);
	assert_int_equal(crl_remove(w.c, file, &e), CERTS_ACCEPTED);
	assert_int_equal(crl_remove(w.c, file, &e), CERTS_NOT_FOUND);
	assert_int_equal(access(file, F_OK), -1);
	assert_null(crl_all(w.c, CERTS_V2G));
	world_drop(&w);
}

/* The SECC leaf's authority is revoked: no leaf below it comes any more. */
static void
what_a_kept_list_revokes_is_not_installed(void **state)
{
	own_bytes struct bytes pem = { 0 };
	EVP_PKEY *key = craft_key("P-256", 1);
	struct certs_config config;
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
	assert_int_equal(install(&w, (struct craft_crl){ .lists = w.sub }, &e),
	    CERTS_ACCEPTED);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_REVOKED);
	/* And so when the list is over; a fresh one lets it in again. */
	certs_set_clock(w.c, CRAFT_NOW + 3 * CRAFT_DAY);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_REVOKED);
	assert_int_equal(install(&w,
			     (struct craft_crl){ .from = CRAFT_NOW,
				 .to = CRAFT_NOW + 4 * CRAFT_DAY },
			     &e),
	    CERTS_ACCEPTED);
	certs_set_clock(w.c, CRAFT_NOW + 9 * CRAFT_DAY);
	config = *certs_config(w.c);
	config.strict_crls = true; /* by which one that is over refuses */
	world_again(&w, &config);
	certs_set_clock(w.c, CRAFT_NOW + 9 * CRAFT_DAY);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_REVOKED);
	config.strict_crls = false;
	world_again(&w, &config);
	certs_set_clock(w.c, CRAFT_NOW + 9 * CRAFT_DAY);
	assert_int_equal(
	    certs_install_leaf(w.c, CERTS_LEAF_SECC, pem.p, pem.len, &e),
	    CERTS_ACCEPTED);
	/* An authority of a leaf's chain may be the list's issuer. */
	assert_int_equal(install(&w,
			     (struct craft_crl){ .by = w.sub,
				 .key = w.sub_key,
				 .lists = x,
				 .to = CRAFT_NOW + 20 * CRAFT_DAY },
			     &e),
	    CERTS_ACCEPTED);
	X509_free(x);
	world_drop(&w);
}

static void
a_text_is_lists_and_nothing_else(void **state)
{
	own_bytes struct bytes one = { 0 }, two = { 0 }, mixed = { 0 },
			       tail = { 0 };
	X509 *ca = craft_x509(
	    &(struct craft_cert){ .ca = true, .key = craft_key("P-256", 1) });
	X509_CRL *made = craft_crl(&(struct craft_crl){
		     .by = ca, .key = craft_key("P-256", 1) }),
		 *out[2];
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(made, &der);
	struct err e;

	(void)state;
	craft_crl_pem(made, &one);
	craft_crl_pem(made, &two);
	craft_crl_pem(made, &two);
	craft_crl_pem(made, &mixed);
	craft_pem(ca, &mixed);
	assert_int_equal(crl_parse(der, (size_t)n, out, 2, &e), 1);
	X509_CRL_free(out[0]);
	assert_int_equal(crl_parse(one.p, one.len, out, 2, &e), 1);
	X509_CRL_free(out[0]);
	assert_int_equal(crl_parse(two.p, two.len, out, 2, &e), 2);
	X509_CRL_free(out[0]);
	X509_CRL_free(out[1]);
	assert_int_equal(crl_parse(two.p, two.len, out, 1, &e), -1);
	assert_int_equal(crl_parse(mixed.p, mixed.len, out, 2, &e), -1);
	assert_int_equal(crl_parse(one.p, one.len - 30, out, 2, &e), -1);
	assert_int_equal(crl_parse(der, (size_t)n - 1, out, 2, &e), -1);
	bytes_add(&tail, der, (size_t)n);
	bytes_add(&tail, "x", 1);
	assert_int_equal(crl_parse(tail.p, tail.len, out, 2, &e), -1);
	assert_int_equal(crl_parse("", 0, out, 2, &e), -1);
	assert_int_equal(crl_parse("0", 1, out, 2, &e), -1);
	assert_int_equal(crl_parse(one.p, CRL_BYTES + 1, out, 2, &e), -1);
	OPENSSL_free(der);
	X509_CRL_free(made);
	X509_free(ca);
}

static void
others_lists_are_read_and_bounded(void **state)
{
	own_bytes struct bytes pem = { 0 };
	struct world w;
	struct err e;
	X509_CRL *list;
	char name[64];

	(void)state;
	world_make(&w, NULL);
	world_roots(&w);
	list = craft_crl(&(struct craft_crl){ .by = w.v2g, .key = w.v2g_key });
	craft_crl_pem(list, &pem);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "ca/v2g/crl/%d.pem", i);
		assert_int_equal(
		    file_write(AT_FDCWD, name, pem.p, pem.len, FILE_PUBLIC, &e),
		    0);
	}
	assert_int_equal(
	    file_write(AT_FDCWD, "ca/v2g/crl/bad.crl", "x", 1, FILE_PUBLIC, &e),
	    0);
	assert_int_equal(certs_refresh(w.c, &e), 0);
	assert_int_equal(sk_X509_CRL_num(crl_all(w.c, CERTS_V2G)), CRL_LISTS);
	assert_int_equal(
	    install(&w, (struct craft_crl){ .from = CRAFT_NOW - 60 }, &e),
	    CERTS_STORE_FULL);
	X509_CRL_free(list);
	world_drop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(each_list_that_comes_is_judged),
		in_a_place(a_kept_list_is_listed_survives_and_goes),
		in_a_place(what_a_kept_list_revokes_is_not_installed),
		cmocka_unit_test(a_text_is_lists_and_nothing_else),
		in_a_place(others_lists_are_read_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
