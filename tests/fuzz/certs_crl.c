/* SPDX-License-Identifier: MIT */
/*
 * Revocation lists: what is read as DER stays itself, what is read as PEM is as
 * many lists when it is written again.
 */
#include <openssl/pem.h>

#include <stdlib.h>

#include "crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
again(X509_CRL *const *lists, int n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509_CRL *back[CRL_LISTS];
	struct err e;
	char *p;
	long len;
	int m;

	for (int i = 0; i < n; i++) {
		(void)crl_time(X509_CRL_get0_lastUpdate(lists[i]));
		(void)crl_time(X509_CRL_get0_nextUpdate(lists[i]));
		if (PEM_write_bio_X509_CRL(bio, lists[i]) != 1)
			abort();
	}
	len = BIO_get_mem_data(bio, &p);
	m = crl_parse(p, (size_t)len, back, CRL_LISTS, &e);
	/* Longer than it came, it may be too long. */
	if (m != n && len <= CRL_BYTES)
		abort();
	while (m > 0)
		X509_CRL_free(back[--m]);
	BIO_free(bio);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	X509_CRL *lists[CRL_LISTS];
	struct err e;
	int n = crl_parse(data, len, lists, CRL_LISTS, &e);

	if (n == -1)
		return 0;
	if (n < 1 || n > CRL_LISTS || len > CRL_BYTES)
		abort();
	again(lists, n);
	while (n > 0)
		X509_CRL_free(lists[--n]);
	return 0;
}
