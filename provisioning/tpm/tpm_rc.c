/* SPDX-License-Identifier: MIT */
/*
 * TPM response codes (Part 2, 6.6) for people, and the one question the code
 * has: is it worth starting over?
 */
#include <errno.h>

#include "tpm_state.h"

struct meaning {
	TSS2_RC rc; /* plain */
	bool lost;
	int code; /* for struct err */
	const char *text;
};

static const struct meaning meanings[] = {
	{ TPM_RC_FORGOTTEN, true, EIO, "it was reset meanwhile" },
	{ TPM2_RC_INITIALIZE, true, EIO, "it was not started" },
	{ TPM2_RC_FAILURE, false, EIO,
	    "it is in failure mode; switch the unit off and on" },
	{ TPM2_RC_HANDLE, true, EIO, "an object is not loaded" },
	{ TPM2_RC_CONTEXT_GAP, true, EIO, "too many saved contexts" },
	{ TPM2_RC_OBJECT_MEMORY, true, EBUSY,
	    "no slot for an object: another program uses this TPM" },
	{ TPM2_RC_SESSION_MEMORY, true, EBUSY,
	    "no slot for a session: another program uses this TPM" },
	{ TPM2_RC_MEMORY, true, EBUSY, "out of memory" },
	{ TPM2_RC_SESSION_HANDLES, true, EBUSY, "out of sessions" },
	{ TPM2_RC_OBJECT_HANDLES, true, EBUSY, "out of objects" },
	{ TPM2_RC_REFERENCE_H0, true, EIO, "an object is gone" },
	{ TPM2_RC_REFERENCE_H1, true, EIO, "an object is gone" },
	{ TPM2_RC_REFERENCE_S0, true, EIO, "a session is gone" },
	{ TPM2_RC_REFERENCE_S1, true, EIO, "a session is gone" },
	{ TPM2_RC_INTEGRITY, false, EKEYREJECTED,
	    "made by another TPM, or before this one was cleared" },
	{ TPM2_RC_BAD_AUTH, false, EACCES,
	    "somebody has set a password on the TPM's hierarchy" },
	{ TPM2_RC_AUTH_FAIL, false, EACCES,
	    "somebody has set a password on the TPM's hierarchy" },
	{ TPM2_RC_POLICY_FAIL, false, EACCES, "a policy was not met" },
	{ TPM2_RC_HIERARCHY, false, EACCES,
	    "the TPM's hierarchy is switched off; see the firmware's set-up" },
	{ TPM2_RC_LOCKOUT, false, EAGAIN,
	    "it is in dictionary attack lockout; it ends by itself" },
	{ TPM2_RC_NV_RATE, false, EAGAIN, "it spares its memory; try again" },
	{ TPM2_RC_NV_UNAVAILABLE, false, EAGAIN, "its memory is busy" },
	{ TPM2_RC_RETRY, false, EAGAIN, "it is busy; try again" },
};

TSS2_RC
tpm_rc_plain(TSS2_RC rc)
{
	if (rc == TPM_RC_FORGOTTEN)
		return rc;
	/* Behind a resource manager the TPM's codes come with its layer. */
	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_RESMGR_TPM_RC_LAYER)
		rc &= ~TSS2_RC_LAYER_MASK;
	if ((rc & TSS2_RC_LAYER_MASK) == 0 && (rc & TPM2_RC_FMT1) != 0)
		rc &= TPM2_RC_FMT1 | 0x3f;
	return rc;
}

static const struct meaning *
find(TSS2_RC rc)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].rc == rc)
			return &meanings[i];
	return NULL;
}

/* A failure above the TPM (the connection, a sequence cut off) is cured by a
 * new context, if by anything. */
bool
tpm_rc_lost(TSS2_RC rc)
{
	TSS2_RC plain = tpm_rc_plain(rc);
	const struct meaning *m = find(plain);

	return m == NULL ? (plain & TSS2_RC_LAYER_MASK) != 0 : m->lost;
}

int
tpm_rc_err(struct err *e, TSS2_RC rc, const char *what)
{
	TSS2_RC plain = tpm_rc_plain(rc);
	const struct meaning *m = find(plain);

	if (m != NULL)
		return err_set(e, m->code, "TPM: %s: %s (0x%x)", what, m->text,
		    (unsigned)rc);
	if ((plain & TSS2_RC_LAYER_MASK) != 0)
		return err_set(e, EIO, "TPM: %s: no connection to it (0x%x)",
		    what, (unsigned)rc);
	return err_set(e, EIO, "TPM: %s: failed (0x%x)", what, (unsigned)rc);
}
