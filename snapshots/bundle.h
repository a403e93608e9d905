/* SPDX-License-Identifier: MIT */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

/*
 * A snapshot on the road: tar (pax) + zstd, manifest first, signature second.
 */
struct bundle_trust {
	X509_STORE *anchors; /* NULL: trusts nobody */
	bool unsigned_ok;    /* development */
	const char *model;   /* NULL: any; else the manifest's must be equal */
	int64_t sequence_floor;
	uint64_t total_max; /* bytes of all members; 0: 1 GiB */
};

struct bundle_info {
	char id[SHA256_HEX];
	char model[SNAPSHOT_NAME_MAX + 1];
	char name[SNAPSHOT_NAME_MAX + 1];
	int64_t sequence;
	bool is_signed;
	char signer[256]; /* subject */
};

/*
 * Verifies while streaming: manifest and signature before anything else is
 * looked at, each member against the manifest before its name appears. dir is
 * an empty folder that receives the tree, or -1: verifies only. On failure
 * what was written is taken away again.
 */
int bundle_open(int fd, const struct bundle_trust *, int dir,
    struct bundle_info *, struct err *);

#endif
