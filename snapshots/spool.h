/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_H
#define SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * Bytes that wait: a manifest comes first in a bundle, but can only be written
 * when all members are known. They lie in a file without a name, which goes
 * away with the process.
 */
struct spool;

struct spool *spool_new(struct err *);
void spool_free(struct spool *);
/* *at: where they lie. */
int spool_add(struct spool *, const void *, size_t, uint64_t *at, struct err *);
/* All bytes, until the next spool_add() or spool_free(); NULL: failed. */
const uint8_t *spool_map(struct spool *, struct err *);
/* Those up to there need not stay in memory; they come back when read. */
void spool_leave(struct spool *, uint64_t upto);

#endif
