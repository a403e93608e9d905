/* SPDX-License-Identifier: MIT */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "json.h"
#include "snapshot.h"

/*
 * What a capture has to say about the sample: each finding has an id, a place,
 * a key and a reason, and is either open (a person has to decide: capture
 * refuses) or accepted (the policy says why it may stay). A finding never
 * holds the value it is about.
 */
#define FINDINGS_MAX 1000 /* more are counted, not kept */

enum finding_id {
	FINDING_PRIVATE_KEY, /* a key or key store; can't be accepted, only
				dropped */
	FINDING_KEYWORD,     /* called like a secret */
	FINDING_ENTROPY,     /* looks like one */
	FINDING_TOKEN,       /* a JSON web token */
	FINDING_URL,         /* user:password@ in a URL */
	FINDING_ADDRESS,     /* a MAC, perhaps of a developer's board */
	FINDING_RESIDUE,    /* an identifier or removed secret is still there */
	FINDING_WEAK,       /* too short to be searched for */
	FINDING_IDENTITY,   /* an identifier was not found on the sample */
	FINDING_UNUSED,     /* a rule that must take something found nothing */
	FINDING_SPECIAL,    /* link, device, pipe: can't be captured */
	FINDING_SET_ID,     /* set-id or sticky bit: captured without it */
	FINDING_UNREADABLE, /* the rules' format does not fit the file */
	FINDING_BINARY,     /* no text: nothing was searched but identifiers */
	FINDING_COUNT
};

struct finding {
	enum finding_id id;
	char path[SNAPSHOT_PATH_MAX]; /* absolute on the sample, or a member */
	unsigned line;                /* 0: the whole file */
	char key[128];
	char text[200];       /* the reason, a sentence */
	const char *accepted; /* why; NULL: open. Borrowed from the policy */
};

struct findings {
	struct finding *all;
	size_t count;
	size_t open; /* those not kept included */
};

const char *finding_name(enum finding_id);
/* By name; FINDING_COUNT: there is none so called. */
enum finding_id finding_by_name(const char *name);
/* May a policy accept it? */
bool finding_can_be_accepted(enum finding_id);

/* Takes a copy. One that is there already (id, path, line, key) is dropped. */
int findings_add(struct findings *, const struct finding *, struct err *);
void findings_free(struct findings *);
/* [ { id, path, line, key, text, accepted? } ], the caller's; NULL: failed. */
json_t *findings_json(const struct findings *);

#endif
