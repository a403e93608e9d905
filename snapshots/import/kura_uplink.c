/* SPDX-License-Identifier: MIT */
/*
 * Kura's connection to its cloud as the document of the uplink. Kura has one
 * broker to be provisioned at and another to work with; the uplink has one for
 * both. User name and password are issued to each unit, so slots stand there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kura_in.h"
#include "url.h"

#define TRANSPORT "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport"
#define PORT      8883
#define DOCUMENT  "uplink.conf"

/* Kura may hold several connections; the one with the plain pid is the
 * gateway's own. */
static bool
main_one(const struct kura_here *h)
{
	if (strcmp(h->c->pid, TRANSPORT) == 0)
		return true;
	(void)kura_say(h, IMPORT_NO_PLUGIN,
	    "of a further connection; the uplink has one broker, that of %s",
	    TRANSPORT);
	return false;
}

/* Into host and port, or an item that says why not. */
static bool
broker(const struct kura_here *h, struct url *u)
{
	struct import_item *it;

	if (url_read(h->value, u) == -1) {
		(void)kura_say(h, IMPORT_MALFORMED,
		    "no address of a broker; one reads "
		    "mqtts://broker.example:8883/");
		return false;
	}
	if (strcmp(u->host, "broker-url") == 0) {
		it = kura_say(h, IMPORT_EMPTY,
		    "Kura's neutral placeholder; broker.host of " DOCUMENT
		    " is to be written by hand");
		import_finding(h->k->im, it, "placeholder");
		return false;
	}
	if (strncmp(u->scheme, "mqtt", 4) != 0 &&
	    strcmp(u->scheme, "ssl") != 0 && strcmp(u->scheme, "tcp") != 0) {
		(void)kura_say(h, IMPORT_NO_PLUGIN,
		    "the uplink speaks MQTT over TLS and nothing else, not %s",
		    u->scheme);
		return false;
	}
	return true;
}

static bool
plain(const struct url *u)
{
	return strcmp(u->scheme, "mqtt") == 0 || strcmp(u->scheme, "tcp") == 0;
}

static void
say_broker(const struct kura_here *h, const struct url *u, unsigned port)
{
	struct import_item *it;

	if (plain(u)) {
		it = kura_say(h, IMPORT_CHANGED,
		    "broker %s, but port %u with mutual TLS: the uplink never "
		    "speaks plain MQTT; see that the broker listens there",
		    u->host, port);
		import_finding(h->k->im, it, "plain-mqtt");
	} else
		it = kura_say(h, u->path ? IMPORT_CHANGED : IMPORT_TAKEN,
		    "broker %s, port %u%s", u->host, port,
		    u->path ? "; the path behind it means nothing to MQTT"
			    : "");
	it->document = DOCUMENT;
	if (u->user)
		import_secret(
		    h->k->im, it, "user information in the address", -1, NULL);
}

void
kura_take_broker(const struct kura_here *h)
{
	struct kura_uplink *up = &h->k->up;
	struct url u;

	if (!main_one(h) || !broker(h, &u))
		return;
	up->port = plain(&u) || u.port == 0 ? PORT : u.port;
	(void)snprintf(up->host, sizeof(up->host), "%s", u.host);
	say_broker(h, &u, up->port);
}

/* The walk comes here last, so the broker to work with is known. */
void
kura_take_enrol_broker(const struct kura_here *h)
{
	struct kura_uplink *up = &h->k->up;
	struct url u;
	unsigned port;

	if (!broker(h, &u))
		return;
	port = plain(&u) || u.port == 0 ? PORT : u.port;
	if (up->host[0] == '\0') {
		(void)snprintf(up->host, sizeof(up->host), "%s", u.host);
		up->port = port;
	}
	if (strcmp(up->host, u.host) == 0 && up->port == port)
		say_broker(h, &u, port);
	else
		(void)kura_say(h, IMPORT_NO_PLUGIN,
		    "broker %s, port %u: the uplink enrols at the broker that "
		    "it works with, %s",
		    u.host, port, up->host);
}

/* A whole number of seconds within what the document takes. */
static unsigned
seconds(const struct kura_here *h, unsigned min, unsigned max)
{
	char *end;
	unsigned long n = strtoul(h->value, &end, 10);
	unsigned kept;

	if (*h->value < '0' || *h->value > '9' || *end != '\0') {
		(void)kura_say(h, IMPORT_MALFORMED, "a number of seconds");
		return 0;
	}
	kept = n < min ? min : n > max ? max : (unsigned)n;
	kura_say(h, kept == n ? IMPORT_TAKEN : IMPORT_CHANGED,
	    kept == n ? "%u s" : "%u s, the nearest that the uplink takes",
	    kept)
	    ->document = DOCUMENT;
	return kept;
}

void
kura_take_keepalive(const struct kura_here *h)
{
	if (main_one(h))
		h->k->up.keepalive_s = seconds(h, 5, 3600);
}

void
kura_take_retry(const struct kura_here *h)
{
	h->k->up.retry_s = seconds(h, 1, 86400);
}

void
kura_take_username(const struct kura_here *h)
{
	struct import_item *it;

	if (!main_one(h))
		return;
	if (strcmp(h->value, "username") == 0) {
		(void)kura_say(h, IMPORT_EMPTY, "Kura's neutral placeholder");
		return;
	}
	h->k->up.credentials = true;
	it = kura_say(h, IMPORT_CHANGED, "issued to each unit when it enrols");
	it->document = DOCUMENT;
	import_secret(h->k->im, it, "user name", (long)strlen(h->value),
	    "@{issued.mqtt.username}");
}

void
kura_take_enrol(const struct kura_here *h)
{
	h->k->up.enrol = strcmp(h->value, "true") == 0;
	kura_say(h, IMPORT_TAKEN,
	    h->k->up.enrol ? "a unit enrols as soon as the snapshot is applied"
			   : "a unit enrols when it is told to")
	    ->document = DOCUMENT;
}

void
kura_take_mqtt_password(const struct kura_here *h)
{
	if (!main_one(h))
		return;
	if (strcmp(h->value, "password") == 0 && !h->p->encrypted) {
		(void)kura_say(h, IMPORT_EMPTY, "Kura's neutral placeholder");
		return;
	}
	h->k->up.credentials = h->k->up.credentials || *h->value != '\0';
	kura_take_secret(h);
}

/*
 * One key, and both documents: an uplink without the key store cannot connect.
 */
void
kura_write_uplink(struct kura *k)
{
	const struct kura_uplink *up = &k->up;
	struct bytes *out;

	if (up->host[0] == '\0') {
		import_retract(
		    k->im, DOCUMENT, "there is no broker to connect to");
		return;
	}
	out = import_document(k->im, DOCUMENT);
	bytes_fmt(out,
	    "# The line to the fleet, imported from a Kura snapshot.\n"
	    "broker: {\n\thost = \"%s\";\n\tport = %u;\n",
	    up->host, up->port);
	if (up->keepalive_s != 0)
		bytes_fmt(out, "\tkeepalive_s = %u;\n", up->keepalive_s);
	bytes_fmt(out, "};\nenrol = \"%s\";\n", up->enrol ? "auto" : "manual");
	if (up->retry_s != 0)
		bytes_fmt(out, "retry_max_s = %u;\n", up->retry_s);
	if (up->credentials)
		bytes_fmt(out,
		    "username = \"@{issued.mqtt.username}\";\n"
		    "password = \"@{issued.mqtt.password}\";\n");
	bytes_fmt(import_document(k->im, "cert_store.conf"),
	    "# The key of the line to the fleet: made in the unit's TPM, never "
	    "copied.\npurposes = [ \"mqtt\" ];\n");
}
