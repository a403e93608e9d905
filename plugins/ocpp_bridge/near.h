/* SPDX-License-Identifier: MIT */
#ifndef OCPP_NEAR_H
#define OCPP_NEAR_H

#include <stdbool.h>

/*
 * Private, unique local, link-local or loopback (RFC 1918, 4193, 3927, 4291),
 * IPv4 or IPv6. The wildcards are every address, public ones too: false.
 */
bool ocpp_near_address(const char *);
/* The same of the host in ws://HOST:PORT/...; of names only localhost is. */
bool ocpp_near_url(const char *);

#endif
