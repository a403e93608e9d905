/* SPDX-License-Identifier: MIT */
/*
 * The certificate request: a name and a key, nothing else. What a certificate
 * may be used for is the issuer's decision, so no extension is asked for.
 */
#include <openssl/err.h>

#include <errno.h>
#include <string.h>

#include "key.h"
#include "x509.h"

static int
fill(X509_REQ *req, EVP_PKEY *key, const char *cn)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);

	return X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
		(const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1;
}

/* The signer's own words stand as data in OpenSSL's queue. */
static int
sign_failed(struct err *e)
{
	const char *data = NULL;
	int flags = 0;

	while (ERR_get_error_all(NULL, NULL, NULL, &data, &flags) != 0)
		if ((flags & ERR_TXT_STRING) != 0 && data[0] != '\0')
			break;
	(void)err_set(e, EIO, "CSR: %s",
	    (flags & ERR_TXT_STRING) != 0 ? data : "cannot be signed");
	ERR_clear_error();
	return -1;
}

int
key_csr(EVP_PKEY *key, const char *cn, struct bytes *out, struct err *e)
{
	own_req X509_REQ *req = X509_REQ_new();
	char again[X509_CN_MAX + 1];

	if (req == NULL || !fill(req, key, cn))
		return err_ssl(e, "CSR for \"%.80s\"", cn);
	if (x509_common_name(X509_REQ_get_subject_name(req), again, e) == -1)
		return err_in(e, "CSR");
	ERR_clear_error();
	if (X509_REQ_sign(req, key, EVP_sha256()) <= 0)
		return sign_failed(e);
	return x509_req_pem(req, out, e);
}
