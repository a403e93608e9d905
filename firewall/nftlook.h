/* SPDX-License-Identifier: MIT */
#ifndef NFTLOOK_H
#define NFTLOOK_H

#include <stdbool.h>

#include "err.h"

/*
 * The other firewall of the same kernel. A packet must pass nf_tables and the
 * legacy tables both, so rules there make ours say less than the whole truth,
 * and auditors who only know one of the two see half.
 *
 * Counts all rules of all families, and the base chains that drop by policy;
 * an empty table with accepting chains, as a mere "iptables -L" leaves it
 * behind, changes nothing and is not counted. Where a rule decides, and what,
 * is not looked into.
 */
struct nft_view {
	bool present; /* false: this kernel has no nf_tables */
	unsigned rules;
	unsigned drops;
	char where[160]; /* "table filter, chain INPUT": the first of them */
};

/* Needs CAP_NET_ADMIN. Waits at most 2 seconds for each answer. */
int nft_look(struct nft_view *, struct err *);

#endif
