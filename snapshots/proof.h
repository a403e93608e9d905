/* SPDX-License-Identifier: MIT */
#ifndef PROOF_H
#define PROOF_H

#include "buf.h"
#include "capture.h"
#include "residue.h"

/*
 * The proof of scrubbing, one JSON line: which policies (by SHA-256) with which
 * rules looked at how much, what each took out, which files never travelled,
 * what was accepted and why, and how many values in how many forms were
 * searched for. No secret, and no hash of one: who can guess can compare.
 */
int proof_write(const struct capture *, const struct residue *,
    const json_t *identity, struct bytes *out, struct err *);

#endif
