/* SPDX-License-Identifier: MIT */
#ifndef OCPP_COMMAND_H
#define OCPP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "judge.h"
#include "mirror.h"
#include "settings.h"

/*
 * A command from MQTT, read strictly: the topic says to whom and what,
 *
 *	<prefix>/<escaped identity>/call/<Action>
 *
 * and the text is {"token":"..","payload":{..}}, where the token (1 to
 * MIRROR_TOKEN_MAX of [A-Za-z0-9._:-]) comes back with the answer. The rules
 * say who may be told what; without a rule, nobody anything.
 */
struct command {
	char identity[OCPP_IDENTITY_MAX + 1];
	char action[OCPP_ACTION_MAX + 1];
	char token[MIRROR_TOKEN_MAX + 1];
	char *payload; /* malloc'ed by command_text; NUL-ended JSON object */
};

/* -1: it is no command's topic. */
int command_topic(
    const char *prefix, const char *topic, struct command *, struct err *);
/* -1: e says why; the token is set if it could be read, else empty. */
int command_text(struct command *, const char *text, size_t len, struct err *);
bool command_allowed(
    const struct command *, const struct ocpp_mirror_rule *, size_t nrules);

#endif
