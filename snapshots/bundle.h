/* SPDX-License-Identifier: MIT */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "snapshot.h"

/*
 * A snapshot on the road: one zstd frame holding a tar (pax) archive, manifest
 * first, signature second, then the members in the manifest's order; behind it
 * a seal: a skippable zstd frame with the SHA-256 of everything before it, so
 * that damage is told even where it would change nothing. Common tools read
 * it: zstd -d < x.ingot | tar -t. All that may lie in a box (box.h).
 *
 * An encrypted bundle is signed inside: the signed manifest names the public
 * keys it was encrypted to, and who opens it has to be one of them. So nobody
 * can take the maker's signature out of a box that was sent to him, put it into
 * another for somebody else, and have that one believe it was meant for him.
 */
#define BUNDLE_MAX       (UINT64_C(1) << 30) /* bytes of all members */
#define BUNDLE_NAME_SIZE 256

struct bundle_trust {
	X509_STORE *anchors;    /* NULL: trusts nobody */
	bool unsigned_ok;       /* development: a bundle without signature, or,
				   with no anchors, one that can't be checked */
	struct terms_unit unit; /* whom it has to fit; zero: anybody */
	X509 *to;               /* who opens an encrypted one; NULL: nobody */
	EVP_PKEY *key;          /* his private key */
	uint64_t total_max;     /* bytes of all members; 0: BUNDLE_MAX */
};

struct bundle_info {
	char id[SHA256_HEX];
	char model[SNAPSHOT_NAME_MAX + 1];
	char name[SNAPSHOT_NAME_MAX + 1];
	int64_t sequence;
	struct terms terms;
	size_t members;
	uint64_t size; /* of all members together, in bytes */
	bool is_encrypted;
	bool is_signed;
	char signer[BUNDLE_NAME_SIZE]; /* subject */
};

/*
 * Verifies while streaming: manifest and signature before anything else is
 * looked at, each member against the manifest before its name appears. fd is a
 * regular file, read from its start; its offset is not moved. dir is an empty
 * folder that receives the tree (files 0600, folders 0700; synced before this
 * returns), or -1: verifies only. On failure what was written is taken away
 * again. Memory: about 2.5 KB a member, whatever their bytes are.
 */
int bundle_open(int fd, const struct bundle_trust *, int dir,
    struct bundle_info *, struct err *);

/* Verifies likewise and gives the member "proof", empty before and the caller's
 * after; nothing is written anywhere. On failure what it holds means nothing.
 */
int bundle_proof(int fd, const struct bundle_trust *, struct bytes *proof,
    struct bundle_info *, struct err *);

/*
 * Takes a bundle out of its box into out, an empty file that has no name yet,
 * and verifies what is there as by bundle_open(). On failure it is not to be
 * used, nor to be given a name.
 */
int bundle_unbox(int fd, const struct bundle_trust *, int out,
    struct bundle_info *, struct err *);

/*
 * Seals: writes s, whose manifest's bytes are given, to fd. signature is empty
 * for an unsigned bundle. content(ctx, i, e) gives the size bytes of member i,
 * borrowed until the next call; NULL: failed. Equal input gives equal bytes,
 * but for a box, to the certificates of `to` (NULL: none), which s names.
 */
typedef const void *bundle_content_fn(void *ctx, size_t i, struct err *);
int bundle_write(int fd, const struct snapshot *s, const struct bytes *manifest,
    const struct bytes *signature, STACK_OF(X509) * to, bundle_content_fn *,
    void *ctx, struct err *);

#endif
