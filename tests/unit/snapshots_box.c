/* SPDX-License-Identifier: MIT */
/*
 * The box around a bundle: its recipients open it, nobody else does, and there
 * is no bit of it, and no cut, that could be changed without being told before
 * a single byte is given out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "box.h"
#include "cms_key.h"
#include "file.h"
#include "issue.h"
#include "own.h"

#define PART (BOX_PART + 16)

static struct issued rsa, ec, other;

static int
make(void **state)
{
	(void)state;
	rsa = issue(&(struct issue){ .cn = "factory",
	    .usage = "critical,keyEncipherment",
	    .key = EVP_RSA_gen(3072) });
	ec = issue(
	    &(struct issue){ .cn = "unit", .usage = "critical,keyAgreement" });
	other = issue(
	    &(struct issue){ .cn = "other", .usage = "critical,keyAgreement" });
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	issued_free(&rsa);
	issued_free(&ec);
	issued_free(&other);
	return 0;
}

/* len bytes, each of which says where it is. */
static char *
text_of(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i * 31 + i / 251);
	return text;
}

/* A box to both, with len bytes in it, written n at a time. */
static int
box_of(size_t len, size_t n)
{
	STACK_OF(X509) *to = issue_chain(rsa.cert, ec.cert);
	int fd = memfd_create("box", MFD_CLOEXEC);
	own_str char *text = text_of(len);
	struct box_writer *w;
	struct err e;

	w = box_writer_new(fd, to, &e);
	assert_non_null(w);
	for (size_t at = 0; at < len; at += n)
		assert_int_equal(
		    box_write(w, text + at, len - at < n ? len - at : n, &e),
		    0);
	assert_int_equal(box_end(w, &e), 0);
	box_writer_free(w);
	sk_X509_free(to);
	return fd;
}

/* What comes out, as far as it does: its length, or -1. out has room. */
static long
unbox(int fd, const struct issued *by, char *out, struct err *e)
{
	struct box_reader *r = box_reader_new(
	    fd, by == NULL ? NULL : by->cert, by == NULL ? NULL : by->key, e);
	long n = r == NULL ? -1 : 0, all = 0;

	while (r != NULL && (n = box_read(r, out + all, 40000, e)) > 0)
		all += n;
	box_reader_free(r);
	assert_int_equal(ERR_peek_error(), 0);
	return n == -1 ? -1 : all;
}

static void
every_recipient_opens_it_whatever_its_size(void **state)
{
	static const size_t sizes[] = { 1, 47, BOX_PART - 1, BOX_PART,
		BOX_PART + 1, 2 * BOX_PART, 3 * BOX_PART + 77 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		own_fd int fd = box_of(sizes[i], i % 2 == 0 ? 1000 : 200000);
		own_str char *out = malloc(sizes[i] + 40000);
		own_str char *text = text_of(sizes[i]);

		assert_true(box_looks_so(fd));
		if (unbox(fd, &rsa, out, &e) == -1)
			fail_msg("%s", e.text);
		assert_memory_equal(out, text, sizes[i]);
		memset(out, 0, sizes[i]);
		assert_int_equal(unbox(fd, &ec, out, &e), sizes[i]);
		assert_memory_equal(out, text, sizes[i]);
	}
}

static void
nobody_else_opens_it(void **state)
{
	own_fd int fd = box_of(100, 100);
	/* The right certificate with another key: what a thief would have. */
	struct issued thief = { .cert = ec.cert, .key = other.key };
	char out[40100];
	struct err e;

	(void)state;
	assert_int_equal(unbox(fd, NULL, out, &e), -1);
	assert_non_null(strstr(e.text, "encrypted, and no key is here"));
	assert_int_equal(unbox(fd, &other, out, &e), -1);
	assert_int_equal(e.code, EACCES);
	assert_non_null(strstr(e.text, "not encrypted to this certificate"));
	assert_int_equal(unbox(fd, &thief, out, &e), -1);
	assert_non_null(strstr(e.text, "can not be decrypted"));
}

/* All bits of the head, and of the parts. */
static void
no_bit_can_be_changed(void **state)
{
	own_bytes struct bytes all = { 0 };
	own_fd int fd = box_of(40, 40);
	char out[40100], c;
	struct err e;

	(void)state;
	assert_int_equal(file_read_fd(fd, 1 << 20, &all, &e), 0);
	for (size_t bit = 0; bit < 8 * all.len; bit++) {
		c = (char)(all.p[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(pwrite(fd, &c, 1, (off_t)(bit / 8)), 1);
		/* The magic: then it is no box, and is given as it is. */
		if (bit / 8 >= 8 && unbox(fd, &ec, out, &e) != -1)
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		assert_int_equal(
		    pwrite(fd, &all.p[bit / 8], 1, (off_t)(bit / 8)), 1);
	}
	assert_int_equal(unbox(fd, &ec, out, &e), 40);
}

static void
no_part_is_given_out_before_its_tag_is_good(void **state)
{
	own_fd int fd = box_of(2 * BOX_PART + 5, 9999);
	own_str char *out = malloc(4 * BOX_PART);
	struct box_reader *r;
	struct err e;
	off_t end;
	char c;

	(void)state;
	end = lseek(fd, 0, SEEK_END);
	/* One bit of the second part's tag. */
	assert_int_equal(pread(fd, &c, 1, end - 21 - 1), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, end - 21 - 1), 1);
	r = box_reader_new(fd, ec.cert, ec.key, &e);
	assert_non_null(r);
	assert_int_equal(box_read(r, out, 4 * BOX_PART, &e), BOX_PART);
	memset(out, 'x', BOX_PART);
	assert_int_equal(box_read(r, out, 4 * BOX_PART, &e), -1);
	assert_int_equal(e.code, EBADMSG);
	assert_non_null(strstr(e.text, "part 2 of its encryption"));
	for (size_t i = 0; i < BOX_PART; i++)
		assert_int_equal(out[i], 'x');
	box_reader_free(r);
}

static void
no_part_can_be_cut_off_swapped_repeated_or_added(void **state)
{
	own_bytes struct bytes all = { 0 };
	own_fd int fd = box_of(3 * BOX_PART, 1 << 20), hand = -1;
	own_str char *out = malloc(6 * BOX_PART);
	size_t head;
	struct err e;

	(void)state;
	assert_int_equal(file_read_fd(fd, 1 << 20, &all, &e), 0);
	head = all.len - 3 * PART;
	for (int way = 0; way < 5; way++) {
		hand = memfd_create("hand", MFD_CLOEXEC);
		switch (way) {
		case 0: /* cut at the end of a part */
			(void)!write(hand, all.p, head + 2 * PART);
			break;
		case 1: /* all of them */
			(void)!write(hand, all.p, head);
			break;
		case 2: /* the first two swapped */
			(void)!write(hand, all.p, head);
			(void)!write(hand, all.p + head + PART, PART);
			(void)!write(hand, all.p + head, PART);
			(void)!write(hand, all.p + head + 2 * PART, PART);
			break;
		case 3: /* the last one twice */
			(void)!write(hand, all.p, all.len);
			(void)!write(hand, all.p + all.len - PART, PART);
			break;
		case 4: /* one byte more */
			(void)!write(hand, all.p, all.len);
			(void)!write(hand, "x", 1);
			break;
		}
		if (unbox(hand, &ec, out, &e) != -1)
			fail_msg("way %d", way);
		own_fd_close(&hand);
		hand = -1;
	}
	for (size_t n = 0; n < all.len; n += 997) {
		hand = memfd_create("hand", MFD_CLOEXEC);
		(void)!write(hand, all.p, n);
		if (n >= 8 && unbox(hand, &rsa, out, &e) != -1)
			fail_msg("cut at %zu", n);
		own_fd_close(&hand);
		hand = -1;
	}
}

static void
no_recipient_is_taken_who_is_too_weak_or_of_another_use(void **state)
{
	static const uint8_t key[CMS_KEY_LEN] = { 1 };
	own_issued struct issued small = issue(&(struct issue){ .cn = "small",
	    .usage = "keyEncipherment",
	    .key = EVP_RSA_gen(2048) });
	own_issued struct issued curve = issue(&(struct issue){ .cn = "curve",
	    .usage = "keyAgreement",
	    .key = EVP_EC_gen("secp256k1") });
	own_issued struct issued signer =
	    issue(&(struct issue){ .cn = "signer" });
	own_issued struct issued old = issue(&(struct issue){
	    .cn = "old", .usage = "keyAgreement", .from_s = -99, .to_s = -9 });
	const struct {
		X509 *x;
		const char *why;
	} rows[] = {
		{ small.cert, "shorter than 3072 bits" },
		{ curve.cert, "neither RSA nor on P-256" },
		{ signer.cert, "CN=signer: its certificate is not for" },
		{ old.cert, "CN=old: its certificate has expired; ask" },
	};
	own_bytes struct bytes der = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		STACK_OF(X509) *to = issue_chain(ec.cert, rows[i].x);

		assert_int_equal(cms_key_wrap(key, to, &der, &e), -1);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s", e.text);
		sk_X509_free(to);
		assert_int_equal(der.len, 0);
	}
}

/* The envelope as others would write it: PKCS #1 v1.5, SHA-1 in the KDF, not
 * authenticated. */
static void
an_envelope_of_another_kind_is_not_opened(void **state)
{
	static const uint8_t key[CMS_KEY_LEN] = { 1 };
	const struct {
		const EVP_CIPHER *cipher;
		const struct issued *to;
		const char *why;
	} rows[] = {
		{ EVP_aes_256_gcm(), &rsa, "in another way than RSA-OAEP" },
		{ EVP_aes_256_gcm(), &ec, "in another way than RSA-OAEP" },
		{ EVP_aes_256_cbc(), &rsa, "not in an authenticated envelope" },
	};
	uint8_t out[CMS_KEY_LEN];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		STACK_OF(X509) *to = issue_chain(rows[i].to->cert, NULL);
		BIO *in = BIO_new_mem_buf(key, sizeof(key));
		CMS_ContentInfo *cms = i < 2
		    ? CMS_AuthEnvelopedData_create(rows[i].cipher)
		    : CMS_EnvelopedData_create(rows[i].cipher);
		unsigned char *der = NULL;
		int n;

		(void)CMS_set_detached(cms, 0);
		(void)CMS_add1_recipient_cert(cms, rows[i].to->cert, 0);
		assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
		n = i2d_CMS_ContentInfo(cms, &der);
		assert_int_equal(
		    cms_key_unwrap(der, (size_t)n, rows[i].to->cert,
			rows[i].to->key, out, &e),
		    -1);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, e.text);
		OPENSSL_free(der);
		CMS_ContentInfo_free(cms);
		BIO_free(in);
		sk_X509_free(to);
	}
}

static void
what_is_in_no_box_is_given_as_it_is(void **state)
{
	own_fd int fd = memfd_create("plain", MFD_CLOEXEC);
	struct box_reader *r;
	char out[64];
	struct err e;

	(void)state;
	assert_int_equal(write(fd, "INGOTe0 plain", 13), 13);
	r = box_reader_new(fd, ec.cert, ec.key, &e);
	assert_non_null(r);
	assert_false(box_is_boxed(r));
	assert_int_equal(box_size(r), 13);
	assert_int_equal(box_read(r, out, sizeof(out), &e), 13);
	assert_int_equal(box_read(r, out, sizeof(out), &e), 0);
	assert_memory_equal(out, "INGOTe0 plain", 13);
	box_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recipient_opens_it_whatever_its_size),
		cmocka_unit_test(nobody_else_opens_it),
		cmocka_unit_test(no_bit_can_be_changed),
		cmocka_unit_test(no_part_is_given_out_before_its_tag_is_good),
		cmocka_unit_test(
		    no_part_can_be_cut_off_swapped_repeated_or_added),
		cmocka_unit_test(
		    no_recipient_is_taken_who_is_too_weak_or_of_another_use),
		cmocka_unit_test(an_envelope_of_another_kind_is_not_opened),
		cmocka_unit_test(what_is_in_no_box_is_given_as_it_is),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
