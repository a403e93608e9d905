/* SPDX-License-Identifier: MIT */
/*
 * The journal's parser. A fuzzer can not guess a SHA-256, so the input is also
 * tried as the first line of a journal whose checksum is right.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_bytes struct bytes b = { 0 };
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct journal j;
	struct err e;

	(void)journal_parse(&j, data, len, &e);
	if (sha256(data, len, sum, &e) == -1)
		return 0;
	hex_encode(sum, sizeof(sum), hex);
	bytes_add(&b, data, len);
	bytes_fmt(&b, "\n%s\n", hex);
	if (journal_parse(&j, b.p, b.len, &e) == 0 &&
	    (j.target < 0 || j.before < 0 || (int)j.phase >= TXN_PHASES))
		abort();
	return 0;
}
