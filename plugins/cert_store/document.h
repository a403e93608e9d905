/* SPDX-License-Identifier: MIT */
#ifndef CERT_DOCUMENT_H
#define CERT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "charging.h"
#include "err.h"
#include "key.h"

/*
 * cert_store.conf, and the artifact, which is the same thing written in one
 * way:
 *
 *	tcti = "device:/dev/tpmrm0";	the unit's TPM; "none": it has none
 *	software_keys = false;		a key in a file, on a unit without TPM
 *	purposes = [ "mqtt" ];		one key each, and one that is pending
 *	certs = { ... };		charging certificates: charging.h
 */
/* Of the purpose "bundle" is a key that only agrees on secrets: encrypted
 * bundles are opened with it. All others sign. */
#define DOC_AGREES      "bundle"
#define DOC_PURPOSES    4
#define DOC_TCTI_MAX    120
#define DOC_PENDING     ".pending"
#define DOC_DEVICE      "device:/dev/tpmrm0"
#define DOC_PURPOSE_MAX (KEY_PURPOSE_MAX - (sizeof(DOC_PENDING) - 1))

struct cert_doc {
	char tcti[DOC_TCTI_MAX + 1]; /* "none": no TPM */
	bool software_keys;
	size_t count;
	char purposes[DOC_PURPOSES][DOC_PURPOSE_MAX + 1];
	struct charging_doc charging;
};

int doc_read(struct cert_doc *, const char *text, size_t len, struct err *);
void doc_write(const struct cert_doc *, struct bytes *out);

/* Characters of purpose without the ".pending" at its end, if there is one. */
size_t doc_active_len(const char *purpose);

/* Is it one of the purposes, or the pending one of one? */
bool doc_has(const struct cert_doc *, const char *purpose);

#endif
