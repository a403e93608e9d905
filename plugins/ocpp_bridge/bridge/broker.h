/* SPDX-License-Identifier: MIT */
#ifndef OCPP_BROKER_H
#define OCPP_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "loop.h"

/*
 * A connection to an MQTT 3.1.1 broker on this unit, kept up in the loop: over
 * a unix socket, TCP, or TLS. libmosquitto, because Debian 12's Paho has no
 * unix sockets, and without its threads, because a frame is published faster
 * than a thread is woken.
 *
 * It never waits and never grows: what the broker does not take is dropped and
 * counted once BROKER_WAITING_MAX bytes wait. Lost, it tries again after 1, 2,
 * 4 .. 30 seconds, each with jitter.
 */
#define BROKER_WAITING_MAX (512u * 1024)
#define BROKER_PAYLOAD_MAX (64u * 1024) /* of what comes in */
#define BROKER_TOPIC_MAX   1024

struct broker;

struct broker_settings { /* texts are copied */
	/* "unix:/run/x.sock", "mqtt://127.0.0.1:1883", "mqtts://[::1]:8883".
	 * An address or "localhost": a name lookup would make all wait. */
	const char *where;
	const char *anchors, *chain, *key; /* mqtts; files */
	const char *user, *password;       /* or NULL */
	const char *will;                  /* a topic: "online", or "offline" */
};

struct broker_calls {
	/* It is up: time to subscribe. Subscriptions end with a connection. */
	void (*up)(void *ctx, struct broker *);
	void (*message)(
	    void *ctx, const char *topic, const char *payload, size_t len);
	void (*down)(void *ctx, const char *why); /* or NULL */
	void *ctx;
};

struct broker_figures {
	uint64_t sent, received, dropped;
	bool up;
};

/* NULL: where is nothing that can be reached, or memory. That nobody is there
 * is no error: it is tried again. */
struct broker *broker_new(struct loop *, const struct broker_settings *,
    const struct broker_calls *, struct err *);
void broker_free(struct broker *); /* says goodbye; NULL is fine */

/* At most QoS 1. False: not up. */
bool broker_subscribe(struct broker *, const char *filter);
/* QoS 0. False: dropped. */
bool broker_publish(struct broker *, const char *topic, const void *payload,
    size_t len, bool retain);
void broker_figures(const struct broker *, struct broker_figures *);

#endif
