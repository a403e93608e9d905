/* SPDX-License-Identifier: MIT */
/*
 * The public area of a TPM key, in and out. What arrives was written by
 * somebody who may not have a TPM at all, so each field is one of a few known
 * values, and what is marshalled again is what was read.
 *
 * One function walks the structure in both directions: a cursor either reads a
 * field or writes it, so the two cannot drift apart.
 */

#include <openssl/evp.h>

#include <errno.h>
#include <string.h>

#include "tpm_public.h"

/* Big-endian, unlike buf.h: this is a format of the TCG. */
struct walk {
	bool write;
	uint8_t *p; /* when reading, nothing is stored through it */
	size_t left;
	bool bad; /* it ended early, or does not fit */
};

static void
walk_raw(struct walk *w, void *data, size_t n)
{
	if (w->bad || w->left < n) {
		w->bad = true;
		return;
	}
	if (w->write)
		memcpy(w->p, data, n);
	else
		memcpy(data, w->p, n);
	w->p += n;
	w->left -= n;
}

static void
walk_u16(struct walk *w, uint16_t *v)
{
	uint8_t b[2] = { (uint8_t)(*v >> 8), (uint8_t)*v };

	walk_raw(w, b, sizeof(b));
	*v = w->bad ? 0 : (uint16_t)(b[0] << 8 | b[1]);
}

static void
walk_u32(struct walk *w, uint32_t *v)
{
	uint16_t hi = (uint16_t)(*v >> 16), lo = (uint16_t)*v;

	walk_u16(w, &hi);
	walk_u16(w, &lo);
	*v = (uint32_t)hi << 16 | lo;
}

static void
walk_bytes(struct walk *w, struct tpm_bytes *b, size_t max)
{
	walk_u16(w, &b->len);
	if (b->len > max)
		w->bad = true;
	if (w->bad)
		b->len = 0;
	walk_raw(w, b->p, b->len);
}

/* TPMT_SYM_DEF_OBJECT: absent fields follow an algorithm of NULL. */
static void
walk_symmetric(struct walk *w, struct tpm_public *pub)
{
	uint16_t mode = TPM_CFB;

	walk_u16(w, &pub->sym);
	if (pub->sym == TPM_NULL)
		return;
	walk_u16(w, &pub->sym_bits);
	walk_u16(w, &mode);
	if (pub->sym != TPM_AES || mode != TPM_CFB ||
	    (pub->sym_bits != 128 && pub->sym_bits != 256))
		w->bad = true;
}

/* TPMT_ASYM_SCHEME. ECDAA and the like, with more fields, are refused. */
static void
walk_scheme(struct walk *w, struct tpm_public *pub)
{
	walk_u16(w, &pub->scheme);
	if (pub->scheme == TPM_NULL)
		return;
	walk_u16(w, &pub->scheme_hash);
	if (pub->type != TPM_ECC || pub->scheme != TPM_ECDSA)
		w->bad = true;
}

static size_t
coordinate_size(const struct tpm_public *pub)
{
	return pub->curve == TPM_P256 ? 32 : pub->curve == TPM_P384 ? 48 : 0;
}

static void
walk_ecc(struct walk *w, struct tpm_public *pub)
{
	uint16_t kdf = TPM_NULL;
	size_t max;

	walk_u16(w, &pub->curve);
	walk_u16(w, &kdf);
	if ((max = coordinate_size(pub)) == 0 || kdf != TPM_NULL)
		w->bad = true;
	walk_bytes(w, &pub->x, max);
	walk_bytes(w, &pub->y, max);
}

static void
walk_rsa(struct walk *w, struct tpm_public *pub)
{
	walk_u16(w, &pub->rsa_bits);
	walk_u32(w, &pub->exponent);
	if (pub->rsa_bits != 2048 && pub->rsa_bits != 3072 &&
	    pub->rsa_bits != 4096)
		w->bad = true;
	if (pub->exponent != 0 && pub->exponent != 65537)
		w->bad = true;
	walk_bytes(w, &pub->x, pub->rsa_bits / 8);
	if (pub->x.len != pub->rsa_bits / 8)
		w->bad = true;
}

static size_t
hash_size(uint16_t alg)
{
	return alg == TPM_SHA256 ? 32 : alg == TPM_SHA384 ? 48 : 0;
}

/* Bits of TPMA_OBJECT that are not reserved, Part 2, 8.3.2 (1.59). */
#define ATTRIBUTES_KNOWN 0x000f0cf6u

static void
walk_public(struct walk *w, struct tpm_public *pub)
{
	walk_u16(w, &pub->type);
	walk_u16(w, &pub->name_alg);
	walk_u32(w, &pub->attributes);
	walk_bytes(w, &pub->policy, hash_size(pub->name_alg));
	if (hash_size(pub->name_alg) == 0 ||
	    (pub->policy.len != 0 &&
		pub->policy.len != hash_size(pub->name_alg)) ||
	    (pub->attributes & ~ATTRIBUTES_KNOWN) != 0)
		w->bad = true;
	walk_symmetric(w, pub);
	walk_scheme(w, pub);
	if (pub->type == TPM_ECC)
		walk_ecc(w, pub);
	else if (pub->type == TPM_RSA)
		walk_rsa(w, pub);
	else
		w->bad = true;
}

int
tpm_public_parse(
    const void *data, size_t len, struct tpm_public *pub, struct err *e)
{
	struct walk w = { .p = (uint8_t *)(uintptr_t)data, .left = len };
	uint16_t size = 0;

	memset(pub, 0, sizeof(*pub));
	walk_u16(&w, &size);
	if (w.bad || len > TPM_PUBLIC_MAX || w.left != size)
		return err_set(e, EBADMSG, "TPM public area: wrong size");
	walk_public(&w, pub);
	if (w.bad || w.left != 0)
		return err_set(e, EBADMSG,
		    "TPM public area: damaged, or an algorithm this is not "
		    "made for");
	return 0;
}

int
tpm_public_marshal(const struct tpm_public *pub, uint8_t out[TPM_PUBLIC_MAX],
    size_t *len, struct err *e)
{
	struct tpm_public copy = *pub;
	struct walk w = {
		.write = true, .p = out + 2, .left = TPM_PUBLIC_MAX - 2
	};
	size_t size;

	walk_public(&w, &copy);
	if (w.bad)
		return err_set(e, EINVAL, "TPM public area: cannot be written");
	size = TPM_PUBLIC_MAX - 2 - w.left;
	out[0] = (uint8_t)(size >> 8);
	out[1] = (uint8_t)size;
	*len = size + 2;
	return 0;
}

int
tpm_public_name(const struct tpm_public *pub, uint8_t name[TPM_NAME_MAX],
    size_t *len, struct err *e)
{
	uint8_t area[TPM_PUBLIC_MAX];
	size_t n;

	if (tpm_public_marshal(pub, area, &n, e) == -1)
		return -1;
	name[0] = (uint8_t)(pub->name_alg >> 8);
	name[1] = (uint8_t)pub->name_alg;
	if (EVP_Digest(area + 2, n - 2, name + 2, NULL,
		pub->name_alg == TPM_SHA256 ? EVP_sha256() : EVP_sha384(),
		NULL) != 1)
		return err_set(e, EIO, "TPM public area: no name");
	*len = 2 + hash_size(pub->name_alg);
	return 0;
}

/* --- what a key may do --------------------------------------------------- */

struct attribute {
	uint32_t bit;
	bool set;
	const char *why;
};

static int
check(const struct tpm_public *pub, const struct attribute *rows, size_t n,
    const char *what, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (((pub->attributes & rows[i].bit) != 0) != rows[i].set)
			return err_set(e, EACCES, "%s %s", what, rows[i].why);
	return 0;
}

#define ROWS(a) a, sizeof(a) / sizeof((a)[0])

int
tpm_public_is_leaf(const struct tpm_public *pub, struct err *e)
{
	static const struct attribute rows[] = {
		{ TPM_FIXED_TPM, true, "could be moved to another TPM" },
		{ TPM_FIXED_PARENT, true, "could get another parent" },
		{ TPM_ORIGIN, true, "was not made in the TPM" },
		{ TPM_SIGN, true, "is not for signing" },
		{ TPM_USER_AUTH, true, "does not sign with its own auth" },
		{ TPM_RESTRICTED, false, "is restricted" },
		{ TPM_DECRYPT, false, "is also for decryption" },
		{ TPM_ADMIN_POLICY, false, "is activated by policy only" },
	};

	if (pub->type != TPM_ECC || pub->curve != TPM_P256 ||
	    pub->name_alg != TPM_SHA256 || pub->sym != TPM_NULL)
		return err_set(e, EACCES, "the key is not ECDSA P-256");
	return check(pub, ROWS(rows), "the key", e);
}

int
tpm_public_is_ek(const struct tpm_public *pub, struct err *e)
{
	static const struct attribute rows[] = {
		{ TPM_FIXED_TPM, true, "could be moved to another TPM" },
		{ TPM_FIXED_PARENT, true, "could get another parent" },
		{ TPM_ORIGIN, true, "was not made in the TPM" },
		{ TPM_RESTRICTED, true, "decrypts anything" },
		{ TPM_DECRYPT, true, "does not decrypt" },
		{ TPM_SIGN, false, "also signs" },
	};

	if (pub->sym != TPM_AES)
		return err_set(e, EACCES, "the EK is no storage key");
	return check(pub, ROWS(rows), "the EK", e);
}
