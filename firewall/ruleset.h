/* SPDX-License-Identifier: MIT */
#ifndef RULESET_H
#define RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * The firewall as a model: for each family three chains with a policy, and
 * rules in the order in which the kernel asks them. It knows no file, no
 * kernel and no library; the document is read into it (ruledoc.h), the
 * artifact is its text (ruletext.h), the kernel gets it from xtable.h.
 *
 * Only what the language can say is in it: there is no NAT, no user chain, no
 * negation and no rate limit.
 */
#define FW_RULES_MAX 10000 /* rules of one family */
#define FW_IFACE_LEN 16    /* the kernel's IFNAMSIZ, with the NUL */

enum fw_family {
	FW_V4,
	FW_V6,
	FW_FAMILIES
};

/* In the order in which the tools print them. */
enum fw_chain {
	FW_INPUT,
	FW_FORWARD,
	FW_OUTPUT,
	FW_CHAINS
};

enum fw_verdict {
	FW_ACCEPT,
	FW_DROP,
	FW_VERDICTS
};

/* FW_ICMP is ICMP in one family and ICMPv6 in the other. */
enum fw_proto {
	FW_ANY,
	FW_TCP,
	FW_UDP,
	FW_ICMP,
	FW_PROTOS
};

/* The first bits of addr; bits 0 is every address. IPv4 uses addr[0..3]. */
struct fw_net {
	uint8_t addr[16];
	uint8_t bits;
};

/* Both ends belong to it; first 0 is every port. */
struct fw_ports {
	uint16_t first;
	uint16_t last;
};

/* A zeroed one accepts every packet of INPUT. */
struct fw_rule {
	enum fw_chain chain;
	enum fw_verdict verdict;
	enum fw_proto proto;
	bool known; /* only packets of, or related to, a known connection */
	bool typed; /* only the ICMP type below */
	uint8_t type;
	char in[FW_IFACE_LEN]; /* "": any; "ppp+": all that begin with ppp */
	char out[FW_IFACE_LEN];
	struct fw_net from;
	struct fw_net to;
	struct fw_ports sport;
	struct fw_ports dport;
	unsigned
	    line; /* of the document; 0: a base rule. Not in the artifact */
};

struct fw_set {
	enum fw_verdict policy[FW_CHAINS];
	struct fw_rule *rules;
	size_t n;
	size_t room;
};

/* A zeroed one is the open machine: nothing is dropped. */
struct firewall {
	struct fw_set set[FW_FAMILIES];
};

/* "ipv4", "INPUT", "DROP", "tcp": borrowed for ever. */
const char *fw_family_name(enum fw_family);
const char *fw_chain_name(enum fw_chain);
const char *fw_verdict_name(enum fw_verdict);
const char *fw_proto_name(enum fw_proto);
/* FW_ICMP as the tools call it: "icmp", "ipv6-icmp". */
const char *fw_icmp_name(enum fw_family);

unsigned fw_family_bits(enum fw_family); /* 32 or 128 */

/* Copies the rule to the end of the set; fails past FW_RULES_MAX. */
int fw_add(struct fw_set *, const struct fw_rule *, struct err *);
void fw_free(struct firewall *); /* fine on a zeroed one */
#define own_firewall __attribute__((cleanup(fw_free), unused))

/* Whether a matches every packet that b matches. Verdicts do not matter. */
bool fw_covers(const struct fw_rule *a, const struct fw_rule *b);

/*
 * What the set does with the packets that a rule describes, if it describes
 * them so narrowly that no rule matches only some of them: the verdict of the
 * first rule that covers it, else the policy of its chain.
 */
enum fw_verdict fw_judge(const struct fw_set *, const struct fw_rule *packet);

/* Letters, digits, '.', '_', '-'; at most 15; a '+' may end it. */
bool fw_iface_valid(const char *);
/* "10.0.0.0/8", "fe80::/10", or an address. Bits beyond the prefix, and
 * everything inet_pton refuses, fail. family is set. */
int fw_net_parse(
    const char *, struct fw_net *, enum fw_family *family, struct err *);
#define FW_NET_TEXT_MAX 64
/* Always with "/bits". */
void fw_net_text(
    const struct fw_net *, enum fw_family, char text[static FW_NET_TEXT_MAX]);

#endif
