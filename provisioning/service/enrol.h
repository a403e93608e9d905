/* SPDX-License-Identifier: MIT */
#ifndef ENROL_H
#define ENROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca.h"
#include "ek.h"
#include "registry.h"
#include "wire.h"

/*
 * What a worker does with a message: look at it (cryptography, no lock held),
 * decide (inside a transaction that several messages share), answer. A worker
 * keeps nothing: all it knows is in the registry, so any number of them may
 * run, and one that is killed loses nothing that was answered.
 */
#define ENROL_DAYS_MAX 3650

struct enrol {
	struct registry registry;
	struct ca units;
	struct ek_roots *roots; /* or NULL */
	int64_t days;           /* life of a certificate */
	/* issued to every unit beside mqtt.username and mqtt.password */
	struct wire_value values[WIRE_VALUES];
	size_t value_count;
};

/* One message: in from the broker, out the reply. */
struct enrol_work {
	const char *topic, *by, *text;
	size_t len;
	/* filled by enrol_handle(): */
	char serial[WIRE_NAME_MAX + 1]; /* empty: nobody to answer */
	bool confirms;
	char *reply; /* malloc'ed JSON, or NULL */
	size_t reply_len;
	enum wire_stage stage;
	bool success;
	char note[WIRE_ERROR_MAX + 1]; /* for the log; no secret */
	char other[WIRE_NAME_MAX + 1]; /* quarantined beside serial */
};

/*
 * Handles n messages, with one commit for all of them. When it returns, what
 * is in reply may be sent: it is on the disk. A registry in trouble gives
 * replies of stage WIRE_SERVICE with a time to try again.
 */
void enrol_handle(struct enrol *, struct enrol_work *, size_t n);
void enrol_work_free(struct enrol_work *);

#endif
