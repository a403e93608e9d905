/* SPDX-License-Identifier: MIT */
/*
 * Public areas: what is accepted is written again as the same bytes, has a
 * name, and gives a key or a refusal.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "makecred.h"
#include "tpm_public.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[TPM_PUBLIC_MAX], name[TPM_NAME_MAX];
	own_pkey EVP_PKEY *key = NULL;
	struct makecred mc;
	struct tpm_public pub;
	struct err e;
	size_t n;

	if (tpm_public_parse(data, len, &pub, &e) == -1)
		return 0;
	if (tpm_public_marshal(&pub, again, &n, &e) == -1 || n != len ||
	    memcmp(again, data, len) != 0)
		abort();
	if (tpm_public_name(&pub, name, &n, &e) == -1)
		abort();
	(void)tpm_public_is_leaf(&pub, &e);
	key = tpm_public_key(&pub, &e);
	(void)makecred(&pub, name, n, again, 32, &mc, &e);
	return 0;
}
