/* SPDX-License-Identifier: MIT */
#ifndef INSTALL_H
#define INSTALL_H

#include <stdbool.h>

#include "err.h"
#include "grants.h"

/*
 * INSTALL and REMOVE: a plugin names a slot of its policy, never a path. What
 * stood in the slot's place before the first INSTALL is kept below
 * state_dir/installed and comes back with REMOVE; a REMOVE of what was never
 * installed touches nothing.
 *
 * state is the open state_dir. Durable; may be killed at any moment and done
 * again. A symbolic link or a folder in the slot's place is refused.
 */

/* fd: the new content, at most INGOT_TEXT_MAX bytes; borrowed. *changed: false
 * when the file was already so (content, mode and owner). */
int install_put(int state, const struct grants *, const char *slot, int fd,
    bool *changed, struct err *);
int install_remove(
    int state, const struct grants *, const char *slot, struct err *);

#endif
