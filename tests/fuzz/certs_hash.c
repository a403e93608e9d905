/* SPDX-License-Identifier: MIT */
/*
 * Hash data as it stands beside an OCSP answer: what is read and written again
 * is read as the same, and equals itself in either case and with zeros.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
swap_case(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)(isupper((unsigned char)*s)
			? tolower((unsigned char)*s)
			: toupper((unsigned char)*s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cert_hash_data d, back;
	char text[sizeof(d) + 16];
	struct err e;

	if (answers_parse((const char *)data, len, &d, &e) == -1)
		return 0;
	if (d.algorithm >= CERT_HASHES || !cert_hash_equal(&d, &d))
		abort();
	(void)snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n",
	    cert_hash_name(d.algorithm), d.issuer_name, d.issuer_key, d.serial);
	if (answers_parse(text, strlen(text), &back, &e) == -1 ||
	    !cert_hash_equal(&d, &back))
		abort();
	swap_case(back.issuer_name);
	swap_case(back.issuer_key);
	swap_case(back.serial);
	if (!cert_hash_equal(&back, &d))
		abort();
	return 0;
}
