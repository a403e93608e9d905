/* SPDX-License-Identifier: MIT */
/*
 * Enrolments a second of one worker, without broker and TLS, on one thread:
 * units with keys in files, and units with (made up) TPMs, so that
 * MakeCredential to an RSA-2048 EK is in it. Every one is a durable row before
 * its answer counts. Peers in the same run, interleaved: the bare CA work
 * (read the CSR, check its signature, sign a certificate), and a script's way,
 * one `openssl x509 -req` a unit.
 *
 *	enrol_rate FOLDER	prints "name value unit [ratio peer]"
 */
#include <openssl/bn.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>

#include "file.h"
#include "key.h"
#include "service/enrol.h"
#include "timing.h"

#define ROUNDS 3
#define UNITS  512
#define SCRIPT 40
#define CLAIM  "00000000000000000000000000000000000000000000000000000000000000c1"

static struct enrol en;
static struct err e;
static const char *dir;
static char *text[UNITS];
static char topic[UNITS][WIRE_TOPIC_MAX];
static struct bytes csr[UNITS];
static struct tpm_public ek;
static uint8_t ek_text[TPM_PUBLIC_MAX];
static size_t ek_len;
static int serials;

static void
need(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "enrol_rate: %s: %s\n", what, e.text);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
open_world(void)
{
	struct registry_batch b = { .name = "b",
		.quota = 1000000,
		.software = true,
		.unproven = false,
		.not_after = time(NULL) + 100000 };
	struct registry_cert c = { .fingerprint = CLAIM,
		.role = "claim",
		.name = "b",
		.state = "active",
		.not_after = time(NULL) + 100000,
		.spki = "" };
	char path[300];
	struct ca root;

	(void)snprintf(path, sizeof(path), "%s/registry.db", dir);
	need(registry_open(&en.registry, path, DB_CREATE, &e) == 0, "registry");
	need(ca_make(&root, CA_ROOT, "b", NULL, 100, &e) == 0, "CA");
	need(ca_make(&en.units, CA_UNITS, "b", &root, 100, &e) == 0, "CA");
	ca_free(&root);
	en.days = 90;
	need(registry_batch_add(&en.registry, &b, &e) == 0, "batch");
	need(registry_cert_add(&en.registry, &c, &e) == 0, "claim");
}

/* The public area a TPM would show for this key. */
static void
pretend_tpm(EVP_PKEY *key, struct wire_request *q)
{
	struct tpm_public pub = { .type = TPM_ECC,
		.name_alg = TPM_SHA256,
		.attributes = TPM_FIXED_TPM | TPM_FIXED_PARENT | TPM_ORIGIN |
		    TPM_USER_AUTH | TPM_NO_DA | TPM_SIGN,
		.sym = TPM_NULL,
		.scheme = TPM_NULL,
		.curve = TPM_P256 };
	uint8_t point[KEY_POINT_LEN];

	need(key_point(key, point, &e) == 0, "point");
	pub.x.len = pub.y.len = 32;
	memcpy(pub.x.p, point + 1, 32);
	memcpy(pub.y.p, point + 33, 32);
	need(tpm_public_marshal(&pub, q->key_public, &q->key_public_len, &e) ==
		0,
	    "public area");
}

/* One RSA-2048 EK of the usual template, a modulus of its own for each unit:
 * another EK for the registry, the same work for the service. */
static void
pretend_ek(EVP_PKEY *rsa, struct wire_request *q)
{
	own_bytes struct bytes unused = { 0 };
	BIGNUM *n = NULL;

	ek = (struct tpm_public){ .type = TPM_RSA,
		.name_alg = TPM_SHA256,
		.attributes = 0x000300b2,
		.sym = TPM_AES,
		.sym_bits = 128,
		.scheme = TPM_NULL,
		.rsa_bits = 2048 };
	ek.policy.len = 32;
	ek.x.len = 256;
	need(EVP_PKEY_get_bn_param(rsa, "n", &n) == 1, "modulus");
	(void)BN_bn2binpad(n, ek.x.p, 256);
	BN_free(n);
	ek.x.p[200] = (uint8_t)serials;
	ek.x.p[201] = (uint8_t)(serials >> 8);
	need(tpm_public_marshal(&ek, ek_text, &ek_len, &e) == 0, "EK");
	memcpy(q->ek_public, ek_text, q->ek_public_len = ek_len);
}

/* New units, requests ready, keys and CSRs made outside the clock. */
static void
make_units(bool tpm)
{
	static struct wire_request q;
	own_pkey EVP_PKEY *rsa = tpm ? EVP_RSA_gen(2048) : NULL;

	for (int i = 0; i < UNITS; i++) {
		own_pkey EVP_PKEY *key = ca_key_new(&e);
		struct bytes out = { 0 };

		memset(&q, 0, sizeof(q));
		(void)snprintf(q.serial, sizeof(q.serial), "U%d", serials++);
		(void)strcpy(q.model, "GW");
		bytes_free(&csr[i]);
		need(wire_id(q.id, &e) == 0 &&
			key_csr(key, q.serial, &csr[i], &e) == 0,
		    "CSR");
		memcpy(q.csr, csr[i].p, csr[i].len + 1);
		if (tpm) {
			pretend_tpm(key, &q);
			pretend_ek(rsa, &q);
		}
		need(wire_request_encode(&q, &out, &e) == 0, "request");
		free(text[i]);
		text[i] = out.p;
		wire_topic(topic[i], q.serial, "request");
	}
}

/* Without an EK certificate each EK must have been registered before. */
static void
register_units(void)
{
	static struct wire_request q;
	struct ek one;

	need(db_run(en.registry.db, &e, "UPDATE batch SET unproven = 1", "") ==
		0,
	    "batch");
	need(db_begin(en.registry.db, &e) == 0, "registry");
	for (int i = 0; i < UNITS; i++) {
		need(wire_request_parse(text[i], strlen(text[i]), &q, &e) == 0,
		    "request");
		need(ek_judge(NULL, &q, &one, &e) == 0, "EK");
		need(registry_unit_add(
			 &en.registry, q.serial, "GW", one.hash, &e) == 0,
		    "unit");
	}
	need(db_commit(en.registry.db, &e) == 0, "registry");
}

static double
enrol(size_t batch)
{
	static struct enrol_work k[64];
	double t = now();

	for (size_t i = 0; i < UNITS; i += batch) {
		for (size_t j = 0; j < batch; j++)
			k[j] = (struct enrol_work){ .topic = topic[i + j],
				.by = CLAIM,
				.text = text[i + j],
				.len = strlen(text[i + j]) };
		enrol_handle(&en, k, batch);
		for (size_t j = 0; j < batch; j++) {
			(void)snprintf(e.text, sizeof(e.text), "%s", k[j].note);
			need(k[j].success && k[j].reply != NULL, "enrolment");
			enrol_work_free(&k[j]);
		}
	}
	return UNITS / (now() - t);
}

static double
bare_ca(void)
{
	double t = now();

	for (int i = 0; i < UNITS; i++) {
		own_req X509_REQ *r = x509_req_parse(csr[i].p, csr[i].len, &e);
		own_pkey EVP_PKEY *key = X509_REQ_get_pubkey(r);
		struct ca_order o = { .cn = "X",
			.key = key,
			.not_before = time(NULL),
			.not_after = time(NULL) + 1000 };
		own_x509 X509 *x = NULL;
		own_bytes struct bytes pem = { 0 };

		need(X509_REQ_verify(r, key) == 1, "CSR");
		need((x = ca_issue(&en.units, &o, &e)) != NULL, "issue");
		need(ca_pem(x, &pem, &e) == 0, "PEM");
	}
	return UNITS / (now() - t);
}

static double
script(void)
{
	own_bytes struct bytes cert = { 0 }, key = { 0 };
	char path[4][300], cmd[1500];
	double t;

	for (int i = 0; i < 4; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/%d.pem", dir, i);
	need(ca_pem(en.units.certificate, &cert, &e) == 0 &&
		ca_key_pem(en.units.key, &key, &e) == 0,
	    "CA");
	need(file_write(AT_FDCWD, path[0], cert.p, cert.len, FILE_SECRET, &e) ==
		    0 &&
		file_write(
		    AT_FDCWD, path[1], key.p, key.len, FILE_SECRET, &e) == 0 &&
		file_write(AT_FDCWD, path[2], csr[0].p, csr[0].len, FILE_SECRET,
		    &e) == 0,
	    "files");
	(void)snprintf(cmd, sizeof(cmd),
	    "openssl x509 -req -in %s -CA %s -CAkey %s -set_serial 1 -days 90 "
	    "-out %s 2>/dev/null",
	    path[2], path[0], path[1], path[3]);
	t = now();
	for (int i = 0; i < SCRIPT; i++)
		need(system(cmd) == 0, "openssl");
	return SCRIPT / (now() - t);
}

static void
say(const char *name, double v, double peer, const char *of)
{
	(void)printf("%s %.0f 1/s %.2f %s\n", name, v, v / peer, of);
}

int
main(int argc, char **argv)
{
	double soft1[ROUNDS], soft64[ROUNDS], tpm64[ROUNDS], ca[ROUNDS];
	double openssl[ROUNDS];

	if (argc != 2)
		return 2;
	dir = argv[1];
	open_world();
	for (int r = 0; r < ROUNDS; r++) {
		make_units(false);
		soft1[r] = enrol(1);
		make_units(false);
		soft64[r] = enrol(64);
		ca[r] = bare_ca();
		make_units(true);
		register_units();
		tpm64[r] = enrol(64);
		openssl[r] = script();
	}
	(void)median(ca, ROUNDS);
	say("enrol.tpm-units", median(tpm64, ROUNDS), ca[ROUNDS / 2],
	    "bare-CA");
	say("enrol.software-units", median(soft64, ROUNDS), ca[ROUNDS / 2],
	    "bare-CA");
	say("enrol.one-by-one", median(soft1, ROUNDS), ca[ROUNDS / 2],
	    "bare-CA");
	say("enrol.against-a-script", median(tpm64, ROUNDS),
	    median(openssl, ROUNDS), "openssl-x509-req");
	for (int i = 0; i < UNITS; i++) {
		free(text[i]);
		bytes_free(&csr[i]);
	}
	registry_close(&en.registry);
	ca_free(&en.units);
	return 0;
}
