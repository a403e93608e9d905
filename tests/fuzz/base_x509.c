/* SPDX-License-Identifier: MIT */
/* Chains and requests as PEM, and the name in them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
look(const X509_NAME *name)
{
	char cn[X509_CN_MAX + 1];
	struct err e;

	if (x509_common_name(name, cn, &e) == 0 &&
	    (*cn == '\0' || strpbrk(cn, "/+#\n ,=") != NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	own_chain STACK_OF(X509) *chain = NULL;
	own_bytes struct bytes pem = { 0 };
	own_req X509_REQ *req = NULL;
	char text[64], hex[SHA256_HEX];
	struct err e;

	chain = x509_chain_parse((const char *)data, len, &e);
	req = x509_req_parse((const char *)data, len, &e);
	if (req != NULL)
		look(X509_REQ_get_subject_name(req));
	for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);

		look(X509_get_subject_name(x));
		x509_subject(x, text, sizeof(text));
		(void)x509_fingerprint(x, hex, &e);
	}
	if (chain != NULL)
		(void)x509_chain_pem(chain, &pem, &e);
	return 0;
}
