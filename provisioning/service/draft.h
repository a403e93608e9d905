/* SPDX-License-Identifier: MIT */
#ifndef DRAFT_H
#define DRAFT_H

#include "decide.h"
#include "enrol.h"

/*
 * A draft: the certificate and the sealed answer a request would get, made
 * before it is decided, so that no lock on the registry is held while keys are
 * worked with. A draft that is not accepted was never told to anybody.
 */
struct draft {
	struct wire_request request;
	struct ek ek;
	char spki[SHA256_HEX];
	char fingerprint[SHA256_HEX];
	char password[REGISTRY_PASSWORD_MAX];
	struct bytes reply;
	struct decide_ask ask;
};

/*
 * Judges EK, key and CSR and makes the answer. 0, or -1 with the reason, which
 * is for the unit: *stage says where. draft->request is parsed already.
 */
int draft_make(
    const struct enrol *, struct draft *, enum wire_stage *stage, struct err *);
void draft_free(struct draft *);

#endif
