/* SPDX-License-Identifier: MIT */
#ifndef POLICY_IN_H
#define POLICY_IN_H

#include "policy.h"

/* What the readers of policies share; for snapshots/policy*.c alone. */
#define POLICY_TEXT_MAX 256

typedef int policy_entry_fn(
    struct policy *, const struct policy_file *, conf_node *, struct err *);

/* A list of groups into a growing array of the policy, one more entry of size
 * bytes for each, which fn fills and counts. */
int policy_list(struct policy *, const struct policy_file *, const char *name,
    void **array, size_t count, size_t size, policy_entry_fn *, struct err *);

/* The next file of the policy, its hash and its tree; NULL: failed. */
struct policy_file *policy_file_parse(struct policy *, const char *path,
    const char *text, size_t len, struct err *);

/* The same from a file. */
struct policy_file *
policy_file_open(struct policy *, const char *path, struct err *);
/* The lists rules, accept and identity of a file. */
int
policy_lists_read(struct policy *, const struct policy_file *, struct err *);

/* Rules for one kind of file that count for another: the lists alike of all
 * files. Once, when all rules are read. */
int policy_alike_read(struct policy *, struct err *);

void policy_links_free(struct policy *);

/* Fills the next rule, and where it applies, from a group. */
int policy_rule_read(
    struct policy *, const struct policy_file *, conf_node *, struct err *);

#endif
