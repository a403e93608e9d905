/* SPDX-License-Identifier: MIT */
#ifndef BIRTH_H
#define BIRTH_H

#include "err.h"
#include "json.h"

struct agent;

/*
 * The birth record: what the unit was when it entered production.
 * identity/birth.json = { record: {...}, purpose: "mqtt", sig: hex of r||s }.
 * sig is ECDSA P-256 over the SHA-256 of record as one line with sorted keys,
 * by the key of the operational certificate; without a plugin that signs,
 * purpose and sig are not there and the record says so.
 */
typedef void birth_done(void *ctx, const struct err *why); /* NULL: written */

/* verdict is borrowed. done is called once, perhaps before this returns. */
int birth_write(struct agent *, const json_t *verdict, birth_done *, void *ctx,
    struct err *);

#endif
