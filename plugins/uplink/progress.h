/* SPDX-License-Identifier: MIT */
#ifndef UPLINK_PROGRESS_H
#define UPLINK_PROGRESS_H

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "wire.h"

/*
 * How far the enrolment has come: one file in the state folder, written before
 * the step that relies on it. It holds the request and the reply as they
 * travelled; the reply is sealed, so nothing secret lies here.
 */
enum stage {
	STAGE_NONE,
	STAGE_KEY,      /* have a key made */
	STAGE_CSR,      /* make the request */
	STAGE_REQUEST,  /* send it until it is answered */
	STAGE_ACTIVATE, /* open the answer */
	STAGE_INSTALL,  /* give the certificate to cert_store */
	STAGE_CONFIRM,  /* connect with it and say so */
	STAGE_ISSUED,   /* hand the issued values to the agent */
	STAGE_PROMOTE,  /* the pending key becomes the key */
	STAGE_REPORT,   /* tell the agent */
	STAGE_DONE,
	STAGES
};

struct progress {
	enum stage stage;
	char id[WIRE_ID_LEN + 1];
	char serial[WIRE_NAME_MAX + 1];
	char origin[16];       /* "tpm", "software" */
	char name[2 * 50 + 1]; /* the key's TPM Name, or its SPKI hash */
	char spki[SHA256_HEX];
	char fingerprint[SHA256_HEX]; /* of the new certificate */
	char subject[256];
	struct bytes request, reply;
};

const char *stage_name(enum stage);
/* Absent: STAGE_NONE. Damaged: -1. */
int progress_read(const char *path, struct progress *, struct err *);
int progress_write(const char *path, const struct progress *, struct err *);
void progress_free(struct progress *); /* zeroes it */

#endif
