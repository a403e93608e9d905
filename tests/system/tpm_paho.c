/* SPDX-License-Identifier: MIT */
/*
 * Paho as Debian ships it, given a key reference where it wants a key file,
 * while other threads sign with the same TPM key:
 *
 *	tpm_paho TCTI DIR PORT TLS-VERSION CLIENTS ROUNDS
 *
 * DIR holds pub, priv, key.pem (the reference), cert.pem and ca.pem. Prints
 * how many connections and signatures there were; 0 when none failed.
 */
#include <MQTTAsync.h>
#include <openssl/ssl.h>

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "key.h"
#include "tpm/tpm.h"
#include "x509.h"

#define CLIENTS_MAX 8
#define SIGNERS     2
#define WAIT_S      20

static struct tpm *tpm;
static struct tpm_key key;
static const char *dir, *port;
static int version, rounds;
static atomic_int connected, failed, signatures;
static atomic_bool stop;

static int
sign_in_tpm(void *ctx, const char *purpose,
    const uint8_t digest[KEY_DIGEST_LEN], uint8_t sig[KEY_SIG_LEN],
    struct err *e)
{
	(void)ctx;
	(void)purpose;
	return tpm_key_sign(tpm, &key, digest, sig, e);
}

static int
get(const char *name, uint8_t *p, size_t size, size_t *n)
{
	own_bytes struct bytes b = { 0 };
	char path[256];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (file_read(AT_FDCWD, path, size, &b, &e) == -1)
		return fprintf(stderr, "%s\n", e.text), -1;
	memcpy(p, b.p, b.len);
	*n = b.len;
	return 0;
}

/* --- one client ---------------------------------------------------------- */

struct client {
	char ca[256], cert[256], ref[256], uri[64];
	MQTTAsync mqtt;
	sem_t done;
	bool ok;
};

static void
succeeded(void *ctx, MQTTAsync_successData5 *data)
{
	struct client *c = ctx;

	(void)data;
	c->ok = true;
	(void)sem_post(&c->done);
}

static void
refused(void *ctx, MQTTAsync_failureData5 *data)
{
	struct client *c = ctx;

	fprintf(stderr, "refused: %d %s\n", data->code,
	    data->message == NULL ? "" : data->message);
	(void)sem_post(&c->done);
}

static int
tls_error(const char *text, size_t len, void *ctx)
{
	(void)ctx;
	fprintf(stderr, "tls: %.*s", (int)len, text);
	return 1;
}

static bool
await(struct client *c)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	return sem_timedwait(&c->done, &end) == 0;
}

static bool
connect_once(struct client *c)
{
	MQTTAsync_connectOptions how = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;

	tls.trustStore = c->ca;
	tls.keyStore = c->cert;
	tls.privateKey = c->ref;
	tls.enableServerCertAuth = 1;
	tls.verify = 1;
	tls.ssl_error_cb = tls_error;
	how.ssl = &tls;
	how.cleanstart = 1;
	how.keepAliveInterval = 60;
	how.onSuccess5 = succeeded;
	how.onFailure5 = refused;
	how.context = c;
	c->ok = false;
	return MQTTAsync_connect(c->mqtt, &how) == MQTTASYNC_SUCCESS &&
	    await(c) && c->ok;
}

static bool
disconnect(struct client *c)
{
	MQTTAsync_disconnectOptions how =
	    MQTTAsync_disconnectOptions_initializer5;

	how.onSuccess5 = succeeded;
	how.onFailure5 = refused;
	how.context = c;
	how.timeout = 1000;
	return MQTTAsync_disconnect(c->mqtt, &how) == MQTTASYNC_SUCCESS &&
	    await(c);
}

static void
prepare(struct client *c, int number)
{
	MQTTAsync_createOptions how = MQTTAsync_createOptions_initializer5;
	char id[32];

	(void)snprintf(c->ca, sizeof(c->ca), "%s/ca.pem", dir);
	(void)snprintf(c->cert, sizeof(c->cert), "%s/cert.pem", dir);
	(void)snprintf(c->ref, sizeof(c->ref), "%s/key.pem", dir);
	(void)snprintf(c->uri, sizeof(c->uri), "ssl://127.0.0.1:%s", port);
	(void)snprintf(id, sizeof(id), "paho-%d", number);
	(void)sem_init(&c->done, 0, 0);
	if (MQTTAsync_createWithOptions(&c->mqtt, c->uri, id,
		MQTTCLIENT_PERSISTENCE_NONE, NULL, &how) != MQTTASYNC_SUCCESS)
		exit(2);
}

static void *
client(void *number)
{
	struct client c = { .ok = false };

	prepare(&c, (int)(intptr_t)number);
	for (int i = 0; i < rounds; i++) {
		if (connect_once(&c))
			connected++;
		else
			failed++;
		(void)disconnect(&c);
	}
	MQTTAsync_destroy(&c.mqtt);
	return NULL;
}

/* --- the others ---------------------------------------------------------- */

static void *
signer(void *number)
{
	uint8_t digest[KEY_DIGEST_LEN] = { (uint8_t)(intptr_t)number };
	uint8_t sig[KEY_SIG_LEN];
	struct err e;

	while (!stop) {
		if (tpm_key_sign(tpm, &key, digest, sig, &e) == -1) {
			fprintf(stderr, "%s\n", e.text);
			failed++;
		}
		signatures++;
	}
	return NULL;
}

static int
run(int clients)
{
	pthread_t threads[CLIENTS_MAX], signers[SIGNERS];

	for (intptr_t i = 0; i < SIGNERS; i++)
		(void)pthread_create(&signers[i], NULL, signer, (void *)i);
	for (intptr_t i = 0; i < clients; i++)
		(void)pthread_create(&threads[i], NULL, client, (void *)i);
	for (int i = 0; i < clients; i++)
		(void)pthread_join(threads[i], NULL);
	stop = true;
	for (int i = 0; i < SIGNERS; i++)
		(void)pthread_join(signers[i], NULL);
	printf("%d connections, %d signatures beside them, %d failures\n",
	    connected, signatures, failed);
	return failed == 0 && connected == clients * rounds ? 0 : 1;
}

/* Paho ignores its own setting of the version on OpenSSL 3: the library's
 * configuration decides. */
static int
only_version(const char *file)
{
	OPENSSL_INIT_SETTINGS *init = OPENSSL_INIT_new();
	FILE *f = fopen(file, "w");
	const char *v = version == 13 ? "TLSv1.3" : "TLSv1.2";
	int done;

	if (f == NULL)
		return -1;
	fprintf(f,
	    "openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n"
	    "[d]\nMinProtocol = %s\nMaxProtocol = %s\n",
	    v, v);
	(void)fclose(f);
	OPENSSL_INIT_set_config_filename(init, file);
	done = OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, init);
	OPENSSL_INIT_free(init);
	return done == 1 ? 0 : -1;
}

int
main(int argc, char *argv[])
{
	char conf[256];
	struct err e;
	int rc;

	if (argc != 7)
		return 2;
	dir = argv[2];
	port = argv[3];
	version = atoi(argv[4]);
	rounds = atoi(argv[6]);
	(void)snprintf(conf, sizeof(conf), "%s/openssl-%d.cnf", dir, version);
	if (only_version(conf) == -1 || key_setup(&e) == -1 ||
	    get("pub", key.pub, sizeof(key.pub), &key.pub_len) == -1 ||
	    get("priv", key.priv, sizeof(key.priv), &key.priv_len) == -1)
		return 2;
	if ((tpm = tpm_open(argv[1], &e)) == NULL ||
	    key_signer_set("mqtt", sign_in_tpm, NULL, &e) == -1)
		return fprintf(stderr, "%s\n", e.text), 2;
	rc = run(atoi(argv[5]));
	key_signer_remove("mqtt");
	tpm_close(tpm);
	return rc;
}
