/* SPDX-License-Identifier: MIT */
#ifndef REVIEWED_H
#define REVIEWED_H

#include "finding.h"
#include "policy.h"

/*
 * Writing down what a person decided about a finding, so that he is asked
 * once. The file is the one that the capture policy names as reviewed; its
 * form is said in policy.h.
 */
enum review_class {
	REVIEW_SHARED,     /* the same on every unit, and no secret */
	REVIEW_PER_DEVICE, /* each unit has its own */
	REVIEW_SECRET,
	REVIEW_DERIVED, /* computed from something of the unit */
	REVIEW_COUNT
};

struct decision {
	enum review_class class;
	const struct finding *finding;
	const char *format; /* of the field; NULL with SCRUB_DROP and shared */
	const char *within; /* of the field, or "*" */
	enum scrub_action action; /* but SCRUB_TEXT; not with shared */
	const char *slot;
	const char *from; /* derived: what it derives from */
	const char *who;
	const char *why;
};

const char *review_class_name(enum review_class);
/* REVIEW_COUNT: there is none so called. */
enum review_class review_class_by_name(const char *);

/*
 * Adds the decisions to the file at path, which is made if it is not there.
 * What stands in it stays, byte for byte, comments too; the new text is parsed
 * as a capture would before it takes the old one's place, durably. A private
 * key can only be dropped (EACCES). now: seconds since 1970, for "when".
 */
int reviewed_add(const char *path, const struct decision *, size_t n,
    long long now, struct err *);

#endif
