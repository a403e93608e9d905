/* SPDX-License-Identifier: MIT */
#ifndef UNPACK_KEY_H
#define UNPACK_KEY_H

#include <openssl/x509.h>

#include "err.h"

/*
 * The private key that opens an encrypted bundle, as ingot-unpack has it: not
 * at all. Who parses a stranger's bytes asks the agent, over a socket
 * (SOCK_SEQPACKET), for one thing: the ECDH of the unit's key with this point.
 *
 *	asked	65 bytes: a point of P-256, uncompressed (SEC 1 section 2.3.3)
 *	told	32 bytes: the shared secret, its x coordinate; or the end
 *
 * So an unpacker that was taken over can open the bundle that it was given, and
 * has no key to carry away. The agent answers once.
 */
#define UNPACK_POINT_LEN  65
#define UNPACK_SECRET_LEN 32

/* For the public key of cert, which has to be P-256; the caller's. NULL:
 * failed. ask stays open as long as the key is used. One key in a process. */
EVP_PKEY *unpack_key_new(const X509 *cert, int ask, struct err *);

#endif
