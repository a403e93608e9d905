/* SPDX-License-Identifier: MIT */
/*
 * Revocation lists out of foreign bytes: one DER, or PEM in which every block
 * is a list. A text of which only the beginning can be read is refused whole;
 * half of the lists would be taken for all of them.
 */
#include <openssl/err.h>
#include <openssl/pem.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "crl.h"

time_t
crl_time(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : -1;
}

static X509_CRL *
parse_der(const unsigned char *der, long len)
{
	const unsigned char *p = der;
	X509_CRL *list = d2i_X509_CRL(NULL, &p, len);

	if (list != NULL && p != der + len) {
		X509_CRL_free(list);
		list = NULL;
	}
	return list;
}

/* 1: one more; 0: the end; -1: something else than a list. */
static int
next_pem(BIO *bio, X509_CRL **out)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	int rc = -1;

	*out = NULL;
	if (PEM_read_bio(bio, &name, &header, &der, &len) != 1)
		return ERR_GET_REASON(ERR_peek_last_error()) ==
			PEM_R_NO_START_LINE
		    ? 0
		    : -1;
	if (strcmp(name, PEM_STRING_X509_CRL) == 0 && *header == '\0' &&
	    (*out = parse_der(der, len)) != NULL)
		rc = 1;
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return rc;
}

static int
parse_pem(const void *text, size_t len, X509_CRL **out, int max)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	X509_CRL *one = NULL;
	int n = 0, rc = -1;

	while (bio != NULL && (rc = next_pem(bio, &one)) == 1) {
		if (n == max) {
			X509_CRL_free(one);
			rc = -1;
			break;
		}
		out[n++] = one;
	}
	BIO_free(bio);
	if (rc == 0)
		return n;
	while (n > 0)
		X509_CRL_free(out[--n]);
	return -1;
}

int
crl_parse(const void *text, size_t len, X509_CRL **out, int max, struct err *e)
{
	const unsigned char *p = text;
	int n = -1;

	ERR_clear_error();
	if (len > CRL_BYTES)
		return err_set(
		    e, EFBIG, "lists of more than %d bytes", CRL_BYTES);
	if (len > 0 && max > 0 && p[0] == 0x30) {
		out[0] = parse_der(p, (long)len);
		n = out[0] == NULL ? -1 : 1;
	}
	if (n == -1 && len > 0)
		n = parse_pem(text, len, out, max);
	ERR_clear_error();
	return n > 0 ? n
		     : err_set(e, EINVAL,
			   "no revocation list (X509 CRL) in PEM or DER, or "
			   "something beside it, or more than %d",
			   max);
}
