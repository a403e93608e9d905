/* SPDX-License-Identifier: MIT */
/*
 * Keys of the unit: made in the TPM, used there, never outside it. What is kept
 * on disk is wrapped by the TPM's own storage key.
 */
#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tpm_public.h"
#include "tpm_state.h"

#define LEAF                                                                   \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |                      \
	    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |       \
	    TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT)

/* Not restricted: TLS signs digests the TPM has not made itself. noDA: nobody
 * can lock a unit out of its own identity by guessing. */
static const TPM2B_PUBLIC leaf_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = LEAF,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

static TSS2_RC
marshal(const TPM2B_PUBLIC *pub, const TPM2B_PRIVATE *priv, struct tpm_key *key)
{
	TSS2_RC rc;

	memset(key, 0, sizeof(*key));
	rc = Tss2_MU_TPM2B_PUBLIC_Marshal(
	    pub, key->pub, sizeof(key->pub), &key->pub_len);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_MU_TPM2B_PRIVATE_Marshal(
		    priv, key->priv, sizeof(key->priv), &key->priv_len);
	return rc;
}

/* What to make, and where it goes. */
struct creating {
	struct tpm_key *key;
	bool agrees;
};

static TSS2_RC
create(struct tpm *t, void *args)
{
	const struct creating *c = args;
	TPM2B_PUBLIC template = leaf_template;
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcr;
	TPM2B_PUBLIC *pub = NULL;
	TPM2B_PRIVATE *priv = NULL;
	ESYS_TR parent;
	TSS2_RC rc = tpm_primary(t, &parent);

	if (c->agrees)
		template.publicArea.objectAttributes ^=
		    TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Create(t->esys, parent, WITH_PASS, &no_secret,
		    &template, &no_data, &no_pcr, &priv, &pub, NULL, NULL,
		    NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = marshal(pub, priv, c->key);
	Esys_Free(pub);
	Esys_Free(priv);
	tpm_flush(t, &parent);
	return rc;
}

int
tpm_key_create(struct tpm *t, struct tpm_key *key, struct err *e)
{
	struct creating c = { key, false };

	return tpm_run(t, create, &c, "make a key", e);
}

int
tpm_key_create_agree(struct tpm *t, struct tpm_key *key, struct err *e)
{
	struct creating c = { key, true };

	return tpm_run(t, create, &c, "make a key", e);
}

/* A number, maybe without its leading zeros, to a fixed width. */
static int
pad(const uint8_t *p, size_t n, uint8_t *out, size_t width)
{
	if (n > width)
		return -1;
	memset(out, 0, width - n);
	memcpy(out + width - n, p, n);
	return 0;
}

int
tpm_key_point(
    const struct tpm_key *key, uint8_t point[KEY_POINT_LEN], struct err *e)
{
	struct tpm_public pub;

	if (tpm_public_parse(key->pub, key->pub_len, &pub, e) == -1)
		return -1;
	if (pub.type != TPM_ECC || pub.curve != TPM_P256)
		return err_set(e, EINVAL, "the TPM key is not P-256");
	point[0] = 0x04;
	return pad(pub.x.p, pub.x.len, point + 1, 32) |
	    pad(pub.y.p, pub.y.len, point + 33, 32);
}

struct signing {
	const struct tpm_key *key;
	TPM2B_DIGEST digest;
	uint8_t *sig;
};

static TSS2_RC
sign(struct tpm *t, void *args)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_ECDSA,
		.details.ecdsa.hashAlg = TPM2_ALG_SHA256 };
	static const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL };
	struct signing *s = args;
	TPMT_SIGNATURE *made = NULL;
	const TPMS_SIGNATURE_ECC *ecc;
	ESYS_TR key;
	TSS2_RC rc = tpm_load(t, s->key, &key);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Sign(t->esys, key, WITH_PASS, &s->digest, &scheme,
		    &no_ticket, &made);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	ecc = &made->signature.ecdsa;
	if (pad(ecc->signatureR.buffer, ecc->signatureR.size, s->sig, 32) |
	    pad(ecc->signatureS.buffer, ecc->signatureS.size, s->sig + 32, 32))
		rc = TPM2_RC_SIZE;
	Esys_Free(made);
	return rc;
}

int
tpm_key_sign(struct tpm *t, const struct tpm_key *key,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	struct signing s = { .key = key, .sig = sig };

	s.digest.size = KEY_DIGEST_LEN;
	memcpy(s.digest.buffer, digest, KEY_DIGEST_LEN);
	return tpm_run(t, sign, &s, "sign", e);
}

struct agreeing {
	const struct tpm_key *key;
	TPM2B_ECC_POINT peer;
	uint8_t *secret;
};

static TSS2_RC
agree(struct tpm *t, void *args)
{
	struct agreeing *g = args;
	TPM2B_ECC_POINT *made = NULL;
	ESYS_TR key;
	TSS2_RC rc = tpm_load(t, g->key, &key);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ECDH_ZGen(t->esys, key, WITH_PASS, &g->peer, &made);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (pad(made->point.x.buffer, made->point.x.size, g->secret,
		TPM_AGREED_LEN) == -1)
		rc = TPM2_RC_SIZE;
	OPENSSL_cleanse(made, sizeof(*made));
	Esys_Free(made);
	return rc;
}

int
tpm_key_agree(struct tpm *t, const struct tpm_key *key,
    const uint8_t point[KEY_POINT_LEN], uint8_t secret[TPM_AGREED_LEN],
    struct err *e)
{
	struct agreeing g = { .key = key, .secret = secret };

	if (point[0] != 0x04)
		return err_set(e, EACCES, "not an uncompressed point");
	g.peer.point.x.size = g.peer.point.y.size = 32;
	memcpy(g.peer.point.x.buffer, point + 1, 32);
	memcpy(g.peer.point.y.buffer, point + 33, 32);
	return tpm_run(t, agree, &g, "agree on a secret", e);
}
