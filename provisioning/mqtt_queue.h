/* SPDX-License-Identifier: MIT */
#ifndef MQTT_QUEUE_H
#define MQTT_QUEUE_H

#include <stdbool.h>

#include "err.h"
#include "mqtt.h"

/*
 * Events from Paho's threads to the owner's: a list under a mutex, and an
 * eventfd that is readable while the list is not empty. For mqtt.c alone.
 */
#define MQTT_QUEUE_MAX 4096 /* messages; other events always fit */

struct mqtt_queue;

struct mqtt_queue *mqtt_queue_new(struct err *);
void mqtt_queue_free(struct mqtt_queue *);
int mqtt_queue_fd(const struct mqtt_queue *);
/* Any thread; takes ev->payload. false: full or no memory, nothing taken. */
bool mqtt_queue_put(struct mqtt_queue *, const struct mqtt_event *ev);
int mqtt_queue_take(struct mqtt_queue *, struct mqtt_event *ev); /* 1 or 0 */

#endif
