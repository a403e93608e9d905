/* SPDX-License-Identifier: MIT */
#ifndef IMPORT_RULES_H
#define IMPORT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "import.h"

/*
 * Firewall rules on their way into documents/firewall_policy.conf. This is the
 * part of the plugin's language that importers need, with two cares of their
 * own: a rule that another one makes pointless is left out and said, since the
 * plugin refuses it; and a rule for "every interface but one" becomes a pair,
 * drop and accept, which is why those come last.
 */
#define RULE_IFACE_LEN 16
#define RULES_MAX      4096

enum rule_proto {
	RULE_ANY,
	RULE_TCP,
	RULE_UDP,
	RULE_ICMP
};

struct rule_net {
	uint8_t addr[16]; /* IPv4 uses the first four */
	uint8_t bits;     /* 0: every address */
};

struct rule_ports {
	uint16_t first; /* 0: every port */
	uint16_t last;
};

struct rule {
	struct import_at at; /* what the rule comes from; borrowed */
	unsigned entry;
	int family; /* 4 or 6 */
	bool forward;
	bool drop;
	bool cut; /* bits behind a prefix were taken away */
	char in[RULE_IFACE_LEN];
	char out[RULE_IFACE_LEN];
	char except[RULE_IFACE_LEN]; /* in is any but this one; "": none */
	enum rule_proto proto;
	struct rule_ports port;
	struct rule_ports source_port;
	struct rule_net from;
	struct rule_net to;
};

struct rules {
	struct rule *all;
	size_t n;
	size_t room;
	size_t settled; /* of these, the first ones are in the document */
};

/* Remembers a rule for rules_settle(). */
int rules_add(struct rules *, const struct rule *, struct err *);
void rules_free(struct rules *); /* fine on a zeroed one */
#define own_rules __attribute__((cleanup(rules_free), unused))

/*
 * Decides about every rule: puts those that are needed first (settled), and
 * says one item for each.
 */
void rules_settle(struct rules *, struct import *);
/* Whether somebody outside may begin TCP to the port. */
bool rules_open(const struct rules *, uint16_t port);
/* The settled ones as the lists input and forward of the document. */
void rules_write(const struct rules *, struct bytes *out);
/* The same for input, for a list that is begun already; ends it. */
void rules_write_list(const struct rules *, struct bytes *out);

/* A letter or digit, then letters, digits, '.', '_', '-'; at most 15; a '+' may
 * end it. */
bool rule_iface_ok(const char *);
/* "22", or with a divider "5000:5010"; 0, or -1. */
int rule_ports_read(const char *, struct rule_ports *);
/*
 * "10.0.0.0/8" with its prefix; 0, or -1. Bits behind it are taken away and
 * *cut is set.
 */
int rule_net_read(const char *, int family, struct rule_net *, bool *cut);

#endif
