/* SPDX-License-Identifier: MIT */
#ifndef UNBOX_H
#define UNBOX_H

#include "agent.h"
#include "err.h"

/*
 * The agent's end of unpack_key.h: it lends the unpacker the unit's bundle key,
 * once. The key is a file (ingot.conf: bundle_key), or cert_store's key of the
 * purpose "bundle", which a unit with a TPM has in its TPM. The agent reads no
 * byte of the bundle; it is shown one point, which OpenSSL or the TPM checks to
 * be on the curve.
 */
struct unbox {
	struct agent *agent;
	int certificate; /* the unit's, for the unpacker; -1: not encrypted */
	int theirs;      /* the unpacker's end; -1 as above */
	int ours;
	bool asked;
	struct err why; /* what went wrong, when the unpacker could not go on */
};

/* bundle is borrowed. When it is encrypted: the certificate is open and a
 * socket waits in the loop. -1 with the remedy: this unit opens no such. */
int unbox_start(struct unbox *, struct agent *, int bundle, struct err *);
void unbox_given(struct unbox *); /* the unpacker has its descriptors */
void unbox_stop(struct unbox *);  /* fine on a zeroed one that never started */

#endif
