/* SPDX-License-Identifier: MIT */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>

#include "err.h"
#include "json.h"
#include "scrub.h"

/*
 * Who the sample is: the serial, MACs, host name, addresses, machine-id and key
 * fingerprints that the policy says where to find. They go into the residue
 * search. One that is not found is a finding, unless the policy says that it
 * may be absent or the caller gave it.
 *
 * live: root is that of the running system, so its interfaces and host name
 * may be asked for. extra: NULL-ended texts "what=value", given by a person.
 * counts: an object that receives how many of each kind there are.
 */
int identity_collect(struct scrub *, int root, bool live,
    const char *const *extra, json_t *counts, struct err *);

#endif
