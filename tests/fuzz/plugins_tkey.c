/* SPDX-License-Identifier: MIT */
/* A TPM's key file: whatever stands in it, it is read or refused, and what was
 * read is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "../../plugins/cert_store/tkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tpm_key k = { .pub_len = 0 }, again = { .pub_len = 0 };
	own_bytes struct bytes pem = { 0 };
	struct err e;

	if (tkey_read((const char *)data, n, &k, &e) == -1)
		return 0;
	if (tkey_write(&k, &pem, &e) == -1 ||
	    tkey_read(pem.p, pem.len, &again, &e) == -1 ||
	    again.pub_len != k.pub_len || again.priv_len != k.priv_len ||
	    memcmp(again.pub, k.pub, k.pub_len) != 0 ||
	    memcmp(again.priv, k.priv, k.priv_len) != 0)
		abort();
	return 0;
}
