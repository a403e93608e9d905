/* SPDX-License-Identifier: MIT */
/*
 * What is checked before a certificate is kept. A gateway's clock may stand at
 * 1970 when it enrols, so a clock before CHAIN_FLOOR is taken for not set: a
 * certificate is then not too early, but one that ended before the floor is
 * expired whatever the clock says.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chain.h"

#define SKEW (24 * 3600) /* seconds a certificate may begin in the future */

time_t
chain_time(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	return timegm(&tm);
}

int
chain_expired(const X509 *leaf, time_t now)
{
	time_t end = chain_time(X509_get0_notAfter(leaf));

	return end < CHAIN_FLOOR || (now >= CHAIN_FLOOR && end <= now);
}

static int
about(const X509 *x, struct err *e, const char *what)
{
	char subject[200];

	ERR_clear_error();
	x509_subject(x, subject, sizeof(subject));
	return err_set(e, EINVAL, "certificate %s: %s", subject, what);
}

static int
check_time(const X509 *x, time_t now, struct err *e)
{
	time_t begin = chain_time(X509_get0_notBefore(x));

	if (begin == -1 || chain_time(X509_get0_notAfter(x)) == -1)
		return about(x, e, "its validity cannot be read");
	if (chain_expired(x, now))
		return about(x, e, "it has expired");
	if (now >= CHAIN_FLOOR && begin > now + SKEW)
		return about(
		    x, e, "it is not valid yet; is this unit's clock right?");
	return 0;
}

static int
check_leaf(X509 *leaf, const struct held *h, struct err *e)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	uint8_t point[KEY_POINT_LEN];
	char cn[X509_CN_MAX + 1];

	if (key == NULL || key_point(key, point, e) == -1 ||
	    memcmp(point, h->point, sizeof(point)) != 0)
		return about(leaf, e, "it is for another key");
	if (h->cn[0] == '\0')
		return about(leaf, e, "no CSR was made with this key");
	if (x509_common_name(X509_get_subject_name(leaf), cn, e) == -1 ||
	    strcmp(cn, h->cn) != 0)
		return about(leaf, e, "its name is not the one asked for");
	if (X509_check_ca(leaf) != 0)
		return about(leaf, e, "it is a CA, or of version 1");
	if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
		return about(leaf, e, "it may not sign");
	return 0;
}

static int
check_link(X509 *x, X509 *issuer, struct err *e)
{
	if (X509_check_ca(issuer) != 1)
		return about(
		    issuer, e, "it is no CA, but stands above another");
	if (X509_check_issued(issuer, x) != X509_V_OK ||
	    X509_verify(x, X509_get0_pubkey(issuer)) != 1)
		return about(x, e,
		    "the one behind it in the chain did not "
		    "issue it");
	return 0;
}

int
chain_fits(
    STACK_OF(X509) * chain, const struct held *h, time_t now, struct err *e)
{
	int n = sk_X509_num(chain);

	if (n < 1)
		return err_set(e, EINVAL, "no certificate");
	if (check_leaf(sk_X509_value(chain, 0), h, e) == -1)
		return -1;
	for (int i = 0; i < n; i++)
		if (check_time(sk_X509_value(chain, i), now, e) == -1)
			return -1;
	for (int i = 0; i + 1 < n; i++)
		if (check_link(sk_X509_value(chain, i),
			sk_X509_value(chain, i + 1), e) == -1)
			return -1;
	return 0;
}
