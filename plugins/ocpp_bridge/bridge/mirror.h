/* SPDX-License-Identifier: MIT */
#ifndef OCPP_MIRROR_H
#define OCPP_MIRROR_H

#include <jansson.h>

#include "judge.h"
#include "loop.h"
#include "settings.h"

/*
 * The copy of everything on a local MQTT broker, and the commands that come
 * from it. Loss of the broker never touches a charge point: what it does not
 * take in time is counted and dropped. Secrets are taken out before a byte
 * leaves (redact.h).
 *
 *	<prefix>/<identity>/up/<Action>      frames of the charge point
 *	<prefix>/<identity>/down/<Action>    frames of the CSMS and ours
 *	<prefix>/<identity>/event/<kind>     connected, invalid, stored, ...
 *	<prefix>/<identity>/call/<Action>    read: {"token":..,"payload":{}}
 *	<prefix>/<identity>/answer           {"token":..,"result":..} and so on
 *	<prefix>/bridge                      "online", "offline"; retained
 *
 * An identity in a topic is escaped (charger_escape): it may hold +, # and /.
 */
#define MIRROR_TOKEN_MAX 64 /* bytes */

struct mirror;

struct mirror_calls {
	/* A command that the rules allow; payload is a JSON object. Answered
	 * by mirror_answer() or mirror_refuse() with its token. */
	void (*command)(void *ctx, const char *identity, const char *action,
	    const char *payload, size_t len, const char *token);
	void *ctx;
};

struct mirror *mirror_new(struct loop *, const struct ocpp_mirror *,
    const struct mirror_calls *, struct err *);
void mirror_free(struct mirror *);
void mirror_frame(struct mirror *, const char *identity, enum ocpp_version,
    enum ocpp_way, const struct frame *, const char *action, struct span text,
    const struct verdict *); /* verdict NULL: fine */
void mirror_event(struct mirror *, const char *identity, const char *kind,
    json_t *details /* eaten, or NULL */);
/* What the charge point said to a command; NULL: nothing, in time. */
void mirror_answer(struct mirror *, const char *identity, const char *token,
    enum ocpp_version, const char *action, const struct frame *answer);
/* It was not sent: why, in words. */
void mirror_refuse(
    struct mirror *, const char *identity, const char *token, const char *why);
void mirror_figures(
    const struct mirror *, uint64_t *sent, uint64_t *dropped, bool *connected);

#endif
