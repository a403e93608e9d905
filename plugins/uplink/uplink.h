/* SPDX-License-Identifier: MIT */
#ifndef UPLINK_H
#define UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document.h"
#include "err.h"
#include "json.h"
#include "mqtt.h"
#include "plugin.h"
#include "progress.h"
#include "wire.h"

/*
 * uplink: the unit's line to its fleet. Two parts, each with a connection of
 * its own: enrol.c gets a certificate, link.c stays connected with it. Both run
 * on the host's main thread by timers and watches; only Paho's threads wait for
 * the network, and only they have signatures made during a handshake.
 */
#define PURPOSE         "mqtt"
#define PURPOSE_PENDING "mqtt.pending"

enum enrol_state {
	ENROL_IDLE,
	ENROL_RUNNING,
	ENROL_PENDING, /* issued, not confirmed yet */
	ENROL_ENROLLED,
	ENROL_FAILED,
	ENROL_QUARANTINED,
	ENROL_STATES
};

struct enrol {
	enum enrol_state state;
	struct progress progress;   /* what survives a kill */
	struct wire_issued *issued; /* opened answer, until it is handed on */
	struct mqtt *mqtt;          /* of the stage that talks */
	int timer, token;
	unsigned failures;
	unsigned silences; /* of the service, in a row */
	unsigned refusals; /* of the broker, in a row */
	bool renewed;      /* the request was made anew once already */
	char error[WIRE_ERROR_MAX + 1];
	uint64_t retry_ms; /* the wait that is running; 0: none */
};

struct link {
	struct mqtt *mqtt;
	int timer;
	unsigned failures;
	bool wanted;
	char serial[WIRE_NAME_MAX + 1];
	char why[MQTT_REASON_MAX]; /* it is not up */
};

struct uplink {
	const struct ingot_host *host;
	bool active;
	int begin; /* timer: what activate has left to do */
	struct uplink_doc doc;
	struct enrol enrol;
	struct link link;
};

/* Asks another plugin; question is eaten, NULL stands for {}. The reply is the
 * caller's; NULL: refused, e says by whom. */
json_t *uplink_ask(struct uplink *, const char *plugin, const char *verb,
    json_t *question, struct err *);
/* A connection to the document's broker; texts as mqtt_settings. */
struct mqtt *uplink_mqtt(struct uplink *, const struct mqtt_settings *,
    void (*fn)(void *, int, uint32_t), struct err *);
/* Ends it and forgets its descriptor. */
void uplink_hang_up(struct uplink *, struct mqtt **);
/*
 * Writes <purpose>.chain and <purpose>.key (a key reference) into the state
 * folder, from what cert_store has. cn receives the leaf's name.
 */
int uplink_material(struct uplink *, const char *purpose,
    char cn[static WIRE_NAME_MAX + 1], struct err *);
/* state folder/name; static storage for one call. */
const char *uplink_file(const struct uplink *, char *buf, size_t size,
    const char *name, const char *suffix);

/* enrol.c */
int enrol_start(struct uplink *, struct err *); /* fine while it runs */
void enrol_resume(struct uplink *);             /* after a start or a kill */
void enrol_stop(struct uplink *);
const char *enrol_state_name(enum enrol_state);
/* Is there work left from before? */
bool enrol_under_way(const struct uplink *);

/* talk.c: the stages that speak to the broker. 1: wait for an event. */
int talk_request(struct uplink *, struct err *);
int talk_confirm(struct uplink *, struct err *);
void talk_end(struct uplink *);

/* What talk.c tells enrol.c. */
void enrol_advance(struct uplink *);
void enrol_retry(struct uplink *, const char *why, int64_t at_least_ms);
void enrol_refused(struct uplink *, enum enrol_state, const char *why);
/* Forgets the request and makes a new one, with the key there is. */
void enrol_renew_request(struct uplink *, const char *why);

/* link.c */
void link_start(struct uplink *); /* if there is a certificate; idempotent */
void link_stop(struct uplink *);
/* Hangs up, to be started again. */
void link_pause(struct uplink *);
/* Tells the agent that it is up: after applying it waits for that, so that a
 * bundle which cuts the unit off undoes itself. */
void link_tell(struct uplink *);
/* Gives a connection that is being made so much time; for a probe. */
void link_wait(struct uplink *, int ms);

#endif
