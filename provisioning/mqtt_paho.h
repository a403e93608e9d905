/* SPDX-License-Identifier: MIT */
#ifndef MQTT_PAHO_H
#define MQTT_PAHO_H

#include <MQTTAsync.h>

#include <pthread.h>

#include "mqtt.h"
#include "mqtt_queue.h"

/*
 * What mqtt.c (the owner's thread) and mqtt_paho.c (Paho's threads) share. The
 * state changes only when the owner takes the event that says so, so it needs
 * no lock.
 */
enum mqtt_state {
	MQTT_IDLE,
	MQTT_CONNECTING,
	MQTT_RUNNING
};

enum mqtt_text {
	MQTT_T_CA,
	MQTT_T_CERTIFICATE,
	MQTT_T_KEY,
	MQTT_T_USERNAME,
	MQTT_T_PASSWORD,
	MQTT_T_WILL_TOPIC,
	MQTT_T_WILL_TEXT,
	MQTT_T_TEXTS
};

struct mqtt {
	MQTTAsync paho;
	struct mqtt_queue *queue;
	enum mqtt_state state;
	char *texts[MQTT_T_TEXTS];
	unsigned keepalive_s, connect_s;
	pthread_mutex_t lock;      /* of tls */
	char tls[MQTT_REASON_MAX]; /* the first thing OpenSSL said */
	/* Of mqtt_connect(): a connection's end that is told late is not taken
	 * for the next one's. */
	_Atomic unsigned attempt;
};

/* Paho's callbacks; ctx is the struct mqtt. */
int mqtt_on_tls_error(const char *, size_t, void *ctx);
void mqtt_on_connected(void *ctx, MQTTAsync_successData5 *);
void mqtt_on_refused(void *ctx, MQTTAsync_failureData5 *);
void mqtt_on_lost(void *ctx, char *cause);
void mqtt_on_disconnect(void *ctx, MQTTProperties *, enum MQTTReasonCodes);
void mqtt_on_done(void *ctx, MQTTAsync_successData5 *);
void mqtt_on_failed(void *ctx, MQTTAsync_failureData5 *);
void mqtt_on_subscribed(void *ctx, MQTTAsync_successData5 *);
void mqtt_on_unsubscribed(void *ctx, MQTTAsync_failureData5 *);
int mqtt_on_message(void *ctx, char *topic, int len, MQTTAsync_message *);

#endif
