/* SPDX-License-Identifier: MIT */
/*
 * The broker's gate: a Mosquitto 2.0 plugin that decides every connect,
 * publish, subscribe and delivery from the service's registry, which it only
 * reads.
 *
 * Who somebody is, is decided by the SHA-256 fingerprint of the certificate
 * with which he shook hands: it must stand in the registry with a role and a
 * state that count. Name and client id must agree with it. What he may then do
 * is policy.h's.
 *
 * Revocation acts at once: before each decision the gate looks whether the
 * registry has changed (one read of shared memory), and sessions whose
 * certificate changed are judged again; those no longer good are refused all
 * and disconnected at the next tick. No CRL, so none can expire.
 *
 * To messages below enrol/ the gate adds the sender's fingerprint as the user
 * property WIRE_BY and takes away every property the client sent with them. A
 * will reaches no callback that could do so: it is refused there, or whoever
 * left one would say himself who he is.
 *
 * When the registry can not be read the answer is no.
 */
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <mqtt_protocol.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "service/policy.h"

#define PUBLIC __attribute__((visibility("default")))

struct gate {
	mosquitto_plugin_id_t *id;
	struct sessions *sessions;
	bool stamped; /* the message in hand has its sender's name on it */
};

static const enum policy_act acts[] = {
	[MOSQ_ACL_READ] = POLICY_READ,
	[MOSQ_ACL_WRITE] = POLICY_WRITE,
	[MOSQ_ACL_SUBSCRIBE] = POLICY_SUBSCRIBE,
};

static int
on_connect(int event, void *data, void *ctx)
{
	struct mosquitto_evt_basic_auth *ev = data;
	struct gate *g = ctx;
	char why[SESSION_WHY_MAX];

	(void)event;
	if (session_open(
		g->sessions, ev->client, ev->username, ev->password, why) == 0)
		return MOSQ_ERR_SUCCESS;
	mosquitto_log_printf(MOSQ_LOG_WARNING, "ingot: %s: %s",
	    mosquitto_client_address(ev->client), why);
	return MOSQ_ERR_AUTH;
}

static bool
enrols(const char *topic)
{
	static const char root[] = "ingot/v1/enrol/";

	return strncmp(topic, root, sizeof(root) - 1) == 0;
}

/*
 * The broker asks "write?", then gives a published message to on_message(), a
 * will to nobody; then, with nothing of another client in between, "read?" for
 * each who hears it. So what is read without a stamp is a will. And nothing is
 * retained: it would outlive the one who sent it.
 */
static bool
stamp_ok(struct gate *g, const struct mosquitto_evt_acl_check *ev)
{
	if (!enrols(ev->topic) || ev->access == MOSQ_ACL_SUBSCRIBE)
		return true;
	if (ev->access == MOSQ_ACL_READ)
		return g->stamped;
	g->stamped = false;
	return !ev->retain;
}

static int
on_acl(int event, void *data, void *ctx)
{
	struct mosquitto_evt_acl_check *ev = data;
	struct gate *g = ctx;
	const struct session *s;

	(void)event;
	if (ev->access == MOSQ_ACL_UNSUBSCRIBE)
		return MOSQ_ERR_SUCCESS; /* one can always want less */
	if (ev->access != MOSQ_ACL_READ && ev->access != MOSQ_ACL_WRITE &&
	    ev->access != MOSQ_ACL_SUBSCRIBE)
		return MOSQ_ERR_ACL_DENIED;
	if ((s = session_find(g->sessions, ev->client)) == NULL)
		return MOSQ_ERR_ACL_DENIED;
	if (policy_may(s->role, s->unit, acts[ev->access], ev->topic) &&
	    stamp_ok(g, ev))
		return MOSQ_ERR_SUCCESS;
	if (ev->access != MOSQ_ACL_READ)
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
		    "ingot: %s: %s of \"%.200s\" refused", s->client_id,
		    ev->access == MOSQ_ACL_WRITE ? "publish" : "subscription",
		    ev->topic);
	return MOSQ_ERR_ACL_DENIED;
}

/* Runs after on_acl has let the message through. */
static int
on_message(int event, void *data, void *ctx)
{
	struct mosquitto_evt_message *ev = data;
	struct gate *g = ctx;
	const struct session *s;
	int rc;

	(void)event;
	if (!enrols(ev->topic))
		return MOSQ_ERR_SUCCESS;
	if ((s = session_find(g->sessions, ev->client)) == NULL)
		return MOSQ_ERR_ACL_DENIED;
	mosquitto_property_free_all(&ev->properties);
	rc = mosquitto_property_add_string_pair(
	    &ev->properties, MQTT_PROP_USER_PROPERTY, WIRE_BY, s->fingerprint);
	g->stamped = rc == MOSQ_ERR_SUCCESS;
	return rc;
}

static int
on_disconnect(int event, void *data, void *ctx)
{
	struct mosquitto_evt_disconnect *ev = data;
	struct gate *g = ctx;

	(void)event;
	session_close(g->sessions, ev->client);
	return MOSQ_ERR_SUCCESS;
}

/* Not inside a decision: the broker must not free a client it is serving. */
static int
on_tick(int event, void *data, void *ctx)
{
	struct gate *g = ctx;
	char id[SESSION_ID_MAX + 1];

	(void)event;
	(void)data;
	while (session_fallen(g->sessions, id)) {
		mosquitto_log_printf(
		    MOSQ_LOG_NOTICE, "ingot: %s: disconnected", id);
		(void)mosquitto_kick_client_by_clientid(id, false);
	}
	return MOSQ_ERR_SUCCESS;
}

static const struct {
	int event;
	MOSQ_FUNC_generic_callback fn;
} callbacks[] = {
	{ MOSQ_EVT_BASIC_AUTH, on_connect },
	{ MOSQ_EVT_ACL_CHECK, on_acl },
	{ MOSQ_EVT_MESSAGE, on_message },
	{ MOSQ_EVT_DISCONNECT, on_disconnect },
	{ MOSQ_EVT_TICK, on_tick },
};
#define CALLBACKS (sizeof(callbacks) / sizeof(callbacks[0]))

PUBLIC int
mosquitto_plugin_version(int count, const int *versions)
{
	for (int i = 0; i < count; i++)
		if (versions[i] == 5)
			return 5;
	return -1;
}

static const char *
option(const struct mosquitto_opt *o, int n, const char *key)
{
	for (int i = 0; i < n; i++)
		if (strcmp(o[i].key, key) == 0)
			return o[i].value;
	return NULL;
}

PUBLIC int
mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **ctx,
    struct mosquitto_opt *options, int count)
{
	const char *path = option(options, count, "registry");
	struct gate *g = calloc(1, sizeof(*g));
	struct err e;

	if (g == NULL || path == NULL ||
	    (g->sessions = sessions_new(path, &e)) == NULL) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "ingot: %s",
		    g == NULL          ? "out of memory"
			: path == NULL ? "plugin_opt_registry PATH is missing"
				       : e.text);
		free(g);
		return MOSQ_ERR_INVAL;
	}
	g->id = id;
	*ctx = g;
	for (size_t i = 0; i < CALLBACKS; i++) {
		int rc = mosquitto_callback_register(
		    id, callbacks[i].event, callbacks[i].fn, NULL, g);

		if (rc != MOSQ_ERR_SUCCESS)
			return rc;
	}
	return MOSQ_ERR_SUCCESS;
}

PUBLIC int
mosquitto_plugin_cleanup(void *ctx, struct mosquitto_opt *options, int count)
{
	struct gate *g = ctx;

	(void)options;
	(void)count;
	if (g == NULL)
		return MOSQ_ERR_SUCCESS;
	for (size_t i = 0; i < CALLBACKS; i++)
		(void)mosquitto_callback_unregister(
		    g->id, callbacks[i].event, callbacks[i].fn, NULL);
	sessions_free(g->sessions);
	free(g);
	return MOSQ_ERR_SUCCESS;
}
