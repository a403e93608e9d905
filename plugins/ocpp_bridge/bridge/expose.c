/* SPDX-License-Identifier: MIT */
/*
 * Two connections, and what one hears the other says, filter by filter. A
 * message is handed on only if it fits a filter of its way: what a broker sends
 * beyond what was asked for goes nowhere.
 */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "expose.h"

struct side {
	struct expose *expose;
	const char *word; /* of the lines it subscribes */
	struct broker *broker;
	struct side *other;
};

struct expose {
	const struct ocpp_exposed *settings;
	struct side local, exposed;
};

/* The i-th filter of this side's word, or NULL. */
static const char *
filter_at(const struct side *s, size_t i)
{
	const char *line = s->expose->settings->topics[i];
	size_t n = strlen(s->word);

	return strncmp(line, s->word, n) == 0 ? line + n : NULL;
}

static void
on_up(void *ctx, struct broker *b)
{
	const struct side *s = ctx;

	for (size_t i = 0; i < s->expose->settings->ntopics; i++) {
		const char *filter = filter_at(s, i);

		if (filter != NULL)
			(void)broker_subscribe(b, filter);
	}
}

static void
on_message(void *ctx, const char *topic, const char *payload, size_t len)
{
	const struct side *s = ctx;
	bool fits = false;

	for (size_t i = 0; !fits && i < s->expose->settings->ntopics; i++) {
		const char *filter = filter_at(s, i);

		if (filter != NULL)
			(void)mosquitto_topic_matches_sub(filter, topic, &fits);
	}
	if (fits && s->other->broker != NULL)
		(void)broker_publish(
		    s->other->broker, topic, payload, len, false);
}

static struct broker *
connect_side(struct loop *loop, struct side *s,
    const struct broker_settings *at, struct err *e)
{
	struct broker_calls on = {
		.up = on_up, .message = on_message, .ctx = s
	};

	return s->broker = broker_new(loop, at, &on, e);
}

struct expose *
expose_new(struct loop *loop, const struct ocpp_exposed *settings,
    const struct ocpp_mirror *mirror, const char *secret, struct err *e)
{
	char where[32];
	struct broker_settings local = { .where = mirror->broker,
		.anchors = mirror->anchors,
		.chain = mirror->chain,
		.key = mirror->key,
		.user = mirror->user,
		.password = mirror->password };
	struct broker_settings exposed = {
		.where = where, .user = EXPOSE_USER, .password = secret
	};
	struct expose *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return (void)err_sys(e, "exposed"), NULL;
	x->settings = settings;
	x->local = (struct side){ x, "out ", NULL, &x->exposed };
	x->exposed = (struct side){ x, "in ", NULL, &x->local };
	(void)snprintf(
	    where, sizeof(where), "mqtt://127.0.0.1:%u", settings->inner);
	if (expose_check(settings, e) == 0 &&
	    connect_side(loop, &x->local, &local, e) != NULL &&
	    connect_side(loop, &x->exposed, &exposed, e) != NULL)
		return x;
	expose_free(x);
	return NULL;
}

void
expose_free(struct expose *x)
{
	if (x == NULL)
		return;
	broker_free(x->local.broker);
	broker_free(x->exposed.broker);
	free(x);
}
