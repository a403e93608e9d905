/* SPDX-License-Identifier: MIT */
#ifndef CERT_CHAIN_H
#define CERT_CHAIN_H

#include <time.h>

#include "vault.h"

/*
 * Is this chain the certificate of this key? The leaf holds its public key and
 * the name its CSR was made for, is no CA, and was signed by the next, and so
 * on: in order, each issuer a CA, nothing left over. It ends after now, and
 * after CHAIN_FLOOR, before which no clock is believed.
 *
 * Says nothing of trust: whose chains are believed, the one who asked for the
 * certificate knows.
 */
#define CHAIN_FLOOR ((time_t)X509_CLOCK_FLOOR)

int chain_fits(STACK_OF(X509) *, const struct held *, time_t now, struct err *);

/* 1: the clock says it has ended; 0: not yet, or the clock is not set. */
int chain_expired(const X509 *leaf, time_t now);
/* Seconds since 1970; -1: not to be read. */
time_t chain_time(const ASN1_TIME *);

#endif
