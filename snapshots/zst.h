/* SPDX-License-Identifier: MIT */
#ifndef ZST_H
#define ZST_H

#include <stddef.h>
#include <stdint.h>

#include "box.h"
#include "err.h"

/*
 * The coat of a bundle, under its box if it is in one (box.h): exactly one zstd
 *frame (RFC 8878 section 3.1.1) and the seal, a skippable frame (section 3.1.2)
 *of ZST_SEAL_LEN bytes:
 *
 *	5d 2a 4d 18 | 28 00 00 00 | "INGOTv1\0" | SHA-256 of all before it
 *
 * The seal is no signature: it tells damage, not malice.
 */
#define ZST_SEAL_LEN 48

struct zst_reader;
struct zst_writer;

/* fd: a regular file, borrowed; read from its start, its offset not moved. */
struct zst_reader *zst_reader_new(int fd, struct err *);
/* From a box, borrowed, that nothing was read of yet. */
struct zst_reader *zst_reader_of(struct box_reader *, struct err *);
void zst_reader_free(struct zst_reader *);

/*
 * The next bytes, *p valid until the next call; 0: the end was reached, and
 * the seal is good. Windows above 8 MiB are refused, so memory is bounded.
 */
long zst_read(struct zst_reader *, const void **p, struct err *);

/* fd is borrowed and written from where it stands. */
struct zst_writer *zst_writer_new(int fd, struct err *);
/* Into a box, borrowed; zst_seal() ends it. */
struct zst_writer *zst_writer_of(struct box_writer *, struct err *);
void zst_writer_free(struct zst_writer *);
int zst_write(struct zst_writer *, const void *, size_t, struct err *);
/* Ends the frame and writes the seal. */
int zst_seal(struct zst_writer *, struct err *);

#endif
