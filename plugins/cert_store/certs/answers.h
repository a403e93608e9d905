/* SPDX-License-Identifier: MIT */
#ifndef CERTS_ANSWERS_H
#define CERTS_ANSWERS_H

#include "index.h"

/*
 * The OCSP answers beside the certificates, "<folder>/ocsp/NAME_ocsp.der" and
 * ".hash", as far as deleting and collecting go (see ocsp.h for their use).
 */
#define ANSWERS_MAX 20 /* pairs in one commit; collecting goes on after it */

/* Four lines: algorithm, issuer's name and key hash, serial. */
int answers_parse(
    const char *text, size_t len, struct cert_hash_data *out, struct err *);
/* Adds the removal of the answers about x, or (NULL) of those about nothing
 * that is here, to the commit. How many pairs, or -1. */
int answers_remove(
    struct certs *, const struct entry *x, struct commit *, struct err *);

/* Adds how many files they are, and their bytes: they count for the limits,
 * and only changes ask. */
void
answers_size(const struct certs *, size_t *files, unsigned long long *bytes);

#endif
