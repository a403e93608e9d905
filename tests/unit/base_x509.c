/* SPDX-License-Identifier: MIT */
/* Certificates: who is believed, for what, when, and under which name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "issue.h"
#include "place.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
a_name_is_one_plain_cn(void **state)
{
	static const struct {
		int type;
		const char *cn;
		int len; /* -1: strlen */
		int rc;
	} rows[] = {
		{ MBSTRING_UTF8, "unit-0001.A_b", -1, 0 },
		{ MBSTRING_UTF8, "a/b", -1, -1 },
		{ MBSTRING_UTF8, "a+b", -1, -1 },
		{ MBSTRING_UTF8, "a#", -1, -1 },
		{ MBSTRING_UTF8, "a b", -1, -1 },
		{ MBSTRING_UTF8, "ä", -1, -1 },
		{ MBSTRING_UTF8, "a\n", -1, -1 },
		{ V_ASN1_UTF8STRING, "unit-1\0evil", 11, -1 },
		{ V_ASN1_UTF8STRING, "unit-1\0", 7, -1 },
		{ V_ASN1_PRINTABLESTRING, "unit-1", 6, 0 },
		{ V_ASN1_BMPSTRING, "\0u\0n", 4, -1 },
	};
	char out[X509_CN_MAX + 1];
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509_NAME *n = X509_NAME_new();

		assert_int_equal(
		    X509_NAME_add_entry_by_txt(n, "CN", rows[i].type,
			(const unsigned char *)rows[i].cn, rows[i].len, -1, 0),
		    1);
		assert_int_equal(x509_common_name(n, out, &e), rows[i].rc);
		if (rows[i].rc == 0)
			assert_string_equal(out, rows[i].cn);
		X509_NAME_free(n);
	}
}

static void
no_cn_two_and_a_long_one_are_refused(void **state)
{
	X509_NAME *n = X509_NAME_new();
	unsigned char big[X509_CN_MAX + 1];
	char out[X509_CN_MAX + 1];
	struct err e;

	(void)state;
	assert_int_equal(x509_common_name(n, out, &e), -1);
	(void)X509_NAME_add_entry_by_txt(
	    n, "O", MBSTRING_UTF8, (const unsigned char *)"o", -1, -1, 0);
	assert_int_equal(x509_common_name(n, out, &e), -1);
	(void)X509_NAME_add_entry_by_txt(
	    n, "CN", MBSTRING_UTF8, (const unsigned char *)"a", -1, -1, 0);
	assert_int_equal(x509_common_name(n, out, &e), 0);
	(void)X509_NAME_add_entry_by_txt(
	    n, "CN", MBSTRING_UTF8, (const unsigned char *)"b", -1, -1, 0);
	assert_int_equal(x509_common_name(n, out, &e), -1);
	X509_NAME_free(n);
	n = X509_NAME_new();
	memset(big, 'a', sizeof(big));
	(void)X509_NAME_add_entry_by_NID(
	    n, NID_commonName, V_ASN1_UTF8STRING, big, sizeof(big) - 1, -1, 0);
	assert_int_equal(x509_common_name(n, out, &e), 0);
	assert_int_equal(strlen(out), X509_CN_MAX);
	X509_NAME_free(n);
}

/* x509_verify() of leaf and next against anchor. */
static int
verify(const struct issued *anchor, X509 *leaf, X509 *next, int purpose,
    time_t at, struct err *e)
{
	own_store X509_STORE *store = issue_store(anchor);
	STACK_OF(X509) *chain = issue_chain(leaf, next);
	int rc = x509_verify(store, chain, purpose, at, e);

	sk_X509_free(chain);
	return rc;
}

static void
a_chain_holds_from_leaf_to_anchor(void **state)
{
	own_issued struct issued root =
	    issue(&(struct issue){ .cn = "root", .ca = 1 });
	own_issued struct issued mid =
	    issue(&(struct issue){ .cn = "mid", .by = &root, .ca = 1 });
	own_issued struct issued leaf = issue(
	    &(struct issue){ .cn = "leaf", .by = &mid, .eku = "clientAuth" });
	own_issued struct issued other =
	    issue(&(struct issue){ .cn = "root", .ca = 1 });
	struct err e;

	(void)state;
	assert_int_equal(
	    verify(&root, leaf.cert, mid.cert, X509_PURPOSE_SSL_CLIENT, 0, &e),
	    0);
	assert_int_equal(
	    verify(&root, leaf.cert, NULL, X509_PURPOSE_SSL_CLIENT, 0, &e), -1);
	assert_int_equal(
	    verify(&root, leaf.cert, mid.cert, X509_PURPOSE_SSL_SERVER, 0, &e),
	    -1);
	/* The same name, another key. */
	assert_int_equal(
	    verify(&other, leaf.cert, mid.cert, X509_PURPOSE_SSL_CLIENT, 0, &e),
	    -1);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
a_leaf_issues_nothing(void **state)
{
	own_issued struct issued root =
	    issue(&(struct issue){ .cn = "root", .ca = 1 });
	own_issued struct issued leaf =
	    issue(&(struct issue){ .cn = "leaf", .by = &root });
	own_issued struct issued forged = issue(
	    &(struct issue){ .cn = "f", .by = &leaf, .eku = "clientAuth" });
	struct err e;

	(void)state;
	assert_int_equal(verify(&root, forged.cert, leaf.cert,
			     X509_PURPOSE_SSL_CLIENT, 0, &e),
	    -1);
	assert_non_null(strstr(e.text, "invalid CA certificate"));
}

static void
time_and_strength_are_looked_at(void **state)
{
	own_issued struct issued root =
	    issue(&(struct issue){ .cn = "root", .ca = 1, .from_s = -9999 });
	own_issued struct issued old = issue(&(struct issue){
	    .cn = "old", .by = &root, .from_s = -100, .to_s = -10 });
	own_issued struct issued early = issue(
	    &(struct issue){ .cn = "early", .by = &root, .from_s = 1000 });
	own_issued struct issued weak = issue(
	    &(struct issue){ .cn = "weak", .by = &root, .digest = EVP_sha1() });
	own_issued struct issued small = issue(&(struct issue){
	    .cn = "small", .by = &root, .key = EVP_RSA_gen(1024) });
	const struct {
		X509 *leaf;
		time_t at;
		int rc;
		const char *says;
	} rows[] = {
		{ old.cert, 0, -1, "CN=old: certificate has expired" },
		{ old.cert, time(NULL) - 50, 0, NULL },
		{ early.cert, 0, -1, "not yet valid" },
		{ early.cert, time(NULL) + 2000, 0, NULL },
		{ weak.cert, 0, -1, "CN=weak" },
		{ small.cert, 0, -1, "key too weak" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(verify(&root, rows[i].leaf, NULL,
				     X509_PURPOSE_ANY, rows[i].at, &e),
		    rows[i].rc);
		if (rows[i].says != NULL &&
		    strstr(e.text, rows[i].says) == NULL)
			fail_msg("%s", e.text);
	}
}

static void
pem_goes_out_and_in_again(void **state)
{
	own_issued struct issued root =
	    issue(&(struct issue){ .cn = "root", .ca = 1 });
	own_issued struct issued leaf =
	    issue(&(struct issue){ .cn = "leaf", .by = &root });
	own_bytes struct bytes pem = { 0 };
	own_chain STACK_OF(X509) *back = NULL;
	STACK_OF(X509) *chain = issue_chain(leaf.cert, root.cert);
	char a[SHA256_HEX], b[SHA256_HEX], who[8];
	struct err e;

	(void)state;
	assert_int_equal(x509_chain_pem(chain, &pem, &e), 0);
	sk_X509_free(chain);
	back = x509_chain_parse(pem.p, pem.len, &e);
	assert_int_equal(sk_X509_num(back), 2);
	assert_int_equal(x509_fingerprint(leaf.cert, a, &e), 0);
	assert_int_equal(x509_fingerprint(sk_X509_value(back, 0), b, &e), 0);
	assert_string_equal(a, b);
	assert_int_equal(x509_spki_hash(leaf.key, a, &e), 0);
	assert_int_equal(
	    x509_spki_hash(X509_get0_pubkey(sk_X509_value(back, 0)), b, &e), 0);
	assert_string_equal(a, b);
	x509_subject(leaf.cert, who, sizeof(who));
	assert_string_equal(who, "CN=leaf");
	x509_subject(leaf.cert, who, 5); /* cut */
	assert_string_equal(who, "CN=l");
}

static void
broken_and_endless_pem_is_refused(void **state)
{
	own_issued struct issued one =
	    issue(&(struct issue){ .cn = "one", .ca = 1 });
	own_bytes struct bytes pem = { 0 }, many = { 0 };
	STACK_OF(X509) *chain = issue_chain(one.cert, NULL);
	struct err e;

	(void)state;
	assert_int_equal(x509_chain_pem(chain, &pem, &e), 0);
	sk_X509_free(chain);
	assert_null(x509_chain_parse("", 0, &e));
	assert_null(x509_chain_parse("hello\n", 6, &e));
	/* The second ends early; its first line has 28 bytes. */
	for (size_t cut = 28; cut < pem.len - 1; cut += 7) {
		bytes_free(&many);
		bytes_add(&many, pem.p, pem.len);
		bytes_add(&many, pem.p, cut);
		if (x509_chain_parse(many.p, many.len, &e) != NULL)
			fail_msg("cut at %zu was taken", cut);
	}
	bytes_free(&many);
	for (int i = 0; i <= X509_CHAIN_MAX; i++)
		bytes_add(&many, pem.p, pem.len);
	assert_null(x509_chain_parse(many.p, many.len, &e));
	assert_non_null(strstr(e.text, "more than 8"));
	while (many.len <= X509_PEM_MAX)
		bytes_fmt(&many, "\n");
	assert_null(x509_chain_parse(many.p, many.len, &e));
	assert_null(x509_req_parse(many.p, many.len, &e));
	assert_null(x509_req_parse(pem.p, pem.len, &e));
	assert_int_equal(ERR_peek_error(), 0);
}

static void
a_key_is_read_and_nobody_is_asked_for_a_pass_phrase(void **state)
{
	own_issued struct issued one = issue(&(struct issue){ .cn = "one" });
	own_pkey EVP_PKEY *back = NULL;
	FILE *f = fopen("plain.pem", "w");
	struct err e;

	(void)state;
	(void)PEM_write_PrivateKey(f, one.key, NULL, NULL, 0, NULL, NULL);
	(void)fclose(f);
	f = fopen("locked.pem", "w");
	(void)PEM_write_PKCS8PrivateKey(
	    f, one.key, EVP_aes_256_cbc(), "pass", 4, NULL, NULL);
	(void)fclose(f);
	back = x509_key_read("plain.pem", &e);
	assert_non_null(back);
	assert_int_equal(EVP_PKEY_eq(back, one.key), 1);
	assert_null(x509_key_read("locked.pem", &e));
	assert_null(x509_key_read("none.pem", &e));
	assert_null(x509_anchors("plain.pem", &e));
	assert_non_null(strstr(e.text, "no PEM certificate"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_one_plain_cn),
		cmocka_unit_test(no_cn_two_and_a_long_one_are_refused),
		cmocka_unit_test(a_chain_holds_from_leaf_to_anchor),
		cmocka_unit_test(a_leaf_issues_nothing),
		cmocka_unit_test(time_and_strength_are_looked_at),
		cmocka_unit_test(pem_goes_out_and_in_again),
		cmocka_unit_test(broken_and_endless_pem_is_refused),
		in_a_place(a_key_is_read_and_nobody_is_asked_for_a_pass_phrase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
