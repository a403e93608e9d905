/* SPDX-License-Identifier: MIT */
/*
 * TPM2_ActivateCredential: the proof that this endorsement key and this leaf
 * key are in one TPM, and the way a secret comes to it.
 *
 * The secret leaves the TPM encrypted, in a session salted with the
 * endorsement key, so that it is not read off the bus. The policy of the EK is
 * chosen by what the EK itself says.
 */
#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include <errno.h>
#include <string.h>

#include "tpm_ek.h"

/* TCG EK Credential Profile 2.5, B.6: PolicyA, PolicyB = A or C, and C. */
struct policies {
	TPMI_ALG_HASH hash;
	TPM2B_DIGEST a, b, c;
};

static const struct policies policies[] = {
	{ TPM2_ALG_SHA256,
	    { 32,
		{ 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90,
		    0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e,
		    0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14,
		    0x69, 0xaa } },
	    { 32,
		{ 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3,
		    0x34, 0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c,
		    0xd1, 0xfd, 0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0,
		    0xb7, 0xa0 } },
	    { 32,
		{ 0x37, 0x67, 0xe2, 0xed, 0xd4, 0x3f, 0xf4, 0x5a, 0x3a, 0x7e,
		    0x1e, 0xae, 0xfc, 0xef, 0x78, 0x64, 0x3d, 0xca, 0x96, 0x46,
		    0x32, 0xe7, 0xaa, 0xd8, 0x2c, 0x67, 0x3a, 0x30, 0xd8, 0x63,
		    0x3f, 0xde } } },
	{ TPM2_ALG_SHA384,
	    { 48,
		{ 0x8b, 0xbf, 0x22, 0x66, 0x53, 0x7c, 0x17, 0x1c, 0xb5, 0x6e,
		    0x40, 0x3c, 0x4d, 0xc1, 0xd4, 0xb6, 0x4f, 0x43, 0x26, 0x11,
		    0xdc, 0x38, 0x6e, 0x6f, 0x53, 0x20, 0x50, 0xc3, 0x27, 0x8c,
		    0x93, 0x0e, 0x14, 0x3e, 0x8b, 0xb1, 0x13, 0x38, 0x24, 0xcc,
		    0xb4, 0x31, 0x05, 0x38, 0x71, 0xc6, 0xdb, 0x53 } },
	    { 48,
		{ 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8,
		    0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb,
		    0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
		    0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15,
		    0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 } },
	    { 48,
		{ 0xd6, 0x03, 0x2c, 0xe6, 0x1f, 0x2f, 0xb3, 0xc2, 0x40, 0xeb,
		    0x3c, 0xf6, 0xa3, 0x32, 0x37, 0xef, 0x2b, 0x6a, 0x16, 0xf4,
		    0x29, 0x3c, 0x22, 0xb4, 0x55, 0xe2, 0x61, 0xcf, 0xfd, 0x21,
		    0x7a, 0xd5, 0xb4, 0x94, 0x7c, 0x2d, 0x73, 0xe6, 0x30, 0x05,
		    0xee, 0xd2, 0xdc, 0x2b, 0x35, 0x93, 0xd1, 0x65 } } },
};

static const struct policies *
policies_of(TPMI_ALG_HASH hash)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (policies[i].hash == hash)
			return &policies[i];
	return NULL;
}

const TPM2B_DIGEST *
tpm_ek_policy(TPMI_ALG_HASH hash, bool a)
{
	const struct policies *p = policies_of(hash);

	return p == NULL ? NULL : a ? &p->a : &p->b;
}

static bool
equal(const TPM2B_DIGEST *x, const TPM2B_DIGEST *y)
{
	return x->size == y->size && memcmp(x->buffer, y->buffer, x->size) == 0;
}

/* --- sessions ------------------------------------------------------------ */

static TSS2_RC
satisfy(struct tpm *t, const struct tpm_found_ek *f, ESYS_TR session)
{
	const struct policies *p = policies_of(f->hash);
	TPML_DIGEST either;
	TSS2_RC rc;

	if (p == NULL ||
	    (!equal(&f->policy, &p->a) && !equal(&f->policy, &p->b)))
		return TPM2_RC_POLICY_FAIL;
	rc = Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, session,
	    WITH_PASS, NULL, NULL, NULL, 0, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS || equal(&f->policy, &p->a))
		return rc;
	either = (TPML_DIGEST){ 2, { p->a, p->c } };
	return Esys_PolicyOR(t->esys, session, NO_AUTH, &either);
}

/* A policy session serves once, but stays, as ESYS asks for, until flushed. */
struct sessions {
	ESYS_TR policy, secrecy;
};

static TSS2_RC
start_sessions(struct tpm *t, const struct tpm_found_ek *f, struct sessions *s)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	TSS2_RC rc;

	*s = (struct sessions){ ESYS_TR_NONE, ESYS_TR_NONE };
	rc = Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, NO_AUTH,
	    NULL, TPM2_SE_POLICY, &none, f->hash, &s->policy);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_StartAuthSession(t->esys, f->handle, ESYS_TR_NONE,
		    NO_AUTH, NULL, TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256,
		    &s->secrecy);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(t->esys, s->secrecy,
		    TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION, 0xff);
	if (rc == TSS2_RC_SUCCESS)
		rc = satisfy(t, f, s->policy);
	return rc;
}

/* --- the command --------------------------------------------------------- */

struct activation {
	const struct tpm_key *key;
	TPM2B_ID_OBJECT blob;
	TPM2B_ENCRYPTED_SECRET seed;
	uint8_t *secret;
	size_t *secret_len;
	bool asked; /* the TPM got as far as looking at the credential */
};

static TSS2_RC
take_secret(TPM2B_DIGEST *got, struct activation *a)
{
	TSS2_RC rc =
	    got->size > TPM_SECRET_MAX ? TPM2_RC_SIZE : TSS2_RC_SUCCESS;

	if (rc == TSS2_RC_SUCCESS) {
		memcpy(a->secret, got->buffer, got->size);
		*a->secret_len = got->size;
	}
	OPENSSL_cleanse(got->buffer, got->size);
	Esys_Free(got);
	return rc;
}

static TSS2_RC
open_with(struct tpm *t, const struct tpm_found_ek *f, struct activation *a)
{
	struct sessions s;
	TPM2B_DIGEST *got = NULL;
	ESYS_TR key;
	TSS2_RC rc = tpm_load(t, a->key, &key);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = start_sessions(t, f, &s);
	a->asked = rc == TSS2_RC_SUCCESS;
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ActivateCredential(t->esys, key, f->handle,
		    ESYS_TR_PASSWORD, s.policy, s.secrecy, &a->blob, &a->seed,
		    &got);
	if (rc == TSS2_RC_SUCCESS)
		rc = take_secret(got, a);
	tpm_flush(t, &s.policy);
	tpm_flush(t, &s.secrecy);
	return rc;
}

static TSS2_RC
activate(struct tpm *t, void *args)
{
	struct tpm_found_ek f;
	TSS2_RC rc;

	tpm_forget(t);
	rc = tpm_ek_again(t, &f);
	if (rc == TSS2_RC_SUCCESS)
		rc = open_with(t, &f, args);
	tpm_ek_done(t, &f);
	return rc;
}

static int
unmarshal(struct activation *a, const uint8_t *blob, size_t blob_len,
    const uint8_t *seed, size_t seed_len, struct err *e)
{
	size_t at = 0, seed_at = 0;

	if (Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(blob, blob_len, &at, &a->blob) !=
		TSS2_RC_SUCCESS ||
	    Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(
		seed, seed_len, &seed_at, &a->seed) != TSS2_RC_SUCCESS ||
	    at != blob_len || seed_at != seed_len)
		return err_set(e, EBADMSG, "credential: damaged");
	return 0;
}

int
tpm_activate(struct tpm *t, const struct tpm_key *key, const uint8_t *blob,
    size_t blob_len, const uint8_t *seed, size_t seed_len,
    uint8_t secret[TPM_SECRET_MAX], size_t *secret_len, struct err *e)
{
	struct activation a = {
		.key = key, .secret = secret, .secret_len = secret_len
	};
	struct err why;

	if (unmarshal(&a, blob, blob_len, seed, seed_len, e) == -1)
		return -1;
	if (tpm_run(t, activate, &a, "activate a credential", &why) == 0)
		return 0;
	*e = why;
	/* For another EK some TPMs answer TPM_RC_FAILURE, or find a size or
	 * value wrong, and go on working. */
	if (a.asked && tpm_ping(t, &why) == 0)
		return err_set(e, EACCES,
		    "the credential was made for another key or another TPM");
	return -1;
}
