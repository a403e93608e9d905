/* SPDX-License-Identifier: MIT */
/* CRLs and OCSP answers that are at hand. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "certs_chain.h"
#include "certs_crl.h"
#include "certs_ocsp.h"

/* --- CRLs ----------------------------------------------------------------- */

static struct chain
usual(void)
{
	const struct craft_cert spec[C_ALL] = {
		[C_MIDDLE] = { .usage = "critical,keyCertSign,cRLSign" }
	};

	return chain_craft(spec);
}

static enum certs_result
with_crl(const struct chain *c, X509_CRL *list)
{
	struct verify_job job = chain_job(c, VERIFY_CSMS_CLIENT);
	struct err e;
	enum certs_result r;

	job.crls = sk_X509_CRL_new_null();
	assert_true(sk_X509_CRL_push(job.crls, list) > 0);
	r = verify_chain(&job, NULL, &e);
	sk_X509_CRL_pop_free(job.crls, X509_CRL_free);
	return r;
}

static void
a_crl_counts_for_whom_it_was_made(void **state)
{
	own_certs struct chain c = usual();
	EVP_PKEY *middle = craft_key("P-256", C_MIDDLE);
	EVP_PKEY *root = craft_key("P-256", C_ROOT);
	const struct cert *leaf = c.c[C_LEAF], *m = c.c[C_MIDDLE],
			  *r = c.c[C_ROOT];
	const struct {
		struct craft_crl crl;
		enum certs_result want;
	} rows[] = {
		/* Nobody has to have one: the root's alone is enough. */
		{ { .by = r->x, .key = root }, CERTS_ACCEPTED },
		{ { .by = m->x, .key = middle }, CERTS_ACCEPTED },
		{ { .by = m->x, .key = middle, .lists = leaf->x },
		    CERTS_REVOKED },
		{ { .by = r->x, .key = root, .lists = m->x }, CERTS_REVOKED },
		/* Serials are each issuer's own. */
		{ { .by = r->x, .key = root, .lists = leaf->x },
		    CERTS_ACCEPTED },
		{ { .by = m->x, .key = middle, .lists = m->x },
		    CERTS_ACCEPTED },
		/* One that is there and does not hold vouches for nobody. */
		{ { .by = m->x, .key = root }, CERTS_REVOKED },
		{ { .by = m->x, .key = middle, .to = CRAFT_NOW - 1 },
		    CERTS_REVOKED },
		{ { .by = m->x, .key = middle, .from = CRAFT_NOW + 9 },
		    CERTS_REVOKED },
		{ { .by = m->x,
		      .key = middle,
		      .critical = "1.3.6.1.4.1.55555.2" },
		    CERTS_REVOKED },
		/* Of authorities alone; of another key of the same name. */
		{ { .by = m->x, .key = middle, .authorities = true },
		    CERTS_REVOKED },
		{ { .by = m->x, .key = middle, .key_id = "another" },
		    CERTS_REVOKED },
		{ { .by = r->x, .key = root, .key_id = "another" },
		    CERTS_REVOKED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (with_crl(&c, craft_crl(&rows[i].crl)) != rows[i].want)
			fail_msg("row %zu", i);
}

/* Its certificate says that somebody else lists it. */
static X509 *lister;

static void
listed_by_another(X509 *x)
{
	STACK_OF(DIST_POINT) *points = sk_DIST_POINT_new_null();
	DIST_POINT *point = DIST_POINT_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	name->type = GEN_DIRNAME;
	name->d.directoryName = X509_NAME_dup(X509_get_subject_name(lister));
	point->CRLissuer = GENERAL_NAMES_new();
	sk_GENERAL_NAME_push(point->CRLissuer, name);
	sk_DIST_POINT_push(points, point);
	assert_int_equal(
	    X509_add1_ext_i2d(x, NID_crl_distribution_points, points, 0, 0), 1);
	sk_DIST_POINT_pop_free(points, DIST_POINT_free);
}

static void
a_list_of_another_that_cannot_be_used_vouches_for_nobody(void **state)
{
	const struct craft_cert by = { .cn = "lister", .ca = true },
				spec[C_ALL] = { [C_LEAF] = {
						    .twist =
							listed_by_another } };
	const struct craft_cert other = { .cn = "no lister", .ca = true };
	EVP_PKEY *key = craft_key("P-256", 40);
	struct craft_cert one = by, two = other;
	own_certs struct chain c;
	X509 *stranger;

	(void)state;
	one.key = two.key = key;
	lister = craft_x509(&one);
	stranger = craft_x509(&two);
	c = chain_craft(spec);
	assert_int_equal(
	    with_crl(
		&c, craft_crl(&(struct craft_crl){ .by = lister, .key = key })),
	    CERTS_REVOKED);
	assert_int_equal(
	    with_crl(&c,
		craft_crl(&(struct craft_crl){ .by = stranger, .key = key })),
	    CERTS_ACCEPTED);
	X509_free(lister);
	X509_free(stranger);
}

/* Its signer is verified by OpenSSL on the way, with our callback and without
 * our job. */
static void
a_list_that_another_signed_counts_if_he_is_verified(void **state)
{
	const struct craft_cert plain[C_ALL] = { 0 },
				spec[C_ALL] = { [C_LEAF] = {
						    .twist =
							listed_by_another } };
	own_certs struct chain first = chain_craft(plain), c;
	EVP_PKEY *key = craft_key("P-256", 40);
	struct cert *by, *chain[3];
	struct verify_job job;
	struct err e;

	(void)state;
	/* The root of both is the same key and name. */
	by = craft_new(&(struct craft_cert){ .cn = "lister",
	    .ca = true,
	    .key = key,
	    .issuer = first.c[C_ROOT]->x,
	    .issuer_key = craft_key("P-256", C_ROOT) });
	lister = by->x;
	c = chain_craft(spec);
	chain[0] = c.c[C_LEAF];
	chain[1] = c.c[C_MIDDLE];
	chain[2] = by;
	job = chain_job(&c, VERIFY_CSMS_CLIENT);
	job.chain = chain;
	job.crls = sk_X509_CRL_new_null();
	sk_X509_CRL_push(job.crls,
	    craft_crl(&(struct craft_crl){
		.by = lister, .key = key, .indirect = true }));
	for (int sent = 2; sent <= 3; sent++) {
		job.chain_count = sent;
		if (verify_chain(&job, NULL, &e) !=
		    (sent == 3 ? CERTS_ACCEPTED : CERTS_REVOKED))
			fail_msg("%d: %s", sent, e.text);
	}
	sk_X509_CRL_pop_free(job.crls, X509_CRL_free);
	cert_free(by);
}

/* Of a list that may be old the listed are revoked, and nobody else. */
static void
a_list_that_is_over_revokes_whom_it_lists_and_may_stop_no_other(void **state)
{
	own_certs struct chain c = usual();
	EVP_PKEY *middle = craft_key("P-256", C_MIDDLE);
	struct craft_crl over = { .by = c.c[C_MIDDLE]->x,
		.key = middle,
		.from = CRAFT_NOW - 9 * CRAFT_DAY,
		.to = CRAFT_NOW - CRAFT_DAY };
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	(void)state;
	for (int lists = 0; lists < 2; lists++) {
		over.lists = lists ? c.c[C_LEAF]->x : NULL;
		job.crls = sk_X509_CRL_new_null();
		sk_X509_CRL_push(job.crls, craft_crl(&over));
		job.stale = NULL;
		assert_int_equal(verify_chain(&job, NULL, &e), CERTS_REVOKED);
		job.stale = job.crls;
		assert_int_equal(verify_chain(&job, NULL, &e),
		    lists ? CERTS_REVOKED : CERTS_ACCEPTED);
		sk_X509_CRL_pop_free(job.crls, X509_CRL_free);
	}
	/* Nothing else is passed over for it: another's signature. */
	over.key = craft_key("P-256", 9);
	job.crls = sk_X509_CRL_new_null();
	sk_X509_CRL_push(job.crls, craft_crl(&over));
	job.stale = job.crls;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_REVOKED);
	sk_X509_CRL_pop_free(job.crls, X509_CRL_free);
}

/* --- OCSP ----------------------------------------------------------------- */

enum {
	RESPONDER = 30
};

static struct cert *
responder(const struct chain *c, int issuer, struct craft_cert spec)
{
	spec.cn = "responder";
	spec.key = craft_key("P-256", RESPONDER);
	spec.issuer = c->c[issuer]->x;
	spec.issuer_key = craft_key("P-256", (unsigned)issuer);
	return craft_new(&spec);
}

static enum certs_result
with_answer(const struct chain *c, struct craft_answer a, bool must)
{
	own_bytes struct bytes der = { 0 };
	struct verify_job job = chain_job(c, VERIFY_CSMS_CLIENT);
	struct err e;

	if (a.about == NULL)
		a.about = c->c[C_LEAF]->x;
	if (a.issuer == NULL)
		a.issuer = c->c[C_MIDDLE]->x;
	if (a.key == NULL)
		a.key = craft_key("P-256", C_MIDDLE);
	craft_answer(&a, &der);
	job.staple = der.p;
	job.staple_len = der.len;
	job.must_staple = must;
	return verify_chain(&job, NULL, &e);
}

/* believed: then it decides, else it is as if there were none. */
static void
believes(const struct chain *c, const struct craft_answer *a, bool believed)
{
	struct craft_answer revoked = *a;

	revoked.status = V_OCSP_CERTSTATUS_REVOKED;
	assert_int_equal(with_answer(c, *a, true),
	    believed ? CERTS_ACCEPTED : CERTS_REVOKED);
	assert_int_equal(with_answer(c, *a, false), CERTS_ACCEPTED);
	assert_int_equal(with_answer(c, revoked, false),
	    believed ? CERTS_REVOKED : CERTS_ACCEPTED);
}

static void
an_answer_of_the_issuer_decides(void **state)
{
	own_certs struct chain c = usual();
	const struct craft_answer good = { 0 }, sha1_id = { .id = EVP_sha1() },
				  unknown = { .status =
						  V_OCSP_CERTSTATUS_UNKNOWN };

	(void)state;
	believes(&c, &good, true);
	believes(&c, &sha1_id, true); /* RFC 5019 names them so */
	assert_int_equal(with_answer(&c, unknown, false), CERTS_REVOKED);
}

static void
an_answer_holds_for_its_time_and_not_for_the_clock(void **state)
{
	own_certs struct chain c = usual();
	const struct {
		time_t from, to;
		bool believed;
	} rows[] = {
		{ CRAFT_NOW - CRAFT_DAY, CRAFT_NOW - 3600, false },
		{ CRAFT_NOW + 3600, CRAFT_NOW + CRAFT_DAY, false },
		{ CRAFT_NOW + 60, CRAFT_NOW + CRAFT_DAY, true }, /* skew */
		{ CRAFT_NOW - 3600, -1, true },
		{ CRAFT_NOW - 3 * CRAFT_DAY, -1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct craft_answer a = { .from = rows[i].from,
			.to = rows[i].to };

		believes(&c, &a, rows[i].believed);
	}
}

static void
an_answer_about_another_says_nothing(void **state)
{
	own_certs struct chain c = usual();
	const struct craft_cert twin = { .cn = "unit-1",
		.issuer = c.c[C_MIDDLE]->x,
		.issuer_key = craft_key("P-256", C_MIDDLE) };
	struct cert *other = craft_new(&twin);
	const struct craft_answer about_twin = { .about = other->x },
				  by_root = { .issuer = c.c[C_ROOT]->x,
					  .key = craft_key("P-256", C_ROOT) };

	(void)state;
	believes(&c, &about_twin, false);
	believes(&c, &by_root, false);
	cert_free(other);
}

static void
a_responder_answers_when_the_issuer_lets_it(void **state)
{
	static const struct {
		int issuer;
		struct craft_cert spec;
		bool believed;
	} rows[] = {
		{ C_MIDDLE, { .eku = "OCSPSigning" }, true },
		{ C_MIDDLE, { .eku = NULL }, false },
		{ C_MIDDLE, { .eku = "serverAuth" }, false },
		{ C_ROOT, { .eku = "OCSPSigning" }, false },
		{ C_MIDDLE,
		    { .eku = "OCSPSigning",
			.begin = CRAFT_NOW - CRAFT_YEAR,
			.end = CRAFT_NOW - 1 },
		    false },
		{ C_MIDDLE, { .eku = "OCSPSigning", .begin = CRAFT_NOW + 9 },
		    false },
		{ C_MIDDLE,
		    { .eku = "OCSPSigning",
			.usage = "critical,keyEncipherment" },
		    false },
	};
	own_certs struct chain c = usual();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cert *r = responder(&c, rows[i].issuer, rows[i].spec);
		const struct craft_answer a = { .signer = r->x,
			.key = craft_key("P-256", RESPONDER),
			.with_signer = true };

		believes(&c, &a, rows[i].believed);
		cert_free(r);
	}
}

static void
a_leaf_does_not_answer_for_itself(void **state)
{
	own_certs struct chain c = usual();
	const struct craft_answer own = { .signer = c.c[C_LEAF]->x,
		.key = craft_key("P-256", C_LEAF),
		.with_signer = true };
	const struct craft_answer sha1 = { .md = EVP_sha1() };

	(void)state;
	believes(&c, &own, false);
	believes(&c, &sha1, false);
}

static void
a_damaged_answer_is_none(void **state)
{
	own_certs struct chain c = usual();
	own_bytes struct bytes der = { 0 };
	const struct craft_answer a = { .about = c.c[C_LEAF]->x,
		.issuer = c.c[C_MIDDLE]->x,
		.key = craft_key("P-256", C_MIDDLE),
		.status = V_OCSP_CERTSTATUS_REVOKED };
	struct verify_job job = chain_job(&c, VERIFY_CSMS_CLIENT);
	struct err e;

	(void)state;
	craft_answer(&a, &der);
	job.staple = der.p;
	job.staple_len = der.len;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_REVOKED);
	for (size_t i = 0; i < der.len; i += 7) {
		der.p[i] ^= 0x10;
		assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ACCEPTED);
		job.must_staple = true;
		assert_int_equal(verify_chain(&job, NULL, &e), CERTS_REVOKED);
		job.must_staple = false;
		der.p[i] ^= 0x10;
	}
	job.staple_len--;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ACCEPTED);
	job.staple_len += 2; /* the NUL behind it: a tail */
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_ACCEPTED);
	job.must_staple = true;
	job.staple = NULL;
	assert_int_equal(verify_chain(&job, NULL, &e), CERTS_REVOKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crl_counts_for_whom_it_was_made),
		cmocka_unit_test(
		    a_list_of_another_that_cannot_be_used_vouches_for_nobody),
		cmocka_unit_test(
		    a_list_that_another_signed_counts_if_he_is_verified),
		cmocka_unit_test(
		    a_list_that_is_over_revokes_whom_it_lists_and_may_stop_no_other),
		cmocka_unit_test(an_answer_of_the_issuer_decides),
		cmocka_unit_test(
		    an_answer_holds_for_its_time_and_not_for_the_clock),
		cmocka_unit_test(an_answer_about_another_says_nothing),
		cmocka_unit_test(a_responder_answers_when_the_issuer_lets_it),
		cmocka_unit_test(a_leaf_does_not_answer_for_itself),
		cmocka_unit_test(a_damaged_answer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
