/* SPDX-License-Identifier: MIT */
#ifndef DECIDE_H
#define DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "registry.h"
#include "wire.h"

/*
 * May this unit have this certificate? The rules, over the registry alone: by
 * the time they are asked, signatures, chains and key attributes have been
 * looked at (enrol.h). To be called inside a transaction, so that no other
 * worker decides about the same unit meanwhile.
 *
 * In this order; the first that speaks decides:
 *	sender		a claim certificate of an open batch, or the unit's own
 *	state		revoked and quarantined units get nothing
 *	repetition	the same request: the same answer, word for word
 *	shown		no TPM, or one without certificate: if the batch allows
 *	EK clone	same EK, other serial; same serial, other EK or none
 *	key clone	the same key under another serial
 *	proof		an EK without certificate is the registered one; a
 *			software key is the one known
 *	quota		a serial not registered before takes one of the batch's
 */
struct decide_ask {
	const struct wire_request *request;
	char request_hash[SHA256_HEX]; /* of its text */
	const char *by;                /* fingerprint of the sender */
	const char *ek_hash;           /* NULL: no TPM */
	bool ek_proven;
	/* what would be issued; reply NULL: only a repetition is looked for */
	struct registry_cert certificate;
	const char *reply;
};

struct decide_verdict {
	bool decided;
	enum wire_stage stage;
	char error[WIRE_ERROR_MAX + 1]; /* empty: success */
	char *answer;                   /* success: malloc'ed reply to send */
	char other[WIRE_NAME_MAX + 1];  /* the serial quarantined beside it */
};

/* -1: the registry failed; nothing is decided and the caller rolls back. */
int decide(struct registry *, const struct decide_ask *,
    struct decide_verdict *, struct err *);

/*
 * The unit has connected with its new certificate: pending -> active, the one
 * before -> superseded. by: who sent it; it must be that very certificate.
 * Repeated, it succeeds again. 0 with error[] set: refused.
 */
int
decide_confirm(struct registry *, const char *serial, const char *fingerprint,
    const char *by, char error[WIRE_ERROR_MAX + 1], struct err *);

#endif
