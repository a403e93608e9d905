/* SPDX-License-Identifier: MIT */
#ifndef RULELINT_H
#define RULELINT_H

#include <stdint.h>

#include "ruleset.h"

/*
 * Refuses what is well formed and yet wrong:
 *
 *	- a rule that no packet can reach, since an earlier one covers it;
 *	- a set that lets nobody begin an SSH connection from outside, or lets
 *	  the answer not out again (ssh_port 0: not asked).
 *
 * It proves that a way in is there, not that the operator is on it: a source
 * network that is not his is beyond it. name is the document's, for errors.
 */
int fw_lint(
    const struct firewall *, const char *name, uint16_t ssh_port, struct err *);

#endif
