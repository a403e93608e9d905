/* SPDX-License-Identifier: MIT */
#ifndef XTENTRY_H
#define XTENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "ruleset.h"

/*
 * One rule as the kernel's x_tables has it: struct ipt_entry or ip6t_entry,
 * matches, target (linux/netfilter/x_tables.h). Only the kernel's own headers
 * are used here, no library.
 */
#define XT_ENTRY_MAX 640

struct xt_entry_buf {
	_Alignas(8) unsigned char p[XT_ENTRY_MAX];
	size_t size;
};

/* The target carries the verdict's name, as libiptc wants it. */
void xt_encode(const struct fw_rule *, enum fw_family, struct xt_entry_buf *);

/*
 * Whether an entry of the kernel is this rule, bit for bit in all that decides
 * over packets: one that prints alike but matches otherwise is not. label is
 * the name of its target ("ACCEPT").
 */
bool xt_same(const void *entry, const char *label, const struct fw_rule *,
    enum fw_family);

/*
 * The rule that an entry stands for. False: there is none that would be the
 * same; rule then holds what could be read.
 */
bool xt_decode(const void *entry, const char *label, enum fw_chain,
    enum fw_family, struct fw_rule *);

#endif
