/* SPDX-License-Identifier: MIT */
#ifndef PROOF_H
#define PROOF_H

#include "buf.h"
#include "capture.h"
#include "residue.h"

/*
 * The proof of scrubbing, JSON lines. The first sums up: which policies (by
 * SHA-256) with which rules looked at how much, what each took out, which files
 * never travelled, what was accepted, by whom and why, and how many values in
 * how many forms were searched for. It alone decides what a unit thinks of the
 * proof. Each further line is about one file (ledger.h). No secret, and no hash
 * of one: who can guess can compare. The manifest names the proof by its hash,
 * so it is signed with the bundle.
 */
#define PROOF_HEAD_MAX (4u * 1024 * 1024)

int proof_write(const struct capture *, const struct residue *,
    const json_t *identity, struct bytes *out, struct err *);

/* The first line of the proof in an open snapshot folder; the caller's. NULL:
 * failed. */
json_t *proof_summary(int dir, struct err *);

#endif
