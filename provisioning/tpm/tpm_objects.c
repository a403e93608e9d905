/* SPDX-License-Identifier: MIT */
/*
 * What is loaded. The parent of all keys is a primary key made from a fixed
 * template: the TPM makes the same one each time until its owner clears it, so
 * nothing needs to be stored in it. Making it is slow on hardware and is done
 * once per start of the TPM; after that its saved context is loaded instead.
 *
 * Keys stay loaded until others need the room. A saved context that the TPM
 * does not know any more tells of a reset, and then no handle may be trusted:
 * another object could answer to it.
 */
#include <tss2/tss2_mu.h>

#include <string.h>

#include "tpm_state.h"

void
tpm_flush(struct tpm *t, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		(void)Esys_FlushContext(t->esys, *handle);
	*handle = ESYS_TR_NONE;
}

void
tpm_forget(struct tpm *t)
{
	for (size_t i = 0; i < TPM_LOADED; i++)
		tpm_flush(t, &t->loaded[i].handle);
}

#define STORAGE                                                                \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |                      \
	    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |       \
	    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

/* TCG TPM v2.0 Provisioning Guidance, 7.5.1: the storage root key, ECC. Must
 * never change: keys already made hang below it. */
static const TPM2B_PUBLIC primary_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = STORAGE,
		.parameters.eccDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

static TSS2_RC
make_primary(struct tpm *t, ESYS_TR *out)
{
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcr;
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, WITH_PASS,
	    &no_secret, &primary_template, &no_data, &no_pcr, out, NULL, NULL,
	    NULL, NULL);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ContextSave(t->esys, *out, &t->primary);
	return rc;
}

TSS2_RC
tpm_primary(struct tpm *t, ESYS_TR *out)
{
	TSS2_RC rc;

	*out = ESYS_TR_NONE;
	if (t->primary == NULL)
		return make_primary(t, out);
	rc = Esys_ContextLoad(t->esys, t->primary, out);
	switch (tpm_rc_plain(rc)) {
	case TPM2_RC_INTEGRITY: /* of a life of the TPM before this one */
	case TPM2_RC_HANDLE:
	case TPM2_RC_VALUE:
		return TPM_RC_FORGOTTEN;
	}
	return rc;
}

static bool
same(const struct tpm_key *a, const struct tpm_key *b)
{
	return a->priv_len == b->priv_len && a->pub_len == b->pub_len &&
	    memcmp(a->priv, b->priv, a->priv_len) == 0 &&
	    memcmp(a->pub, b->pub, a->pub_len) == 0;
}

static struct loaded *
find(struct tpm *t, const struct tpm_key *key)
{
	for (size_t i = 0; i < TPM_LOADED; i++)
		if (t->loaded[i].handle != ESYS_TR_NONE &&
		    same(&t->loaded[i].key, key))
			return &t->loaded[i];
	return NULL;
}

static struct loaded *
make_room(struct tpm *t)
{
	struct loaded *oldest = &t->loaded[0];

	for (size_t i = 0; i < TPM_LOADED; i++) {
		if (t->loaded[i].handle == ESYS_TR_NONE)
			return &t->loaded[i];
		if (t->loaded[i].used < oldest->used)
			oldest = &t->loaded[i];
	}
	tpm_flush(t, &oldest->handle);
	return oldest;
}

static TSS2_RC
load_below(
    struct tpm *t, ESYS_TR parent, const struct tpm_key *key, ESYS_TR *out)
{
	TPM2B_PUBLIC pub = { 0 };
	TPM2B_PRIVATE priv = { 0 };
	size_t pub_at = 0, priv_at = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPM2B_PUBLIC_Unmarshal(
	    key->pub, key->pub_len, &pub_at, &pub);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PRIVATE_Unmarshal(
		    key->priv, key->priv_len, &priv_at, &priv);
	if (rc != TSS2_RC_SUCCESS || pub_at != key->pub_len ||
	    priv_at != key->priv_len)
		return TPM2_RC_INTEGRITY;
	return Esys_Load(t->esys, parent, WITH_PASS, &priv, &pub, out);
}

TSS2_RC
tpm_load(struct tpm *t, const struct tpm_key *key, ESYS_TR *out)
{
	struct loaded *l = find(t, key);
	ESYS_TR parent;
	TSS2_RC rc = TSS2_RC_SUCCESS;

	if (l == NULL) {
		l = make_room(t);
		rc = tpm_primary(t, &parent);
		if (rc == TSS2_RC_SUCCESS)
			rc = load_below(t, parent, key, &l->handle);
		tpm_flush(t, &parent);
		l->key = *key;
	}
	if (rc != TSS2_RC_SUCCESS)
		l->handle = ESYS_TR_NONE;
	l->used = ++t->clock;
	*out = l->handle;
	return rc;
}
