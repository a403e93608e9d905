/* SPDX-License-Identifier: MIT */
#ifndef RECIPIENT_H
#define RECIPIENT_H

#include "bundle.h"
#include "cli.h"

/*
 * Both ends of an encrypted bundle, as options: --encrypt-to of who makes it,
 * and --key, --cert and --passphrase-fd of who opens it.
 */

/* The certificates of all --encrypt-to, whose keys the terms then name; *to
 * stays NULL when there is none, else it is the caller's. */
int recipients_read(
    const struct cli *, struct terms *, STACK_OF(X509) * *to, struct err *);

/* trust.to and trust.key, when --key was given; the caller's. */
int recipient_open(const struct cli *, struct bundle_trust *, struct err *);
void recipient_close(struct bundle_trust *);
#define own_trust __attribute__((cleanup(recipient_close), unused))

/* --passphrase-fd, or -1. */
int passphrase_fd(const struct cli *, int *fd, struct err *);

/* --anchors, --unsigned, --model, --hardware and the above: whom to believe.
 * Without anchors and --unsigned: EINVAL. trust.anchors is the caller's. */
int trust_read(const struct cli *, struct bundle_trust *, struct err *);
/* clang-format off */
#define TRUST_OPTIONS                                                          \
	{ "anchors", "FILE", "the certificates that are trusted (PEM)" },      \
	{ "unsigned", NULL, "take a bundle that nobody signed" },              \
	{ "key", "KEY", "opens an encrypted one: as --sign of capture" },      \
	{ "cert", "FILE", "the certificate that it was encrypted to" },        \
	{ "passphrase-fd", "N", "the descriptor that gives the key's pass "    \
	    "phrase or PIN; else the terminal is asked" }
/* clang-format on */

#endif
