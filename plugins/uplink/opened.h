/* SPDX-License-Identifier: MIT */
#ifndef UPLINK_OPENED_H
#define UPLINK_OPENED_H

#include "uplink.h"

/*
 * The two ends of an enrolment's cryptography on the unit: the request, made
 * of what cert_store and the agent say, and the answer, opened with the K that
 * only this unit's TPM (or key) gives away.
 */

/* Fills progress.request, id, serial, origin, name, spki. */
int request_make(struct uplink *, struct err *);
/*
 * Opens progress.reply into enrol.issued, when that has not happened yet in
 * this process; fills progress.subject. The secret K is wiped here.
 */
int answer_open(struct uplink *, struct err *);

#endif
