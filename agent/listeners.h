/* SPDX-License-Identifier: MIT */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * TCP ports that somebody listens on, as the kernel says in /proc/net/tcp and
 * tcp6 (proc(5)).
 */
#define LISTENERS_MAX 1024

struct listener {
	uint16_t port;
	bool local; /* bound to the loopback only */
};

/* Adds those of one such text to list; returns how many there are now, or -1.
 * len need not end in a NUL. */
int listeners_parse(struct listener *list, size_t count, size_t max,
    const char *text, size_t len, struct err *);
/* Of this network namespace; list has room for LISTENERS_MAX. */
int listeners_read(struct listener *list, struct err *);

#endif
