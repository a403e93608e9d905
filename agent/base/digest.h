/* SPDX-License-Identifier: MIT */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define SHA256_LEN 32
#define SHA256_HEX (2 * SHA256_LEN + 1) /* with its NUL */

struct sha256; /* a running hash (EVP, so SHA-NI where there is one) */

struct sha256 *sha256_new(struct err *);
int sha256_add(struct sha256 *, const void *, size_t, struct err *);
int sha256_end(struct sha256 *, uint8_t out[static SHA256_LEN], struct err *);
void sha256_free(struct sha256 *);

int sha256(const void *, size_t, uint8_t out[static SHA256_LEN], struct err *);
/* Of the whole file behind fd, from its start; the offset is not moved. */
int sha256_fd(int fd, uint8_t out[static SHA256_LEN], struct err *);

/* Lower case; out has room for 2 * n + 1. */
void hex_encode(const void *, size_t n, char *out);
/* Bytes written, or -1 for odd length, other characters, or more than max. */
long hex_decode(const char *, void *out, size_t max);

/* Standard alphabet with padding, one line; malloc'ed, NULL: no memory. */
char *base64_encode(const void *, size_t n);
/* Strict; bytes written, or -1. */
long base64_decode(const char *, void *out, size_t max);

int random_bytes(void *, size_t, struct err *);
/* len characters of [A-Za-z0-9] and a NUL, evenly distributed. */
int random_text(char *out, size_t len, struct err *);

#endif
