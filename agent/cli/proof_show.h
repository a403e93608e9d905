/* SPDX-License-Identifier: MIT */
#ifndef PROOF_SHOW_H
#define PROOF_SHOW_H

#include <stdbool.h>

#include "bundle.h"

/*
 * Prints the proof of a bundle that has been found good: for people, or as its
 * own JSON lines. The bundle is unpacked below $TMPDIR for that, into a folder
 * that only its owner can enter, and taken away again.
 */
int proof_show(int fd, const struct bundle_trust *, bool json, struct err *);

#endif
