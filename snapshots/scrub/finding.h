/* SPDX-License-Identifier: MIT */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "json.h"
#include "snapshot.h"

/*
 * What a capture has to say about the sample: each finding has an id, a place,
 * a key and a reason, and is either open (a person has to decide: capture
 * refuses) or accepted (the policy says why it may stay). A finding never
 * holds the value it is about.
 */
#define FINDINGS_MAX     4000 /* more are counted, not kept */
#define FINDING_MARK_LEN 16

enum finding_id {
	FINDING_PRIVATE_KEY, /* a key or key store; can't be accepted, only
				dropped */
	FINDING_KEYWORD,     /* called like a secret */
	FINDING_ENTROPY,     /* looks like one */
	FINDING_TOKEN,       /* a JSON web token */
	FINDING_URL,         /* user:password@ in a URL */
	FINDING_ADDRESS,     /* a MAC, perhaps of a developer's board */
	FINDING_DEFAULT,     /* a default password that everybody knows */
	FINDING_SUBSCRIBER,  /* IMSI, ICCID, IMEI: of one SIM or modem */
	FINDING_RESIDUE,    /* an identifier or removed secret is still there */
	FINDING_WEAK,       /* too short to be searched for */
	FINDING_IDENTITY,   /* an identifier was not found on the sample */
	FINDING_UNUSED,     /* a rule that must take something found nothing */
	FINDING_SPECIAL,    /* link, device, pipe: can't be captured */
	FINDING_SET_ID,     /* set-id or sticky bit: captured without it */
	FINDING_UNREADABLE, /* the rules' format does not fit the file */
	FINDING_BINARY,     /* no text: nothing was searched but identifiers */
	FINDING_ARCHIVE,    /* packed so that not all could be looked into */
	FINDING_COUNT
};

struct finding {
	enum finding_id id;
	char path[SNAPSHOT_PATH_MAX]; /* absolute on the sample, or a member */
	unsigned line;                /* 0: the whole file */
	char key[128];
	char text[200]; /* the reason, a sentence */
	size_t len;     /* of the value, in bytes; 0: not known */
	char mark[FINDING_MARK_LEN + 1]; /* see findings_mark(); or "" */
	const char *accepted; /* why; NULL: open. Borrowed from the policy */
};

struct findings {
	struct finding *all;
	size_t count;
	size_t open; /* those not kept included */
	uint8_t key[32];
	bool keyed;
};

const char *finding_name(enum finding_id);
/* By name; FINDING_COUNT: there is none so called. */
enum finding_id finding_by_name(const char *name);
/* May a policy accept it? */
/* Do the heuristics find it at a place in a text? */
bool finding_is_in_text(enum finding_id);
bool finding_can_be_accepted(enum finding_id);

/* Takes a copy. One that is there already (id, path, line, key) is dropped. */
int findings_add(struct findings *, const struct finding *, struct err *);
void findings_free(struct findings *);
/*
 * A mark by which equal values of one report are seen to be equal, and nothing
 * else: HMAC-SHA-256 under a random key that is never written down. A plain
 * hash would do the first as well; but most secrets are short enough that who
 * has the report could try them all.
 */
int findings_mark(struct findings *, const void *value, size_t len,
    char mark[static FINDING_MARK_LEN + 1], struct err *);

/* [ { id, path, line, key, text, accepted? } ], the caller's; NULL: failed.
 * marks: with length and mark as well; never in what is to be the same each
 * time, or to be kept. */
json_t *findings_json(const struct findings *, bool marks);

#endif
