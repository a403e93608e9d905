/* SPDX-License-Identifier: MIT */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <sys/types.h>

#include "err.h"

/*
 * The sample's own users and groups by number, from its passwd and group
 * files: numbers mean other people on another unit.
 */
struct accounts;

struct accounts *accounts_read(int root, struct err *);
void accounts_free(struct accounts *);

/* NULL: the sample has no such account. */
const char *account_user(const struct accounts *, uid_t);
const char *account_group(const struct accounts *, gid_t);

#endif
