/* SPDX-License-Identifier: MIT */
/*
 * The way to the TPM: opening, emptying, starting over. Two transports are
 * linked in, the kernel's device and swtpm's socket; the name of a transport
 * comes from a document, and must never become a library that is loaded.
 *
 * It empties the TPM at the start and at the end of its use, because a program
 * that died left its objects there and three of them are all there is room
 * for. Behind a resource manager (/dev/tpmrm0) one sees and empties only one's
 * own.
 */
#include <tss2/tss2_sys.h>
#include <tss2/tss2_tcti_device.h>
#include <tss2/tss2_tcti_swtpm.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm_state.h"

typedef TSS2_RC transport_init(TSS2_TCTI_CONTEXT *, size_t *, const char *conf);

struct transport {
	const char *name;
	transport_init *init;
};

static const struct transport transports[] = {
	{ "device:/", Tss2_Tcti_Device_Init },
	{ "swtpm:", Tss2_Tcti_Swtpm_Init },
};

static const struct transport *
transport(const char *tcti)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (strncmp(tcti, transports[i].name,
			strlen(transports[i].name)) == 0)
			return &transports[i];
	return NULL;
}

/* The usual two calls: how large, then do it. */
static TSS2_RC
connect_to(const char *tcti, TSS2_TCTI_CONTEXT **out)
{
	const struct transport *how = transport(tcti);
	const char *conf = strchr(tcti, ':') + 1;
	size_t size = 0;
	TSS2_RC rc = how->init(NULL, &size, conf);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if ((*out = calloc(1, size)) == NULL)
		return TSS2_TCTI_RC_MEMORY;
	rc = how->init(*out, &size, conf);
	if (rc != TSS2_RC_SUCCESS) {
		free(*out);
		*out = NULL;
	}
	return rc;
}

/* Part 2, 7.2; the library's own names for them shift into the sign bit. */
#define TRANSIENT_FIRST 0x80000000u
#define SESSION_FIRST   0x02000000u

/* Flushes every handle of one kind, whoever loaded it. */
static TSS2_RC
flush_kind(struct tpm *t, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	TSS2_SYS_CONTEXT *sys;
	TSS2_RC rc;

	rc = Esys_GetCapability(t->esys, NO_AUTH, TPM2_CAP_HANDLES, first,
	    TPM2_MAX_CAP_HANDLES, NULL, &cap);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_GetSysContext(t->esys, &sys);
	for (UINT32 i = 0; rc == TSS2_RC_SUCCESS && i < cap->data.handles.count;
	     i++)
		rc = Tss2_Sys_FlushContext(sys, cap->data.handles.handle[i]);
	Esys_Free(cap);
	return rc;
}

static TSS2_RC
empty(struct tpm *t)
{
	TSS2_RC rc = flush_kind(t, TRANSIENT_FIRST);

	if (rc == TSS2_RC_SUCCESS)
		rc = flush_kind(t, SESSION_FIRST);
	return rc;
}

static void
let_go(struct tpm *t)
{
	for (size_t i = 0; i < TPM_LOADED; i++)
		t->loaded[i].handle = ESYS_TR_NONE;
	Esys_Free(t->primary);
	t->primary = NULL;
	t->ek_kind = NULL;
	if (t->esys != NULL)
		Esys_Finalize(&t->esys);
	if (t->tcti != NULL)
		Tss2_Tcti_Finalize(t->tcti);
	free(t->tcti);
	t->tcti = NULL;
}

/* A TPM that nobody has started (a simulator; a kernel does it) is started. */
static TSS2_RC
begin(struct tpm *t)
{
	TSS2_RC rc = connect_to(t->tcti_name, &t->tcti);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Initialize(&t->esys, t->tcti, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = empty(t);
	if (tpm_rc_plain(rc) == TPM2_RC_INITIALIZE) {
		rc = Esys_Startup(t->esys, TPM2_SU_CLEAR);
		if (rc == TSS2_RC_SUCCESS)
			rc = empty(t);
	}
	if (rc != TSS2_RC_SUCCESS)
		let_go(t);
	return rc;
}

int
tpm_run(struct tpm *t, TSS2_RC (*op)(struct tpm *, void *), void *args,
    const char *what, struct err *e)
{
	TSS2_RC rc = TPM_RC_FORGOTTEN;

	(void)pthread_mutex_lock(&t->lock);
	if (t->esys != NULL)
		rc = op(t, args);
	if (rc != TSS2_RC_SUCCESS && tpm_rc_lost(rc)) {
		let_go(t);
		rc = begin(t);
		if (rc == TSS2_RC_SUCCESS)
			rc = op(t, args);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_rc_err(e, rc, what);
}

/* The library writes to stderr whatever fails, also what is then cured; errors
 * are told by struct err here. Somebody who debugs sets TSS2_LOG himself. */
static void
quiet(void)
{
	(void)setenv("TSS2_LOG", "all+none", 0);
}

struct tpm *
tpm_open(const char *tcti, struct err *e)
{
	struct tpm *t;

	if (transport(tcti) == NULL)
		return (void)err_set(e, EINVAL,
			   "\"%s\" is no way to a TPM: device:/dev/tpmrm0 or "
			   "swtpm:path=SOCKET",
			   tcti),
		       NULL;
	if (strlen(tcti) >= sizeof(t->tcti_name))
		return (void)err_set(e, ENAMETOOLONG, "TPM: %.60s...", tcti),
		       NULL;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (void)err_sys(e, "TPM"), NULL;
	quiet();
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)strcpy(t->tcti_name, tcti);
	let_go(t);
	if (tpm_ping(t, e) == -1) {
		(void)err_in(e, "%s", tcti);
		tpm_close(t);
		return NULL;
	}
	return t;
}

void
tpm_close(struct tpm *t)
{
	if (t == NULL)
		return;
	if (t->esys != NULL)
		tpm_forget(t);
	let_go(t);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

static TSS2_RC
ask_clock(struct tpm *t, void *args)
{
	TPMS_TIME_INFO *now = NULL;
	TSS2_RC rc = Esys_ReadClock(t->esys, NO_AUTH, &now);

	(void)args;
	Esys_Free(now);
	return rc;
}

int
tpm_ping(struct tpm *t, struct err *e)
{
	return tpm_run(t, ask_clock, NULL, "ask whether it is there", e);
}
