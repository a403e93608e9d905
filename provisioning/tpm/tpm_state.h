/* SPDX-License-Identifier: MIT */
#ifndef TPM_STATE_H
#define TPM_STATE_H

#include <tss2/tss2_esys.h>

#include <pthread.h>
#include <stdbool.h>

#include "tpm.h"

/* What the files of this folder share; nobody else includes it. All functions
 * below need the lock, which tpm_run() holds. */

#define TPM_LOADED                                                             \
	2 /* keys kept loaded; the third slot is for their parent              \
	   */

struct loaded {
	ESYS_TR handle; /* ESYS_TR_NONE: free */
	struct tpm_key key;
	unsigned long used; /* of tpm.clock, to find the one used longest ago */
};

struct tpm_ek_kind;

struct tpm {
	pthread_mutex_t lock;
	char tcti_name[128];
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys; /* NULL: to be opened */
	struct loaded loaded[TPM_LOADED];
	unsigned long clock;
	TPMS_CONTEXT *primary; /* saved: it is made once per TPM start */
	const struct tpm_ek_kind *ek_kind; /* the one found, or NULL */
	bool ek_made; /* from its template: it was not persistent */
};

/* Password sessions with the empty password are all the authorization used. */
#define NO_MORE   ESYS_TR_NONE, ESYS_TR_NONE
#define WITH_PASS ESYS_TR_PASSWORD, NO_MORE
#define NO_AUTH   ESYS_TR_NONE, NO_MORE

/* This layer's own code for "the TPM has forgotten what we loaded". */
#define TPM_RC_FORGOTTEN ((TSS2_RC)0xffff0001)

/* The file tpm_rc.c: what a response code means. */
bool tpm_rc_lost(TSS2_RC); /* starting over may help */
/* Drops layer, number of handle or parameter: comparable with TPM2_RC_*. */
TSS2_RC tpm_rc_plain(TSS2_RC);
int tpm_rc_err(struct err *, TSS2_RC, const char *what);

/*
 * Runs op(t, args) under the lock; when it fails as tpm_rc_lost() says,
 * empties the TPM and runs it once more. what: for the error text.
 */
int tpm_run(struct tpm *, TSS2_RC (*op)(struct tpm *, void *), void *args,
    const char *what, struct err *);

/* The file tpm_objects.c. A flushed handle becomes ESYS_TR_NONE. */
void tpm_flush(struct tpm *, ESYS_TR *);
void tpm_forget(struct tpm *); /* flushes the kept keys */
/* The key's handle, loaded and kept; not to be flushed by the caller. */
TSS2_RC tpm_load(struct tpm *, const struct tpm_key *, ESYS_TR *);
TSS2_RC tpm_primary(struct tpm *, ESYS_TR *); /* to be flushed */

#endif
