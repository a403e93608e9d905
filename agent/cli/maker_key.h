/* SPDX-License-Identifier: MIT */
#ifndef MAKER_KEY_H
#define MAKER_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "err.h"

/*
 * A private key of the maker or the factory, wherever it is kept:
 *
 *	maker.key		PEM, also encrypted
 *	maker.tss2		PEM "TSS2 PRIVATE KEY": loaded into the TPM
 *	handle:0x81000001	persistent in the TPM
 *	pkcs11:token=...	RFC 7512: a smart card or an HSM
 *
 * The TPM is reached by the provider tpm2 (package tpm2-openssl), PKCS #11 by
 * the engine pkcs11 (libengine-pkcs11-openssl): both are loaded when such a key
 * is named, and nothing is linked with them, so a unit needs neither.
 *
 * A pass phrase or PIN comes from a descriptor or a terminal. On a command line
 * it could be read by everybody; a PIN in a URI is refused for that.
 */
#define MAKER_PASSPHRASE_MAX 256 /* bytes */

/*
 * passphrase_fd: its first line is the pass phrase; -1: asked for on the
 * terminal, if one is needed. NULL: failed. The engine or provider stays loaded
 * until the process ends.
 */
EVP_PKEY *maker_key_open(const char *name, int passphrase_fd, struct err *);

/* Does the key belong to the certificate, and would a unit take what they
 * sign? Better said now than by a whole line of units. */
int maker_key_check(EVP_PKEY *, STACK_OF(X509) * chain, struct err *);

#endif
