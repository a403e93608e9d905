/* SPDX-License-Identifier: MIT */
#ifndef CAPTURING_H
#define CAPTURING_H

#include "account.h"
#include "capture.h"
#include "scrub.h"

/*
 * A capture under way: what capture.c and capture_files.c share.
 */
struct capturing {
	struct capture *c;
	const struct capture_words *words;
	struct scrub scrub;
	const struct accounts *accounts;
	struct bytes in; /* of the file at hand */
	uint64_t total;
};

/* All files of the policy, scrubbed, into the spool and the member list, which
 * then has room for one more. Dropped ones are learned and noted. */
int capturing_files(struct capturing *, struct err *);

/* The list of packages and the payloads that are at hand, behind the files. */
int capturing_packages(struct capturing *, struct err *);

/* Puts content into the spool as the member m, the next of the list, whose
 * path, mode and owners are set. */
int capturing_member(struct capturing *, struct member *m,
    const struct bytes *content, struct err *);

/* capture_seed.c: of the Kura snapshots that fit, the one to take, added to
 * paths. The number added; -1 with code EEXIST: a person has to choose. */
struct tree_paths;
long capturing_seed(struct capturing *, const struct policy_path *,
    struct tree_paths *, struct err *);

#endif
