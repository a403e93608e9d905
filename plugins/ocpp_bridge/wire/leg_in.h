/* SPDX-License-Identifier: MIT */
#ifndef LEG_IN_H
#define LEG_IN_H

#include "deflate.h"
#include "leg.h"
#include "stream.h"
#include "wire.h"
#include "ws.h"

/*
 * The inside of a leg, for the files that make one up: leg.c (life), leg_read.c
 * and leg_send.c, and for those that make legs: listener and dial.
 */
#define LEG_CLOSE_MS  3000 /* for the peer's half of a closing handshake */
#define LEG_LINGER_MS 2000 /* for its end of the connection, afterwards */

struct leg {
	struct leg *next, **prev; /* in wire->legs */
	struct wire *wire;
	struct stream stream;
	struct leg_limits limits;
	const struct leg_calls *calls;
	void *ctx;
	bool client; /* our frames are masked */
	bool paused, kicked;
	bool busy;        /* one of its callbacks may be running */
	bool orphan;      /* its owner has freed it */
	bool broken;      /* nothing more can be sent */
	bool shut;        /* and the peer knows that nothing will */
	bool said, heard; /* a Close frame was sent, received */
	bool draining;    /* nothing it sends matters any more */
	bool told;        /* the owner knows, or will, that it is over */
	unsigned end;     /* the code it is told; 0: not over */
	char reason[WS_CONTROL_MAX - 1];
	uint32_t events; /* watched for */
	struct deflate_terms deflate;
	struct deflate *own; /* decompressor of a peer that keeps its window */
	struct heap rest;    /* the begin of a frame */
	size_t need;         /* of rest, before it is looked at again */
	struct heap part;    /* frames of an unfinished message */
	bool part_open, part_packed;
	struct heap queue; /* to be sent */
	size_t sent;       /* of it */
	uint64_t moved_ms; /* when the queue last did */
	uint64_t ping_ms;  /* of the first unanswered ping, 0: none */
	uint64_t close_ms; /* when patience ends, 0: not closing */
	struct leg_figures figures;
	char peer[STREAM_NAME_MAX];
};

/*
 * Takes an open stream (also when it fails). early: bytes that came behind the
 * handshake. A hold of the wire is taken. NULL: no memory.
 */
struct leg_start {
	bool client;
	struct leg_limits limits;
	struct deflate_terms deflate;
	const char *peer;
	const char *early;
	size_t early_len;
};
struct leg *
leg_new_take(struct wire *, struct stream *, const struct leg_start *);
/* Of a wire whose users are gone: the rest of its legs. */
void legs_end(struct wire *);

/* leg.c: over, with this code for the owner; the socket is closed. Only where
 * the owner may be called. */
void leg_over(struct leg *, unsigned code, const char *reason);
/* The same from anywhere else: the loop comes to it. */
void leg_break(struct leg *, unsigned code, const char *reason);
/* The loop comes to it soon, whatever the socket has to say. */
void leg_kick(struct leg *);
void leg_tell(struct leg *);
void leg_watch(struct leg *);
/* The peer did what it must not: says so, and is over. */
void leg_fault(struct leg *, unsigned code, const char *why);

void leg_event(void *ctx, int fd, uint32_t events);

/* leg_read.c */
void leg_read(struct leg *);  /* what the socket has */
void leg_again(struct leg *); /* goes on with what was read before a pause */

/* leg_send.c */
int leg_frame(struct leg *, uint8_t first, const struct leg_piece *, size_t n);
int leg_say_close(struct leg *, unsigned code, const char *reason, size_t len);
void leg_flush(struct leg *); /* what is queued */
void wire_flush(struct wire *);
void wire_cork(struct wire *);
void wire_uncork(struct wire *);

#endif
