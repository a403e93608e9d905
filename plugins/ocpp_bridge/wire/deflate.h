/* SPDX-License-Identifier: MIT */
#ifndef DEFLATE_H
#define DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "leg.h"
#include "wire.h"

/*
 * permessage-deflate, RFC 7692. Both sides are asked not to keep their window
 * from message to message ("no context takeover"), so one compressor and one
 * decompressor serve all legs of a loop and a leg has none of its own. Only a
 * server that keeps its window although it was asked not to costs one.
 */
#define DEFLATE_LEAST 256 /* shorter messages gain nothing */

struct deflate_terms {
	bool on;
	bool keeps;    /* the peer keeps its window: a decompressor each */
	unsigned bits; /* the largest window the peer can take, 8 to 15 */
};

/* The value of Sec-WebSocket-Extensions, as a client offers it. */
extern const char deflate_offer[];
/*
 * A server's choice among offers (one header's value; call it for each until
 * terms->on): what it answers goes to answer. Offers it does not understand
 * are passed over: the absence of compression closes nothing.
 */
#define DEFLATE_ANSWER_MAX 128
void deflate_choose(const char *offers, struct deflate_terms *terms,
    char answer[static DEFLATE_ANSWER_MAX]);
/* A client reads the server's answer. -1: it is none to deflate_offer, and the
 * connection has to fail (RFC 6455 9.1). */
int deflate_agreed(const char *answer, struct deflate_terms *terms);

/* One for all legs of a wire, or one for a leg whose peer keeps its window. */
struct deflate *deflate_new(void);
void deflate_free(struct deflate *);

/*
 * out is the deflater's, until its next call. 0, or the code to close with:
 * WS_TOO_BIG as soon as max is passed (what would come then is never inflated),
 * WS_DATA, WS_LATER: no memory. keeps: the window stays for the next.
 */
int deflate_open(struct deflate *, const void *in, size_t len, size_t max,
    bool keeps, char **out, size_t *out_len);
/* false: it would not be shorter, or the peer's window is too small for it, or
 * memory: send it as it is. */
bool deflate_pack(struct deflate *, const struct leg_piece *, size_t n,
    size_t total, unsigned bits, char **out, size_t *out_len);

#endif
