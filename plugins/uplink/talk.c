/* SPDX-License-Identifier: MIT */
/*
 * The two stages that speak to the broker: request, with the claim
 * certificate, and confirm, with the new one. Both are the same talk: connect,
 * subscribe to the reply, and only when that is granted say the piece, then
 * wait. Whatever goes wrong ends the talk; the next one starts afresh.
 */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "uplink.h"

#define CONNECT_S    20
#define ANSWER_MS    4000 /* doubled at each silence in a row */
#define ANSWER_SHIFT 3
#define REFUSALS_MAX 3

/* Why a piece is said, and what a reply to it means. */
struct piece {
	const char *what; /* last level of the topic */
	enum wire_stage success;
	void (*done)(struct uplink *, const char *text, size_t len);
};

static void
got_answer(struct uplink *u, const char *text, size_t len)
{
	struct bytes *reply = &u->enrol.progress.reply;

	bytes_free(reply);
	bytes_add(reply, text, len);
	enrol_advance(u);
}

static void
got_confirmed(struct uplink *u, const char *text, size_t len)
{
	(void)text;
	(void)len;
	u->host->event(u->host, "EnrolmentConfirmed", "certificate %.16s",
	    u->enrol.progress.fingerprint);
	enrol_advance(u);
}

static const struct piece *
piece_of(const struct uplink *u)
{
	static const struct piece request = { "request", WIRE_ISSUED,
		got_answer };
	static const struct piece confirm = { "confirm", WIRE_DONE,
		got_confirmed };

	return u->enrol.progress.stage == STAGE_CONFIRM ? &confirm : &request;
}

void
talk_end(struct uplink *u)
{
	if (u->enrol.timer > 0)
		u->host->untimer(u->host, u->enrol.timer);
	u->enrol.timer = 0;
	uplink_hang_up(u, &u->enrol.mqtt);
}

static void
again(struct uplink *u, const char *why, int64_t at_least_ms)
{
	talk_end(u);
	enrol_retry(u, why, at_least_ms);
}

static void
silence(void *ctx)
{
	struct uplink *u = ctx;

	u->enrol.timer = 0;
	u->enrol.silences++;
	again(u, "no answer from the service", 0);
}

/* What the service says no to, once and for all. */
static void
refusal(struct uplink *u, const struct wire_reply *r)
{
	char why[WIRE_ERROR_MAX + 32];

	(void)snprintf(why, sizeof(why), "service, %s: %s",
	    wire_stage_name(r->stage), r->error);
	if (r->retry_after_ms > 0) {
		again(u, why, r->retry_after_ms);
		return;
	}
	talk_end(u);
	if (r->stage == WIRE_QUARANTINE)
		enrol_refused(u, ENROL_QUARANTINED, why);
	else if (r->stage == WIRE_KEY || r->stage == WIRE_PARSE)
		enrol_renew_request(u, why);
	else
		enrol_refused(u, ENROL_FAILED, why);
}

static void
heard(struct uplink *u, const struct mqtt_event *ev)
{
	const struct piece *p = piece_of(u);
	struct wire_reply r;
	struct err e;

	if (wire_reply_parse(ev->payload, ev->len, &r, &e) == -1) {
		u->host->log(u->host, "reply not understood: %s", e.text);
		return;
	}
	/* An old answer, or one to somebody who posed as this unit. */
	if (strcmp(r.id, u->enrol.progress.id) != 0)
		return;
	u->enrol.silences = 0;
	if (r.error[0] != '\0')
		refusal(u, &r);
	else if (r.stage == p->success) {
		talk_end(u);
		p->done(u, ev->payload, ev->len);
	}
}

static int
text_of(struct uplink *u, struct bytes *out, struct err *e)
{
	struct progress *p = &u->enrol.progress;
	struct wire_confirm c = { .id = "" };

	if (p->stage != STAGE_CONFIRM) {
		bytes_add(out, p->request.p, p->request.len);
		return out->bad ? err_set(e, 0, "out of memory") : 0;
	}
	memcpy(c.id, p->id, sizeof(c.id));
	memcpy(c.fingerprint, p->fingerprint, sizeof(c.fingerprint));
	return wire_confirm_encode(&c, out, e);
}

/* A worker that died with the request in hand says nothing more. */
static void
wait_for_answer(struct uplink *u)
{
	unsigned n = u->enrol.silences;

	u->host->untimer(u->host, u->enrol.timer);
	u->enrol.timer = u->host->timer(u->host,
	    ANSWER_MS << (n > ANSWER_SHIFT ? ANSWER_SHIFT : n), silence, u);
}

static void
say(struct uplink *u)
{
	own_bytes struct bytes text = { 0 };
	char topic[WIRE_TOPIC_MAX];
	struct err e;

	wire_topic(topic, u->enrol.progress.serial, piece_of(u)->what);
	if (text_of(u, &text, &e) == -1 ||
	    mqtt_publish(u->enrol.mqtt, topic, text.p, text.len, false,
		&u->enrol.token, &e) == -1)
		again(u, e.text, 0);
	else
		wait_for_answer(u);
}

/* Paho 1.3.12 does not pass on the code that says "nobody is subscribed". */
static void
said(struct uplink *u, int code)
{
	if (code >= 0x80)
		again(u, "the broker refuses the message", 0);
}

/* Before anything is said: an answer to a question that nobody listens for is
 * lost, and the question would be asked again. */
static void
listen(struct uplink *u)
{
	char topic[WIRE_TOPIC_MAX];
	struct err e;

	u->enrol.refusals = 0;
	wire_topic(topic, u->enrol.progress.serial, "reply");
	if (mqtt_subscribe(u->enrol.mqtt, topic, &u->enrol.token, &e) == -1)
		again(u, e.text, 0);
}

/* A new certificate that the broker does not take was dropped: too late. */
static void
hung_up(struct uplink *u, const struct mqtt_event *ev)
{
	bool refused =
	    ev->code == MQTT_NOT_AUTHORIZED || ev->code == MQTT_BAD_CREDENTIALS;

	if (refused && ++u->enrol.refusals >= REFUSALS_MAX &&
	    u->enrol.progress.stage == STAGE_CONFIRM) {
		talk_end(u);
		enrol_renew_request(
		    u, "the broker does not take the new certificate");
		return;
	}
	again(u, ev->why, 0);
}

static void
one(struct uplink *u, const struct mqtt_event *ev)
{
	switch (ev->kind) {
	case MQTT_UP:
		listen(u);
		break;
	case MQTT_DOWN:
		hung_up(u, ev);
		break;
	case MQTT_SUBSCRIBED:
		if (ev->code >= 0x80)
			again(u, "the broker refuses the reply topic", 0);
		else
			say(u);
		break;
	case MQTT_SENT:
		said(u, ev->code);
		break;
	case MQTT_MESSAGE:
		heard(u, ev);
		break;
	}
}

static void
arrived(void *ctx, int fd, uint32_t events)
{
	struct uplink *u = ctx;
	struct mqtt *m = u->enrol.mqtt;
	struct mqtt_event ev;

	(void)fd;
	(void)events;
	/* Any event may end the talk, and the next may have begun. */
	while (m != NULL && u->enrol.mqtt == m && mqtt_next(m, &ev) == 1) {
		one(u, &ev);
		mqtt_event_free(&ev);
	}
}

/* The timer is for a connect that neither succeeds nor fails. */
static int
call(struct uplink *u, const struct mqtt_settings *s, struct err *e)
{
	talk_end(u);
	if ((u->enrol.mqtt = uplink_mqtt(u, s, arrived, e)) == NULL)
		return -1;
	if (mqtt_connect(u->enrol.mqtt, e) == -1) {
		uplink_hang_up(u, &u->enrol.mqtt);
		return -1;
	}
	u->enrol.timer =
	    u->host->timer(u->host, CONNECT_S * 1000 + ANSWER_MS, silence, u);
	return 1;
}

/*
 * A unit that has a certificate asks for the next with it. One with a TPM may
 * fall back on the claim certificate, since its TPM vouches for it; one with a
 * key in a file would be taken for a copy.
 */
static bool
with_own(const struct uplink *u)
{
	return u->link.wanted &&
	    (strcmp(u->enrol.progress.origin, "tpm") != 0 ||
		u->enrol.failures % 2 == 0);
}

static int
request_own(struct uplink *u, struct err *e)
{
	char cert[512], key[512], cn[WIRE_NAME_MAX + 1];
	const struct mqtt_settings s = { .client_id = cn,
		.certificate =
		    uplink_file(u, cert, sizeof(cert), PURPOSE, ".chain"),
		.key = uplink_file(u, key, sizeof(key), PURPOSE, ".key"),
		.connect_s = CONNECT_S };

	if (uplink_material(u, PURPOSE, cn, e) == -1)
		return -1;
	link_pause(u); /* the broker knows one session by this name */
	return call(u, &s, e);
}

static int
request_claim(struct uplink *u, struct err *e)
{
	char cert[512], key[512], id[WIRE_CLIENT_ID_MAX + 1], tail[9];
	uint8_t raw[4];
	const struct mqtt_settings s = { .client_id = id,
		.certificate = cert,
		.key = key,
		.connect_s = CONNECT_S };

	if (random_bytes(raw, sizeof(raw), e) == -1)
		return -1;
	hex_encode(raw, sizeof(raw), tail);
	(void)snprintf(id, sizeof(id), WIRE_CLAIM_PREFIX "%s:%s",
	    u->enrol.progress.serial, tail);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", u->doc.claim);
	(void)snprintf(key, sizeof(key), "%s/key.pem", u->doc.claim);
	return call(u, &s, e);
}

int
talk_request(struct uplink *u, struct err *e)
{
	return with_own(u) ? request_own(u, e) : request_claim(u, e);
}

/* A connection of its own, with the new key: that it comes about at all is the
 * proof of possession the service waits for. */
int
talk_confirm(struct uplink *u, struct err *e)
{
	char cert[512], key[512], cn[WIRE_NAME_MAX + 1];
	const struct mqtt_settings s = { .client_id = cn,
		.certificate = uplink_file(
		    u, cert, sizeof(cert), PURPOSE_PENDING, ".chain"),
		.key =
		    uplink_file(u, key, sizeof(key), PURPOSE_PENDING, ".key"),
		.connect_s = CONNECT_S };

	if (uplink_material(u, PURPOSE_PENDING, cn, e) == -1)
		return -1;
	return call(u, &s, e);
}
