/* SPDX-License-Identifier: MIT */
#ifndef LEG_H
#define LEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "loop.h"

/*
 * A leg: one WebSocket (RFC 6455) that is open, towards a charge point or
 * towards the CSMS, over TCP or TLS. It hands over whole text messages, sends
 * whole text messages, pings, and closes. permessage-deflate (RFC 7692) is its
 * own business. Whatever the peer does wrong ends the leg with the close code
 * that section 7.4.1 names, and is counted.
 *
 * One thread. A callback may do anything to the leg, free it too.
 */
struct leg;

struct leg_limits {
	size_t frame_max; /* bytes of a message, inflated; default 256 KiB */
	size_t queue_max; /* bytes waiting to be sent; beyond: closed 1013 */
	uint32_t slow_ms; /* a queue that does not move so long: closed */
	uint32_t pong_ms; /* nothing at all heard so long after a ping: closed;
			     0: never */
};

struct leg_calls {
	/* text is the leg's, may be changed in place, and is valid until the
	 * callback returns; there is room for no byte behind it. */
	void (*message)(void *ctx, char *text, size_t len);
	/* The end, once: the peer's code, or the one that its fault was
	 * answered with, or as RFC 6455 7.1.5 has it (1005: a Close without a
	 * code, 1006: none at all). The leg is still to be freed by leg_free().
	 * Never called from within leg_send(), leg_close() and the like. */
	void (*closed)(void *ctx, unsigned code, const char *reason);
};

/* calls are borrowed for as long as the leg is. */
void leg_calls_are(struct leg *, const struct leg_calls *, void *ctx);
/* Messages that came before the first leg_calls_are() wait in the socket. */

/*
 * While paused nothing is read: the peer has to wait as soon as the buffers of
 * both kernels are full. For the one whose messages the other leg can not send
 * as fast (figures.queued). What was read before is kept, in order.
 */
void leg_pause(struct leg *, bool);

/* One text message. Sent at once if the socket takes it, else queued. -1: the
 * queue is full or memory is; the leg is then closing with 1013. */
int leg_send(struct leg *, const char *text, size_t len);
/* The same in two pieces, e.g. a rewritten number between them. */
struct leg_piece {
	const char *p;
	size_t len;
};
int leg_sendv(struct leg *, const struct leg_piece *, size_t n);

void leg_ping(struct leg *);
/* Begins the closing handshake; closed() comes with the peer's half, or after
 * three seconds. A code that must not be sent (1005, ...) goes as none. */
void leg_close(struct leg *, unsigned code, const char *reason);
/* At once, without a word to the peer. One that is closing, by either side,
 * still ends its handshake, unseen, as long as the loop has other legs, a
 * listener or a dial. */
void leg_free(struct leg *);

struct leg_figures {
	uint64_t in, out;             /* messages */
	uint64_t bytes_in, bytes_out; /* on the wire, without TLS */
	uint64_t faults;              /* of the peer */
	size_t queued;                /* bytes */
	uint64_t heard_ms;            /* now_ms() of the last byte */
	bool deflated, tls;
};
void leg_figures(const struct leg *, struct leg_figures *);
const char *leg_peer(const struct leg *); /* "192.0.2.7:51022" */

#endif
