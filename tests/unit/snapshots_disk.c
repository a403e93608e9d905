/* SPDX-License-Identifier: MIT */
/*
 * Snapshots as they lie on a Kura's disk: encrypted as a whole, and each
 * password in them once more. And what no rule can reach into.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "own.h"
#include "place.h"
#include "scrub.h"

#define PUBLISHED "rv;ipse329183!@#"
#define OWN_KEY   "a key of the unit's own, 256 bit"

/* base64(IV)-base64(ciphertext, tag), as Kura's CryptoServiceImpl writes. */
static void
seal(const char *key, const char *text, struct bytes *out)
{
	unsigned char iv[12] = "not secret..", box[4096];
	int len = 0, more = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	own_str char *first = base64_encode(iv, sizeof(iv)), *rest = NULL;

	assert_int_equal(
	    EVP_EncryptInit_ex(c,
		strlen(key) == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL,
		(const unsigned char *)key, iv),
	    1);
	assert_int_equal(EVP_EncryptUpdate(c, box, &len,
			     (const unsigned char *)text, (int)strlen(text)),
	    1);
	assert_int_equal(EVP_EncryptFinal_ex(c, box + len, &more), 1);
	assert_int_equal(
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, box + len), 1);
	EVP_CIPHER_CTX_free(c);
	rest = base64_encode(box, (size_t)len + 16);
	bytes_fmt(out, "%s-%s", first, rest);
}

/* base64(AES/ECB), as Kura before 5 wrote. */
static void
seal_old(const char *key, const char *text, struct bytes *out)
{
	unsigned char box[4096];
	int len = 0, more = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	own_str char *base64 = NULL;

	assert_int_equal(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL,
			     (const unsigned char *)key, NULL),
	    1);
	assert_int_equal(EVP_EncryptUpdate(c, box, &len,
			     (const unsigned char *)text, (int)strlen(text)),
	    1);
	assert_int_equal(EVP_EncryptFinal_ex(c, box + len, &more), 1);
	EVP_CIPHER_CTX_free(c);
	base64 = base64_encode(box, (size_t)(len + more));
	bytes_fmt(out, "%s", base64);
}

typedef void seal_fn(const char *key, const char *text, struct bytes *out);

/* A snapshot from a disk: a password, sealed and in base64, in a sealed file.
 */
static void
sealed_file(seal_fn *seal_one, const char *key, struct bytes *out)
{
	own_bytes struct bytes password = { 0 }, xml = { 0 };
	own_str char *value = NULL;

	seal_one(key, "Kirschbaum-77", &password);
	value = base64_encode(password.p, password.len);
	bytes_fmt(&xml,
	    "<?xml version=\"1.0\"?>\n<esf:configurations "
	    "xmlns:esf=\"http://eurotech.com/esf/2.0\"><esf:configuration "
	    "pid=\"x.Y\"><esf:properties><esf:property name=\"password\" "
	    "array=\"false\" encrypted=\"true\" type=\"Password\"><esf:value>"
	    "%s</esf:value></esf:property></esf:properties>"
	    "</esf:configuration></esf:configurations>",
	    value);
	seal_one(key, xml.p, out);
}

static void
disk_file(const char *key, struct bytes *out)
{
	sealed_file(seal, key, out);
}

struct run {
	struct policy policy;
	struct findings findings;
	struct residue *residue;
	struct bytes out;
};

static void
run_as(struct run *r, const char *path, const char *settings,
    const struct bytes *in)
{
	static const char rules[] =
	    "rules = ( { file = \"*.xml\"; format = \"xml\"; "
	    "key = \"password\"; empty = true; } );";
	struct scrub s = { .policy = &r->policy };
	struct err e;
	bool slots;

	memset(r, 0, sizeof(*r));
	s.findings = &r->findings;
	assert_int_equal(file_write(AT_FDCWD, "rules.conf", rules,
			     strlen(rules), FILE_PUBLIC, &e),
	    0);
	assert_int_equal(file_write(AT_FDCWD, "policy.conf", settings,
			     strlen(settings), FILE_PUBLIC, &e),
	    0);
	if (policy_read(&r->policy, "policy.conf", &e) == -1)
		fail_msg("%s", e.text);
	s.residue = r->residue = residue_new(6, &e);
	if (scrub_file(&s, path, in, false, &r->out, &slots, &e) == -1)
		fail_msg("%s", e.text);
}

static void
run(struct run *r, const char *settings, const struct bytes *in)
{
	run_as(r, "/k/snapshot_1.xml", settings, in);
}

static void
run_end(struct run *r)
{
	policy_free(&r->policy);
	findings_free(&r->findings);
	residue_free(r->residue);
	bytes_free(&r->out);
}

static bool
has(const struct run *r, enum finding_id id)
{
	for (size_t i = 0; i < r->findings.count; i++)
		if (r->findings.all[i].id == id)
			return true;
	return false;
}

static int
count_one(
    void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	(void)what;
	(void)form;
	(void)at;
	(void)e;
	++*(unsigned *)ctx;
	return 0;
}

static void
is_opened_and_scrubbed(const struct run *r)
{
	unsigned found = 0;
	struct err e;

	assert_non_null(strstr(r->out.p,
	    "encrypted=\"false\" type=\"Password\"><esf:value></esf:value>"));
	/* The password itself is known, not only what stood in the file. */
	assert_int_equal(residue_scan(r->residue, "x Kirschbaum-77 y", 17,
			     count_one, &found, &e),
	    0);
	assert_true(found > 0);
}

static void
with_the_public_key_it_opens_and_that_is_a_finding(void **state)
{
	own_bytes struct bytes in = { 0 };
	struct run r;

	(void)state;
	disk_file(PUBLISHED, &in);
	run(&r, "scrub = [ \"rules.conf\" ];", &in);
	is_opened_and_scrubbed(&r);
	assert_true(has(&r, FINDING_DEFAULT));
	assert_int_equal(r.findings.open, 1);
	run_end(&r);
}

static void
what_a_kura_before_5_wrote_opens_as_well(void **state)
{
	own_bytes struct bytes in = { 0 };
	struct run r;

	(void)state;
	sealed_file(seal_old, PUBLISHED, &in);
	run(&r, "scrub = [ \"rules.conf\" ];", &in);
	is_opened_and_scrubbed(&r);
	assert_true(has(&r, FINDING_DEFAULT));
	run_end(&r);
	/* Another name does not hide it, */
	run_as(&r, "/k/backup", "scrub = [ \"rules.conf\" ];", &in);
	assert_true(has(&r, FINDING_DEFAULT));
	assert_memory_equal(r.out.p, "<?xml", 5);
	run_end(&r);
	/* another key does, but for its name. */
	bytes_free(&in);
	sealed_file(seal_old, "another key, 16b", &in);
	run(&r, "scrub = [ \"rules.conf\" ];", &in);
	assert_int_equal(r.findings.all[0].id, FINDING_UNREADABLE);
	assert_string_equal(r.findings.all[0].key, "kura-key");
	run_end(&r);
	run_as(&r, "/k/backup", "scrub = [ \"rules.conf\" ];", &in);
	assert_false(has(&r, FINDING_UNREADABLE));
	assert_string_equal(r.out.p, in.p);
	run_end(&r);
}

static void
with_a_key_of_its_own_it_opens_without_a_word(void **state)
{
	own_bytes struct bytes in = { 0 };
	struct run r;
	struct err e;

	(void)state;
	disk_file(OWN_KEY, &in);
	assert_int_equal(file_write(AT_FDCWD, "kura.key", OWN_KEY,
			     strlen(OWN_KEY), FILE_PUBLIC, &e),
	    0);
	run(&r, "scrub = [ \"rules.conf\" ]; kura_key = \"kura.key\";", &in);
	is_opened_and_scrubbed(&r);
	assert_int_equal(r.findings.count, 0);
	run_end(&r);
}

static void
what_does_not_open_is_told_and_stays_shut(void **state)
{
	own_bytes struct bytes in = { 0 };
	struct run r;

	(void)state;
	disk_file(OWN_KEY, &in);
	run(&r, "scrub = [ \"rules.conf\" ];", &in);
	assert_true(has(&r, FINDING_UNREADABLE));
	assert_string_equal(r.out.p, in.p);
	run_end(&r);
	/* One letter of it changed */
	in.p[in.len / 2] = in.p[in.len / 2] == 'A' ? 'B' : 'A';
	run(&r, "scrub = [ \"rules.conf\" ];", &in);
	assert_true(has(&r, FINDING_UNREADABLE));
	run_end(&r);
}

static void
a_database_gets_advice_of_its_own(void **state)
{
	static const char database[] = "SQLite format 3\0\x10\0\1\1\0\x40  ";
	own_bytes struct bytes in = { 0 };
	struct run r;

	(void)state;
	bytes_add(&in, database, sizeof(database));
	run(&r, "shortest = 6;", &in);
	assert_int_equal(r.findings.open, 1);
	assert_non_null(strstr(r.findings.all[0].text, "SQLite"));
	assert_non_null(strstr(r.findings.all[0].text, "drop it"));
	run_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(with_the_public_key_it_opens_and_that_is_a_finding),
		in_a_place(what_a_kura_before_5_wrote_opens_as_well),
		in_a_place(with_a_key_of_its_own_it_opens_without_a_word),
		in_a_place(what_does_not_open_is_told_and_stays_shut),
		in_a_place(a_database_gets_advice_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
