/* SPDX-License-Identifier: MIT */
/*
 * Signatures over what is no certificate: a firmware file, a message of ISO
 * 15118. First who signed, then whether he did: a file that is gigabytes long
 * is not read for somebody nobody trusts.
 */
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "verify_in.h"
#include "x509.h"

#define PIECE       65536
#define EC_PART_MAX 66 /* octets of r or s, P-521 */

OWN_POINTER(ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OWN_POINTER(hash, struct sha256, sha256_free)
#define own_ctx  __attribute__((cleanup(own_ctx_free), unused))
#define own_hash __attribute__((cleanup(own_hash_free), unused))

struct signature {
	const EVP_MD *md;
	const uint8_t *digest, *p;
	size_t digest_len, len;
};

static const EVP_MD *
md_of_length(size_t len)
{
	return len == 32 ? EVP_sha256()
	    : len == 48  ? EVP_sha384()
	    : len == 64  ? EVP_sha512()
			 : NULL;
}

/* padding 0: none to choose. */
static bool
holds(EVP_PKEY *key, const struct signature *s, int padding)
{
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		return false;
	if (padding != 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1)
		return false;
	if (EVP_PKEY_CTX_set_signature_md(ctx, s->md) != 1)
		return false;
	if (padding == RSA_PKCS1_PSS_PADDING &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) != 1)
		return false;
	return EVP_PKEY_verify(ctx, s->p, s->len, s->digest, s->digest_len) ==
	    1;
}

static bool
rsa_holds(EVP_PKEY *key, const struct signature *s)
{
	return holds(key, s, RSA_PKCS1_PADDING) ||
	    holds(key, s, RSA_PKCS1_PSS_PADDING);
}

/* r and s of full width, as XML signatures have them (RFC 4051 section
 * 2.3.6), to the DER that OpenSSL wants. */
static bool
parts_hold(EVP_PKEY *key, const struct signature *s)
{
	size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	uint8_t der[2 * EC_PART_MAX + 16], *end = der;
	ECDSA_SIG *parts = ECDSA_SIG_new();
	BIGNUM *r = NULL, *v = NULL;
	struct signature again = *s;
	int n = -1;

	if (parts != NULL && s->len == 2 * half && half <= EC_PART_MAX) {
		r = BN_bin2bn(s->p, (int)half, NULL);
		v = BN_bin2bn(s->p + half, (int)half, NULL);
	}
	if (r != NULL && v != NULL && ECDSA_SIG_set0(parts, r, v) == 1) {
		r = v = NULL; /* they are the signature's now */
		n = i2d_ECDSA_SIG(parts, &end);
	}
	BN_free(r);
	BN_free(v);
	ECDSA_SIG_free(parts);
	again.p = der;
	again.len = n > 0 ? (size_t)n : 0;
	return n > 0 && holds(key, &again, 0);
}

static bool
ec_holds(EVP_PKEY *key, const struct signature *s)
{
	return holds(key, s, 0) || parts_hold(key, s);
}

static bool
pss_holds(EVP_PKEY *key, const struct signature *s)
{
	return holds(key, s, RSA_PKCS1_PSS_PADDING);
}

static const struct {
	const char *name;
	bool (*holds)(EVP_PKEY *, const struct signature *);
} kinds[] = {
	{ "EC", ec_holds },
	{ "RSA", rsa_holds },
	{ "RSA-PSS", pss_holds },
};

enum certs_result
verify_digest(const struct cert *c, const void *digest, size_t len,
    const void *sig, size_t sig_len, struct err *e)
{
	struct signature s = { md_of_length(len), digest, sig, len, sig_len };
	EVP_PKEY *key = X509_get0_pubkey(c->x);

	if (s.md == NULL || sig_len == 0 || sig_len > VERIFY_SIG_MAX)
		return certs_say(e, CERTS_INVALID_FORMAT,
		    "a digest of %zu bytes, a signature of %zu", len, sig_len);
	if (key == NULL || !cert_key_strong(c->x))
		return verify_say(
		    e, CERTS_WEAK_KEY, c->x, "its key is below the floor");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!EVP_PKEY_is_a(key, kinds[i].name))
			continue;
		if (kinds[i].holds(key, &s)) {
			ERR_clear_error();
			return CERTS_ACCEPTED;
		}
		return verify_say(e, CERTS_INVALID_SIGNATURE, c->x,
		    "it did not make this signature");
	}
	return verify_say(e, CERTS_WRONG_PURPOSE, c->x,
	    "signatures are made with RSA or ECDSA here");
}

static int
hash_rest(int fd, uint8_t out[static SHA256_LEN], struct err *e)
{
	own_hash struct sha256 *h = sha256_new(e);
	static uint8_t piece[PIECE];
	ssize_t n;

	if (h == NULL)
		return -1;
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "read the signed file");
		if (sha256_add(h, piece, (size_t)n, e) == -1)
			return -1;
	}
	return sha256_end(h, out, e);
}

/*
 * Base64 with line breaks to raw bytes; -1: it is none. A signature is a run of
 * even bytes: that all of a raw one are letters of base64 happens by chance
 * less than once in 2^100.
 */
static long
from_base64(const char *sig, size_t len, uint8_t *out, size_t max)
{
	char text[VERIFY_SIG_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (sig[i] == '\n' || sig[i] == '\r')
			continue;
		if (sig[i] == '\0')
			return -1;
		text[n++] = sig[i];
	}
	text[n] = '\0';
	return n == 0 ? -1 : base64_decode(text, out, max);
}

enum certs_result
verify_file(int fd, const void *sig, size_t len,
    const struct verify_job *signer, struct err *e)
{
	uint8_t digest[SHA256_LEN], raw[VERIFY_SIG_MAX];
	struct verify_job job = *signer;
	enum certs_result r;
	long n;

	job.purpose = VERIFY_MF;
	if (len == 0 || len > VERIFY_SIG_MAX)
		return certs_say(
		    e, CERTS_INVALID_FORMAT, "a signature of %zu bytes", len);
	if ((r = verify_chain(&job, NULL, e)) != CERTS_ACCEPTED)
		return r;
	if (hash_rest(fd, digest, e) == -1)
		return CERTS_FAILED;
	if ((n = from_base64(sig, len, raw, sizeof(raw))) > 0)
		return verify_digest(
		    job.chain[0], digest, sizeof(digest), raw, (size_t)n, e);
	return verify_digest(job.chain[0], digest, sizeof(digest), sig, len, e);
}
