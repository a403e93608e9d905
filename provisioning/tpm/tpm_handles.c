/* SPDX-License-Identifier: MIT */
/*
 * What the TPM keeps for good. Somebody put it there: a storage root key, an
 * endorsement key, an identity of another program's. It is shown and never
 * touched: no function of this folder makes an object persistent or evicts one.
 */
#include <tss2/tss2_mu.h>

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "tpm_state.h"

struct listing {
	struct tpm_handle *out;
	size_t max, count;
};

static const char *
kind_of(const TPMT_PUBLIC *pub)
{
	bool parent = (pub->objectAttributes &
			  (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)) ==
	    (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);

	switch (pub->type) {
	case TPM2_ALG_ECC:
		return parent ? "ECC storage" : "ECC key";
	case TPM2_ALG_RSA:
		return parent ? "RSA storage" : "RSA key";
	}
	return "other";
}

static TSS2_RC
describe(struct tpm *t, TPM2_HANDLE handle, struct tpm_handle *h)
{
	TPM2B_PUBLIC *pub = NULL;
	TPM2B_NAME *name = NULL;
	ESYS_TR object = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, handle, NO_AUTH, &object);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(
		    t->esys, object, NO_AUTH, &pub, &name, NULL);
	if (rc == TSS2_RC_SUCCESS) {
		h->handle = handle;
		(void)snprintf(
		    h->kind, sizeof(h->kind), "%s", kind_of(&pub->publicArea));
		hex_encode(name->name,
		    name->size > TPM_NAME_BYTES ? TPM_NAME_BYTES : name->size,
		    h->name);
	}
	if (object != ESYS_TR_NONE)
		(void)Esys_TR_Close(t->esys, &object);
	Esys_Free(pub);
	Esys_Free(name);
	return rc;
}

static TSS2_RC
list(struct tpm *t, void *args)
{
	struct listing *l = args;
	TPMS_CAPABILITY_DATA *cap = NULL;
	TSS2_RC rc = Esys_GetCapability(t->esys, NO_AUTH, TPM2_CAP_HANDLES,
	    TPM2_PERSISTENT_FIRST, (UINT32)l->max, NULL, &cap);

	l->count = 0;
	for (UINT32 i = 0; rc == TSS2_RC_SUCCESS && l->count < l->max &&
	     i < cap->data.handles.count;
	     i++) {
		rc =
		    describe(t, cap->data.handles.handle[i], &l->out[l->count]);
		if (rc == TSS2_RC_SUCCESS)
			l->count++;
	}
	Esys_Free(cap);
	return rc;
}

int
tpm_handles(struct tpm *t, struct tpm_handle *out, size_t max, size_t *count,
    struct err *e)
{
	struct listing l = { .out = out, .max = max };

	if (tpm_run(t, list, &l, "list what the TPM keeps", e) == -1)
		return -1;
	*count = l.count;
	return 0;
}
