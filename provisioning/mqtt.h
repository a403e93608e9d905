/* SPDX-License-Identifier: MIT */
#ifndef MQTT_H
#define MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "err.h"

/*
 * One MQTT 5 connection with mutual TLS, over Paho's asynchronous client.
 *
 * Paho calls back on threads of its own. Here a callback only puts an event in
 * a queue; the owner watches mqtt_fd() in its loop and takes events with
 * mqtt_next(). All functions below belong to the owner's thread and none of
 * them waits for the network: Paho holds its lock while it resolves a name or
 * shakes hands, so nothing is asked of it between mqtt_connect() and the
 * MQTT_UP or MQTT_DOWN that ends it.
 *
 * The server's certificate and name are always verified. TLS 1.2 with AEAD
 * ciphers or TLS 1.3, OpenSSL security level 2. Reconnecting is the owner's:
 * on MQTT_DOWN it waits mqtt_backoff_ms() and calls mqtt_connect() again,
 * which reads certificate and key files afresh. Paho offers no way to set
 * TCP_NODELAY on its socket; the broker's side has it.
 */
#define MQTT_TOPIC_MAX   256
#define MQTT_REASON_MAX  200
#define MQTT_PAYLOAD_MAX (128 * 1024)

struct mqtt_settings { /* texts are copied */
	const char *host;
	uint16_t port;
	const char *client_id;
	const char *ca;          /* file, PEM: who may have signed the server */
	const char *certificate; /* file, PEM chain, leaf first */
	const char *key;         /* file, PEM, or a key reference (key.h) */
	const char *username, *password;    /* or NULL */
	const char *will_topic, *will_text; /* or NULL; retained, QoS 1 */
	unsigned keepalive_s;
	unsigned connect_s; /* a connect takes no longer */
};

enum mqtt_kind {
	MQTT_UP,
	MQTT_DOWN,       /* connect failed, or the connection is gone */
	MQTT_SUBSCRIBED, /* code: granted QoS, or >= 0x80 refused */
	MQTT_SENT,       /* acknowledged; code >= 0x80: refused */
	MQTT_MESSAGE,
};

struct mqtt_event {
	enum mqtt_kind kind;
	int token;                  /* MQTT_SUBSCRIBED, MQTT_SENT */
	int code;                   /* MQTT 5 reason code; < 0: Paho's own */
	char why[MQTT_REASON_MAX];  /* MQTT_DOWN, for a person */
	char topic[MQTT_TOPIC_MAX]; /* MQTT_MESSAGE */
	char by[SHA256_HEX];        /* its one WIRE_BY property, or empty */
	char *payload;              /* MQTT_MESSAGE: len bytes and a NUL */
	size_t len;
};

/* CONNACK and PUBACK reason codes that are told apart, MQTT 5 section 2.4. */
#define MQTT_BAD_CREDENTIALS 0x86
#define MQTT_NOT_AUTHORIZED  0x87

struct mqtt;

/* Makes nothing happen on the network yet. NULL: failed. */
struct mqtt *mqtt_new(const struct mqtt_settings *, struct err *);
/* Disconnects and ends it, in the background; NULL is fine. No event comes
 * after it. */
void mqtt_free(struct mqtt *);
/* Waits until everything that was freed has ended; before a process or a
 * shared object that used this goes away. */
void mqtt_settle(void);
/* Has it? A connection begun while another one ends in the same process is
 * seen by Paho up to a second late. */
bool mqtt_settled(void);

int mqtt_fd(const struct mqtt *); /* readable: mqtt_next() has something */
/* 1: *ev is the next event, to be ended by mqtt_event_free(). 0: none. */
int mqtt_next(struct mqtt *, struct mqtt_event *ev);
void mqtt_event_free(struct mqtt_event *);

bool mqtt_up(const struct mqtt *);
/* Ends with MQTT_UP or MQTT_DOWN. EBUSY: one is under way or it is up. */
int mqtt_connect(struct mqtt *, struct err *);
/* QoS 1. token, if not NULL: MQTT_SUBSCRIBED or MQTT_SENT with it follows,
 * unless MQTT_DOWN comes first. */
int mqtt_subscribe(struct mqtt *, const char *topic, int *token, struct err *);
int mqtt_publish(struct mqtt *, const char *topic, const void *payload,
    size_t len, bool retain, int *token, struct err *);

/* Full jitter: evenly from 0 to 1 s * 2^failures, capped at most_ms. Never
 * less than 100 ms. */
uint64_t mqtt_backoff_ms(unsigned failures, uint64_t most_ms);

#endif
