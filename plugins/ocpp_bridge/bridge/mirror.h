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
 *	<prefix>/<identity>/up/<Action>	    frames of the charge point
 *	<prefix>/<identity>/down/<Action>   frames of the CSMS and ours
 *	<prefix>/<identity>/event/<kind>    connected, refused, stored, ...
 *	<prefix>/<identity>/call/<Action>   subscribed:
 *{"token":..,"payload":{}} <prefix>/<identity>/answer
 *{"token":..,"result":..|"error":..}
 */
struct mirror;

struct mirror_calls {
	/* A command that the rules allow. answer by mirror_answer(token). */
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
void mirror_answer(struct mirror *, const char *identity, const char *token,
    const struct frame *answer /* NULL: timed out */);
void mirror_figures(
    const struct mirror *, uint64_t *sent, uint64_t *dropped, bool *connected);

#endif
