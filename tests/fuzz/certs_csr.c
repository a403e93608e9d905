/* SPDX-License-Identifier: MIT */
/*
 * Options of a signing request, one a line: what csr_check() lets through makes
 * a request, with exactly the names that were asked for. The first line is read
 * as a property string as well.
 */
#include <openssl/x509v3.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csr.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
names_are(const X509_REQ *req, const struct csr_options *o)
{
	STACK_OF(X509_EXTENSION) *all =
	    X509_REQ_get_extensions((X509_REQ *)(uintptr_t)req);
	GENERAL_NAMES *names =
	    X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);
	int n = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
	int subject = X509_NAME_entry_count(X509_REQ_get_subject_name(req));

	if (n != o->sans ||
	    subject !=
		(*o->country != '\0') + (*o->organization != '\0') +
		    (*o->unit != '\0') + 1 + (*o->domain != '\0') ||
	    sk_X509_EXTENSION_num(all) !=
		2 + (o->client_auth || o->server_auth) + (n > 0))
		abort();
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
}

static char *
line(char **at)
{
	static char none[1];
	char *l = strsep(at, "\n");

	return l == NULL ? none : l;
}

static void
copy(char *out, size_t size, const char *in)
{
	(void)snprintf(out, size, "%s", in);
}

static void
read_options(char *text, struct csr_options *o)
{
	char *l = line(&text);
	enum csr_where where;
	struct err e;

	(void)csr_where_of(l, &where, &e);
	o->client_auth = strchr(l, 'c') != NULL;
	o->server_auth = strchr(l, 's') != NULL;
	copy(o->country, sizeof(o->country), line(&text));
	copy(o->organization, sizeof(o->organization), line(&text));
	copy(o->unit, sizeof(o->unit), line(&text));
	copy(o->common, sizeof(o->common), line(&text));
	copy(o->domain, sizeof(o->domain), line(&text));
	while (text != NULL && o->sans < CSR_SANS) {
		struct csr_san *san = &o->san[o->sans++];

		l = line(&text);
		san->kind = *l == 'i' ? CSR_IP : *l == 'u' ? CSR_URI : CSR_DNS;
		copy(san->text, sizeof(san->text), *l == '\0' ? l : l + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static EVP_PKEY *key;
	own_bytes struct bytes pem = { 0 };
	own_req X509_REQ *req = NULL;
	struct csr_options o = { .key = CSR_P256 };
	char text[8192];
	struct err e = { 0 };

	if (key == NULL)
		key = csr_new_key(CSR_P256, &e);
	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	read_options(text, &o);
	if (csr_check(&o, &e) == -1)
		return 0;
	if (csr_make(key, &o, &pem, &e) == -1) {
		if (e.code != E2BIG)
			abort();
		return 0;
	}
	if ((req = x509_req_parse(pem.p, pem.len, &e)) == NULL)
		abort();
	names_are(req, &o);
	return 0;
}
