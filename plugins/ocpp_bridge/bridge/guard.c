/* SPDX-License-Identifier: MIT */
/*
 * A table of 256: failures come from a misconfigured charge point or two, or
 * from an attacker, and an attacker with 256 addresses pushes others' counts
 * out, never their connections.
 */
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "guard.h"

#define PEERS     256
#define MINUTE_MS 60000

struct peer {
	uint8_t address[8]; /* zero: free */
	unsigned failed;
	uint64_t since_ms;
};

struct guard {
	struct peer peers[PEERS];
};

struct guard *
guard_new(void)
{
	return calloc(1, sizeof(struct guard));
}

void
guard_free(struct guard *g)
{
	free(g);
}

/* IPv4 stands behind four bytes of 0xff, where no unicast network of IPv6 is.
 */
static void
address_of(const char *peer, uint8_t out[8])
{
	char text[INET6_ADDRSTRLEN] = { 0 };
	const char *from = *peer == '[' ? peer + 1 : peer;
	const char *end = *peer == '[' ? strchr(peer, ']') : strrchr(peer, ':');
	struct in6_addr six;
	size_t len = end == NULL ? strlen(from) : (size_t)(end - from);

	memset(out, 0xff, 8);
	if (len >= sizeof(text))
		return;
	memcpy(text, from, len);
	if (inet_pton(AF_INET6, text, &six) == 1)
		memcpy(out, &six, 8);
	else
		(void)inet_pton(AF_INET, text, out + 4);
}

static size_t
find(const struct guard *g, const uint8_t address[8])
{
	for (size_t i = 0; i < PEERS; i++)
		if (g->peers[i].failed > 0 &&
		    memcmp(g->peers[i].address, address, 8) == 0)
			return i;
	return PEERS;
}

bool
guard_blocks(
    const struct guard *g, const char *peer, unsigned most, uint64_t now_ms)
{
	uint8_t address[8];
	size_t i;

	address_of(peer, address);
	i = find(g, address);
	return i < PEERS && g->peers[i].failed >= most &&
	    now_ms - g->peers[i].since_ms < MINUTE_MS;
}

void
guard_failed(struct guard *g, const char *peer, uint64_t now_ms)
{
	uint8_t address[8];
	size_t i, oldest = 0;

	address_of(peer, address);
	if ((i = find(g, address)) == PEERS) {
		for (i = 0; i < PEERS; i++)
			if (g->peers[i].since_ms < g->peers[oldest].since_ms)
				oldest = i;
		i = oldest;
		memcpy(g->peers[i].address, address, 8);
		g->peers[i].failed = 0;
	}
	if (g->peers[i].failed == 0 ||
	    now_ms - g->peers[i].since_ms >= MINUTE_MS) {
		g->peers[i].failed = 0;
		g->peers[i].since_ms = now_ms;
	}
	g->peers[i].failed++;
}
