/* SPDX-License-Identifier: MIT */
/*
 * Paho's callbacks. They run on its threads with its lock held: each copies
 * what it was given into an event and returns, and calls nothing of Paho's but
 * to free.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt_paho.h"
#include "wire.h"

int
mqtt_on_tls_error(const char *s, size_t len, void *ctx)
{
	struct mqtt *m = ctx;

	(void)pthread_mutex_lock(&m->lock);
	if (m->tls[0] == '\0')
		(void)snprintf(m->tls, sizeof(m->tls), "%.*s", (int)len, s);
	m->tls[strcspn(m->tls, "\r\n")] = '\0';
	(void)pthread_mutex_unlock(&m->lock);
	return 0;
}

/* OpenSSL's first word is the cause; Paho's is mostly "failure". */
static void
down(struct mqtt *m, int code, const char *why)
{
	struct mqtt_event ev = {
		.kind = MQTT_DOWN, .code = code, .token = (int)m->attempt
	};

	(void)pthread_mutex_lock(&m->lock);
	(void)snprintf(
	    ev.why, sizeof(ev.why), "%s", m->tls[0] != '\0' ? m->tls : why);
	(void)pthread_mutex_unlock(&m->lock);
	(void)mqtt_queue_put(m->queue, &ev);
}

void
mqtt_on_connected(void *ctx, MQTTAsync_successData5 *data)
{
	struct mqtt *m = ctx;

	(void)data;
	(void)mqtt_queue_put(m->queue, &(struct mqtt_event){ .kind = MQTT_UP });
}

/* A CONNACK with a reason code, or a failure below MQTT. */
void
mqtt_on_refused(void *ctx, MQTTAsync_failureData5 *data)
{
	const char *why = data->message != NULL ? data->message : NULL;

	if (why == NULL && data->reasonCode >= 0x80)
		why = MQTTReasonCode_toString(data->reasonCode);
	down(ctx, data->reasonCode >= 0x80 ? (int)data->reasonCode : data->code,
	    why != NULL ? why : "no connection");
}

void
mqtt_on_lost(void *ctx, char *cause)
{
	down(ctx, -1, cause != NULL ? cause : "connection lost");
}

void
mqtt_on_disconnect(void *ctx, MQTTProperties *props, enum MQTTReasonCodes code)
{
	const char *why = MQTTReasonCode_toString(code);

	(void)props;
	down(ctx, (int)code, why != NULL ? why : "closed by the broker");
}

static void
answered(struct mqtt *m, int token, int code)
{
	/* What was asked for is not said here: the owner knows the token. */
	(void)mqtt_queue_put(m->queue,
	    &(struct mqtt_event){
		.kind = MQTT_SENT, .token = token, .code = code });
}

void
mqtt_on_done(void *ctx, MQTTAsync_successData5 *data)
{
	answered(ctx, data->token, (int)data->reasonCode);
}

void
mqtt_on_failed(void *ctx, MQTTAsync_failureData5 *data)
{
	answered(ctx, data->token,
	    data->reasonCode >= 0x80 ? (int)data->reasonCode : 0x80);
}

void
mqtt_on_subscribed(void *ctx, MQTTAsync_successData5 *data)
{
	struct mqtt *m = ctx;

	(void)mqtt_queue_put(m->queue,
	    &(struct mqtt_event){ .kind = MQTT_SUBSCRIBED,
		.token = data->token,
		.code = (int)data->reasonCode });
}

void
mqtt_on_unsubscribed(void *ctx, MQTTAsync_failureData5 *data)
{
	struct mqtt *m = ctx;

	(void)mqtt_queue_put(m->queue,
	    &(struct mqtt_event){ .kind = MQTT_SUBSCRIBED,
		.token = data->token,
		.code =
		    data->reasonCode >= 0x80 ? (int)data->reasonCode : 0x80 });
}

static bool
is(const MQTTLenString *s, const char *text)
{
	return s->len == (int)strlen(text) &&
	    memcmp(s->data, text, (size_t)s->len) == 0;
}

/* Two of them are a forgery, and then none counts. */
static void
find_by(MQTTProperties *props, char by[static SHA256_HEX])
{
	int n = MQTTProperties_propertyCount(
	    props, MQTTPROPERTY_CODE_USER_PROPERTY);
	int found = 0;

	for (int i = 0; i < n; i++) {
		MQTTProperty *p = MQTTProperties_getPropertyAt(
		    props, MQTTPROPERTY_CODE_USER_PROPERTY, i);

		if (p == NULL || !is(&p->value.data, WIRE_BY))
			continue;
		if (p->value.value.len == SHA256_HEX - 1)
			memcpy(by, p->value.value.data, SHA256_HEX - 1);
		found++;
	}
	if (found != 1)
		by[0] = '\0';
}

int
mqtt_on_message(void *ctx, char *topic, int topic_len, MQTTAsync_message *msg)
{
	struct mqtt *m = ctx;
	struct mqtt_event ev = { .kind = MQTT_MESSAGE };
	int n = topic_len != 0 ? topic_len : (int)strlen(topic);
	bool taken = true;

	/* What is too large for us is dropped: offered again it would be no
	 * smaller. */
	if (n < MQTT_TOPIC_MAX && msg->payloadlen <= MQTT_PAYLOAD_MAX) {
		memcpy(ev.topic, topic, (size_t)n);
		ev.len = (size_t)msg->payloadlen;
		find_by(&msg->properties, ev.by);
		if ((ev.payload = calloc(1, ev.len + 1)) != NULL) {
			memcpy(ev.payload, msg->payload, ev.len);
			taken = mqtt_queue_put(m->queue, &ev);
		} else
			taken = false;
		if (!taken)
			free(ev.payload);
	}
	if (taken) {
		MQTTAsync_freeMessage(&msg);
		MQTTAsync_free(topic);
	}
	return taken;
}
