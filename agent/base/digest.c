/* SPDX-License-Identifier: MIT */
/*
 * Hashes, the two texts of binary data, and randomness; all through OpenSSL.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

struct sha256 {
	EVP_MD_CTX *md;
};

struct sha256 *
sha256_new(struct err *e)
{
	struct sha256 *h = calloc(1, sizeof(*h));

	if (h != NULL && (h->md = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) == 1)
		return h;
	sha256_free(h);
	(void)err_ssl(e, "sha256");
	return NULL;
}

int
sha256_add(struct sha256 *h, const void *p, size_t n, struct err *e)
{
	return EVP_DigestUpdate(h->md, p, n) == 1 ? 0 : err_ssl(e, "sha256");
}

int
sha256_end(struct sha256 *h, uint8_t out[static SHA256_LEN], struct err *e)
{
	return EVP_DigestFinal_ex(h->md, out, NULL) == 1 ? 0
							 : err_ssl(e, "sha256");
}

void
sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->md);
	free(h);
}

int
sha256(const void *p, size_t n, uint8_t out[static SHA256_LEN], struct err *e)
{
	return EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) == 1
	    ? 0
	    : err_ssl(e, "sha256");
}

int
sha256_fd(int fd, uint8_t out[static SHA256_LEN], struct err *e)
{
	struct sha256 *h = sha256_new(e);
	char chunk[65536];
	off_t at = 0;
	ssize_t n;
	int rc = 0;

	if (h == NULL)
		return -1;
	while (rc == 0 && (n = pread(fd, chunk, sizeof(chunk), at)) != 0) {
		rc = n == -1 ? err_sys(e, "read")
			     : sha256_add(h, chunk, (size_t)n, e);
		at += n;
	}
	if (rc == 0)
		rc = sha256_end(h, out, e);
	sha256_free(h);
	return rc;
}

void
hex_encode(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

long
hex_decode(const char *s, void *out, size_t max)
{
	size_t n = strlen(s);
	uint8_t *b = out;
	int hi, lo;

	if (n % 2 != 0 || n / 2 > max)
		return -1;
	for (size_t i = 0; i < n / 2; i++) {
		if ((hi = nibble(s[2 * i])) == -1 ||
		    (lo = nibble(s[2 * i + 1])) == -1)
			return -1;
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return (long)(n / 2);
}

char *
base64_encode(const void *p, size_t n)
{
	char *out = malloc(4 * ((n + 2) / 3) + 1);

	if (out != NULL)
		(void)EVP_EncodeBlock((unsigned char *)out, p, (int)n);
	return out;
}

/* Letters, then at most two '=' that fill up the last four. */
static bool
base64_shape(const char *s, size_t n, size_t *pad)
{
	size_t letters = strspn(s, base64_letters);

	*pad = n - letters;
	return n % 4 == 0 && *pad <= 2 && strspn(s + letters, "=") == *pad;
}

/* The bits that the padding leaves over must be zero (RFC 4648 section 3.5),
 * or one value would have several texts. */
static bool
base64_spare(const char *s, size_t n, size_t pad)
{
	static const unsigned masks[] = { 0, 3, 15 };

	return pad == 0 ||
	    ((size_t)(strchr(base64_letters, s[n - pad - 1]) - base64_letters) &
		masks[pad]) == 0;
}

long
base64_decode(const char *s, void *out, size_t max)
{
	size_t n = strlen(s), pad;
	unsigned char *all;
	long len = -1;

	if (n / 4 > max / 3 + 1 || n > INT_MAX || !base64_shape(s, n, &pad) ||
	    !base64_spare(s, n, pad))
		return -1;
	if ((all = malloc(n + 1)) == NULL)
		return -1;
	if (EVP_DecodeBlock(all, (const unsigned char *)s, (int)n) >= 0)
		len = (long)(n / 4 * 3 - pad);
	if (len >= 0 && (size_t)len <= max)
		memcpy(out, all, (size_t)len);
	else
		len = -1;
	OPENSSL_cleanse(all, n + 1);
	free(all);
	return len;
}

int
random_bytes(void *p, size_t n, struct err *e)
{
	return RAND_bytes(p, (int)n) == 1 ? 0 : err_ssl(e, "random");
}

int
random_text(char *out, size_t len, struct err *e)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t b;

	for (size_t i = 0; i < len;) {
		if (random_bytes(&b, 1, e) == -1)
			return -1;
		/* 248 = 4 * 62: the rest would favour the first letters. */
		if (b < 248)
			out[i++] = set[b % 62];
	}
	out[len] = '\0';
	return 0;
}
