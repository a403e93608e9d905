/* SPDX-License-Identifier: MIT */
/*
 * TPM keys as files: what is written is read back, and what this TPM could
 * not use is refused before the TPM is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/cert_store/tkey.h"
#include "digest.h"

static struct tpm_key
a_key(void)
{
	struct tpm_key k = { .pub_len = 90, .priv_len = 120 };

	memset(k.pub, 0x11, k.pub_len);
	memset(k.priv, 0x22, k.priv_len);
	return k;
}

static void
what_is_written_is_read_back(void **state)
{
	struct tpm_key k = a_key(), back = { .pub_len = 0 };
	own_bytes struct bytes pem = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(tkey_write(&k, &pem, &e), 0);
	assert_non_null(strstr(pem.p, "-----BEGIN TSS2 PRIVATE KEY-----"));
	assert_int_equal(tkey_read(pem.p, pem.len, &back, &e), 0);
	assert_int_equal(back.pub_len, k.pub_len);
	assert_int_equal(back.priv_len, k.priv_len);
	assert_memory_equal(back.pub, k.pub, k.pub_len);
	assert_memory_equal(back.priv, k.priv, k.priv_len);
}

/* DER in hex, wrapped as PEM. */
static int
reads(const char *hex, struct err *e)
{
	uint8_t der[2000];
	long n = hex_decode(hex, der, sizeof(der));
	char pem[4000];
	char *b64;
	struct tpm_key k;

	assert_true(n >= 0);
	b64 = base64_encode(der, (size_t)n);
	(void)snprintf(pem, sizeof(pem),
	    "-----BEGIN TSS2 PRIVATE KEY-----\n%s\n"
	    "-----END TSS2 PRIVATE KEY-----\n",
	    b64);
	free(b64);
	return tkey_read(pem, strlen(pem), &k, e);
}

#define EMPTY "a0030101ff"
#define OWNER "020440000001"
#define BLOBS                                                                  \
	"0402aabb"                                                             \
	"0402ccdd"
#define SEQ(n) "30" n

static void
what_this_tpm_could_not_use_is_refused(void **state)
{
	static const struct {
		const char *hex, *why;
	} bad[] = {
		{ "", "not" },
		{ "3000", "not DER" },
		/* a sealed object's type: 2.23.133.10.1.5 */
		{ SEQ("1b") "0606678105"
			    "0a0105" EMPTY OWNER BLOBS,
		    "type" },
		/* without emptyAuth: it has a password */
		{ SEQ("16") "0606678105"
			    "0a0103" OWNER BLOBS,
		    "password" },
		/* below a persistent key */
		{ SEQ("1c") "0606678105"
			    "0a0103" EMPTY "02050081000001" BLOBS,
		    "parent" },
		/* with a policy */
		{ SEQ("1f") "0606678105"
			    "0a0103" EMPTY "a1023000" OWNER BLOBS,
		    "not DER" },
		{ SEQ("19") "0606678105"
			    "0a0103" EMPTY OWNER "0400"
			    "0402ccdd",
		    "size" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(reads(bad[i].hex, &e), -1);
		if (strstr(e.text, bad[i].why) == NULL)
			fail_msg("%zu: %s", i, e.text);
	}
	assert_int_equal(reads(SEQ("1b") "0606678105"
					 "0a0103" EMPTY OWNER BLOBS,
			     &e),
	    0);
}

static void
other_pem_and_endless_pem_is_refused(void **state)
{
	static const char other[] = "-----BEGIN PRIVATE KEY-----\nMAA=\n"
				    "-----END PRIVATE KEY-----\n";
	static char endless[TKEY_MAX + 1];
	struct tpm_key k;
	struct err e;

	(void)state;
	assert_int_equal(tkey_read(other, sizeof(other) - 1, &k, &e), -1);
	memset(endless, 'A', sizeof(endless));
	assert_int_equal(tkey_read(endless, sizeof(endless), &k, &e), -1);
	assert_int_equal(e.code, EFBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(what_this_tpm_could_not_use_is_refused),
		cmocka_unit_test(other_pem_and_endless_pem_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
