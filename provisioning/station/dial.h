/* SPDX-License-Identifier: MIT */
#ifndef DIAL_H
#define DIAL_H

#include <stdint.h>

#include "err.h"

/*
 * A TCP connection to a host by name or address, made within limit_ms over all
 * of its addresses; afterwards a peer that is silent for so long (dead, or its
 * cable is out) makes every read and write fail. The caller's descriptor, or
 * -1 and e, which says what to look at. The name is looked up by the system's
 * resolver, whose own limits hold for it.
 */
int dial(const char *host, uint16_t port, unsigned limit_ms, struct err *);

#endif
