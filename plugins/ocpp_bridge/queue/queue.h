/* SPDX-License-Identifier: MIT */
#ifndef OCPP_QUEUE_H
#define OCPP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What a charge point said while the CSMS was away, on disk, in order, once.
 *
 * An append-only log in one folder for all charge points: queue_put() stages a
 * record, queue_commit() makes all that was staged durable with one fdatasync;
 * only then may it be answered, and only then it is given out again.
 * queue_done() marks a record as delivered, durable with the next commit. A
 * kill or a power cut leaves records whole or absent; one that was committed is
 * never lost and one whose done was committed never comes back. (Between
 * delivery and the commit of its done it may be sent twice: the message id is
 * the same, and it is the newest that the CSMS has of that charge point, if
 * nothing is sent before that commit.)
 *
 * Bounds: bytes on disk in all, records of each charge point. When room is
 * missing, records go in a stated order: QUEUE_PERIODIC (meter values,
 * TransactionEvent Updated), oldest first, then QUEUE_EVENT (security events),
 * then QUEUE_LATEST; QUEUE_START and QUEUE_STOP never: a put that would need
 * that fails, and the charge point is not answered. OCPP 1.6 3.7; 2.0.1 E04,
 * E13.
 *
 * In memory: 40 to 80 bytes a record, as much a transaction id, no texts. One
 * process has the folder (a lock), one thread the queue.
 */
struct queue;

enum queue_kind {
	QUEUE_START,    /* StartTransaction, TransactionEvent Started */
	QUEUE_STOP,     /* StopTransaction, TransactionEvent Ended */
	QUEUE_PERIODIC, /* MeterValues, TransactionEvent Updated */
	QUEUE_EVENT,    /* critical SecurityEventNotification */
	/* Not in the order of the others: of these only the newest of each key
	 * (in `transaction`) is kept: StatusNotification of a connector. */
	QUEUE_LATEST,
	QUEUE_KINDS
};

#define QUEUE_TEXT_MAX (1u << 20) /* bytes of one frame */
/* Provisional ids of a charge point that wait for their stop; of more, the
 * oldest are forgotten (one for each connector is in use at a time). */
#define QUEUE_MAPS_MAX 256

struct queue_limits {
	uint64_t bytes;        /* in all, on disk; less than 1 MiB is 1 MiB */
	uint32_t records_each; /* of one charge point */
	/* What an operator has to know: damage found, records dropped. NULL:
	 * nobody listens. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

struct queue_record {
	uint64_t number; /* rises within the folder */
	enum queue_kind kind;
	uint8_t version;     /* enum ocpp_version, or what the caller likes */
	uint32_t attempts;   /* transmissions so far, durable */
	int64_t at;          /* seconds, UTC, when it was put */
	int32_t transaction; /* 1.6: the provisional id it speaks of, or 0 */
	uint64_t mark;       /* the caller's own; queue_last() gives it back */
	const char *text;    /* the frame's bytes; valid until the next call */
	size_t len;
};

struct queue_figures {
	uint64_t records, bytes; /* of what is kept; bytes with their heads */
	uint64_t dropped;        /* for want of room, since it was opened */
	uint64_t oldest_at;      /* seconds, UTC; 0: nothing is kept */
	uint64_t disk;           /* bytes of the files (of all) */
};

/*
 * Makes the folder (0700) if it is not there, and reads what is in it. What
 * was not written to its end is left out; damaged bytes in between are said,
 * the file is kept aside as "damaged-*", and all that can be read is kept.
 */
struct queue *
queue_open(const char *folder, const struct queue_limits *, struct err *);
void queue_limit(struct queue *, const struct queue_limits *);
void queue_free(struct queue *); /* without a commit */

/*
 * r: kind, version, at, transaction, mark, text, len. number is set. The text
 * must be UTF-8 (no byte of 0xff). 0: kept; 1: not kept, by the drop order (it
 * is the least, and there is no room): counted and said; -1: no room, memory.
 */
int queue_put(
    struct queue *, const char *identity, struct queue_record *r, struct err *);
/*
 * All that was staged; no system call if nothing was. -1: what was put since
 * the last commit is not there, on disk neither; done, tried and map wait for
 * the next commit.
 */
int queue_commit(struct queue *, struct err *);
bool queue_is_staged(const struct queue *); /* is there anything to commit? */

/* Oldest undelivered of a charge point that is in order, with a number above
 * `after`. 0: none; 1: r is filled; -1: it can not be read (it is dropped,
 * which is said: ask again) or memory. */
int queue_next(struct queue *, const char *identity, uint64_t after,
    struct queue_record *r, struct err *);
/* The same for QUEUE_LATEST, lowest key first. */
int queue_latest(
    struct queue *, const char *identity, struct queue_record *r, struct err *);
/* Was anything of it ever kept here, or still is? The cheapest question. */
bool queue_knows(struct queue *, const char *identity);
/* Is anything of a charge point and version in order not yet durably done (or
 * staged)? Reads no disk. */
bool queue_waits(struct queue *, const char *identity, uint8_t version);
/* The number of a QUEUE_LATEST with that key; 0: none. */
uint64_t queue_latest_of(struct queue *, const char *identity, int32_t key);
/* One more transmission. A number that is gone is fine. */
int queue_tried(
    struct queue *, const char *identity, uint64_t number, struct err *);
/* Delivered, or given up. A number that is gone is fine. */
int
queue_done(struct queue *, const char *identity, uint64_t number, struct err *);
/* What was put last of a charge point and is not of QUEUE_LATEST, delivered or
 * not: all but its text. For who tells a repetition by it. False: nothing known
 * any more. */
bool queue_last(struct queue *, const char *identity, struct queue_record *r);

/*
 * 1.6: the charge point was given a provisional transaction id (below -1, never
 * used twice in this folder, durable with the record that was put with it); the
 * CSMS chose another. Durable with the next commit; forgotten when the
 * QUEUE_STOP that speaks of it is done.
 */
int queue_provisional(struct queue *, int32_t *id, struct err *);
int queue_map(struct queue *, const char *identity, int32_t provisional,
    int32_t real, struct err *);
/* Is that id one that was given here, and its stop not yet done? A CSMS may use
 * negative numbers, too. */
bool queue_gave(struct queue *, const char *identity, int32_t id);
bool queue_mapped(
    struct queue *, const char *identity, int32_t provisional, int32_t *real);
bool queue_unmapped(
    struct queue *, const char *identity, int32_t real, int32_t *provisional);

/* identity NULL: of all. */
void
queue_figures(struct queue *, const char *identity, struct queue_figures *);
/* Calls fn with each identity that has records. */
void queue_each(
    struct queue *, void (*fn)(void *ctx, const char *identity), void *ctx);

#endif
