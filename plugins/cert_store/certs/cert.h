/* SPDX-License-Identifier: MIT */
#ifndef CERTS_CERT_H
#define CERTS_CERT_H

#include <openssl/x509.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"
#include "err.h"
#include "result.h"

/*
 * A certificate with what the store wants to know of it, read once. DER or
 * PEM is told by content, never by a file's name.
 */
#define CERT_DER_MAX    8192 /* bytes of one certificate */
#define CERT_FILE_MAX   (1024 * 1024)
#define CERT_BUNDLE_MAX 256 /* certificates in one file */
#define CERT_SERIAL_MAX 41  /* hex characters + NUL; RFC 5280: 20 octets */

enum cert_hash { /* of OCPP and RFC 6960 hash data */
	CERT_SHA256,
	CERT_SHA384,
	CERT_SHA512,
	CERT_HASHES
};
#define CERT_HASH_HEX 129 /* the longest, in hex, + NUL */

/* CertificateHashDataType of OCPP 2.0.1; lower-case hex. */
struct cert_hash_data {
	enum cert_hash algorithm;
	char issuer_name[CERT_HASH_HEX];
	char issuer_key[CERT_HASH_HEX]; /* "": its issuer is not known */
	char serial[CERT_SERIAL_MAX];   /* no leading zeros; "0" for zero */
};

struct cert {
	X509 *x;
	time_t begin, end; /* notBefore, notAfter, seconds since 1970 */
	bool ca; /* basicConstraints CA:TRUE and keyUsage keyCertSign, both */
	bool self_signed;  /* subject is issuer, and its key signed it */
	uint8_t print[32]; /* SHA-256 of the DER */
	char serial[CERT_SERIAL_MAX];
	/* Of this one's subject name and key: what it is as an issuer. */
	uint8_t name_hash[CERT_HASHES][64], key_hash[CERT_HASHES][64];
	/* Of its issuer's name. */
	uint8_t issuer_hash[CERT_HASHES][64];
};

/* Takes x over, also when it fails. NULL: e says what cannot be read: times, an
 * extension, a serial that is negative or longer than 20 octets (RFC 5280
 * section 4.1.2.2; hash data could not name it). */
struct cert *cert_new(X509 *x, struct err *);
void cert_free(struct cert *);

/*
 * All certificates of a text, in its order: PEM (text between the blocks is
 * allowed, other kinds of blocks are refused) or one DER. At most max; out has
 * room for them. Returns how many, or -1. Strict: base64 without rubbish, DER
 * without a tail.
 */
int
cert_parse(const void *, size_t len, struct cert **out, int max, struct err *);

/* issuer NULL: issuer_key is left "". */
void cert_hash_data(const struct cert *, const struct cert *issuer,
    enum cert_hash, struct cert_hash_data *);
/* Hex is compared without regard to case, serials without leading zeros. */
bool
cert_hash_equal(const struct cert_hash_data *, const struct cert_hash_data *);
/* "SHA256", ...; CERT_HASHES: no such name. */
const char *cert_hash_name(enum cert_hash);
enum cert_hash cert_hash_of(const char *name);

/*
 * Floor of keys and signatures: RSA of 2048 bits or more, P-256, P-384, P-521,
 * Ed25519, Ed448 (ISO 15118-20 also asks for the last); SHA-256 or better,
 * except over a self-signed one, whose signature proves nothing.
 */
bool cert_strong(const struct cert *);
/* Its two halves, for who has no struct cert. May leave something in OpenSSL's
 * error queue. */
bool cert_key_strong(X509 *);
bool cert_signature_strong(X509 *);

#endif
