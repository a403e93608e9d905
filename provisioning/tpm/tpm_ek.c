/* SPDX-License-Identifier: MIT */
/*
 * The endorsement key: the TPM's own birth mark. Its certificate, put into NV
 * by the maker of the TPM, says which chip this is; a credential sealed to it
 * can be opened here and nowhere else.
 *
 * The key found at its usual persistent handle is used, else it is made from
 * its template, which gives the same key. A certificate counts only when it
 * names that very key. TCG EK Credential Profile for TPM 2.0, 2.2 and B.3, B.4.
 */
#include <openssl/x509.h>
#include <tss2/tss2_mu.h>

#include <errno.h>
#include <string.h>

#include "tpm_ek.h"
#include "tpm_public.h"
#include "x509.h"

#define NV_CHUNK 256 /* any TPM reads that much at once */

#define EK_LOW                                                                 \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |                      \
	    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |    \
	    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

struct tpm_ek_kind {
	const char *name;
	TPM2_HANDLE persistent, certificate;
	TPMI_ALG_PUBLIC type;
	TPMI_ALG_HASH hash;
	TPMA_OBJECT attributes;
	UINT16 aes_bits;
	TPMI_ECC_CURVE curve; /* ECC */
	UINT16 unique;        /* zero bytes in unique, for each part */
};

/* In the order of preference: the quick ones first. */
static const struct tpm_ek_kind kinds[] = {
	{ "ECC P-256", 0x81010002, 0x01c0000a, TPM2_ALG_ECC, TPM2_ALG_SHA256,
	    EK_LOW, 128, TPM2_ECC_NIST_P256, 32 }, /* L-2 */
	{ "ECC P-384", 0x81010016, 0x01c00016, TPM2_ALG_ECC, TPM2_ALG_SHA384,
	    EK_LOW | TPMA_OBJECT_USERWITHAUTH, 256, TPM2_ECC_NIST_P384,
	    0 }, /* H-3 */
	{ "RSA 2048", 0x81010001, 0x01c00002, TPM2_ALG_RSA, TPM2_ALG_SHA256,
	    EK_LOW, 128, 0, 256 }, /* L-1 */
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static TPM2B_PUBLIC
template_of(const struct tpm_ek_kind *k)
{
	TPM2B_PUBLIC t = { .publicArea = { .type = k->type,
			       .nameAlg = k->hash,
			       .objectAttributes = k->attributes } };
	TPMT_PUBLIC *p = &t.publicArea;
	TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = k->aes_bits,
		.mode.aes = TPM2_ALG_CFB };

	p->authPolicy = *tpm_ek_policy(k->hash, k->hash == TPM2_ALG_SHA256);
	if (k->type == TPM2_ALG_RSA) {
		p->parameters.rsaDetail.symmetric = aes;
		p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		p->parameters.rsaDetail.keyBits = 2048;
		p->unique.rsa.size = k->unique;
		return t;
	}
	p->parameters.eccDetail.symmetric = aes;
	p->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	p->parameters.eccDetail.curveID = k->curve;
	p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	p->unique.ecc.x.size = p->unique.ecc.y.size = k->unique;
	return t;
}

/* --- the key ------------------------------------------------------------- */

static TSS2_RC
find_persistent(
    struct tpm *t, const struct tpm_ek_kind *k, struct tpm_found_ek *f)
{
	f->transient = false;
	return Esys_TR_FromTPMPublic(
	    t->esys, k->persistent, NO_AUTH, &f->handle);
}

static TSS2_RC
make(struct tpm *t, const struct tpm_ek_kind *k, struct tpm_found_ek *f)
{
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcr;
	TPM2B_PUBLIC template = template_of(k);

	f->transient = true;
	return Esys_CreatePrimary(t->esys, ESYS_TR_RH_ENDORSEMENT, WITH_PASS,
	    &no_secret, &template, &no_data, &no_pcr, &f->handle, NULL, NULL,
	    NULL, NULL);
}

void
tpm_ek_done(struct tpm *t, struct tpm_found_ek *f)
{
	if (f->handle != ESYS_TR_NONE && f->transient)
		(void)Esys_FlushContext(t->esys, f->handle);
	else if (f->handle != ESYS_TR_NONE)
		(void)Esys_TR_Close(t->esys, &f->handle);
	f->handle = ESYS_TR_NONE;
}

static TSS2_RC
read_public(struct tpm *t, struct tpm_found_ek *f)
{
	TPM2B_PUBLIC *pub = NULL;
	TSS2_RC rc =
	    Esys_ReadPublic(t->esys, f->handle, NO_AUTH, &pub, NULL, NULL);

	f->ek.pub_len = 0;
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PUBLIC_Marshal(
		    pub, f->ek.pub, sizeof(f->ek.pub), &f->ek.pub_len);
	if (rc == TSS2_RC_SUCCESS) {
		f->hash = pub->publicArea.nameAlg;
		f->policy = pub->publicArea.authPolicy;
	}
	Esys_Free(pub);
	return rc;
}

/* --- the certificate ----------------------------------------------------- */

static TSS2_RC
read_chunks(struct tpm *t, ESYS_TR nv, size_t size, struct tpm_ek *ek)
{
	TSS2_RC rc = TSS2_RC_SUCCESS;

	while (rc == TSS2_RC_SUCCESS && ek->cert_len < size) {
		TPM2B_MAX_NV_BUFFER *part = NULL;
		UINT16 want = size - ek->cert_len < NV_CHUNK
		    ? (UINT16)(size - ek->cert_len)
		    : NV_CHUNK;

		/* By the index's own empty password: the owner may have set
		 * one of his. */
		rc = Esys_NV_Read(t->esys, nv, nv, WITH_PASS, want,
		    (UINT16)ek->cert_len, &part);
		if (rc == TSS2_RC_SUCCESS && part->size != want)
			rc = TPM2_RC_SIZE;
		if (rc == TSS2_RC_SUCCESS) {
			memcpy(ek->cert + ek->cert_len, part->buffer, want);
			ek->cert_len += want;
		}
		Esys_Free(part);
	}
	return rc;
}

static TSS2_RC
read_nv(struct tpm *t, TPM2_HANDLE index, struct tpm_ek *ek)
{
	ESYS_TR nv = ESYS_TR_NONE;
	TPM2B_NV_PUBLIC *info = NULL;
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, index, NO_AUTH, &nv);

	ek->cert_len = 0;
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Esys_NV_ReadPublic(t->esys, nv, NO_AUTH, &info, NULL);
	if (rc == TSS2_RC_SUCCESS && info->nvPublic.dataSize > TPM_EK_CERT_MAX)
		rc = TPM2_RC_SIZE;
	if (rc == TSS2_RC_SUCCESS)
		rc = read_chunks(t, nv, info->nvPublic.dataSize, ek);
	Esys_Free(info);
	(void)Esys_TR_Close(t->esys, &nv);
	return rc;
}

/* Cuts off what the maker padded the index with. False: no certificate of this
 * key. */
static bool
certificate_names(struct tpm_ek *ek)
{
	const unsigned char *p = ek->cert;
	own_x509 X509 *x = d2i_X509(NULL, &p, (long)ek->cert_len);
	own_pkey EVP_PKEY *key = NULL;
	struct tpm_public pub;
	struct err e;

	if (x == NULL || tpm_public_parse(ek->pub, ek->pub_len, &pub, &e) == -1)
		return false;
	ek->cert_len = (size_t)(p - ek->cert);
	key = tpm_public_key(&pub, &e);
	return key != NULL && X509_get0_pubkey(x) != NULL &&
	    EVP_PKEY_eq(key, X509_get0_pubkey(x)) == 1;
}

/* --- which --------------------------------------------------------------- */

typedef TSS2_RC
finder(struct tpm *, const struct tpm_ek_kind *, struct tpm_found_ek *);

/* Leaves f->handle open when the certificate is that key's. */
static bool
fits(struct tpm *t, const struct tpm_ek_kind *k, finder *find,
    struct tpm_found_ek *f)
{
	f->handle = ESYS_TR_NONE;
	if (find(t, k, f) == TSS2_RC_SUCCESS &&
	    read_public(t, f) == TSS2_RC_SUCCESS && certificate_names(&f->ek)) {
		t->ek_kind = k;
		t->ek_made = f->transient;
		return true;
	}
	tpm_ek_done(t, f);
	return false;
}

/* Absent or not to be read is an answer; that the TPM is lost is not. */
static TSS2_RC
with_certificate(struct tpm *t, struct tpm_found_ek *f, bool *found)
{
	TSS2_RC rc;

	*found = false;
	for (size_t i = 0; i < KINDS && !*found; i++) {
		rc = read_nv(t, kinds[i].certificate, &f->ek);
		if (rc != TSS2_RC_SUCCESS && tpm_rc_lost(rc) &&
		    tpm_rc_plain(rc) != TPM2_RC_HANDLE)
			return rc;
		if (rc != TSS2_RC_SUCCESS)
			continue;
		f->ek.kind = kinds[i].name;
		*found = fits(t, &kinds[i], find_persistent, f) ||
		    fits(t, &kinds[i], make, f);
	}
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
without_certificate(struct tpm *t, struct tpm_found_ek *f)
{
	static const size_t order[] = { 0, 2 }; /* P-256, then RSA */
	TSS2_RC rc = TSS2_RC_SUCCESS;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		f->ek.kind = kinds[order[i]].name;
		rc = make(t, &kinds[order[i]], f);
		if (rc == TSS2_RC_SUCCESS)
			rc = read_public(t, f);
		if (rc == TSS2_RC_SUCCESS)
			break;
		tpm_ek_done(t, f);
	}
	f->ek.cert_len = 0;
	return rc;
}

TSS2_RC
tpm_ek_find(struct tpm *t, struct tpm_found_ek *f)
{
	bool found;
	TSS2_RC rc;

	memset(f, 0, sizeof(*f));
	f->handle = ESYS_TR_NONE;
	rc = with_certificate(t, f, &found);
	if (rc == TSS2_RC_SUCCESS && !found)
		rc = without_certificate(t, f);
	return rc;
}

TSS2_RC
tpm_ek_again(struct tpm *t, struct tpm_found_ek *f)
{
	finder *find = t->ek_made ? make : find_persistent;
	TSS2_RC rc;

	if (t->ek_kind == NULL)
		return tpm_ek_find(t, f);
	memset(f, 0, sizeof(*f));
	f->handle = ESYS_TR_NONE;
	rc = find(t, t->ek_kind, f);
	return rc == TSS2_RC_SUCCESS ? read_public(t, f) : rc;
}

static TSS2_RC
look(struct tpm *t, void *args)
{
	struct tpm_found_ek f;
	TSS2_RC rc;

	tpm_forget(t); /* an EK needs a slot, also a persistent one */
	rc = tpm_ek_find(t, &f);
	tpm_ek_done(t, &f);
	*(struct tpm_ek *)args = f.ek;
	return rc;
}

int
tpm_ek(struct tpm *t, struct tpm_ek *ek, struct err *e)
{
	return tpm_run(t, look, ek, "find the endorsement key", e);
}
