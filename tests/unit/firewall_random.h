/* SPDX-License-Identifier: MIT */
#ifndef FIREWALL_RANDOM_H
#define FIREWALL_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "ruleset.h"

/*
 * Any rule that the document language can say, from a seed: for tests of
 * properties that all rules have.
 */
static inline unsigned
random_below(unsigned n)
{
	return (unsigned)random() % n;
}

static inline void
random_iface(char out[FW_IFACE_LEN])
{
	static const char *const some[] = { "", "", "eth0", "ppp+", "lo",
		"a.very-long_one" };

	memset(out, 0, FW_IFACE_LEN);
	strcpy(out, some[random_below(6)]);
}

static inline struct fw_net
random_net(enum fw_family f)
{
	struct fw_net n = { .bits = 0 };

	if (random_below(2) == 0)
		n.bits = (uint8_t)random_below(fw_family_bits(f) + 1);
	for (unsigned bit = 0; bit < n.bits; bit++)
		n.addr[bit / 8] |= (uint8_t)(random_below(2) << (7 - bit % 8));
	return n;
}

static inline struct fw_ports
random_ports(void)
{
	struct fw_ports p = { 0, 0 };

	if (random_below(2) == 0)
		return p;
	p.first = (uint16_t)(1 + random_below(65535));
	p.last = (uint16_t)(p.first + random_below(65536u - p.first));
	return p;
}

static inline struct fw_rule
random_rule(enum fw_family f)
{
	struct fw_rule r = {
		.chain = (enum fw_chain)random_below(FW_CHAINS),
		.verdict = (enum fw_verdict)random_below(FW_VERDICTS),
		.proto = (enum fw_proto)random_below(FW_PROTOS),
		.from = random_net(f),
		.to = random_net(f),
	};

	random_iface(r.in);
	random_iface(r.out);
	if (r.proto == FW_TCP || r.proto == FW_UDP) {
		r.sport = random_ports();
		r.dport = random_ports();
	}
	if (r.proto == FW_ICMP && random_below(2) == 0) {
		r.typed = true;
		r.type = (uint8_t)random_below(255);
	}
	if (random_below(4) == 0)
		r.known = true;
	return r;
}

#endif
