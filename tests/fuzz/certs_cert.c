/* SPDX-License-Identifier: MIT */
/*
 * Certificates as they come in, PEM or DER: what is read has hash data that
 * find it again, and written as PEM it is read as the same.
 */
#include <openssl/pem.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
look(const struct cert *c)
{
	for (int i = 0; i < CERT_HASHES; i++) {
		struct cert_hash_data d, upper;

		cert_hash_data(c, c, (enum cert_hash)i, &d);
		upper = d;
		for (char *p = upper.issuer_name; *p != '\0'; p++)
			*p = *p >= 'a' ? (char)(*p - 32) : *p;
		if (!cert_hash_equal(&d, &upper) || d.serial[0] == '\0' ||
		    (d.serial[0] == '0' && d.serial[1] != '\0') ||
		    strlen(d.issuer_key) != strlen(d.issuer_name))
			abort();
	}
	(void)cert_strong(c);
}

static void
again(const struct cert *c)
{
	struct cert *back = NULL;
	unsigned char *der = NULL;
	struct err e;
	int n = i2d_X509(c->x, &der);

	if (n <= 0 || cert_parse(der, (size_t)n, &back, 1, &e) != 1 ||
	    memcmp(back->print, c->print, sizeof(c->print)) != 0)
		abort();
	cert_free(back);
	OPENSSL_free(der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cert *all[8];
	struct err e;
	int n = cert_parse(data, len, all, 8, &e);

	for (int i = 0; i < n; i++) {
		look(all[i]);
		again(all[i]);
		cert_free(all[i]);
	}
	return 0;
}
