/* SPDX-License-Identifier: MIT */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "digest.h"
#include "err.h"
#include "json.h"
#include "wire.h"

/*
 * The registry: which units there are, which certificates speak for them, what
 * was answered. The service writes it, the gate reads it. Times are seconds
 * since 1970.
 *
 *	unit		registered -> pending -> active; revoked; quarantined
 *	certificate	role claim, worker or unit; pending -> active ->
 *			superseded; dropped; revoked; suspended
 *	answer		(unit, request id) -> the reply, word for word
 *
 * A change that a live connection must feel raises the certificate's `changed`
 * number: the gate reads what is above the last it has seen.
 */
#define REGISTRY_PENDING_S  3600 /* an unconfirmed certificate's life */
#define REGISTRY_REASON_MAX 200

struct registry {
	struct db *db;
};

struct registry_cert {
	char fingerprint[SHA256_HEX];
	const char *role;  /* "claim", "worker", "unit" */
	const char *name;  /* batch, worker, serial */
	const char *state; /* "active", "pending" */
	int64_t not_after;
	const char *spki;     /* hex SHA-256 */
	const char *password; /* registry_password(), or NULL */
};

struct registry_batch {
	char name[WIRE_NAME_MAX + 1];
	int64_t quota; /* units beside those registered before; 0: none */
	bool software; /* units without TPM may enrol */
	bool unproven; /* an EK without certificate will do, if its hash was
			  registered before */
	int64_t not_after;
};

/* Makes the schema when it is not there. */
int
registry_open(struct registry *, const char *path, enum db_mode, struct err *);
void registry_close(struct registry *);

int registry_batch_add(
    struct registry *, const struct registry_batch *, struct err *);
/* ENOENT: no such batch. */
int registry_cert_add(
    struct registry *, const struct registry_cert *, struct err *);
/* ek_hash: hex or NULL. EEXIST: the serial, or the EK, is there already. */
int registry_unit_add(struct registry *, const char *serial, const char *model,
    const char *ek_hash, struct err *);

/* For ever. role: "unit" (with all its certificates), "claim" (the batch's
 * certificate) or "worker". ENOENT: not known. */
int registry_revoke(
    struct registry *, const char *role, const char *name, struct err *);
int registry_quarantine(
    struct registry *, const char *serial, const char *reason, struct err *);
/* An operator's word after a quarantine: the unit may go on. forget_ek: also
 * with another TPM, at its next enrolment. */
int registry_release(
    struct registry *, const char *serial, bool forget_ek, struct err *);
/* Drops what was never confirmed in time. */
int registry_sweep(struct registry *, struct err *);

/* [{serial, state, model, origin, ...}]; state NULL: all. The caller's. */
json_t *registry_list(struct registry *, const char *state, struct err *);
/* The unit with its certificates; NULL with ENOENT: not known. */
json_t *registry_show(struct registry *, const char *serial, struct err *);

/* Salted SHA-256 of a random secret: "salt:hash", hex. */
#define REGISTRY_PASSWORD_MAX (32 + 1 + SHA256_HEX)
int registry_password(
    const char *secret, char out[static REGISTRY_PASSWORD_MAX], struct err *);
bool registry_password_is(const char *stored, const char *secret);

#endif
