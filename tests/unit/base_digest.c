/* SPDX-License-Identifier: MIT */
/* Hashes, hex, base64 and random text, to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"

static void
sha256_is_the_one_of_fips_180_4(void **state)
{
	uint8_t a[SHA256_LEN], b[SHA256_LEN], c[SHA256_LEN];
	struct sha256 *h;
	char hex[SHA256_HEX];
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(sha256("abc", 3, a, &e), 0);
	hex_encode(a, sizeof(a), hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	h = sha256_new(&e);
	assert_int_equal(sha256_add(h, "a", 1, &e), 0);
	assert_int_equal(sha256_add(h, "", 0, &e), 0);
	assert_int_equal(sha256_add(h, "bc", 2, &e), 0);
	assert_int_equal(sha256_end(h, b, &e), 0);
	sha256_free(h);
	sha256_free(NULL);
	assert_memory_equal(a, b, sizeof(a));
	fd = file_sealed("abc", 3, &e);
	assert_int_equal(sha256_fd(fd, c, &e), 0);
	assert_int_equal(sha256_fd(fd, c, &e), 0); /* from its start again */
	assert_memory_equal(a, c, sizeof(a));
	(void)close(fd);
	assert_int_equal(sha256_fd(-1, c, &e), -1);
}

static void
hex_is_read_strictly(void **state)
{
	static const struct {
		const char *text;
		long len;
	} rows[] = { { "", 0 }, { "00ff7F", 3 }, { "0", -1 }, { "0g", -1 },
		{ " 0", -1 }, { "0x", -1 }, { "00000000", 4 },
		{ "0000000000", -1 } };
	uint8_t out[4];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    hex_decode(rows[i].text, out, sizeof(out)), rows[i].len);
}

static void
base64_is_read_strictly(void **state)
{
	static const struct {
		const char *text;
		long len;
	} rows[] = { { "", 0 }, { "QQ==", 1 }, { "QUI=", 2 }, { "QUJD", 3 },
		{ "QR==", -1 }, /* bits left over */
		{ "QUJ=", -1 }, { "QQ=", -1 }, { "QQ", -1 }, { "Q===", -1 },
		{ "====", -1 }, { "=QQ=", -1 }, { "QQ==QQ==", -1 },
		{ "QUJD\n", -1 }, { " QQ==", -1 }, { "QU-_", -1 },
		{ "QUJDREU=", 5 }, { "QUJDREVG", -1 } /* 6 > max */ };
	uint8_t out[5];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (base64_decode(rows[i].text, out, sizeof(out)) !=
		    rows[i].len)
			fail_msg("%s", rows[i].text);
}

static void
every_value_goes_through_both_texts_and_back(void **state)
{
	uint8_t in[100], out[100];
	char hex[201];
	struct err e;

	(void)state;
	for (size_t n = 0; n <= sizeof(in); n++) {
		char *b;

		assert_int_equal(random_bytes(in, n, &e), 0);
		hex_encode(in, n, hex);
		assert_int_equal(hex_decode(hex, out, sizeof(out)), n);
		assert_memory_equal(in, out, n);
		b = base64_encode(in, n);
		assert_int_equal(base64_decode(b, out, sizeof(out)), n);
		assert_int_equal(base64_decode(b, out, n), n);
		assert_memory_equal(in, out, n);
		free(b);
	}
}

static void
random_text_favours_no_letter(void **state)
{
	static char text[62 * 1000 + 1];
	unsigned count[256] = { 0 }, letters = 0;
	struct err e;

	(void)state;
	assert_int_equal(random_text(text, sizeof(text) - 1, &e), 0);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	for (const char *p = text; *p != '\0'; p++)
		count[(unsigned char)*p]++;
	for (int i = 0; i < 256; i++) {
		letters += count[i] > 0;
		/* 1000 each, sigma 31: 8 sigma. */
		assert_true(
		    count[i] == 0 || (count[i] > 750 && count[i] < 1250));
	}
	assert_int_equal(letters, 62);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_the_one_of_fips_180_4),
		cmocka_unit_test(hex_is_read_strictly),
		cmocka_unit_test(base64_is_read_strictly),
		cmocka_unit_test(every_value_goes_through_both_texts_and_back),
		cmocka_unit_test(random_text_favours_no_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
