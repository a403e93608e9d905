/* SPDX-License-Identifier: MIT */
/* Who may sign code: each way not to be allowed, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>

#include <errno.h>
#include <string.h>

#include "issue.h"

#define CODE .eku = "codeSigning"

struct maker {
	struct issued root, mid;
	X509_STORE *anchors;
	struct err e;
};

static int
make(void **state)
{
	static struct maker m;

	m.root =
	    issue(&(struct issue){ .cn = "root", .ca = 1, .from_s = -999 });
	m.mid = issue(&(struct issue){
	    .cn = "mid", .by = &m.root, .ca = 1, .from_s = -999 });
	m.anchors = issue_store(&m.root);
	*state = &m;
	return 0;
}

static int
drop(void **state)
{
	struct maker *m = *state;

	issued_free(&m->root);
	issued_free(&m->mid);
	X509_STORE_free(m->anchors);
	return 0;
}

/* leaf, the one above it, and one more; NULL: not carried. */
static int
judge(struct maker *m, X509_STORE *anchors, X509 *leaf, X509 *next, X509 *more)
{
	STACK_OF(X509) *chain = issue_chain(leaf, next);
	int rc;

	if (more != NULL)
		(void)sk_X509_push(chain, more);
	rc = x509_verify_code(anchors, chain, &m->e);
	sk_X509_free(chain);
	assert_int_equal(ERR_peek_error(), 0);
	return rc;
}

static void
refused(struct maker *m, X509_STORE *anchors, X509 *leaf, X509 *next,
    X509 *more, const char *why)
{
	m->e.text[0] = '\0';
	if (judge(m, anchors, leaf, next, more) == 0)
		fail_msg("was allowed, not \"%s\"", why);
	assert_int_equal(m->e.code, EACCES);
	if (strstr(m->e.text, why) == NULL)
		fail_msg("\"%s\" was told, not \"%s\"", m->e.text, why);
	/* What to do stands behind it. */
	assert_non_null(strchr(m->e.text, ';'));
}

static void
a_chain_for_code_is_good_with_every_strong_key(void **state)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };
	struct maker *m = *state;

	for (size_t i = 0; i < 4; i++) {
		own_issued struct issued by = issue(&(struct issue){
		    .cn = "signer",
		    .by = &m->mid,
		    CODE,
		    .key = i < 3 ? EVP_EC_gen(curves[i]) : EVP_RSA_gen(3072) });

		if (judge(m, m->anchors, by.cert, m->mid.cert, NULL) == -1)
			fail_msg("%s", m->e.text);
	}
}

static void
a_leaf_must_be_made_for_signing_code(void **state)
{
	static const struct {
		const char *eku, *usage, *why;
	} rows[] = {
		{ NULL, NULL, "it is not for code signing" },
		{ "serverAuth,clientAuth", NULL, "it is not for code signing" },
		{ "anyExtendedKeyUsage", NULL, "it is not for code signing" },
		{ "codeSigning", "critical,keyEncipherment",
		    "it may not sign (keyUsage)" },
	};
	struct maker *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_issued struct issued by =
		    issue(&(struct issue){ .cn = "leaf",
			.by = &m->mid,
			.eku = rows[i].eku,
			.usage = rows[i].usage });

		refused(m, m->anchors, by.cert, m->mid.cert, NULL, rows[i].why);
		assert_non_null(strstr(m->e.text, "certificate CN=leaf: "));
	}
}

static void
a_weak_key_signs_nothing(void **state)
{
	struct maker *m = *state;
	EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("secp256k1"),
		EVP_EC_gen("P-224"), EVP_PKEY_Q_keygen(NULL, NULL, "ED448") };
	static const char *const why[] = { "take RSA of 3072 bits",
		"nor on P-256, P-384 or P-521", "nor on P-256",
		"neither RSA nor on" };

	for (size_t i = 0; i < 4; i++) {
		own_issued struct issued by = issue(&(struct issue){
		    .cn = "weak", .by = &m->mid, CODE, .key = keys[i] });

		refused(m, m->anchors, by.cert, m->mid.cert, NULL, why[i]);
	}
}

static void
a_weak_authority_makes_nobody_a_signer(void **state)
{
	struct maker *m = *state;
	own_issued struct issued small = issue(&(struct issue){
	    .cn = "small", .by = &m->root, .ca = 1, .key = EVP_RSA_gen(2048) });
	own_issued struct issued below_small =
	    issue(&(struct issue){ .cn = "leaf", .by = &small, CODE });
	own_issued struct issued old = issue(&(struct issue){
	    .cn = "old", .by = &m->root, .ca = 1, .digest = EVP_sha1() });
	own_issued struct issued below_old =
	    issue(&(struct issue){ .cn = "leaf", .by = &old, CODE });
	own_issued struct issued odd = issue(&(struct issue){ .cn = "odd",
	    .by = &m->root,
	    .ca = 1,
	    .key = EVP_EC_gen("secp256k1") });
	own_issued struct issued below_odd =
	    issue(&(struct issue){ .cn = "leaf", .by = &odd, CODE });

	refused(m, m->anchors, below_small.cert, small.cert, NULL,
	    "an authority needs RSA of 3072 bits");
	refused(m, m->anchors, below_old.cert, old.cert, NULL,
	    "certificate CN=old: ");
	assert_non_null(strstr(m->e.text, "issued again with SHA-256"));
	refused(m, m->anchors, below_odd.cert, odd.cert, NULL,
	    "certificate CN=odd: its key is neither");
}

static void
an_authority_s_limits_hold(void **state)
{
	struct maker *m = *state;
	own_issued struct issued tls = issue(&(struct issue){
	    .cn = "tls", .by = &m->root, .ca = 1, .eku = "serverAuth" });
	own_issued struct issued below_tls =
	    issue(&(struct issue){ .cn = "leaf", .by = &tls, CODE });
	own_issued struct issued short_ = issue(&(struct issue){ .cn = "short",
	    .by = &m->root,
	    .ca = 1,
	    .constraints = "critical,CA:TRUE,pathlen:0" });
	own_issued struct issued sub =
	    issue(&(struct issue){ .cn = "sub", .by = &short_, .ca = 1 });
	own_issued struct issued below_sub =
	    issue(&(struct issue){ .cn = "leaf", .by = &sub, CODE });
	own_issued struct issued no_ca =
	    issue(&(struct issue){ .cn = "no-ca", .by = &m->root, CODE });
	own_issued struct issued below_no_ca =
	    issue(&(struct issue){ .cn = "leaf", .by = &no_ca, CODE });

	refused(m, m->anchors, below_tls.cert, tls.cert, NULL,
	    "certificate CN=tls: it may not issue for code signing");
	refused(m, m->anchors, below_sub.cert, sub.cert, short_.cert,
	    "may not have authorities below it");
	refused(m, m->anchors, below_no_ca.cert, no_ca.cert, NULL, "CN=no-ca");
}

static void
a_chain_with_a_hole_or_a_strange_root_is_told(void **state)
{
	struct maker *m = *state;
	own_issued struct issued by =
	    issue(&(struct issue){ .cn = "leaf", .by = &m->mid, CODE });
	own_issued struct issued other =
	    issue(&(struct issue){ .cn = "root", .ca = 1, .from_s = -999 });
	own_issued struct issued forged =
	    issue(&(struct issue){ .cn = "forged", .by = &other, CODE });
	own_issued struct issued alone =
	    issue(&(struct issue){ .cn = "alone", CODE });

	refused(
	    m, m->anchors, by.cert, NULL, NULL, "sign with the whole chain");
	refused(m, m->anchors, forged.cert, other.cert, NULL,
	    "trusted certificates");
	refused(m, m->anchors, alone.cert, NULL, NULL,
	    "certificate CN=alone: self-signed certificate; it is nobody that");
}

static void
time_is_told_with_the_certificate(void **state)
{
	struct maker *m = *state;
	own_issued struct issued old = issue(&(struct issue){
	    .cn = "old", .by = &m->mid, CODE, .from_s = -99, .to_s = -9 });
	own_issued struct issued young = issue(&(struct issue){
	    .cn = "young", .by = &m->mid, CODE, .from_s = 600, .to_s = 900 });

	refused(m, m->anchors, old.cert, m->mid.cert, NULL,
	    "certificate CN=old: certificate has expired; sign again");
	refused(m, m->anchors, young.cert, m->mid.cert, NULL,
	    "certificate CN=young: certificate is not yet valid; set this");
}

/*
 * The machine's clock can not be set here; the floor can be raised above it,
 * which is the same to the one who compares. Last, since it only rises.
 */
static void
a_clock_behind_the_floor_is_not_believed(void **state)
{
	const long day = 86400;
	int64_t now = time(NULL);
	struct maker *m = *state;
	own_issued struct issued root = issue(&(struct issue){
	    .cn = "long", .ca = 1, .from_s = -999, .to_s = 99 * day });
	own_issued struct issued today =
	    issue(&(struct issue){ .cn = "today", .by = &root, CODE });
	own_issued struct issued later = issue(&(struct issue){ .cn = "later",
	    .by = &root,
	    CODE,
	    .from_s = 20 * day,
	    .to_s = 30 * day });
	X509_STORE *anchors = issue_store(&root);

	assert_int_equal(judge(m, anchors, today.cert, NULL, NULL), 0);
	refused(m, anchors, later.cert, NULL, NULL, "not yet valid");
	x509_clock_raise(now + 10 * day);
	x509_clock_raise(now);
	refused(m, anchors, today.cert, NULL, NULL, "has expired");
	/* The clock was never set: its beginning is no reason to refuse. */
	assert_int_equal(judge(m, anchors, later.cert, NULL, NULL), 0);
	x509_clock_raise(now + 40 * day);
	refused(m, anchors, later.cert, NULL, NULL, "has expired");
	X509_STORE_free(anchors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_chain_for_code_is_good_with_every_strong_key),
		cmocka_unit_test(a_leaf_must_be_made_for_signing_code),
		cmocka_unit_test(a_weak_key_signs_nothing),
		cmocka_unit_test(a_weak_authority_makes_nobody_a_signer),
		cmocka_unit_test(an_authority_s_limits_hold),
		cmocka_unit_test(a_chain_with_a_hole_or_a_strange_root_is_told),
		cmocka_unit_test(time_is_told_with_the_certificate),
		cmocka_unit_test(a_clock_behind_the_floor_is_not_believed),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
