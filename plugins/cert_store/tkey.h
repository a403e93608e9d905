/* SPDX-License-Identifier: MIT */
#ifndef CERT_TKEY_H
#define CERT_TKEY_H

#include "buf.h"
#include "err.h"
#include "tpm/tpm.h"

/*
 * A TPM's key as a file: PEM "TSS2 PRIVATE KEY", DER of TPMKey (the ASN.1
 * specification for TPM 2.0 key files, loadable key, OID 2.23.133.10.1.3), as
 * OpenSSL's tpm2 provider reads and writes it, and so EVerest. Its parent is
 * the storage primary of the owner's hierarchy (0x40000001), which is the one
 * of tpm.h. Keys with a policy, a password or another parent are refused: this
 * TPM's owner would have to be asked for them.
 */
#define TKEY_MAX 4096 /* bytes of the PEM */

int tkey_write(const struct tpm_key *, struct bytes *pem, struct err *);
int tkey_read(const char *pem, size_t len, struct tpm_key *, struct err *);

#endif
