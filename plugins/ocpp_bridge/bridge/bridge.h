/* SPDX-License-Identifier: MIT */
#ifndef OCPP_BRIDGE_H
#define OCPP_BRIDGE_H

#include <jansson.h>

#include "crew.h"
#include "err.h"
#include "loop.h"
#include "settings.h"

/*
 * The bridge itself, without the plugin host: charge points on one side, the
 * CSMS on the other. plugin.c gives it the host's services; tests give it
 * their own. One thread (the loop's), but sign() is called from the crew.
 */
struct bridge;
struct pair;
struct charger;
struct mirror;
struct queue;

struct bridge_host {
	void *ctx;
	const char *state; /* its folder */
	void (*log)(void *ctx, const char *line);
	/* A security event of the gateway, in OCPP 2.x's names. */
	void (*event)(void *ctx, const char *kind, const char *text);
	/* A verb of the certificate store ("certs.install"); question is
	 * eaten; the reply is the caller's. NULL: e says why. */
	json_t *(*certs)(
	    void *ctx, const char *verb, json_t *question, struct err *);
	int (*sign)(void *ctx, const char *purpose, const uint8_t digest[32],
	    uint8_t sig[64]); /* any thread */
	uint32_t sweep_ms; /* 0: a second; a test may be in more of a hurry */
};

/* Settings are borrowed until bridge_free or the next bridge_serve. */
struct bridge *
bridge_new(struct loop *, const struct bridge_host *, struct err *);
/* Serves as the settings say: opens what is new, closes what is gone, keeps
 * pairs whose listener and CSMS are as before. -1: something could not be
 * opened; the settings are borrowed all the same. */
int bridge_serve(struct bridge *, const struct ocpp_settings *, struct err *);
void bridge_free(struct bridge *);

/* The most that one charge point can make the bridge hold, bytes; times
 * limits.chargers: the bound of all. What TLS keeps is an estimate. */
uint64_t bridge_bound(const struct ocpp_limits *);

/* For the verbs. */
json_t *bridge_status(struct bridge *); /* counters, listeners */
json_t *bridge_chargers(struct bridge *, const char *from, size_t most);
/* The newest redacted frames and events after number `after`. */
json_t *bridge_tail(struct bridge *, const char *identity, uint64_t after);
/* One CALL of ours to a charge point; *token names it for bridge_answer. */
int bridge_send(struct bridge *, const char *identity, const char *action,
    const char *payload, size_t len, uint64_t *token, struct err *);
/* NULL: not answered yet; the answer is told once. */
json_t *bridge_answer(struct bridge *, uint64_t token);

#endif
