/* SPDX-License-Identifier: MIT */
/*
 * Paho, kept at arm's length: what its threads call here copies what it was
 * given and returns. The state (idle, connecting, up) changes only when the
 * owner takes the event that says so, so it needs no lock.
 *
 * MQTTAsync_destroy() may wait for a name server or for the library's threads;
 * it runs on a thread of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "mqtt_paho.h"

/*
 * Suites that do not exist below TLS 1.2: the only way to a minimum version
 * that Paho leaves open. The level in the string undoes the 1 that Paho sets.
 */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"

static pthread_mutex_t ending_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ending_none = PTHREAD_COND_INITIALIZER;
static unsigned ending;

void
mqtt_event_free(struct mqtt_event *ev)
{
	free(ev->payload);
	ev->payload = NULL;
}

static int
copy_texts(struct mqtt *m, const struct mqtt_settings *s)
{
	const char *const from[MQTT_T_TEXTS] = { s->ca, s->certificate, s->key,
		s->username, s->password, s->will_topic, s->will_text };

	for (int i = 0; i < MQTT_T_TEXTS; i++)
		if (from[i] != NULL && (m->texts[i] = strdup(from[i])) == NULL)
			return -1;
	return 0;
}

static void
discard(struct mqtt *m)
{
	MQTTAsync_destroy(&m->paho);
	for (int i = 0; i < MQTT_T_TEXTS; i++) {
		if (m->texts[i] != NULL)
			explicit_bzero(m->texts[i], strlen(m->texts[i]));
		free(m->texts[i]);
	}
	mqtt_queue_free(m->queue);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Nothing is kept on a disk by Paho: what matters is repeated by its owner. */
static int
create(struct mqtt *m, const struct mqtt_settings *s, struct err *e)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	char uri[300];
	int rc;

	(void)snprintf(uri, sizeof(uri),
	    strchr(s->host, ':') != NULL ? "ssl://[%s]:%u" : "ssl://%s:%u",
	    s->host, s->port);
	rc = MQTTAsync_createWithOptions(&m->paho, uri, s->client_id,
	    MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (rc != MQTTASYNC_SUCCESS)
		return err_set(
		    e, EINVAL, "%s: %s", uri, MQTTAsync_strerror(rc));
	rc = MQTTAsync_setCallbacks(
	    m->paho, m, mqtt_on_lost, mqtt_on_message, NULL);
	if (rc == MQTTASYNC_SUCCESS)
		rc = MQTTAsync_setDisconnected(m->paho, m, mqtt_on_disconnect);
	return rc == MQTTASYNC_SUCCESS
	    ? 0
	    : err_set(e, EINVAL, "Paho: %s", MQTTAsync_strerror(rc));
}

struct mqtt *
mqtt_new(const struct mqtt_settings *s, struct err *e)
{
	struct mqtt *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (void)err_sys(e, "MQTT"), NULL;
	/* A write to a connection that is gone must not end the process; Paho
	 * 1.3.12 does not see to it. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)pthread_mutex_init(&m->lock, NULL);
	m->keepalive_s = s->keepalive_s;
	m->connect_s = s->connect_s;
	if ((m->queue = mqtt_queue_new(e)) == NULL || create(m, s, e) == -1) {
		discard(m);
		return NULL;
	}
	if (copy_texts(m, s) == -1) {
		(void)err_sys(e, "MQTT");
		discard(m);
		return NULL;
	}
	return m;
}

static void *
end(void *ctx)
{
	struct mqtt *m = ctx;
	MQTTAsync_disconnectOptions bye =
	    MQTTAsync_disconnectOptions_initializer5;

	/* A DISCONNECT, so that the broker does not send the will. */
	if (MQTTAsync_isConnected(m->paho) &&
	    MQTTAsync_disconnect(m->paho, &bye) == MQTTASYNC_SUCCESS)
		for (int i = 0; i < 50 && MQTTAsync_isConnected(m->paho); i++)
			(void)usleep(2000);
	discard(m);
	(void)pthread_mutex_lock(&ending_lock);
	if (--ending == 0)
		(void)pthread_cond_broadcast(&ending_none);
	(void)pthread_mutex_unlock(&ending_lock);
	return NULL;
}

void
mqtt_free(struct mqtt *m)
{
	pthread_attr_t detached;
	pthread_t thread;

	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&ending_lock);
	ending++;
	(void)pthread_mutex_unlock(&ending_lock);
	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, end, m) != 0)
		(void)end(m);
	(void)pthread_attr_destroy(&detached);
}

void
mqtt_settle(void)
{
	(void)pthread_mutex_lock(&ending_lock);
	while (ending > 0)
		(void)pthread_cond_wait(&ending_none, &ending_lock);
	(void)pthread_mutex_unlock(&ending_lock);
}

bool
mqtt_settled(void)
{
	bool yes;

	(void)pthread_mutex_lock(&ending_lock);
	yes = ending == 0;
	(void)pthread_mutex_unlock(&ending_lock);
	return yes;
}

int
mqtt_fd(const struct mqtt *m)
{
	return mqtt_queue_fd(m->queue);
}

bool
mqtt_up(const struct mqtt *m)
{
	return m->state == MQTT_RUNNING;
}

/* Paho may tell of one end twice (DISCONNECT, then the socket): the second is
 * dropped here. */
int
mqtt_next(struct mqtt *m, struct mqtt_event *ev)
{
	while (mqtt_queue_take(m->queue, ev) == 1) {
		if (ev->kind == MQTT_DOWN &&
		    (m->state == MQTT_IDLE || ev->token != (int)m->attempt))
			continue;
		if (ev->kind == MQTT_UP)
			m->state = MQTT_RUNNING;
		if (ev->kind == MQTT_DOWN)
			m->state = MQTT_IDLE;
		return 1;
	}
	return 0;
}

static void
fill(struct mqtt *m, MQTTAsync_connectOptions *c, MQTTAsync_SSLOptions *tls,
    MQTTAsync_willOptions *will)
{
	tls->trustStore = m->texts[MQTT_T_CA];
	tls->keyStore = m->texts[MQTT_T_CERTIFICATE];
	tls->privateKey = m->texts[MQTT_T_KEY];
	tls->enabledCipherSuites = CIPHERS;
	tls->enableServerCertAuth = 1;
	tls->verify = 1; /* the name, too */
	tls->disableDefaultTrustStore = 1;
	tls->ssl_error_cb = mqtt_on_tls_error;
	tls->ssl_error_context = m;
	will->topicName = m->texts[MQTT_T_WILL_TOPIC];
	will->message = m->texts[MQTT_T_WILL_TEXT];
	will->retained = will->qos = 1;
	c->will = m->texts[MQTT_T_WILL_TOPIC] != NULL ? will : NULL;
	c->ssl = tls;
	c->username = m->texts[MQTT_T_USERNAME];
	c->password = m->texts[MQTT_T_PASSWORD];
	c->cleanstart = 1;
	c->keepAliveInterval = (int)m->keepalive_s;
	c->connectTimeout = (int)m->connect_s;
	c->automaticReconnect = 0;
	c->onSuccess5 = mqtt_on_connected;
	c->onFailure5 = mqtt_on_refused;
	c->context = m;
}

int
mqtt_connect(struct mqtt *m, struct err *e)
{
	MQTTAsync_connectOptions c = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	int rc;

	if (m->state != MQTT_IDLE)
		return err_set(e, EBUSY, "MQTT: already connecting or up");
	m->tls[0] = '\0';
	m->attempt++;
	fill(m, &c, &tls, &will);
	rc = MQTTAsync_connect(m->paho, &c);
	if (rc != MQTTASYNC_SUCCESS)
		return err_set(e, ENOTCONN, "MQTT: %s", MQTTAsync_strerror(rc));
	m->state = MQTT_CONNECTING;
	return 0;
}

/* The token is only valid once Paho has taken the request. */
static int
asked(const struct mqtt *m, int rc, MQTTAsync_responseOptions *o, int *token,
    const char *topic, struct err *e)
{
	(void)m;
	if (rc != MQTTASYNC_SUCCESS)
		return err_set(
		    e, ENOTCONN, "MQTT: %s: %s", topic, MQTTAsync_strerror(rc));
	if (token != NULL)
		*token = o->token;
	return 0;
}

int
mqtt_subscribe(struct mqtt *m, const char *topic, int *token, struct err *e)
{
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;

	if (m->state != MQTT_RUNNING)
		return err_set(e, ENOTCONN, "MQTT: not connected");
	o.context = m;
	o.onSuccess5 = mqtt_on_subscribed;
	o.onFailure5 = mqtt_on_unsubscribed;
	return asked(
	    m, MQTTAsync_subscribe(m->paho, topic, 1, &o), &o, token, topic, e);
}

int
mqtt_publish(struct mqtt *m, const char *topic, const void *payload, size_t len,
    bool retain, int *token, struct err *e)
{
	MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
	MQTTAsync_message msg = MQTTAsync_message_initializer;

	if (m->state != MQTT_RUNNING)
		return err_set(e, ENOTCONN, "MQTT: not connected");
	if (token != NULL) {
		o.context = m;
		o.onSuccess5 = mqtt_on_done;
		o.onFailure5 = mqtt_on_failed;
	}
	msg.payload = (void *)payload;
	msg.payloadlen = (int)len;
	msg.qos = 1;
	msg.retained = retain;
	return asked(m, MQTTAsync_sendMessage(m->paho, topic, &msg, &o), &o,
	    token, topic, e);
}

uint64_t
mqtt_backoff_ms(unsigned failures, uint64_t most_ms)
{
	uint64_t most = failures >= 20 ? most_ms : (uint64_t)1000 << failures;
	uint64_t r = 0;
	struct err unused;

	if (most > most_ms)
		most = most_ms;
	if (random_bytes(&r, sizeof(r), &unused) == -1)
		r = most / 2; /* without randomness, at least not at once */
	r %= most + 1;
	return r < 100 ? 100 : r;
}
