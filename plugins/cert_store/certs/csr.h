/* SPDX-License-Identifier: MIT */
#ifndef CERTS_CSR_H
#define CERTS_CSR_H

#include <openssl/evp.h>

#include <stdbool.h>

#include "buf.h"
#include "err.h"
#include "result.h"

/*
 * Certificate signing requests (PKCS#10), everything chosen at run time. RSA
 * keys are signed SHA-256, P-384 SHA-384, others SHA-256; ECDSA's algorithm
 * parameters are absent (RFC 5758).
 */
enum csr_key {
	CSR_P256,
	CSR_P384,
	CSR_RSA_2048,
	CSR_RSA_3072,
	CSR_RSA_4096,
	CSR_KEYS
};
const char *csr_key_name(enum csr_key); /* "P-256", ..., "RSA-3072" */
enum csr_key csr_key_of(const char *);

enum csr_where {
	CSR_FILE,
	CSR_TPM,
	CSR_TPM_OR_FILE
};
/*
 * As EVerest writes it: "provider=tpm2" (TPM or nothing), "?provider=tpm2"
 * (TPM, else file), "provider=default", "?provider=default", more properties
 * behind commas are read and must be known. -1: e says what is not.
 */
int csr_where_of(const char *properties, enum csr_where *, struct err *);

#define CSR_SANS    16
#define CSR_TEXT    64 /* characters of C, O, OU, CN, DC */
#define CSR_SAN_MAX 255
struct csr_options {
	enum csr_key key;
	enum csr_where where;
	char country[3], organization[CSR_TEXT + 1], unit[CSR_TEXT + 1],
	    common[CSR_TEXT + 1], domain[CSR_TEXT + 1]; /* "": left out */
	struct csr_san {
		enum {
			CSR_DNS,
			CSR_IP,
			CSR_URI
		} kind;
		char text[CSR_SAN_MAX + 1];
	} san[CSR_SANS];
	int sans;
	bool client_auth, server_auth; /* extended key usages asked for */
};
/* Characters, at least a common name: -1 names the field. */
int csr_check(const struct csr_options *, struct err *);

EVP_PKEY *csr_new_key(enum csr_key, struct err *); /* in memory */
/*
 * Adds PEM. Checks the options, and what it has made. Key usage: RSA
 * digitalSignature and keyEncipherment, EC digitalSignature and keyAgreement;
 * basicConstraints CA:FALSE; key is borrowed.
 */
#define CSR_PEM_MAX 5500 /* characters; OCPP's csr field */
int csr_make(
    EVP_PKEY *, const struct csr_options *, struct bytes *out, struct err *);

#endif
