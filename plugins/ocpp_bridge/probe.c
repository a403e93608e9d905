/* SPDX-License-Identifier: MIT */
/*
 * What the bridge finds: whether it serves what the artifact says, and what of
 * that a unit in production should not do. The last are findings that do not
 * undo a snapshot (circumstances of its policy): a depot with old charge points
 * is served, and the production policy says no to it.
 */
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "plugin.h"

static void
place_of(const struct ocpp_listener *l, char *out, size_t size)
{
	(void)snprintf(out, size,
	    strchr(l->address, ':') != NULL ? "[%s]:%u" : "%s:%u", l->address,
	    l->port);
}

/* --- findings ------------------------------------------------------------- */

static int
about_listener(struct ocpp *o, const struct ocpp_listener *l, bool serves)
{
	const struct ingot_host *host = o->host;
	bool near = l->profile >= 2 || ocpp_near_address(l->address);
	char place[128];

	place_of(l, place, sizeof(place));
	if (host->finding(host, "ocpp.listening", place, serves, "%s",
		serves                  ? "charge points are served"
		    : o->why[0] != '\0' ? o->why
					: "nothing is served") == -1)
		return -1;
	if (host->finding(host, "ocpp.no-old-tls", place, !l->old_tls, "%s",
		l->old_tls ? "TLS 1.0 and 1.1 are served (old_tls): a unit in "
			     "production does not"
			   : "TLS 1.2 and above, or none") == -1)
		return -1;
	return host->finding(host, "ocpp.profile", place, near,
	    l->profile >= 2 ? "security profile %u: TLS"
		: near      ? "security profile %u, in a private network"
			    : "security profile %u has no TLS, and this is no "
			      "private address: say profile 2 or 3, or an "
			      "address of the chargers' own network",
	    l->profile);
}

static int
about_csms(struct ocpp *o, const struct ocpp_csms *c)
{
	const struct ingot_host *host = o->host;
	bool near = c->profile >= 2 || ocpp_near_url(c->url);

	return host->finding(host, "ocpp.csms-profile", c->url, near,
	    c->profile >= 2 ? "security profile %u: TLS"
		: near      ? "security profile %u, to a private address"
			    : "security profile %u: identity, password and "
			      "transactions cross the network in the clear",
	    c->profile);
}

/* What the last attempts came to; nobody is dialled for a probe, since a CSMS
 * knows a charge point by its connection. */
static int
about_reaching(struct ocpp *o)
{
	const struct ingot_host *host = o->host;
	json_t *status = bridge_status(o->bridge);
	const json_t *figures = json_object_get(status, "figures");
	json_int_t open = json_integer_value(json_object_get(status, "open"));
	json_int_t failed =
	    json_integer_value(json_object_get(figures, "dial_failed"));
	json_int_t dialled =
	    json_integer_value(json_object_get(figures, "dialled"));
	int rc;

	json_decref(status);
	if (dialled == 0 && failed == 0)
		return 0; /* no charge point has come yet */
	rc = host->finding(host, "ocpp.csms-reachable", o->settings.csms.url,
	    open > 0 || failed == 0,
	    "%lld charge points connected through; dialled %lld times, %lld "
	    "without success",
	    (long long)open, (long long)(dialled + failed), (long long)failed);
	return rc;
}

int
ocpp_probe(void *v, const struct ingot_text *artifact)
{
	struct ocpp *o = v;
	const struct ocpp_settings *s = &o->settings;
	bool serves;

	if (artifact->len == 0)
		return 0;
	serves = ocpp_serves(o);
	if (!o->active)
		return o->host->finding(
		    o->host, "ocpp.listening", "", 0, "nothing is served");
	for (size_t i = 0; i < s->nlisteners; i++)
		if (about_listener(o, &s->listeners[i], serves) == -1)
			return -1;
	if (about_csms(o, &s->csms) == -1)
		return -1;
	for (size_t i = 0; i < s->nclasses; i++)
		if (s->classes[i].csms != NULL &&
		    about_csms(o, s->classes[i].csms) == -1)
			return -1;
	return serves ? about_reaching(o) : 0;
}
