/* SPDX-License-Identifier: MIT */
#ifndef XTLOCK_H
#define XTLOCK_H

#include "err.h"

/*
 * The lock that all the iptables tools take around a change
 * (/run/xtables.lock, flock). The kernel itself only notices a foreign change
 * when the number of rules has changed with it; whoever changes a table
 * without this lock can wipe out another's rules unseen.
 *
 * fd is the lock file, opened by somebody else and left open. Waits up to ms
 * milliseconds; a lock that stays taken is an error. Nobody but the taker may
 * keep a duplicate of fd, or the lock outlives a taker that dies.
 */
int xtlock_take(int fd, unsigned ms, struct err *);
void xtlock_drop(int fd);

#endif
