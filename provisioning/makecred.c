/* SPDX-License-Identifier: MIT */
/*
 * MakeCredential without a TPM. A seed goes to the endorsement key (RSA: OAEP;
 * ECC: an ephemeral Diffie-Hellman), from the seed come one key that encrypts
 * the secret and one that authenticates it together with the Name, and the TPM
 * undoes this only for a loaded object of that Name.
 *
 * It trusts what it is given: that the EK is one, and that the Name belongs to
 * a key that was made in that TPM, is for the caller to check.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <errno.h>
#include <string.h>

#include "digest.h"
#include "makecred.h"
#include "x509.h"

#define HASH_MAX 48

OWN_POINTER(ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
#define own_ctx __attribute__((cleanup(own_ctx_free), unused))

/* What follows from the EK's kind. */
struct shape {
	char hash[8];
	size_t hash_len;
	size_t key_bits; /* of the AES that hides the secret */
	const struct tpm_public *ek;
	EVP_PKEY *key;
};

struct seed {
	uint8_t p[HASH_MAX];
	size_t len;
};

/* --- key derivation, Part 1, 11.4.10 ------------------------------------- */

static int
derive(const char *kdf_name, OSSL_PARAM *params, uint8_t *out, size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	int ok = ctx != NULL && EVP_KDF_derive(ctx, out, n, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -1;
}

#define TEXT(name, s) OSSL_PARAM_construct_utf8_string(name, s, 0)
#define OCTETS(name, p, n)                                                     \
	OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(p), n)

/* KDFa: SP 800-108 in counter mode with HMAC. OpenSSL puts the NUL between
 * label and context, and the length behind, as the TPM wants them. */
static int
kdfa(struct shape *s, const struct seed *seed, const char *label,
    const uint8_t *context, size_t context_len, uint8_t *out, size_t n)
{
	char mode[] = "counter", mac[] = "HMAC";
	OSSL_PARAM params[] = {
		TEXT(OSSL_KDF_PARAM_MODE, mode),
		TEXT(OSSL_KDF_PARAM_MAC, mac),
		TEXT(OSSL_KDF_PARAM_DIGEST, s->hash),
		OCTETS(OSSL_KDF_PARAM_KEY, seed->p, seed->len),
		OCTETS(OSSL_KDF_PARAM_SALT, label, strlen(label)),
		OCTETS(OSSL_KDF_PARAM_INFO, context, context_len),
		OSSL_PARAM_construct_end(),
	};

	return derive("KBKDF", params, out, n);
}

/* KDFe: SP 800-56A concatenation; the label's NUL belongs to it. */
static int
kdfe(struct shape *s, const uint8_t *z, const uint8_t *ours,
    const uint8_t *theirs, size_t n, struct seed *seed)
{
	static const char label[] = "IDENTITY";
	uint8_t info[sizeof(label) + 2 * TPM_COORD_MAX];
	OSSL_PARAM params[] = {
		TEXT(OSSL_KDF_PARAM_DIGEST, s->hash),
		OCTETS(OSSL_KDF_PARAM_KEY, z, n),
		OCTETS(OSSL_KDF_PARAM_INFO, info, sizeof(label) + 2 * n),
		OSSL_PARAM_construct_end(),
	};

	memcpy(info, label, sizeof(label));
	memcpy(info + sizeof(label), ours, n);
	memcpy(info + sizeof(label) + n, theirs, n);
	seed->len = s->hash_len;
	return derive("SSKDF", params, seed->p, seed->len);
}

/* --- the seed, Part 1, B.10.4 (RSA) and C.7.4 (ECC) ---------------------- */

static size_t
put_sized(uint8_t *out, const void *p, size_t n)
{
	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
	memcpy(out + 2, p, n);
	return n + 2;
}

static int
oaep(EVP_PKEY_CTX *ctx, const struct shape *s, const struct seed *seed,
    uint8_t *out, size_t *n)
{
	const EVP_MD *md = EVP_get_digestbyname(s->hash);
	static const char label[] = "IDENTITY"; /* sent with its NUL */
	void *own = OPENSSL_memdup(label, sizeof(label));

	if (ctx == NULL || own == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, own, sizeof(label)) != 1) {
		OPENSSL_free(own);
		return -1;
	}
	return EVP_PKEY_encrypt(ctx, out, n, seed->p, seed->len) == 1 ? 0 : -1;
}

static int
seed_rsa(struct shape *s, struct seed *seed, struct makecred *mc, struct err *e)
{
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
	uint8_t out[TPM_RSA_MAX];
	size_t n = sizeof(out);

	seed->len = s->hash_len;
	if (random_bytes(seed->p, seed->len, e) == -1)
		return -1;
	if (oaep(ctx, s, seed, out, &n) == -1)
		return err_ssl(e, "seal a seed to the EK");
	mc->seed_len = put_sized(mc->seed, out, n);
	return 0;
}

/* x and y, each padded to the size of the curve: a short one would give
 * another seed than the TPM's, once in 256 times. */
static int
coordinates(EVP_PKEY *key, uint8_t xy[2 * TPM_COORD_MAX], size_t n)
{
	uint8_t point[1 + 2 * TPM_COORD_MAX];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key,
		OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point),
		&len) != 1 ||
	    len != 1 + 2 * n)
		return -1;
	memcpy(xy, point + 1, 2 * n);
	return 0;
}

static int
agree(EVP_PKEY *ours, EVP_PKEY *theirs, uint8_t z[TPM_COORD_MAX], size_t n)
{
	own_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	size_t len = n;

	return ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
		EVP_PKEY_derive(ctx, z, &len) == 1 && len == n
	    ? 0
	    : -1;
}

static int
seed_ecc(struct shape *s, EVP_PKEY *eph, struct seed *seed, struct makecred *mc,
    struct err *e)
{
	const size_t n = s->ek->curve == TPM_P256 ? 32 : 48;
	uint8_t ours[2 * TPM_COORD_MAX], theirs[2 * TPM_COORD_MAX];
	uint8_t point[2 * (2 + TPM_COORD_MAX)], z[TPM_COORD_MAX];
	size_t len;
	int rc;

	if (coordinates(eph, ours, n) == -1 ||
	    coordinates(s->key, theirs, n) == -1 ||
	    agree(eph, s->key, z, n) == -1)
		return err_ssl(e, "agree on a seed with the EK");
	rc = kdfe(s, z, ours, theirs, n, seed);
	OPENSSL_cleanse(z, sizeof(z));
	if (rc == -1)
		return err_ssl(e, "derive a seed");
	len = put_sized(point, ours, n);
	len += put_sized(point + len, ours + n, n);
	mc->seed_len = put_sized(mc->seed, point, len);
	return 0;
}

/* --- the credential, Part 1, 24.4 ---------------------------------------- */

struct sealed {
	uint8_t p[2 + MAKECRED_SECRET_MAX]; /* TPM2B_DIGEST, encrypted */
	size_t len;
};

static int
encrypt(struct shape *s, const struct seed *seed, const uint8_t *name,
    size_t name_len, struct sealed *io)
{
	static const uint8_t iv[16]; /* zeros: the key serves once */
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32];
	int n = 0, ok;

	ok = ctx != NULL &&
	    kdfa(s, seed, "STORAGE", name, name_len, key, s->key_bits / 8) ==
		0 &&
	    EVP_EncryptInit_ex(ctx,
		s->key_bits == 128 ? EVP_aes_128_cfb128()
				   : EVP_aes_256_cfb128(),
		NULL, key, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, io->p, &n, io->p, (int)io->len) == 1 &&
	    (size_t)n == io->len;
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(key, sizeof(key));
	return ok ? 0 : -1;
}

/* HMAC over the encrypted secret and the Name. */
static int
authenticate(struct shape *s, const struct seed *seed, const uint8_t *name,
    size_t name_len, const struct sealed *in, uint8_t mac[HASH_MAX])
{
	uint8_t key[HASH_MAX], both[sizeof(in->p) + TPM_NAME_MAX];
	int ok;

	memcpy(both, in->p, in->len);
	memcpy(both + in->len, name, name_len);
	ok = kdfa(s, seed, "INTEGRITY", NULL, 0, key, s->hash_len) == 0 &&
	    HMAC(EVP_get_digestbyname(s->hash), key, (int)s->hash_len, both,
		in->len + name_len, mac, NULL) != NULL;
	OPENSSL_cleanse(key, sizeof(key));
	return ok ? 0 : -1;
}

/* What goes in, checked once. */
struct wish {
	const uint8_t *name, *secret;
	size_t name_len, secret_len;
};

static int
seal(struct shape *s, const struct seed *seed, const struct wish *w,
    struct makecred *mc, struct err *e)
{
	uint8_t id[2 + HASH_MAX + 2 + MAKECRED_SECRET_MAX], mac[HASH_MAX];
	struct sealed sealed;
	size_t n;

	sealed.len = put_sized(sealed.p, w->secret, w->secret_len);
	if (encrypt(s, seed, w->name, w->name_len, &sealed) == -1 ||
	    authenticate(s, seed, w->name, w->name_len, &sealed, mac) == -1) {
		OPENSSL_cleanse(&sealed, sizeof(sealed));
		return err_ssl(e, "seal a credential");
	}
	n = put_sized(id, mac, s->hash_len);
	memcpy(id + n, sealed.p, sealed.len);
	mc->blob_len = put_sized(mc->blob, id, n + sealed.len);
	return 0;
}

static int
shape_of(const struct tpm_public *ek, struct shape *s, struct err *e)
{
	if (tpm_public_is_ek(ek, e) == -1)
		return -1;
	s->ek = ek;
	s->hash_len = ek->name_alg == TPM_SHA256 ? 32 : 48;
	memcpy(s->hash, ek->name_alg == TPM_SHA256 ? "SHA256" : "SHA384", 7);
	s->key_bits = ek->sym_bits;
	return (s->key = tpm_public_key(ek, e)) == NULL ? -1 : 0;
}

static int
check(const struct wish *w, struct err *e)
{
	if (w->secret_len == 0 || w->secret_len > MAKECRED_SECRET_MAX)
		return err_set(
		    e, EINVAL, "a secret of %zu bytes", w->secret_len);
	if (w->name_len < 2 || w->name_len > TPM_NAME_MAX)
		return err_set(e, EINVAL, "a Name of %zu bytes", w->name_len);
	return 0;
}

static EVP_PKEY *
fresh(const struct tpm_public *ek)
{
	return EVP_EC_gen(ek->curve == TPM_P256 ? "P-256" : "P-384");
}

static int
run(struct shape *s, EVP_PKEY *given, const struct wish *w, struct makecred *mc,
    struct err *e)
{
	own_pkey EVP_PKEY *made = NULL;
	struct seed seed = { .len = 0 };
	int rc;

	if (s->ek->type == TPM_RSA)
		rc = seed_rsa(s, &seed, mc, e);
	else if (given != NULL)
		rc = seed_ecc(s, given, &seed, mc, e);
	else if ((made = fresh(s->ek)) != NULL)
		rc = seed_ecc(s, made, &seed, mc, e);
	else
		rc = err_ssl(e, "make an ephemeral key");
	if (rc == 0)
		rc = seal(s, &seed, w, mc, e);
	OPENSSL_cleanse(&seed, sizeof(seed));
	return rc;
}

int
makecred_ecc(const struct tpm_public *ek, EVP_PKEY *ephemeral,
    const uint8_t *name, size_t name_len, const uint8_t *secret,
    size_t secret_len, struct makecred *mc, struct err *e)
{
	struct shape s = { .key = NULL };
	struct wish w = { name, secret, name_len, secret_len };
	int rc = -1;

	memset(mc, 0, sizeof(*mc));
	if (check(&w, e) == 0 && shape_of(ek, &s, e) == 0)
		rc = run(&s, ephemeral, &w, mc, e);
	EVP_PKEY_free(s.key);
	return rc;
}

int
makecred(const struct tpm_public *ek, const uint8_t *name, size_t name_len,
    const uint8_t *secret, size_t secret_len, struct makecred *mc,
    struct err *e)
{
	return makecred_ecc(
	    ek, NULL, name, name_len, secret, secret_len, mc, e);
}
