/* SPDX-License-Identifier: MIT */
/*
 * A command from MQTT: the first line of the input is the topic, the rest the
 * text. What is taken must be an identity that escapes to the same topic again,
 * an action of letters and digits, and a payload that is a JSON object.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charger.h"
#include "command.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_topic(const struct command *c, const char *topic)
{
	char who[3 * OCPP_IDENTITY_MAX + 1], again[2048];

	charger_escape(c->identity, who);
	(void)snprintf(again, sizeof(again), "ocpp/%s/call/%s", who, c->action);
	if (strcmp(again, topic) != 0)
		abort();
}

static void
check_text(struct command *c)
{
	struct err e;
	json_t *o;

	if ((o = json_parse("payload", c->payload, strlen(c->payload),
		 1024 * 1024, &e)) == NULL ||
	    !json_is_object(o) || c->token[0] == '\0')
		abort();
	json_decref(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - data);
	char *topic = strndup((const char *)data, n);
	struct command c;
	struct err e;

	if (topic != NULL && command_topic("ocpp", topic, &c, &e) == 0)
		check_topic(&c, topic);
	free(topic);
	c = (struct command){ 0 };
	if (end != NULL &&
	    command_text(&c, (const char *)end + 1, len - n - 1, &e) == 0)
		check_text(&c);
	free(c.payload);
	return 0;
}
