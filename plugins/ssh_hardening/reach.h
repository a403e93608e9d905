/* SPDX-License-Identifier: MIT */
#ifndef SSH_REACH_H
#define SSH_REACH_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * TCP on the loopback interface with a deadline: end_ms is a time of now_ms().
 * A peer that answers one byte a second is late like one that says nothing.
 */

/*
 * A connected, blocking descriptor for 127.0.0.1:port, or -1. A refusal is
 * tried again for refused_ms: a server that reloads is away for a moment.
 */
int reach(uint16_t port, uint64_t end_ms, unsigned refused_ms, struct err *);
int reach_read(int fd, void *, size_t, uint64_t end_ms, struct err *);
int reach_write(int fd, const void *, size_t, uint64_t end_ms, struct err *);

#endif
