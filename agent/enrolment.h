/* SPDX-License-Identifier: MIT */
#ifndef ENROLMENT_H
#define ENROLMENT_H

#include "err.h"
#include "json.h"

/*
 * identity/enrolment.json: what the uplink said when the service had confirmed
 * the operational certificate. { subject, fingerprint, origin ("tpm" or
 * "software"), name?, spki, at (seconds since 1970) }.
 */
#define ENROLMENT_MAX 8192

/* Checks and keeps, durably; said is borrowed. */
int enrolment_write(int state, const json_t *said, struct err *);
/* The caller's; NULL: not enrolled (e->code ENOENT), or damaged. */
json_t *enrolment_read(int state, struct err *);

#endif
