/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_RECORD_H
#define QUEUE_RECORD_H

#include "buf.h"
#include "queue.h"

/*
 * A record of the log, little-endian:
 *
 *	 0 marker  ff 'I' 'Q' 01	24 transaction	i32
 *	 4 check   CRC-32C of 8..len	28 real		i32
 *	 8 len     whole record		32 number	u64
 *	12 type kind version idlen	40 at		i64
 *	16 attempts u32			48 mark		u64
 *	20 zero				56 identity, then text
 *
 * No identity and no text may hold a byte of ff, which no UTF-8 has: so no
 * charge point can write a record into its frame that is found when a damaged
 * file is searched for the next marker.
 */
#define RECORD_HEAD   56u
#define RECORD_ID_MAX 255u
#define RECORD_MAX    (RECORD_HEAD + RECORD_ID_MAX + QUEUE_TEXT_MAX)

enum record_type {
	/* First in each file: number: the next that may be used, transaction:
	 * the lowest provisional id so far, mark: the file's own number. */
	RECORD_FILE = 1,
	RECORD_PUT,
	RECORD_DONE, /* number; kind and transaction as in its put */
	RECORD_TRIED,
	RECORD_MAP, /* transaction -> real */
	RECORD_TYPES
};

struct record {
	enum record_type type;
	enum queue_kind kind;
	uint8_t version;
	uint32_t attempts;
	int32_t transaction, real;
	uint64_t number, mark;
	int64_t at;
	const char *identity; /* no NUL behind it when it was read */
	size_t idlen;
	const char *text;
	size_t len;
};

/* -1: identity or text are none that a record may hold, or out is bad. */
int record_write(struct bytes *out, const struct record *, struct err *);
/* Bytes of the record at p, which points into p; 0: there is none. */
size_t record_read(const char *p, size_t len, struct record *);
/* Where the next readable record begins, from `from` on; len: nowhere. */
size_t record_find(const char *p, size_t len, size_t from);

#endif
