/* SPDX-License-Identifier: MIT */
/* Signatures: one signer, for code, of exactly these bytes, at this time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <string.h>
#include <unistd.h>

#include "cms.h"
#include "file.h"
#include "issue.h"

static const char data[] = "{ \"manifest\": 1 }";

struct maker {
	struct issued root, mid, signer;
	X509_STORE *anchors;
	struct err e;
};

static int
make(void **state)
{
	static struct maker m;

	m.root = issue(
	    &(struct issue){ .cn = "maker-root", .ca = 1, .from_s = -999 });
	m.mid = issue(&(struct issue){
	    .cn = "maker-mid", .by = &m.root, .ca = 1, .from_s = -999 });
	m.signer = issue(&(struct issue){
	    .cn = "signer", .by = &m.mid, .eku = "codeSigning" });
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
	issued_free(&m->signer);
	X509_STORE_free(m->anchors);
	return 0;
}

static void
sign(struct maker *m, const struct issued *by, struct bytes *sig)
{
	STACK_OF(X509) *chain = issue_chain(by->cert, m->mid.cert);

	if (cms_sign(data, sizeof(data), by->key, chain, sig, &m->e) == -1)
		fail_msg("%s", m->e.text);
	sk_X509_free(chain);
}

static int
verify(struct maker *m, const struct bytes *sig, const char *text, size_t len)
{
	return cms_verify(
	    sig->p, sig->len, text, len, m->anchors, NULL, 0, &m->e);
}

static void
a_signature_holds_and_names_its_signer(void **state)
{
	own_bytes struct bytes sig = { 0 };
	struct maker *m = *state;
	char who[64];
	int fd;

	sign(m, &m->signer, &sig);
	assert_int_equal(cms_verify(sig.p, sig.len, data, sizeof(data),
			     m->anchors, who, sizeof(who), &m->e),
	    0);
	assert_string_equal(who, "CN=signer");
	fd = file_sealed(data, sizeof(data), &m->e);
	assert_int_equal(
	    cms_verify_fd(sig.p, sig.len, fd, m->anchors, who, 5, &m->e), 0);
	assert_string_equal(who, "CN=s");
	(void)close(fd);
}

static void
every_flipped_bit_of_the_data_is_seen(void **state)
{
	own_bytes struct bytes sig = { 0 };
	struct maker *m = *state;
	char text[sizeof(data)];

	sign(m, &m->signer, &sig);
	for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
		memcpy(text, data, sizeof(data));
		text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
		assert_int_equal(verify(m, &sig, text, sizeof(text)), -1);
	}
	assert_int_equal(verify(m, &sig, data, sizeof(data) - 1), -1);
	assert_int_equal(verify(m, &sig, data, 0), -1);
}

/* Some bits lie in parts that are not signed (a certificate that is not
 * needed, an unused one's name): then the meaning must be the same. */
static void
no_flipped_bit_of_the_signature_gives_another_meaning(void **state)
{
	own_bytes struct bytes sig = { 0 };
	struct maker *m = *state;
	char who[64];

	sign(m, &m->signer, &sig);
	for (size_t i = 0; i < sig.len; i++) {
		sig.p[i] = (char)(sig.p[i] ^ 1 << i % 8);
		if (cms_verify(sig.p, sig.len, data, sizeof(data), m->anchors,
			who, sizeof(who), &m->e) == 0)
			assert_string_equal(who, "CN=signer");
		sig.p[i] = (char)(sig.p[i] ^ 1 << i % 8);
	}
	for (size_t n = 0; n < sig.len; n += 3)
		assert_int_equal(cms_verify(sig.p, n, data, sizeof(data),
				     m->anchors, NULL, 0, &m->e),
		    -1);
	bytes_add(&sig, "", 1);
	assert_int_equal(verify(m, &sig, data, sizeof(data)), -1);
	assert_string_equal(m->e.text, "bytes after the signature");
}

static void
only_a_certificate_for_code_signs_code(void **state)
{
	static const char *const ekus[] = { "clientAuth", "emailProtection",
		"anyExtendedKeyUsage", NULL };
	struct maker *m = *state;

	for (size_t i = 0; i < 4; i++) {
		own_bytes struct bytes sig = { 0 };
		own_issued struct issued by = issue(&(struct issue){
		    .cn = "tls", .by = &m->mid, .eku = ekus[i] });

		sign(m, &by, &sig);
		assert_int_equal(verify(m, &sig, data, sizeof(data)), -1);
		assert_non_null(strstr(m->e.text, "not for code signing"));
	}
}

static void
the_signer_s_time_and_issuer_count(void **state)
{
	struct maker *m = *state;
	own_issued struct issued stranger =
	    issue(&(struct issue){ .cn = "maker-root", .ca = 1 });
	own_issued struct issued forged = issue(&(struct issue){
	    .cn = "signer", .by = &stranger, .eku = "codeSigning" });
	own_issued struct issued old = issue(&(struct issue){ .cn = "signer",
	    .by = &m->mid,
	    .eku = "codeSigning",
	    .from_s = -99,
	    .to_s = -9 });
	own_issued struct issued alone =
	    issue(&(struct issue){ .cn = "signer", .eku = "codeSigning" });
	const struct issued *all[] = { &forged, &old, &alone };

	for (size_t i = 0; i < 3; i++) {
		own_bytes struct bytes sig = { 0 };

		sign(m, all[i], &sig);
		assert_int_equal(verify(m, &sig, data, sizeof(data)), -1);
	}
}

static void
two_signers_are_one_too_many(void **state)
{
	struct maker *m = *state;
	own_issued struct issued second = issue(&(struct issue){
	    .cn = "second", .by = &m->mid, .eku = "codeSigning" });
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	BIO *in = BIO_new_mem_buf(data, sizeof(data));
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	own_bytes struct bytes sig = { 0 };
	unsigned char *der = NULL;
	int n;

	(void)CMS_add1_signer(
	    cms, m->signer.cert, m->signer.key, EVP_sha256(), flags);
	(void)CMS_add1_signer(
	    cms, second.cert, second.key, EVP_sha256(), flags);
	(void)CMS_add1_cert(cms, m->mid.cert);
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	n = i2d_CMS_ContentInfo(cms, &der);
	bytes_add(&sig, der, (size_t)n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	assert_int_equal(verify(m, &sig, data, sizeof(data)), -1);
	assert_non_null(strstr(m->e.text, "exactly one signer"));
}

/* As another tool might sign. */
static int
sign_as(struct maker *m, const struct issued *by, const EVP_MD *digest,
    bool pss, struct bytes *sig)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	BIO *in = BIO_new_mem_buf(data, sizeof(data));
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	CMS_SignerInfo *si = CMS_add1_signer(
	    cms, by->cert, by->key, digest, flags | (pss ? CMS_KEY_PARAM : 0));
	unsigned char *der = NULL;
	int n = -1;

	if (si != NULL && pss)
		(void)EVP_PKEY_CTX_set_rsa_padding(
		    CMS_SignerInfo_get0_pkey_ctx(si), RSA_PKCS1_PSS_PADDING);
	(void)CMS_add1_cert(cms, m->mid.cert);
	if (si != NULL && CMS_final(cms, in, NULL, flags) == 1)
		n = i2d_CMS_ContentInfo(cms, &der);
	bytes_add(sig, der, n < 0 ? 0 : (size_t)n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return n < 0 ? -1 : 0;
}

static void
only_algorithms_of_the_list_are_verified(void **state)
{
	struct maker *m = *state;
	own_issued struct issued rsa = issue(&(struct issue){ .cn = "rsa",
	    .by = &m->mid,
	    .eku = "codeSigning",
	    .key = EVP_RSA_gen(3072) });
	const struct {
		const struct issued *by;
		const EVP_MD *digest;
		bool pss;
		const char *why; /* NULL: it is fine */
	} rows[] = {
		{ &rsa, EVP_sha256(), false, NULL },
		{ &rsa, EVP_sha512(), false, NULL },
		{ &m->signer, EVP_sha384(), false, NULL },
		{ &rsa, EVP_sha1(), false, "signed with sha1 and" },
		{ &m->signer, EVP_sha1(), false, "signed with sha1 and" },
		{ &rsa, EVP_md5(), false, "signed with md5 and" },
		{ &rsa, EVP_sha3_256(), false, "signed with sha3-256 and" },
		{ &rsa, EVP_sha256(), true, "and rsassaPss; sign with RSA" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_bytes struct bytes sig = { 0 };

		assert_int_equal(
		    sign_as(m, rows[i].by, rows[i].digest, rows[i].pss, &sig),
		    0);
		m->e.text[0] = '\0';
		assert_int_equal(verify(m, &sig, data, sizeof(data)),
		    rows[i].why == NULL ? 0 : -1);
		if (rows[i].why != NULL &&
		    strstr(m->e.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, m->e.text);
	}
}

/* Should OpenSSL learn it one day, this says so, and the list may grow. */
static void
ed25519_is_no_key_for_a_cms_signature(void **state)
{
	own_bytes struct bytes sig = { 0 };
	struct maker *m = *state;
	own_issued struct issued by = issue(&(struct issue){ .cn = "ed",
	    .by = &m->mid,
	    .eku = "codeSigning",
	    .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") });
	STACK_OF(X509) *chain = issue_chain(by.cert, m->mid.cert);

	assert_int_equal(
	    cms_sign(data, sizeof(data), by.key, chain, &sig, &m->e), -1);
	sk_X509_free(chain);
}

static void
a_signature_over_text_of_its_own_is_not_one_over_ours(void **state)
{
	struct maker *m = *state;
	BIO *in = BIO_new_mem_buf("other", 5);
	CMS_ContentInfo *cms = CMS_sign(
	    m->signer.cert, m->signer.key, NULL, in, CMS_BINARY | CMS_NOATTR);
	own_bytes struct bytes sig = { 0 };
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);

	bytes_add(&sig, der, (size_t)n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	assert_int_equal(verify(m, &sig, data, sizeof(data)), -1);
}

static void
a_key_and_a_certificate_that_do_not_match_sign_nothing(void **state)
{
	own_bytes struct bytes sig = { 0 };
	struct maker *m = *state;
	STACK_OF(X509) *chain = issue_chain(m->signer.cert, NULL);

	assert_int_equal(
	    cms_sign(data, sizeof(data), m->mid.key, chain, &sig, &m->e), -1);
	sk_X509_free(chain);
	assert_int_equal(sig.len, 0);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
equal_input_gives_equal_bytes_with_rsa(void **state)
{
	own_bytes struct bytes a = { 0 }, b = { 0 };
	struct maker *m = *state;
	own_issued struct issued by = issue(&(struct issue){ .cn = "rsa",
	    .by = &m->mid,
	    .eku = "codeSigning",
	    .key = EVP_RSA_gen(3072) });

	sign(m, &by, &a);
	sign(m, &by, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
	assert_int_equal(verify(m, &a, data, sizeof(data)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_holds_and_names_its_signer),
		cmocka_unit_test(every_flipped_bit_of_the_data_is_seen),
		cmocka_unit_test(
		    no_flipped_bit_of_the_signature_gives_another_meaning),
		cmocka_unit_test(only_a_certificate_for_code_signs_code),
		cmocka_unit_test(the_signer_s_time_and_issuer_count),
		cmocka_unit_test(two_signers_are_one_too_many),
		cmocka_unit_test(only_algorithms_of_the_list_are_verified),
		cmocka_unit_test(ed25519_is_no_key_for_a_cms_signature),
		cmocka_unit_test(
		    a_signature_over_text_of_its_own_is_not_one_over_ours),
		cmocka_unit_test(
		    a_key_and_a_certificate_that_do_not_match_sign_nothing),
		cmocka_unit_test(equal_input_gives_equal_bytes_with_rsa),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
