/* SPDX-License-Identifier: MIT */
#ifndef RULETEXT_H
#define RULETEXT_H

#include <stddef.h>

#include "buf.h"
#include "ruleset.h"

/*
 * The artifact: the model as text, one way only to write each model. Between
 * its section lines it is letter for letter what iptables-legacy -S and
 * ip6tables-legacy -S print once it is in the kernel, so a person can compare
 * the two by eye and a test with cmp:
 *
 *	ingot-firewall 1
 *	*ipv4
 *	-P INPUT DROP
 *	-P FORWARD DROP
 *	-P OUTPUT ACCEPT
 *	-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
 *	...
 *	*ipv6
 *	...
 *
 * No text at all is the open machine: every policy ACCEPT, no rule.
 */
#define FW_TEXT_MAX (1024 * 1024)
#define FW_LINE_MAX 320

/* One rule, without a line end. */
void fw_rule_text(
    const struct fw_rule *, enum fw_family, char text[static FW_LINE_MAX]);

/* Adds to out; out->bad says whether it fitted. */
void fw_text_write(const struct firewall *, struct bytes *out);

/*
 * Takes nothing but what fw_text_write writes, byte for byte; errors name the
 * line. fw is filled; on failure it is left empty. line is 0 in each rule.
 */
int fw_text_read(struct firewall *fw, const char *text, size_t, struct err *);

#endif
