/* SPDX-License-Identifier: MIT */
/*
 * The operational connection: always wanted once there is a certificate, never
 * given up. It says that the unit is there, retained, and leaves a will that
 * says it is not.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "uplink.h"

#define CONNECT_S 20
#define SETTLE_MS 20

static void attempt(void *ctx);

static void
later(struct uplink *u, const char *why)
{
	struct link *l = &u->link;
	uint64_t wait = mqtt_backoff_ms(l->failures++, u->doc.retry_max_ms);

	(void)snprintf(l->why, sizeof(l->why), "%s", why);
	if (l->failures <= 3 || l->failures % 20 == 0)
		u->host->log(u->host, "broker %s: %s; again in %llu ms",
		    u->doc.host, why, (unsigned long long)wait);
	l->timer = u->host->timer(u->host, wait, attempt, u);
}

static void
topic(const struct link *l, char out[static MQTT_TOPIC_MAX])
{
	(void)snprintf(
	    out, MQTT_TOPIC_MAX, "ingot/v1/status/%s/state", l->serial);
}

void
link_tell(struct uplink *u)
{
	own_json json_t *r = NULL;
	struct err e;

	r = uplink_ask(u, "agent", "connected", NULL, &e);
	if (r == NULL)
		u->host->log(u->host, "%s", e.text);
}

static void
up(struct uplink *u)
{
	char where[MQTT_TOPIC_MAX], text[128];
	struct err e;

	u->link.failures = 0;
	u->link.why[0] = '\0';
	u->host->event(u->host, "UplinkConnected", "%s:%u as %s", u->doc.host,
	    u->doc.port, u->link.serial);
	topic(&u->link, where);
	(void)snprintf(text, sizeof(text),
	    "{\"online\":true,\"since\":%lld,\"version\":\"%s\"}",
	    (long long)time(NULL), INGOT_VERSION);
	if (mqtt_publish(
		u->link.mqtt, where, text, strlen(text), true, NULL, &e) == -1)
		u->host->log(u->host, "%s", e.text);
	link_tell(u);
}

static void
down(struct uplink *u, const struct mqtt_event *ev, bool was_up)
{
	if (was_up)
		u->host->event(
		    u->host, "UplinkLost", "%s: %s", u->doc.host, ev->why);
	later(u, ev->why);
}

static void
arrived(void *ctx, int fd, uint32_t events)
{
	struct uplink *u = ctx;
	struct mqtt_event ev;

	(void)fd;
	(void)events;
	while (u->link.mqtt != NULL) {
		bool was_up = mqtt_up(u->link.mqtt);

		if (mqtt_next(u->link.mqtt, &ev) != 1)
			return;
		if (ev.kind == MQTT_UP)
			up(u);
		if (ev.kind == MQTT_DOWN)
			down(u, &ev, was_up);
		mqtt_event_free(&ev);
	}
}

/* Certificate and key reference are written afresh: Paho reads files. */
static int
make(struct uplink *u, struct err *e)
{
	char cert[512], key[512], where[MQTT_TOPIC_MAX];
	struct mqtt_settings s = { .client_id = u->link.serial,
		.connect_s = CONNECT_S,
		.will_topic = where,
		.will_text = "{\"online\":false}" };

	if (uplink_material(u, PURPOSE, u->link.serial, e) == -1)
		return -1;
	s.certificate = uplink_file(u, cert, sizeof(cert), PURPOSE, ".chain");
	s.key = uplink_file(u, key, sizeof(key), PURPOSE, ".key");
	if (u->doc.username[0] != '\0') {
		s.username = u->doc.username;
		s.password = u->doc.password;
	}
	topic(&u->link, where);
	u->link.mqtt = uplink_mqtt(u, &s, arrived, e);
	return u->link.mqtt == NULL ? -1 : 0;
}

/* One struct mqtt for many connects: Paho reads the files at each. */
static void
attempt(void *ctx)
{
	struct uplink *u = ctx;
	struct err e;

	u->link.timer = 0;
	if (!u->active || !u->link.wanted)
		return;
	if (!mqtt_settled()) { /* the talk that ended in this certificate */
		u->link.timer = u->host->timer(u->host, SETTLE_MS, attempt, u);
		return;
	}
	if ((u->link.mqtt == NULL && make(u, &e) == -1) ||
	    mqtt_connect(u->link.mqtt, &e) == -1)
		later(u, e.text);
}

void
link_start(struct uplink *u)
{
	u->link.wanted = true;
	if (u->link.mqtt == NULL && u->link.timer <= 0)
		u->link.timer = u->host->timer(u->host, 0, attempt, u);
}

void
link_pause(struct uplink *u)
{
	if (u->link.timer > 0)
		u->host->untimer(u->host, u->link.timer);
	u->link.timer = 0;
	uplink_hang_up(u, &u->link.mqtt);
}

void
link_stop(struct uplink *u)
{
	struct link *l = &u->link;

	link_pause(u);
	*l = (struct link){ .wanted = false };
}

void
link_wait(struct uplink *u, int ms)
{
	struct timespec t0, t;

	if (u->link.wanted && u->link.mqtt == NULL && u->link.failures == 0) {
		mqtt_settle();
		u->host->untimer(u->host, u->link.timer);
		attempt(u);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	while (ms > 0 && u->link.mqtt != NULL && u->link.timer <= 0 &&
	    !mqtt_up(u->link.mqtt)) {
		struct pollfd p = { .fd = mqtt_fd(u->link.mqtt),
			.events = POLLIN };

		if (poll(&p, 1, ms) > 0)
			arrived(u, p.fd, POLLIN);
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
		ms -= (int)((t.tv_sec - t0.tv_sec) * 1000 +
		    (t.tv_nsec - t0.tv_nsec) / 1000000);
		t0 = t;
	}
}
