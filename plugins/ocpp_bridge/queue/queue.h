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
 * record, queue_commit() makes all that was staged durable with one fsync; only
 * then may it be answered. queue_done() marks the oldest record of a charge
 * point as delivered, durable with the next commit. A kill or a power cut
 * leaves records whole or absent; one that was committed is never lost and one
 * whose done was committed never comes back. (Between delivery and the commit
 * of its done it may be sent twice: the message id is the same, and the CSMS is
 * asked to tell by that; see replay.)
 *
 * Bounds: bytes and records in all and for each charge point. When space runs
 * out records go in a stated order: first QUEUE_PERIODIC (meter values,
 * TransactionEvent Updated), oldest first, then QUEUE_EVENT (security events);
 * QUEUE_START and QUEUE_STOP are never dropped: a put that would need it fails,
 * and the charge point is not answered. OCPP 1.6 3.7; 2.0.1 E04, E13.
 */
struct queue;

enum queue_kind {
	QUEUE_START,    /* StartTransaction, TransactionEvent Started */
	QUEUE_STOP,     /* StopTransaction, TransactionEvent Ended */
	QUEUE_PERIODIC, /* MeterValues, TransactionEvent Updated */
	QUEUE_EVENT,    /* critical SecurityEventNotification */
	QUEUE_KINDS
};

struct queue_limits {
	uint64_t bytes;        /* in all, on disk */
	uint32_t records_each; /* of one charge point */
};

struct queue_record {
	uint64_t number; /* rises within the folder */
	enum queue_kind kind;
	uint8_t version;     /* enum ocpp_version */
	uint32_t attempts;   /* transmissions so far, durable */
	int64_t at;          /* seconds, UTC, when it was put */
	int32_t transaction; /* 1.6: the provisional id it speaks of, or 0 */
	const char *text;    /* the frame's bytes; valid until the next call */
	size_t len;
};

struct queue_figures {
	uint64_t records, bytes, dropped, oldest_at;
};

struct queue *
queue_open(const char *folder, const struct queue_limits *, struct err *);
void queue_free(struct queue *);

/* r: kind, version, at, transaction, text, len. number is set. */
int queue_put(
    struct queue *, const char *identity, struct queue_record *r, struct err *);
int queue_commit(struct queue *, struct err *);
/* Oldest undelivered of a charge point. False: none. */
bool queue_first(struct queue *, const char *identity, struct queue_record *);
int queue_tried(
    struct queue *, const char *identity, uint64_t number, struct err *);
int
queue_done(struct queue *, const char *identity, uint64_t number, struct err *);

/*
 * 1.6: the charge point was given a provisional transaction id (negative, never
 * used twice in this folder); the CSMS chose another. Durable with the next
 * commit; forgotten when the stop that speaks of it is done.
 */
int queue_provisional(
    struct queue *, const char *identity, int32_t *id, struct err *);
int queue_map(struct queue *, const char *identity, int32_t provisional,
    int32_t real, struct err *);
bool queue_mapped(
    struct queue *, const char *identity, int32_t provisional, int32_t *real);

/* identity NULL: of all. */
void
queue_figures(struct queue *, const char *identity, struct queue_figures *);
/* Calls fn with each identity that has records. */
void queue_each(
    struct queue *, void (*fn)(void *ctx, const char *identity), void *ctx);

#endif
