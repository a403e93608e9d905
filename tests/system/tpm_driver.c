/* SPDX-License-Identifier: MIT */
/*
 * One TPM act per run, for tpm.test:
 *
 *	tpm_driver VERB TCTI DIR [ARGUMENT...]
 *
 * DIR holds a key as cert_store would keep it (pub, priv) and what the verbs
 * leave there. The status is 0 when the act succeeded.
 */
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "key.h"
#include "makecred.h"
#include "tpm/tpm.h"
#include "tpm_public.h"
#include "x509.h"

struct run {
	struct tpm *tpm;
	const char *tcti;
	int dir;
	struct tpm_key key; /* when the verb wants one */
	char **arg;
	struct err e;
};

/* --- files --------------------------------------------------------------- */

static int
put(struct run *r, const char *name, const void *p, size_t n)
{
	return file_write(r->dir, name, p, n, FILE_SECRET, &r->e);
}

static int
get(struct run *r, const char *name, void *p, size_t size, size_t *n)
{
	own_bytes struct bytes b = { 0 };

	if (file_read(r->dir, name, size, &b, &r->e) == -1)
		return -1;
	memcpy(p, b.p, b.len);
	*n = b.len;
	return 0;
}

static int
get_key(struct run *r)
{
	if (get(r, "pub", r->key.pub, sizeof(r->key.pub), &r->key.pub_len) ==
	    -1)
		return -1;
	return get(
	    r, "priv", r->key.priv, sizeof(r->key.priv), &r->key.priv_len);
}

/* --- the key as OpenSSL sees it ------------------------------------------ */

static int
sign_in_tpm(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	struct run *r = ctx;

	(void)purpose;
	return tpm_key_sign(r->tpm, &r->key, digest, sig, e);
}

static EVP_PKEY *
key_of(struct run *r)
{
	uint8_t point[KEY_POINT_LEN];

	if (tpm_key_point(&r->key, point, &r->e) == -1 ||
	    key_signer_set("mqtt", sign_in_tpm, r, &r->e) == -1)
		return NULL;
	return key_new("mqtt", point, &r->e);
}

static int
do_create(struct run *r)
{
	own_bytes struct bytes ref = { 0 };
	uint8_t point[KEY_POINT_LEN];

	if (tpm_key_create(r->tpm, &r->key, &r->e) == -1 ||
	    put(r, "pub", r->key.pub, r->key.pub_len) == -1 ||
	    put(r, "priv", r->key.priv, r->key.priv_len) == -1 ||
	    tpm_key_point(&r->key, point, &r->e) == -1 ||
	    key_ref_pem("mqtt", point, &ref, &r->e) == -1)
		return -1;
	return put(r, "key.pem", ref.p, ref.len);
}

static int
do_csr(struct run *r)
{
	own_bytes struct bytes csr = { 0 };
	own_pkey EVP_PKEY *key = key_of(r);

	if (key == NULL || key_csr(key, r->arg[0], &csr, &r->e) == -1)
		return -1;
	return put(r, "csr.pem", csr.p, csr.len);
}

static unsigned
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
sign_and_verify(struct run *r, EVP_PKEY *key, int i)
{
	uint8_t sig[80];
	size_t n = sizeof(sig);
	EVP_MD_CTX *md = EVP_MD_CTX_new(), *again = EVP_MD_CTX_new();
	int ok;

	ok = EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(md, sig, &n, (unsigned char *)&i, sizeof(i)) == 1 &&
	    EVP_DigestVerifyInit(again, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(again, sig, n, (unsigned char *)&i, sizeof(i)) ==
		1;
	EVP_MD_CTX_free(md);
	EVP_MD_CTX_free(again);
	return ok ? 0 : err_ssl(&r->e, "signature %d", i);
}

/* N signatures, each verified; no descriptor may be left. */
static int
do_sign(struct run *r)
{
	own_pkey EVP_PKEY *key = key_of(r);
	uint8_t digest[KEY_DIGEST_LEN] = { 0 }, sig[KEY_SIG_LEN];
	int n = atoi(r->arg[0]);
	unsigned before;

	/* First without OpenSSL, whose errors say less. */
	if (key == NULL ||
	    tpm_key_sign(r->tpm, &r->key, digest, sig, &r->e) == -1)
		return -1;
	before = open_descriptors();
	for (int i = 0; i < n; i++)
		if (sign_and_verify(r, key, i) == -1)
			return -1;
	if (open_descriptors() != before)
		return err_set(&r->e, EMFILE, "%u descriptors became %u",
		    before, open_descriptors());
	return 0;
}

/* Signs, waits for a line of standard input, signs again: what happened to
 * the TPM meanwhile must not matter. */
static int
do_survive(struct run *r)
{
	own_pkey EVP_PKEY *key = key_of(r);
	char line[16];

	if (key == NULL || sign_and_verify(r, key, 1) == -1)
		return -1;
	puts("signed");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return err_set(&r->e, EIO, "nobody said go on");
	return sign_and_verify(r, key, 2);
}

/* Five keys take turns in two places. */
static int
do_many(struct run *r)
{
	struct tpm_key keys[5];
	uint8_t digest[KEY_DIGEST_LEN] = { 1 }, sig[KEY_SIG_LEN];

	for (int i = 0; i < 5; i++)
		if (tpm_key_create(r->tpm, &keys[i], &r->e) == -1)
			return -1;
	for (int i = 0; i < 40; i++)
		if (tpm_key_sign(
			r->tpm, &keys[i * i % 5], digest, sig, &r->e) == -1)
			return -1;
	return 0;
}

/* --- endorsement and credentials ----------------------------------------- */

static int
do_ek(struct run *r)
{
	struct tpm_ek ek;

	if (tpm_ek(r->tpm, &ek, &r->e) == -1 ||
	    put(r, "ek.pub", ek.pub, ek.pub_len) == -1)
		return -1;
	puts(ek.kind);
	return ek.cert_len == 0 ? 0 : put(r, "ek.der", ek.cert, ek.cert_len);
}

static int
name_of(struct run *r, const char *file, uint8_t name[TPM_NAME_MAX], size_t *n)
{
	uint8_t raw[TPM_PUBLIC_MAX];
	struct tpm_public pub;
	size_t len;

	if (get(r, file, raw, sizeof(raw), &len) == -1 ||
	    tpm_public_parse(raw, len, &pub, &r->e) == -1)
		return -1;
	return tpm_public_name(&pub, name, n, &r->e);
}

static int
do_name(struct run *r)
{
	uint8_t name[TPM_NAME_MAX];
	char hex[2 * TPM_NAME_MAX + 1];
	size_t n;

	if (name_of(r, "pub", name, &n) == -1)
		return -1;
	hex_encode(name, n, hex);
	puts(hex);
	return 0;
}

/* The file format of tpm2-tools: a magic number, a version, both TPM2Bs. */
static int
put_credential(struct run *r, const struct makecred *mc)
{
	static const uint8_t head[8] = { 0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1 };
	uint8_t out[8 + MAKECRED_BLOB_MAX + MAKECRED_SEED_MAX];

	memcpy(out, head, 8);
	memcpy(out + 8, mc->blob, mc->blob_len);
	memcpy(out + 8 + mc->blob_len, mc->seed, mc->seed_len);
	return put(r, "cred", out, 8 + mc->blob_len + mc->seed_len);
}

/* makecred SECRET: for the EK in ek.pub and the key in pub; asks no TPM. */
static int
do_makecred(struct run *r)
{
	uint8_t raw[TPM_PUBLIC_MAX], name[TPM_NAME_MAX];
	size_t len, name_len;
	struct tpm_public ek;
	struct makecred mc;

	if (get(r, "ek.pub", raw, sizeof(raw), &len) == -1 ||
	    tpm_public_parse(raw, len, &ek, &r->e) == -1 ||
	    name_of(r, "pub", name, &name_len) == -1 ||
	    makecred(&ek, name, name_len, (const uint8_t *)r->arg[0],
		strlen(r->arg[0]), &mc, &r->e) == -1)
		return -1;
	return put_credential(r, &mc);
}

static int
do_activate(struct run *r)
{
	uint8_t raw[2048], secret[TPM_SECRET_MAX];
	size_t len, blob_len, n;

	if (get(r, "cred", raw, sizeof(raw), &len) == -1)
		return -1;
	if (len < 10)
		return err_set(&r->e, EBADMSG, "cred of %zu bytes", len);
	blob_len = 2 + (size_t)(raw[8] << 8 | raw[9]);
	if (8 + blob_len > len)
		return err_set(&r->e, EBADMSG, "cred of %zu bytes", len);
	if (tpm_activate(r->tpm, &r->key, raw + 8, blob_len, raw + 8 + blob_len,
		len - 8 - blob_len, secret, &n, &r->e) == -1)
		return -1;
	printf("%.*s\n", (int)n, (char *)secret);
	return 0;
}

/* Twenty in a row: every session and object of one is gone before the next. */
static int
do_activations(struct run *r)
{
	for (int i = 0; i < 20; i++)
		if (do_activate(r) == -1)
			return err_in(&r->e, "activation %d", i);
	return do_sign(r);
}

/* --- the table ----------------------------------------------------------- */

struct verb {
	const char *name;
	int (*run)(struct run *);
	bool key, tpm;
	int args;
};

static const struct verb verbs[] = {
	{ "create", do_create, false, true, 0 },
	{ "csr", do_csr, true, true, 1 },
	{ "sign", do_sign, true, true, 1 },
	{ "survive", do_survive, true, true, 0 },
	{ "many", do_many, false, true, 0 },
	{ "ek", do_ek, false, true, 0 },
	{ "name", do_name, false, false, 0 },
	{ "makecred", do_makecred, false, false, 1 },
	{ "activate", do_activate, true, true, 0 },
	{ "activations", do_activations, true, true, 1 },
};

static const struct verb *
find(const char *name, int args)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0 && verbs[i].args == args)
			return &verbs[i];
	return NULL;
}

static int
act(struct run *r, const struct verb *v)
{
	int rc = -1;

	if (key_setup(&r->e) == 0 && (!v->key || get_key(r) == 0) &&
	    (!v->tpm || (r->tpm = tpm_open(r->tcti, &r->e)) != NULL))
		rc = v->run(r);
	key_signer_remove("mqtt");
	tpm_close(r->tpm);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct run r = { .dir = -1 };
	const struct verb *v;

	if (argc < 4 || (v = find(argv[1], argc - 4)) == NULL)
		return fputs("usage: tpm_driver VERB TCTI DIR [ARG]\n", stderr),
		       2;
	r.tcti = argv[2];
	r.arg = argv + 4;
	r.dir = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir == -1)
		return perror(argv[3]), 2;
	if (act(&r, v) == 0)
		return 0;
	fprintf(stderr, "%s\n", r.e.text);
	return 1;
}
