/* SPDX-License-Identifier: MIT */
#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <errno.h>
#include <string.h>

#include "own.h"
#include "tkey.h"

#define PEM_NAME     "TSS2 PRIVATE KEY"
#define LOADABLE_KEY "2.23.133.10.1.3"
#define OWNER        0x40000001L /* TPM_RH_OWNER */

/* policy [1] and secret [2] are left out on purpose: a file that has them does
 * not fit, and is refused. */
typedef struct {
	ASN1_OBJECT *type;
	ASN1_BOOLEAN empty_auth;
	ASN1_INTEGER *parent;
	ASN1_OCTET_STRING *pub, *priv;
} TSS2_KEY;

DECLARE_ASN1_FUNCTIONS(TSS2_KEY)
/* clang-format off */
ASN1_SEQUENCE(TSS2_KEY) = {
	ASN1_SIMPLE(TSS2_KEY, type, ASN1_OBJECT),
	ASN1_EXP_OPT(TSS2_KEY, empty_auth, ASN1_BOOLEAN, 0),
	ASN1_SIMPLE(TSS2_KEY, parent, ASN1_INTEGER),
	ASN1_SIMPLE(TSS2_KEY, pub, ASN1_OCTET_STRING),
	ASN1_SIMPLE(TSS2_KEY, priv, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(TSS2_KEY)
IMPLEMENT_ASN1_FUNCTIONS(TSS2_KEY)
/* clang-format on */

OWN_POINTER(tss2, TSS2_KEY, TSS2_KEY_free)
OWN_POINTER(bio, BIO, BIO_free_all)
#define own_tss2 __attribute__((cleanup(own_tss2_free), unused))
#define own_bio  __attribute__((cleanup(own_bio_free), unused))

int
tkey_write(const struct tpm_key *k, struct bytes *pem, struct err *e)
{
	own_tss2 TSS2_KEY *t = TSS2_KEY_new();
	own_bio BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	char *text;
	int n, ok;

	if (t == NULL || bio == NULL)
		return err_set(e, ENOMEM, "out of memory");
	ASN1_OBJECT_free(t->type);
	t->type = OBJ_txt2obj(LOADABLE_KEY, 1);
	t->empty_auth = 0xff;
	if (t->type == NULL || ASN1_INTEGER_set(t->parent, OWNER) != 1 ||
	    ASN1_OCTET_STRING_set(t->pub, k->pub, (int)k->pub_len) != 1 ||
	    ASN1_OCTET_STRING_set(t->priv, k->priv, (int)k->priv_len) != 1 ||
	    (n = i2d_TSS2_KEY(t, &der)) < 0)
		return err_ssl(e, "write a TPM's key");
	ok = PEM_write_bio(bio, PEM_NAME, "", der, n) > 0;
	OPENSSL_free(der);
	if (!ok)
		return err_ssl(e, "write a TPM's key");
	n = (int)BIO_get_mem_data(bio, &text);
	bytes_add(pem, text, (size_t)n);
	return pem->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* DER of one PEM block of that name, freed by OPENSSL_free(). */
static long
open_pem(const char *pem, size_t len, unsigned char **der, struct err *e)
{
	own_bio BIO *bio = BIO_new_mem_buf(pem, (int)len);
	char *name = NULL, *header = NULL;
	long n = 0;
	int ok;

	*der = NULL;
	if (bio == NULL)
		return err_set(e, ENOMEM, "out of memory");
	ok = PEM_read_bio(bio, &name, &header, der, &n) == 1 &&
	    strcmp(name, PEM_NAME) == 0 && *header == '\0';
	OPENSSL_free(name);
	OPENSSL_free(header);
	if (ok)
		return n;
	OPENSSL_free(*der);
	*der = NULL;
	return err_set(e, EBADMSG, "not PEM of a " PEM_NAME);
}

static int
take(const ASN1_OCTET_STRING *from, uint8_t *to, size_t max, size_t *len)
{
	*len = (size_t)ASN1_STRING_length(from);
	if (*len == 0 || *len > max)
		return -1;
	memcpy(to, ASN1_STRING_get0_data(from), *len);
	return 0;
}

static int
fill(const TSS2_KEY *t, struct tpm_key *k, struct err *e)
{
	char oid[40];

	(void)OBJ_obj2txt(oid, sizeof(oid), t->type, 1);
	if (strcmp(oid, LOADABLE_KEY) != 0)
		return err_set(e, EINVAL,
		    "a TPM key of type %s; only loadable ones are used", oid);
	if (t->empty_auth <= 0) /* -1: not said */
		return err_set(e, EINVAL, "a TPM key with a password");
	if (ASN1_INTEGER_get(t->parent) != OWNER)
		return err_set(e, EINVAL,
		    "its parent is not the owner's primary key: make it with "
		    "a request of this store");
	if (take(t->pub, k->pub, sizeof(k->pub), &k->pub_len) == -1 ||
	    take(t->priv, k->priv, sizeof(k->priv), &k->priv_len) == -1)
		return err_set(e, EBADMSG, "a TPM key of a wrong size");
	return 0;
}

int
tkey_read(const char *pem, size_t len, struct tpm_key *k, struct err *e)
{
	own_tss2 TSS2_KEY *t = NULL;
	const unsigned char *p;
	unsigned char *der;
	long n;

	if (len == 0 || len > TKEY_MAX)
		return err_set(e, EFBIG, "a TPM key of %zu bytes", len);
	if ((n = open_pem(pem, len, &der, e)) == -1)
		return -1;
	p = der;
	t = d2i_TSS2_KEY(NULL, &p, n);
	if (t != NULL && p != der + n) {
		TSS2_KEY_free(t);
		t = NULL;
	}
	OPENSSL_free(der);
	if (t == NULL)
		return err_ssl(e, "not DER of a TPM's key");
	return fill(t, k, e);
}
