/* SPDX-License-Identifier: MIT */
#ifndef TPM_EK_H
#define TPM_EK_H

#include "tpm_state.h"

/* Between tpm_ek.c (which endorsement key) and tpm_activate.c (its use). */
struct tpm_found_ek {
	struct tpm_ek ek;
	ESYS_TR handle;
	bool transient; /* to be flushed, not only closed */
	TPMI_ALG_HASH hash;
	TPM2B_DIGEST policy;
};

/* Finds or makes it; f->handle is open until tpm_ek_done(). Needs one free
 * slot. */
TSS2_RC tpm_ek_find(struct tpm *, struct tpm_found_ek *f);
/* The same key again, without reading certificates when it is known. */
TSS2_RC tpm_ek_again(struct tpm *, struct tpm_found_ek *f);
void tpm_ek_done(struct tpm *, struct tpm_found_ek *f);

/* The policy digests of the TCG profile: A is "knows the endorsement password",
 * B is "A, or an NV index says so". NULL: this hash has none here. */
const TPM2B_DIGEST *tpm_ek_policy(TPMI_ALG_HASH, bool a);

#endif
