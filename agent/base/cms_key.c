/* SPDX-License-Identifier: MIT */
/*
 * The key's envelope. OpenSSL reads a CMS whole into memory and gives its
 * plaintext before it is authenticated, so only the key travels in it; what the
 * key encrypts is a stream of parts of its own (snapshots/box.h).
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cms_key.h"
#include "own.h"
#include "x509.h"

OWN_POINTER(bio, BIO, (void)BIO_free)
OWN_POINTER(cms, CMS_ContentInfo, CMS_ContentInfo_free)
#define own_bio __attribute__((cleanup(own_bio_free), unused))
#define own_cms __attribute__((cleanup(own_cms_free), unused))

static int
refused(const X509 *x, struct err *e, const char *why)
{
	char who[256];

	x509_subject(x, who, sizeof(who));
	return err_set(e, EACCES, "recipient %s: %s", who, why);
}

static int
recipient_check(X509 *x, bool rsa, struct err *e)
{
	uint32_t need = rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;

	if (x509_key_check(x, e) == -1)
		return err_in(e, "recipient");
	if ((X509_get_key_usage(x) & need) == 0)
		return refused(x, e,
		    rsa ? "its certificate is not for keyEncipherment; have "
			  "one issued that is"
			: "its certificate is not for keyAgreement; have one "
			  "issued that is");
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		return refused(
		    x, e, "its certificate has expired; ask for its new one");
	return 0;
}

static int
add_recipient(CMS_ContentInfo *cms, X509 *x, struct err *e)
{
	bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(x), "RSA");
	CMS_RecipientInfo *ri;
	EVP_PKEY_CTX *ctx;

	if (recipient_check(x, rsa, e) == -1)
		return -1;
	if ((ri = CMS_add1_recipient_cert(cms, x, CMS_KEY_PARAM)) == NULL ||
	    (ctx = CMS_RecipientInfo_get0_pkey_ctx(ri)) == NULL)
		return err_ssl(e, "recipient");
	if (rsa ? EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) !=
			1 ||
		    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1
		: EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) != 1)
		return err_ssl(e, "recipient");
	return 0;
}

int
cms_key_wrap(const uint8_t key[static CMS_KEY_LEN], STACK_OF(X509) * recipients,
    struct bytes *out, struct err *e)
{
	own_bio BIO *in = BIO_new_mem_buf(key, CMS_KEY_LEN);
	own_cms CMS_ContentInfo *cms =
	    CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
	unsigned char *der = NULL;
	int n;

	if (in == NULL || cms == NULL || CMS_set_detached(cms, 0) != 1)
		return err_ssl(e, "encrypt");
	for (int i = 0; i < sk_X509_num(recipients); i++)
		if (add_recipient(cms, sk_X509_value(recipients, i), e) == -1)
			return -1;
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1 ||
	    (n = i2d_CMS_ContentInfo(cms, &der)) <= 0)
		return err_ssl(e, "encrypt");
	bytes_free(out);
	bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
nid_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return OBJ_obj2nid(object);
}

/* Transport or agreement, and as we write it? OAEP's hash is not looked at:
 * whatever it is, it is OAEP. */
static bool
of_the_list(CMS_RecipientInfo *ri)
{
	X509_ALGOR *algorithm = NULL;
	ASN1_OCTET_STRING *ukm;

	if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS)
		return CMS_RecipientInfo_ktri_get0_algs(
			   ri, NULL, NULL, &algorithm) == 1 &&
		    nid_of(algorithm) == NID_rsaesOaep;
	return CMS_RecipientInfo_kari_get0_alg(ri, &algorithm, &ukm) == 1 &&
	    nid_of(algorithm) == NID_dhSinglePass_stdDH_sha256kdf_scheme;
}

static bool
meant_for(CMS_RecipientInfo *ri, X509 *cert)
{
	STACK_OF(CMS_RecipientEncryptedKey) * keys;

	if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS)
		return CMS_RecipientInfo_ktri_cert_cmp(ri, cert) == 0;
	if (CMS_RecipientInfo_type(ri) != CMS_RECIPINFO_AGREE)
		return false;
	keys = CMS_RecipientInfo_kari_get0_reks(ri);
	for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++)
		if (CMS_RecipientEncryptedKey_cert_cmp(
			sk_CMS_RecipientEncryptedKey_value(keys, i), cert) == 0)
			return true;
	return false;
}

/* Exactly one of the envelope's recipients is this one, as we write it. */
static int
find_recipient(CMS_ContentInfo *cms, X509 *cert, struct err *e)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	CMS_RecipientInfo *ours = NULL;
	int found = 0;

	for (int i = 0; i < sk_CMS_RecipientInfo_num(all); i++)
		if (meant_for(sk_CMS_RecipientInfo_value(all, i), cert)) {
			ours = sk_CMS_RecipientInfo_value(all, i);
			found++;
		}
	if (found == 0)
		return refused(cert, e,
		    "the bundle is not encrypted to this certificate; ask its "
		    "maker to name it with --encrypt-to");
	if (found > 1 || !of_the_list(ours))
		return err_set(e, EACCES,
		    "the bundle's key is encrypted in another way than "
		    "RSA-OAEP or ECDH with SHA-256");
	return 0;
}

static CMS_ContentInfo *
parse(const void *der, size_t len, struct err *e)
{
	const unsigned char *p = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	const ASN1_OBJECT *type = cms == NULL ? NULL : CMS_get0_type(cms);

	if (type != NULL && p == (const unsigned char *)der + len &&
	    OBJ_obj2nid(type) == NID_id_smime_ct_authEnvelopedData)
		return cms;
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return (void)err_set(e, EBADMSG,
		   "the bundle's key is not in an authenticated envelope"),
	       NULL;
}

int
cms_key_unwrap(const void *der, size_t len, X509 *cert, EVP_PKEY *pkey,
    uint8_t key[static CMS_KEY_LEN], struct err *e)
{
	own_cms CMS_ContentInfo *cms = parse(der, len, e);
	own_bio BIO *out = BIO_new(BIO_s_secmem());
	int n = -1;

	if (cms == NULL || find_recipient(cms, cert, e) == -1)
		return -1;
	if (out == NULL)
		return err_ssl(e, "decrypt");
	/* The tag is checked last; before that nothing of out is looked at. */
	if (CMS_decrypt(cms, pkey, cert, NULL, out, CMS_BINARY) == 1)
		n = BIO_read(out, key, CMS_KEY_LEN);
	if (n == CMS_KEY_LEN && BIO_pending(out) == 0)
		return 0;
	OPENSSL_cleanse(key, CMS_KEY_LEN);
	return err_ssl(e, "the bundle's key can not be decrypted");
}
