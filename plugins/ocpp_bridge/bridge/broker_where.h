/* SPDX-License-Identifier: MIT */
#ifndef OCPP_BROKER_WHERE_H
#define OCPP_BROKER_WHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/* Where a broker is: a unix socket (port 0) or a literal address. */
#define WHERE_HOST_MAX 108 /* sun_path */

struct where {
	char host[WHERE_HOST_MAX];
	uint16_t port;
	bool tls;
};

/* "unix:/path", "mqtt://address:port", "mqtts://address:port"; the port may be
 * left out (1883, 8883). A name other than localhost is refused. */
int where_parse(const char *text, struct where *, struct err *);

#endif
