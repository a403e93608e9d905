/* SPDX-License-Identifier: MIT */
/*
 * Signatures. Trust nobody, so nothing may ever verify; the interest is in the
 * parser and in the walk over signers and certificates.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static X509_STORE *nobody;
	char who[64];
	struct err e;

	if (nobody == NULL)
		nobody = X509_STORE_new();
	if (cms_verify(
		data, len, "manifest", 8, nobody, who, sizeof(who), &e) == 0)
		abort();
	return 0;
}
