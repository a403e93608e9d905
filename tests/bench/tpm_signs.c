/* SPDX-License-Identifier: MIT */
/*
 * What the way through OpenSSL to the TPM costs, against ESYS called directly
 * and against a key in a file; rounds are interleaved, the median counts.
 *
 *	tpm_signs TCTI		prints "name value unit [ratio peer]"
 */
#include <openssl/ssl.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tcti_swtpm.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "key.h"
#include "makecred.h"
#include "timing.h"
#include "tpm/tpm.h"
#include "tpm_public.h"
#include "x509.h"

#define ROUNDS     5
#define SIGNATURES 200
#define SHAKES     100

static struct tpm *tpm;
static struct tpm_key key;

/* --- direct: a loaded primary key, no lock, no OpenSSL ------------------- */

struct direct {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR key;
};

static void
direct_open(struct direct *d, const char *tcti)
{
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcr;
	TPM2B_PUBLIC template = { .publicArea = { .type = TPM2_ALG_ECC,
				      .nameAlg = TPM2_ALG_SHA256 } };
	TPMS_ECC_PARMS *ecc = &template.publicArea.parameters.eccDetail;
	size_t size;

	template.publicArea.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT |
	    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SENSITIVEDATAORIGIN |
	    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA;
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
	must(Tss2_Tcti_Swtpm_Init(NULL, &size, NULL) == 0, "TCTI");
	d->tcti = calloc(1, size);
	must(Tss2_Tcti_Swtpm_Init(d->tcti, &size, tcti + 6) == 0 &&
		Esys_Initialize(&d->esys, d->tcti, NULL) == 0,
	    "ESYS");
	must(Esys_CreatePrimary(d->esys, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD,
		 ESYS_TR_NONE, ESYS_TR_NONE, &no_secret, &template, &no_data,
		 &no_pcr, &d->key, NULL, NULL, NULL, NULL) == 0,
	    "CreatePrimary");
}

static void
direct_close(struct direct *d)
{
	Esys_FlushContext(d->esys, d->key);
	Esys_Finalize(&d->esys);
	Tss2_Tcti_Finalize(d->tcti);
	free(d->tcti);
}

static double
direct_sign(struct direct *d)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_ECDSA,
		.details.ecdsa.hashAlg = TPM2_ALG_SHA256 };
	static const TPMT_TK_HASHCHECK ticket = { .tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL };
	TPM2B_DIGEST digest = { .size = 32 };
	double start = seconds();

	for (int i = 0; i < SIGNATURES; i++) {
		TPMT_SIGNATURE *sig = NULL;

		must(Esys_Sign(d->esys, d->key, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			 ESYS_TR_NONE, &digest, &scheme, &ticket, &sig) == 0,
		    "Esys_Sign");
		Esys_Free(sig);
	}
	return SIGNATURES / (seconds() - start);
}

/* --- through OpenSSL ----------------------------------------------------- */

static int
sign_in_tpm(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	(void)ctx;
	(void)purpose;
	return tpm_key_sign(tpm, &key, digest, sig, e);
}

static double
openssl_sign(EVP_PKEY *pkey)
{
	double start = seconds();

	for (int i = 0; i < SIGNATURES; i++) {
		EVP_MD_CTX *md = EVP_MD_CTX_new();
		uint8_t sig[80];
		size_t n = sizeof(sig);

		must(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, pkey) ==
			    1 &&
			EVP_DigestSign(md, sig, &n, (void *)&i, sizeof(i)) == 1,
		    "EVP_DigestSign");
		EVP_MD_CTX_free(md);
	}
	return SIGNATURES / (seconds() - start);
}

/* --- handshakes: mutual TLS 1.3 over memory, the client's key differs ---- */

static X509 *
certificate(EVP_PKEY *pkey, const char *cn)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, pkey);
	must(X509_sign(x, pkey, EVP_sha256()) > 0, "certificate");
	return x;
}

static SSL_CTX *
side(const SSL_METHOD *how, EVP_PKEY *own, X509 *cert, X509 *other)
{
	SSL_CTX *ctx = SSL_CTX_new(how);

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, own);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), other);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static void
shake(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
	SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
	BIO *near, *far;
	int done = 0;

	BIO_new_bio_pair(&near, 0, &far, 0);
	SSL_set_bio(client, near, near);
	SSL_set_bio(server, far, far);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < 20 && !done; i++) {
		int a = SSL_do_handshake(client), b = SSL_do_handshake(server);

		done = a == 1 && b == 1;
	}
	must(done, "handshake");
	SSL_free(client);
	SSL_free(server);
}

static double
shakes(SSL_CTX *client, SSL_CTX *server)
{
	double start = seconds();

	for (int i = 0; i < SHAKES; i++)
		shake(client, server);
	return (seconds() - start) / SHAKES * 1e3;
}

static void
bench_handshakes(EVP_PKEY *ours)
{
	EVP_PKEY *file = EVP_EC_gen("P-256");
	X509 *file_cert = certificate(file, "file");
	X509 *our_cert = certificate(ours, "tpm");
	SSL_CTX *server = side(TLS_server_method(), file, file_cert, our_cert);
	SSL_CTX *with_tpm =
	    side(TLS_client_method(), ours, our_cert, file_cert);
	SSL_CTX *with_file =
	    side(TLS_client_method(), file, file_cert, file_cert);
	double tpm_ms[ROUNDS], file_ms[ROUNDS], a, b;

	X509_STORE_add_cert(SSL_CTX_get_cert_store(server), file_cert);
	for (int i = 0; i < ROUNDS; i++) {
		tpm_ms[i] = shakes(with_tpm, server);
		file_ms[i] = shakes(with_file, server);
	}
	a = median(tpm_ms, ROUNDS);
	b = median(file_ms, ROUNDS);
	printf("tpm.handshake-in-memory %.3f ms %.2f file-key\n", a, a / b);
	SSL_CTX_free(server);
	SSL_CTX_free(with_tpm);
	SSL_CTX_free(with_file);
	X509_free(file_cert);
	X509_free(our_cert);
	EVP_PKEY_free(file);
}

/* --- one enrolment ------------------------------------------------------- */

static void
bench_makecred(const struct tpm_public *ek, const char *kind,
    const uint8_t *name, size_t n, struct makecred *mc)
{
	static const uint8_t secret[32] = { 1 };
	double start = seconds();
	struct err e;

	for (int i = 0; i < SIGNATURES; i++)
		must(makecred(ek, name, n, secret, 32, mc, &e) == 0, e.text);
	printf("makecred.%s %.3f ms\n", kind,
	    (seconds() - start) / SIGNATURES * 1e3);
}

static void
bench_enrolment(EVP_PKEY *pkey)
{
	own_bytes struct bytes csr = { 0 };
	uint8_t name[TPM_NAME_MAX], out[TPM_SECRET_MAX];
	struct tpm_public ek_pub, pub;
	struct tpm_key fresh;
	struct makecred mc;
	struct tpm_ek ek;
	double spent, start = seconds();
	struct err e;
	size_t n = 0, len;

	must(tpm_key_create(tpm, &fresh, &e) == 0 &&
		key_csr(pkey, "bench", &csr, &e) == 0 &&
		tpm_ek(tpm, &ek, &e) == 0 &&
		tpm_public_parse(ek.pub, ek.pub_len, &ek_pub, &e) == 0 &&
		tpm_public_parse(key.pub, key.pub_len, &pub, &e) == 0 &&
		tpm_public_name(&pub, name, &n, &e) == 0,
	    e.text);
	spent = seconds() - start;
	bench_makecred(&ek_pub, "ecc-p384", name, n, &mc);
	start = seconds();
	must(tpm_activate(tpm, &key, mc.blob, mc.blob_len, mc.seed, mc.seed_len,
		 out, &len, &e) == 0,
	    e.text);
	printf(
	    "tpm.enrolment-steps %.2f ms\n", (spent + seconds() - start) * 1e3);
}

int
main(int argc, char *argv[])
{
	double ours[ROUNDS], theirs[ROUNDS], a, b;
	uint8_t point[KEY_POINT_LEN];
	struct direct d = { .key = ESYS_TR_NONE };
	EVP_PKEY *pkey;
	struct err e;

	must(argc == 2 && strncmp(argv[1], "swtpm:", 6) == 0, "which TPM?");
	must(key_setup(&e) == 0 && (tpm = tpm_open(argv[1], &e)) != NULL &&
		tpm_key_create(tpm, &key, &e) == 0 &&
		tpm_key_point(&key, point, &e) == 0 &&
		key_signer_set("bench", sign_in_tpm, NULL, &e) == 0 &&
		(pkey = key_new("bench", point, &e)) != NULL,
	    e.text);
	direct_open(&d, argv[1]);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = openssl_sign(pkey);
		theirs[i] = direct_sign(&d);
	}
	direct_close(&d);
	a = median(ours, ROUNDS);
	b = median(theirs, ROUNDS);
	printf("tpm.signatures %.0f 1/s %.2f direct-ESYS\n", a, a / b);
	bench_handshakes(pkey);
	bench_enrolment(pkey);
	EVP_PKEY_free(pkey);
	key_signer_remove("bench");
	tpm_close(tpm);
	return 0;
}
