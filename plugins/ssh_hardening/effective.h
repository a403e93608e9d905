/* SPDX-License-Identifier: MIT */
#ifndef SSH_EFFECTIVE_H
#define SSH_EFFECTIVE_H

#include "err.h"
#include "sshd_conf.h"

/*
 * 0 when, of the unit's configuration as sshd reads it, every directive of the
 * drop-in is the one that counts; else -1 with the file and line that takes
 * its place, and what to do.
 */
int effective_holds(
    const struct sshd_conf *unit, const struct sshd_conf *dropin, struct err *);

#endif
