/* SPDX-License-Identifier: MIT */
#ifndef TAR_READ_H
#define TAR_READ_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "box.h"
#include "buf.h"
#include "digest.h"
#include "err.h"

/*
 * The archive inside a bundle, read in one go with names known beforehand.
 */
struct tar_reader;

/* Where bytes of a member go: a hash, a file, memory; each may be absent. */
struct tar_sink {
	struct sha256 *hash;
	int fd; /* -1: none */
	struct bytes *text;
};

struct tar_entry {
	uint64_t size;
	mode_t mode; /* no set-id, no sticky */
};

/* As zst_reader_of(); allowed: see tar_allow(). */
struct tar_reader *
tar_reader_new(struct box_reader *, uint64_t allowed, struct err *);
void tar_reader_free(struct tar_reader *);

/* How many bytes the archive may unpack to in all, headers included. */
void tar_allow(struct tar_reader *, uint64_t);

/* The next entry, which has to be a plain file called name. */
int tar_next(
    struct tar_reader *, const char *name, struct tar_entry *, struct err *);
/* Its content, of exactly size bytes. */
int tar_pour(
    struct tar_reader *, uint64_t size, const struct tar_sink *, struct err *);
/* No further entry, nothing but zeros behind it, and the bundle's seal. */
int tar_end(struct tar_reader *, struct err *);

#endif
