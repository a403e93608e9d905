/* SPDX-License-Identifier: MIT */
/*
 * CMS, detached. The purpose check is our own (x509_code.c): OpenSSL's
 * CMS_verify would accept a mail-signing certificate, and a leaked TLS
 * certificate of the maker must not be able to sign a bundle.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdbool.h>

#include "cms.h"
#include "file.h"
#include "own.h"
#include "x509.h"

#define SIGNED_FILE_MAX (64 * 1024 * 1024)

OWN_POINTER(bio, BIO, (void)BIO_free)
OWN_POINTER(cms, CMS_ContentInfo, CMS_ContentInfo_free)
#define own_bio __attribute__((cleanup(own_bio_free), unused))
#define own_cms __attribute__((cleanup(own_cms_free), unused))

static int
to_der(CMS_ContentInfo *cms, struct bytes *out, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);

	if (n <= 0)
		return err_ssl(e, "CMS");
	bytes_free(out);
	bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

int
cms_sign(const void *data, size_t len, EVP_PKEY *key, STACK_OF(X509) * chain,
    struct bytes *out, struct err *e)
{
	const unsigned flags =
	    CMS_DETACHED | CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	own_bio BIO *in = BIO_new_mem_buf(data, (int)len);
	own_cms CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);

	if (in == NULL || cms == NULL)
		return err_ssl(e, "CMS");
	/* CMS_NOATTR: no signing time, so equal input gives equal bytes. */
	if (CMS_add1_signer(cms, sk_X509_value(chain, 0), key, EVP_sha256(),
		flags | CMS_NOATTR) == NULL)
		return err_ssl(e, "sign with this key and certificate");
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (CMS_add1_cert(cms, sk_X509_value(chain, i)) != 1)
			return err_ssl(e, "CMS chain");
	if (CMS_final(cms, in, NULL, flags) != 1)
		return err_ssl(e, "sign");
	return to_der(cms, out, e);
}

static CMS_ContentInfo *
parse(const void *sig, size_t len, struct err *e)
{
	const unsigned char *p = sig;
	CMS_ContentInfo *cms;

	if (len > CMS_SIG_MAX)
		return (void)err_set(e, EFBIG, "signature larger than %d bytes",
			   CMS_SIG_MAX),
		       NULL;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (cms == NULL)
		return (void)err_ssl(e, "signature is no CMS"), NULL;
	if (p != (const unsigned char *)sig + len) {
		CMS_ContentInfo_free(cms);
		return (void)err_set(e, EBADMSG, "bytes after the signature"),
		       NULL;
	}
	return cms;
}

static const char *
name_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	const char *name;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	name = OBJ_nid2ln(OBJ_obj2nid(object));
	return name == NULL ? "an unknown algorithm" : name;
}

static bool
one_of(const X509_ALGOR *algorithm, const int nids[])
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	for (; *nids != 0; nids++)
		if (*nids == OBJ_obj2nid(object))
			return true;
	return false;
}

/* The chain of the only signer, against the anchors. */
static int
check_signer(CMS_ContentInfo *cms, X509_STORE *anchors, char *who,
    size_t who_size, struct err *e)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *leaf = signers == NULL ? NULL : sk_X509_value(signers, 0);
	int rc = -1;

	if (leaf == NULL || sk_X509_num(signers) != 1 || chain == NULL)
		(void)err_set(e, EBADMSG, "signature needs exactly one signer");
	else {
		(void)sk_X509_push(chain, leaf);
		for (int i = 0; i < sk_X509_num(certs); i++)
			(void)sk_X509_push(chain, sk_X509_value(certs, i));
		rc = x509_verify_code(anchors, chain, e);
		if (who != NULL)
			x509_subject(leaf, who, who_size);
	}
	sk_X509_free(chain);
	sk_X509_pop_free(certs, X509_free);
	sk_X509_free(signers);
	return rc;
}

/* How it was signed. OpenSSL would verify SHA-1, or MD5, without a word. */
static int
check_algorithms(CMS_ContentInfo *cms, struct err *e)
{
	static const int digests[] = { NID_sha256, NID_sha384, NID_sha512, 0 };
	static const int signatures[] = { NID_rsaEncryption,
		NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
		NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA256,
		NID_ecdsa_with_SHA384, NID_ecdsa_with_SHA512, 0 };
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
	X509_ALGOR *digest, *signature;

	if (all == NULL || sk_CMS_SignerInfo_num(all) != 1)
		return err_set(
		    e, EBADMSG, "signature needs exactly one signer");
	CMS_SignerInfo_get0_algs(
	    sk_CMS_SignerInfo_value(all, 0), NULL, NULL, &digest, &signature);
	if (one_of(digest, digests) && one_of(signature, signatures))
		return 0;
	return err_set(e, EACCES,
	    "signed with %s and %s; sign with RSA (PKCS #1 v1.5) or ECDSA, and "
	    "SHA-256 or better",
	    name_of(digest), name_of(signature));
}

int
cms_verify(const void *sig, size_t sig_len, const void *data, size_t len,
    X509_STORE *anchors, char *who, size_t who_size, struct err *e)
{
	own_cms CMS_ContentInfo *cms = parse(sig, sig_len, e);
	own_bio BIO *in = BIO_new_mem_buf(data, (int)len);

	if (cms == NULL)
		return -1;
	if (in == NULL)
		return err_ssl(e, "CMS");
	if (check_algorithms(cms, e) == -1)
		return -1;
	/* The bytes first, the chain after: both have to hold. */
	if (CMS_verify(cms, NULL, NULL, in, NULL,
		CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return err_ssl(e, "signature does not match");
	return check_signer(cms, anchors, who, who_size, e);
}

int
cms_verify_fd(const void *sig, size_t sig_len, int fd, X509_STORE *anchors,
    char *who, size_t who_size, struct err *e)
{
	own_bytes struct bytes data = { 0 };

	if (file_read_fd(fd, SIGNED_FILE_MAX, &data, e) == -1)
		return -1;
	return cms_verify(
	    sig, sig_len, data.p, data.len, anchors, who, who_size, e);
}
