/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "finding.h"
#include "json.h"
#include "ledger.h"
#include "policy.h"
#include "snapshot.h"
#include "spool.h"

/*
 * From a sample to a snapshot: reads what the policy lists, scrubs it, searches
 * what is left for the sample's own traces, and seals it, unless there is a
 * finding that nobody has decided on. The sample is only read.
 *
 * The same sample, policy and words below give the same manifest and proof,
 * byte for byte.
 *
 * Memory: about 10 KB a member (what is said of each in the proof and in the
 * manifest) and a few times the largest file; nothing grows with the bytes of
 * all. tests/bench/snapshot shows it.
 */
struct capture_words {
	const char *policy; /* path */
	int root;           /* open folder: the sample's "/"; borrowed */
	bool live;          /* it is the running system's own */
	const char *name;
	const char *model;
	int64_t sequence;
	struct terms terms;             /* for whom it is */
	const char *const *identifiers; /* NULL-ended "what=value", or NULL */
	const char *const *packages;    /* NULL-ended folders, or NULL */
	const char *version; /* of the product; NULL: as the sample says */
	const char
	    *seed; /* "newest", "seed" or an id, when the sample's seed
		      was replaced beside newer Kura snapshots; or NULL */
};

/* Which of the sample's Kura snapshots was taken, and as what it travels. */
struct capture_seed {
	char path[SNAPSHOT_PATH_MAX]; /* "": the policy asks for none */
	const char *as;               /* borrowed from the policy */
	size_t of;                    /* how many there are */
};

struct capture {
	struct policy policy;
	struct findings findings;
	struct snapshot snapshot; /* the proof is a member */
	struct bytes manifest;
	struct ledger ledger; /* each file and key, for the proof */
	json_t *dropped;      /* [ { "path", "why" } ] */
	struct capture_seed seed;
	char version[64]; /* of the product; "": the policy asks for none */
	char script[SNAPSHOT_PATH_MAX]; /* a member that the target runs as
					   root: no sealing unsigned; or "" */
	size_t packages;                /* listed */
	size_t payloads;                /* of them, with their file */
	struct spool *spool; /* the members' bytes, from offsets on */
	uint64_t *offsets;
};

/* To be freed even on failure. findings.open > 0: it must not be sealed. */
int capture_run(struct capture *, const struct capture_words *, struct err *);
void capture_free(struct capture *);
#define own_capture __attribute__((cleanup(capture_free), unused))

/*
 * Writes the bundle to fd. key NULL: unsigned, for development, and refused
 * (EACCES) when a script that the target runs as root is a member. chain: the
 * signer's certificates, leaf first. to: whom it is encrypted to, the same that
 * the words' terms named; NULL: not. Refuses (EACCES) with open findings.
 */
int capture_seal(const struct capture *, int fd, EVP_PKEY *key,
    STACK_OF(X509) * chain, STACK_OF(X509) * to, struct err *);

#endif
