/* SPDX-License-Identifier: MIT */
#ifndef OCPP_GUARD_H
#define OCPP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Counts failed credentials of peers: beyond `most` within a minute a peer is
 * not listened to (429) until the minute is over. A peer is an IPv4 address or
 * an IPv6 network of 64 bits: whoever has one has all its addresses. A fixed
 * table; when it is full the oldest entry goes.
 */
struct guard;

struct guard *guard_new(void); /* NULL: no memory */
void guard_free(struct guard *);
/* peer: "192.0.2.7:51022", "[2001:db8::7]:51022" */
bool guard_blocks(
    const struct guard *, const char *peer, unsigned most, uint64_t now_ms);
void guard_failed(struct guard *, const char *peer, uint64_t now_ms);

#endif
