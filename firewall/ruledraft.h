/* SPDX-License-Identifier: MIT */
#ifndef RULEDRAFT_H
#define RULEDRAFT_H

#include "conf.h"
#include "ruleset.h"

/* Inside the document reader (ruledoc.h describes the language). */

/* "accept" or "drop" in *v; an absent key leaves it as it is. */
int fw_doc_verdict(
    conf_node *group, const char *key, enum fw_verdict *v, struct err *);

/* Adds the rules that one { ... } of a chain's list stands for. */
int fw_draft_add(struct firewall *, enum fw_chain, conf_node *, struct err *);

#endif
