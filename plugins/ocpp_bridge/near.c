/* SPDX-License-Identifier: MIT */
/*
 * Which addresses belong to a network of the owner's own, by what the standards
 * set apart for that. A firewall may say otherwise; this is what can be said
 * from the document alone.
 */
#include <arpa/inet.h>

#include <stdio.h>
#include <string.h>

#include "near.h"

static bool
private_4(const uint8_t a[4])
{
	return a[0] == 10 || a[0] == 127 || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 172 && (a[1] & 0xf0) == 16) ||
	    (a[0] == 169 && a[1] == 254);
}

/* RFC 1918, 4193, 3927, 4291: private, unique local, link-local, loopback. The
 * wildcard is every address, public ones too. */
bool
ocpp_near_address(const char *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	uint8_t a[16];

	if (inet_pton(AF_INET, address, a) == 1)
		return private_4(a);
	return inet_pton(AF_INET6, address, a) == 1 &&
	    ((a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
		memcmp(a, loopback, sizeof(a)) == 0);
}

/* The host of ws://HOST:PORT/..., if it is an address or this machine. A name
 * is none: where it leads is decided elsewhere. */
bool
ocpp_near_url(const char *url)
{
	const char *p = strstr(url, "://");
	char host[256];
	size_t n;

	if (p == NULL)
		return false;
	p += 3;
	if (*p == '[')
		n = strcspn(++p, "]");
	else
		n = strcspn(p, ":/");
	(void)snprintf(host, sizeof(host), "%.*s", (int)n, p);
	return ocpp_near_address(host) || strcmp(host, "localhost") == 0;
}
