/* SPDX-License-Identifier: MIT */
/*
 * EK certificates follow the TCG EK Credential Profile: a critical subject
 * alternative name, extended key usage 2.23.133.8.1, and no purpose OpenSSL
 * knows by name. So the chain is verified without one and the usage is looked
 * at here. Extensions marked critical that OpenSSL does not know are refused
 * by it.
 */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ek.h"
#include "x509.h"

#define EK_USAGE "2.23.133.8.1" /* tcg-kp-EKCertificate */

struct ek_roots {
	X509_STORE *store;
	size_t count;
};

OWN_POINTER(store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
#define own_store_ctx __attribute__((cleanup(own_store_ctx_free), unused))

static int
add_file(struct ek_roots *r, const char *path, struct err *e)
{
	own_chain STACK_OF(X509) *chain = x509_chain_read(path, e);

	if (chain == NULL)
		return -1;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (X509_STORE_add_cert(r->store, sk_X509_value(chain, i)) != 1)
			return err_ssl(e, "%s: certificate %d", path, i + 1);
		r->count++;
	}
	return 0;
}

static int
is_certificate(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

static int
add_folder(struct ek_roots *r, const char *path, struct err *e)
{
	struct dirent **names;
	int n = scandir(path, &names, is_certificate, alphasort);
	int rc = 0;

	if (n == -1)
		return err_sys(e, "%s", path);
	for (int i = 0; i < n; i++) {
		char file[4096];

		(void)snprintf(
		    file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (rc == 0)
			rc = add_file(r, file, e);
		free(names[i]);
	}
	free(names);
	return rc;
}

struct ek_roots *
ek_roots_open(const char *path, struct err *e)
{
	struct ek_roots *r = calloc(1, sizeof(*r));
	struct stat st;
	int rc;

	if (r == NULL || (r->store = X509_STORE_new()) == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		ek_roots_free(r);
		return NULL;
	}
	if (stat(path, &st) == -1)
		rc = err_sys(e, "EK roots: %s", path);
	else
		rc = S_ISDIR(st.st_mode) ? add_folder(r, path, e)
					 : add_file(r, path, e);
	if (rc == 0 && r->count > 0)
		return r;
	if (rc == 0)
		(void)err_set(
		    e, ENOENT, "EK roots: no *.pem or *.crt in %s", path);
	ek_roots_free(r);
	return NULL;
}

void
ek_roots_free(struct ek_roots *r)
{
	if (r == NULL)
		return;
	X509_STORE_free(r->store);
	free(r);
}

static int
verify(const struct ek_roots *r, X509 *x, struct err *e)
{
	own_store_ctx X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (ctx == NULL || X509_STORE_CTX_init(ctx, r->store, x, NULL) != 1)
		return err_ssl(e, "EK certificate");
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 2);
	if (X509_verify_cert(ctx) == 1)
		return 0;
	ERR_clear_error();
	return err_set(e, EACCES, "EK certificate: %s",
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
}

/* Certificates older than the profile's second version name no usage. */
static int
usage(X509 *x, struct err *e)
{
	EXTENDED_KEY_USAGE *list =
	    X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool found = list == NULL;
	char oid[80];

	for (int i = 0; i < sk_ASN1_OBJECT_num(list) && !found; i++) {
		(void)OBJ_obj2txt(
		    oid, sizeof(oid), sk_ASN1_OBJECT_value(list, i), 1);
		found = strcmp(oid, EK_USAGE) == 0;
	}
	EXTENDED_KEY_USAGE_free(list);
	return found ? 0 : err_set(e, EACCES, "EK certificate: not for an EK");
}

static int
certificate(const struct ek_roots *roots, const struct wire_request *r,
    EVP_PKEY *key, struct err *e)
{
	const unsigned char *p = r->ek_certificate;
	const unsigned char *end = p + r->ek_certificate_len;
	own_x509 X509 *x = d2i_X509(NULL, &p, (long)r->ek_certificate_len);

	if (x == NULL || p != end) {
		ERR_clear_error();
		return err_set(e, EBADMSG,
		    "EK certificate: not one DER "
		    "certificate");
	}
	if (EVP_PKEY_eq(X509_get0_pubkey(x), key) != 1) {
		ERR_clear_error();
		return err_set(e, EACCES, "EK certificate: of another key");
	}
	if (roots == NULL)
		return err_set(e, EACCES,
		    "EK certificate: the service has "
		    "no EK roots");
	return verify(roots, x, e) == -1 ? -1 : usage(x, e);
}

int
ek_judge(const struct ek_roots *roots, const struct wire_request *r,
    struct ek *ek, struct err *e)
{
	own_pkey EVP_PKEY *key = NULL;

	ek->proven = false;
	if (tpm_public_parse(r->ek_public, r->ek_public_len, &ek->public, e) ==
		-1 ||
	    tpm_public_is_ek(&ek->public, e) == -1 ||
	    (key = tpm_public_key(&ek->public, e)) == NULL)
		return err_in(e, "EK");
	if (x509_spki_hash(key, ek->hash, e) == -1)
		return -1;
	if (r->ek_certificate_len == 0)
		return 0;
	if (certificate(roots, r, key, e) == -1)
		return -1;
	ek->proven = true;
	return 0;
}
