/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kura_secret.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Made by python3-cryptography: IV 00..0b, the password "s3cret-Word". */
#define GCM16  "AAECAwQFBgcICQoL-jgynb3sAFmGHVGPZ5PodraDX6xe3dwhaE1Dx"
#define GCM24  "AAECAwQFBgcICQoL-3CjBQfyGbahz+ndsrEaWzHCuHsgVKJQ/jype"
#define GCM32  "AAECAwQFBgcICQoL-XtbYDrxs//vHrhVONIwOyZVtAHknd993ghfG"
#define PUBLIC "AAECAwQFBgcICQoL-m+kC/ap66j2MRObmw28O+PCG3EIZtFkijl6u"
#define DISK                                                                   \
	"QUFFQ0F3UUZCZ2NJQ1FvTC1qZ3luYjNzQUZtR0hWR1BaNVBvZHJhRFg2eGUzZHdoYUUx" \
	"RHg="
/* The same word as Kura before 5 wrote it: AES/ECB. */
#define ECB16      "K9AvTOjghPHZ6sKNQOnfPg=="
#define ECB_PUBLIC "JFh4eyCApksQP5f1Dkcndg=="
#define ECB_DISK   "SzlBdlRPamdoUEhaNnNLTlFPbmZQZz09"
#define KEY        "0123456789abcdef0123456789abcdef"

static void
each_key_size_opens_what_it_closed(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = { { GCM16, 16 }, { GCM24, 24 }, { GCM32, 32 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_bytes struct bytes out = { 0 }, no = { 0 };
		struct kura_key k, other;
		struct err e;

		assert_int_equal(kura_key_read(&k, KEY, rows[i].len, &e), 0);
		assert_int_equal(
		    kura_open(&k, rows[i].text, strlen(rows[i].text), &out, &e),
		    0);
		assert_string_equal(out.p, "s3cret-Word");
		other = k;
		other.bytes[0] ^= 1;
		assert_int_equal(kura_open(&other, rows[i].text,
				     strlen(rows[i].text), &no, &e),
		    -1);
		assert_int_equal(no.len, 0);
	}
}

static void
what_an_old_kura_closed_opens_with_its_key_only(void **state)
{
	static const char *const no[] = { "",
		"K9AvTOjghPHZ6sKNQOnfPg=", "K9AvTOjghPHZ6sKNQOnf",
		"K9AvTOjghPHZ6s=NQOnfPg==", "K9AvTOjghPHZ6sKN QOnfPg==",
		"<9AvTOjghPHZ6sKNQOnfPg==" };
	own_bytes struct bytes out = { 0 }, folded = { 0 }, none = { 0 };
	struct kura_key k;
	struct err e;

	(void)state;
	assert_int_equal(kura_key_read(&k, KEY, 16, &e), 0);
	assert_int_equal(kura_open(&k, ECB16, strlen(ECB16), &out, &e), 0);
	assert_string_equal(out.p, "s3cret-Word");
	/* As an encoder of those days may have written it */
	assert_int_equal(
	    kura_open(&k, "K9AvTOjghPHZ6s\r\nKNQOnfPg==\r\n", 28, &folded, &e),
	    0);
	assert_string_equal(folded.p, "s3cret-Word");
	/* Its padding fits, but it is no text: another key's luck. */
	assert_int_equal(
	    kura_open(&k, "z/5Sb33KfTlZr1e1V/VZFg==", 24, &none, &e), -1);
	k.bytes[0] ^= 1;
	assert_int_equal(kura_open(&k, ECB16, strlen(ECB16), &none, &e), -1);
	kura_key_published(&k);
	assert_int_equal(kura_open(&k, ECB16, strlen(ECB16), &none, &e), -1);
	assert_int_equal(none.len, 0);
	for (size_t i = 0; i < COUNT(no); i++)
		if (kura_sealed_old(no[i], strlen(no[i])))
			fail_msg("%s", no[i]);
}

static void
the_published_key_is_known_as_such(void **state)
{
	own_bytes struct bytes out = { 0 };
	struct kura_key k;
	struct err e;

	(void)state;
	kura_key_published(&k);
	assert_true(kura_key_is_published(&k));
	assert_int_equal(kura_open(&k, PUBLIC, strlen(PUBLIC), &out, &e), 0);
	assert_string_equal(out.p, "s3cret-Word");
	bytes_free(&out);
	assert_int_equal(
	    kura_open(&k, ECB_PUBLIC, strlen(ECB_PUBLIC), &out, &e), 0);
	assert_string_equal(out.p, "s3cret-Word");
	k.bytes[3] ^= 1;
	assert_false(kura_key_is_published(&k));
	kura_key_wipe(&k);
	assert_int_equal(k.len, 0);
}

static void
a_key_has_16_24_or_32_bytes(void **state)
{
	static const struct {
		const char *text;
		int len; /* -1: refused */
	} rows[] = { { "", -1 }, { "0123456789abcde", -1 },
		{ "0123456789abcdef", 16 }, { "0123456789abcdef\n", 16 },
		{ "0123456789abcdef\n\n", -1 }, { "0123456789abcdefg", -1 },
		{ "0123456789abcde\n", 16 }, { KEY, 32 }, { KEY "\n", 32 },
		{ KEY "0", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kura_key k = { .len = 0 };
		struct err e;
		int rc =
		    kura_key_read(&k, rows[i].text, strlen(rows[i].text), &e);

		assert_int_equal(rc, rows[i].len == -1 ? -1 : 0);
		assert_int_equal(k.len, rows[i].len == -1 ? 0 : rows[i].len);
	}
}

static void
what_is_not_quite_sealed_is_not_sealed(void **state)
{
	static const struct {
		const char *text;
		int sealed;
	} rows[] = { { GCM16, 1 }, { " " GCM16 "\r\n", 1 }, { "", 0 },
		{ "AAECAwQFBgcICQoL-", 0 }, { "AAECAwQFBgcICQoL", 0 },
		{ "AAECAwQFBgcICQo-jgynb3sAFmGHVGPZ5PodraDX6xe3", 0 },
		{ "AAECAwQFBgcICQoL-jgynb3sAFmGHVGPZ5PodraDX6xe3dwhaE1D", 0 },
		{ "<AECAwQFBgcICQoL-jgynb3sAFmGHVGPZ5PodraDX6xe3dwha", 0 },
		{ GCM16 "-AAAA", 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (kura_sealed(rows[i].text, strlen(rows[i].text)) !=
		    rows[i].sealed)
			fail_msg("%s", rows[i].text);
}

/* The three meanings of one attribute, and every contradiction. */
static void
the_origin_decides_what_a_password_means(void **state)
{
	static const struct {
		enum kura_origin from;
		int encrypted;
		const char *value;
		int key;
		long len; /* -1: refused, and says: */
		const char *says;
	} rows[] = {
		{ KURA_DOWNLOAD, 1, "Y2hhbmdlaXQ=", 0, 8, "changeit" },
		{ KURA_HAND, 1, "Y2hhbmdlaXQ=", 0, 8, "changeit" },
		{ KURA_UNSAID, 1, "Y2hhbmdlaXQ=", 0, 8, "changeit" },
		{ KURA_UNSAID, 1, "\n  Y2hhbmdlaXQ=\n", 0, 8, "changeit" },
		{ KURA_HAND, 0, "Y2hhbmdlaXQ=", 0, 12, "Y2hhbmdlaXQ=" },
		{ KURA_UNSAID, 0, "pass word", 0, 9, "pass word" },
		{ KURA_DISK, 1, DISK, 1, 11, "s3cret-Word" },
		{ KURA_DISK, 1, DISK, 0, KURA_LENGTH_UNKNOWN, "" },
		{ KURA_DISK, 1, ECB_DISK, 1, 11, "s3cret-Word" },
		{ KURA_UNSAID, 1, ECB_DISK, 1, -1, "ambiguous" },
		/* A password may look so: declared, it is taken at its word. */
		{ KURA_DOWNLOAD, 1, ECB_DISK, 1, 24, ECB16 },
		{ KURA_HAND, 0, GCM16, 0, 53, GCM16 },
		{ KURA_UNSAID, 1, "", 0, 0, "" },
		{ KURA_UNSAID, 1, DISK, 1, -1, "ambiguous" },
		{ KURA_UNSAID, 0, GCM16, 0, -1, "ambiguous" },
		{ KURA_DISK, 0, GCM16, 1, -1, "ambiguous" },
		{ KURA_DOWNLOAD, 1, DISK, 1, -1, "--from disk" },
		{ KURA_HAND, 1, DISK, 1, -1, "--from disk" },
		{ KURA_DISK, 1, "Y2hhbmdlaXQ=", 1, -1, "--from download" },
		{ KURA_UNSAID, 1, "no base64!", 0, -1, "no base64" },
		{ KURA_DOWNLOAD, 1, "Y2hhbmdlaXQ", 0, -1, "no base64" },
		{ KURA_HAND, 0, "placeholder", 0, -1, "REST" },
		{ KURA_DOWNLOAD, 1, "placeholder", 0, -1, "REST" },
		{ KURA_DOWNLOAD, 1, "cGxhY2Vob2xkZXI=", 0, -1, "REST" },
	};
	struct kura_key keys[2] = { { .len = 0 }, { .len = 0 } };
	struct err e;

	(void)state;
	assert_int_equal(kura_key_read(&keys[1], KEY, 16, &e), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_bytes struct bytes clear = { 0 };
		long n = kura_password(rows[i].from, &keys[rows[i].key],
		    rows[i].encrypted, rows[i].value, &clear, &e);
		const char *got = n == -1 ? e.text
		    : clear.p == NULL     ? ""
					  : clear.p;

		if (n != rows[i].len ||
		    (n == -1 ? strstr(got, rows[i].says) == NULL
			     : strcmp(got, rows[i].says) != 0))
			fail_msg("row %zu: %ld, %s", i, n, got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_size_opens_what_it_closed),
		cmocka_unit_test(
		    what_an_old_kura_closed_opens_with_its_key_only),
		cmocka_unit_test(the_published_key_is_known_as_such),
		cmocka_unit_test(a_key_has_16_24_or_32_bytes),
		cmocka_unit_test(what_is_not_quite_sealed_is_not_sealed),
		cmocka_unit_test(the_origin_decides_what_a_password_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
