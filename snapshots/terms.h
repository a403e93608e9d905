/* SPDX-License-Identifier: MIT */
#ifndef TERMS_H
#define TERMS_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"
#include "json.h"

/*
 * For whom a snapshot is: the part of a manifest that restricts it. All of it
 * is optional but the model, which struct snapshot holds itself.
 *
 *	"hardware": ["A2", "B1"]	revisions of the model; none: all
 *	"agent": "0.2.0"		the oldest agent that may apply it
 *	"recipients": ["<sha256>"]	whom the bundle was encrypted to: hashes
 *					of their SubjectPublicKeyInfo
 *	"critical": ["hardware"]	fields that must be understood;
 *					"members.x" is the field x of members
 *
 * A field that this agent does not know is ignored, unless it is critical:
 * then the snapshot is refused, since it means something that would be lost.
 * The writer makes every restriction it writes critical.
 */
#define TERMS_HARDWARE_MAX   16
#define TERMS_REVISION_MAX   32 /* characters: [A-Za-z0-9._+-] */
#define TERMS_RECIPIENTS_MAX 16
#define TERMS_CRITICAL_MAX   32
#define TERMS_VERSION_MAX    16 /* "a.b.c", numbers up to 9999 */

struct terms {
	size_t hardware_count;
	char hardware[TERMS_HARDWARE_MAX][TERMS_REVISION_MAX + 1];
	char agent[TERMS_VERSION_MAX + 1]; /* "": any */
	size_t recipient_count;
	uint8_t recipients[TERMS_RECIPIENTS_MAX][SHA256_LEN];
};

/* Of a manifest that is an object. member_known: what a member may hold. */
int terms_parse(struct terms *, const json_t *manifest,
    const char *const known[], const char *const member_known[], struct err *);
/* Adds the fields to the manifest. */
int terms_write(const struct terms *, json_t *manifest, struct err *);

/* May a hardware revision be called so? */
int terms_revision_check(const char *, struct err *);
/* Below 0, 0 or above: as strcmp(), by number. Both were checked. */
int terms_version_compare(const char *, const char *);
int terms_version_check(const char *, struct err *);

/* One that is there already is not added again. */
int terms_add_recipient(
    struct terms *, const uint8_t spki[static SHA256_LEN], struct err *);

/* The unit that a snapshot is to be applied on; NULL: not asked. */
struct terms_unit {
	const char *model;
	const char *hardware; /* "": the unit does not say */
	const char *agent;    /* the version of its agent */
	int64_t sequence_floor;
};

struct snapshot;
/* May this unit apply it? EPERM in e->code, with the remedy: no. */
int terms_fit(const struct snapshot *, const struct terms_unit *, struct err *);

#endif
