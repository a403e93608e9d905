/* SPDX-License-Identifier: MIT */
#ifndef IMPORT_URL_H
#define IMPORT_URL_H

#include <stdbool.h>

/* scheme://[user[:password]@]host[:port][/path], as brokers and CSMSs have. */
#define URL_HOST_MAX 253

struct url {
	char scheme[16];
	char host[URL_HOST_MAX + 1]; /* without the [] of an IPv6 address */
	unsigned port;               /* 0: not said */
	bool user;                   /* user information stands in it */
	bool path;                   /* something but "/" stands behind */
};

/* 0, or -1 when it is none; keeps nothing of the user information. */
int url_read(const char *text, struct url *);

#endif
