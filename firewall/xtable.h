/* SPDX-License-Identifier: MIT */
#ifndef XTABLE_H
#define XTABLE_H

#include <stdbool.h>

#include "ruleset.h"

/*
 * The back end for kernels with legacy tables, on libiptc. That library is
 * under the GPL, version 2: who links xtable.o must link libip4tc and libip6tc
 * too, and only the firewall plugin and the tests do. Nothing else in
 * firewall/ refers to this file.
 *
 * The filter table is wholly ours: INPUT, FORWARD and OUTPUT hold what the
 * set says and nothing else, and chains that others made in it are taken
 * away, since a foreign rule in front would undo "what nobody allows is
 * dropped". The tables nat, mangle, raw and security are never touched.
 *
 * libiptc keeps state in static variables: one thread only.
 */

/* How the table of one family compares with a set. */
struct xt_view {
	bool present; /* false: this kernel has no such table */
	bool same;
	enum fw_verdict policy[FW_CHAINS];
	char why[400]; /* the first difference, if not the same */
};

/*
 * Compares rule by rule. A table that is not there is an open machine: the
 * same as an empty set, and as any set if the kernel has no IPv6 at all.
 */
int
xt_look(enum fw_family, const struct fw_set *, struct xt_view *, struct err *);

/*
 * Makes both tables so, each in one commit. Everything is read and built
 * before the first commit; if the second fails the first is put back. A table
 * that is right already is not touched, so its counters go on; in one that is
 * replaced they begin at 0.
 *
 * lock_fd is the open xtables lock file; the lock is waited for lock_ms
 * milliseconds and given back at the end.
 */
int
xt_apply(const struct firewall *, int lock_fd, unsigned lock_ms, struct err *);

#endif
