/* SPDX-License-Identifier: MIT */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "err.h"

/*
 * Opens the folder of an absolute path, which is given without its first
 * slash ("etc/ssh/sshd_config"), for placing a file there as root.
 *
 * Symbolic links on the way are followed only when they belong to root or to
 * whoever runs this: a link that a user made in a folder of his must not send
 * root's write elsewhere. "." and ".." as parts are refused.
 *
 * make: folders that are missing are made (0755, ours). Returns a descriptor
 * (O_PATH) that is the caller's, and *name, the last part, within path. -1
 * with e->code ENOENT and *missing folders when some are not there.
 */
int place_open(const char *path, bool make, unsigned *missing,
    const char **name, struct err *);

/*
 * Where a file placed at path would really be, absolute, without a link on
 * the way: "lib/x" is "/usr/lib/x" where /lib leads there. Parts that are not
 * there yet stay as they are. -1: place_open() would not go there.
 */
int place_real(const char *path, char out[static PATH_MAX], struct err *);

#endif
