/* SPDX-License-Identifier: MIT */
/*
 * What the charging protocols need of the firewall. On the power line modem
 * ISO 15118 speaks over IPv6 link-local addresses: discovery over UDP, the
 * session over TCP. OCPP and everything else begin connections from inside and
 * need no rule. SLAC is no IP at all.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "everest_in.h"

#define NAME         "firewall_policy.conf"
#define SDP          15118 /* ISO 15118-2, 7.10.1: charger discovery */
#define LINE_MAX_TCP 4

/* The TCP ports on which each module takes the vehicle's session. */
static const struct {
	const char *module;
	uint16_t tcp[LINE_MAX_TCP];
} ports[] = {
	{ "EvseV2G", { 61341, 64109 } },
	{ "IsoMux", { 61341, 64109 } },
	{ "Evse15118D20", { 50000 } },
	{ "*Josev", { 61341, 64109 } },
};

/* A modem that was not yet there; false: no room. */
static bool
new_line(struct everest *ev, const char *name)
{
	for (size_t i = 0; i < ev->n_plc; i++)
		if (strcmp(ev->plc[i], name) == 0)
			return true;
	if (ev->n_plc == EVEREST_LINES)
		return false;
	(void)snprintf(ev->plc[ev->n_plc++], RULE_IFACE_LEN, "%s", name);
	return true;
}

/* A copy that lives as long as the rules do; "" without memory. */
static const char *
keep(struct everest *ev, const char *text)
{
	char **more = reallocarray(ev->kept, ev->n_kept + 1, sizeof(*more));

	if (more != NULL)
		ev->kept = more;
	if (more == NULL || (more[ev->n_kept] = strdup(text)) == NULL) {
		ev->im->bad = true;
		return "";
	}
	return more[ev->n_kept++];
}

static void
open_port(const struct everest_here *h, enum rule_proto proto, uint16_t port)
{
	struct everest *ev = h->ev;
	struct rule r = { .at = { keep(ev, h->at.place), keep(ev, h->at.name),
			      h->at.line },
		.family = 6,
		.proto = proto,
		.port = { port, port } };

	if (proto == RULE_ICMP)
		r.port = (struct rule_ports){ 0, 0 };
	(void)snprintf(r.in, sizeof(r.in), "%s", h->value);
	if (rules_add(&ev->rules, &r, &ev->e) == -1)
		ev->im->bad = true;
}

void
everest_take_device(const struct everest_here *h)
{
	struct import_item *it;

	if (strcmp(h->value, "auto") == 0) {
		it = import_say(h->ev->im, &h->at, IMPORT_CHANGED,
		    "\"auto\" takes whichever interface there is; name the "
		    "modem's, so that the firewall can open it");
		import_finding(h->ev->im, it, "no-device");
		return;
	}
	if (!rule_iface_ok(h->value)) {
		(void)import_say(h->ev->im, &h->at, IMPORT_MALFORMED,
		    "no name of an interface");
		return;
	}
	if (!new_line(h->ev, h->value)) {
		(void)import_say(h->ev->im, &h->at, IMPORT_MALFORMED,
		    "more than %d modems", EVEREST_LINES);
		return;
	}
	open_port(h, RULE_ICMP, 0);
	open_port(h, RULE_UDP, SDP);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		for (size_t k = 0; k < LINE_MAX_TCP; k++)
			if (fnmatch(ports[i].module, h->module, 0) == 0 &&
			    ports[i].tcp[k] != 0)
				open_port(h, RULE_TCP, ports[i].tcp[k]);
}

/* EVerest's bus knows no password: whoever reaches it commands the charger. */
void
everest_take_bus(const struct everest_here *h)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "::1" };
	struct import_item *it = import_say(h->ev->im, &h->at, IMPORT_ANYWAY,
	    "where EVerest's modules meet; stays in its file");

	import_value(h->ev->im, it, h->value);
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (strcmp(h->value, local[i]) == 0)
			return;
	import_finding(h->ev->im, it, "open-bus");
}

static void
ssh_rules(struct everest *ev, struct bytes *out)
{
	const struct import_at at = { "firewall", "ssh", 0 };
	struct import_item *it;

	if (ev->asked->admin != NULL) {
		bytes_fmt(out,
		    "\t{ interface = \"%s\"; protocol = \"tcp\"; port = 22; "
		    "},\n",
		    ev->asked->admin);
		import_say(ev->im, &at, IMPORT_TAKEN, "SSH comes in on %s",
		    ev->asked->admin)
		    ->document = NAME;
		return;
	}
	for (size_t i = 0; i < ev->n_plc; i++)
		bytes_fmt(out,
		    "\t{ interface = \"%s\"; protocol = \"tcp\"; port = 22; "
		    "action = \"drop\"; },\n",
		    ev->plc[i]);
	bytes_fmt(out, "\t{ protocol = \"tcp\"; port = 22; },\n");
	it = import_say(ev->im, &at, IMPORT_CHANGED,
	    "the configuration does not say where SSH comes in: from "
	    "everywhere but the vehicle; --admin names one interface");
	it->document = NAME;
	import_finding(ev->im, it, "ssh-everywhere");
}

/* Nothing but the answers of the session leaves towards the vehicle. */
static void
output_rules(const struct everest *ev, struct bytes *out)
{
	const char *between = "";

	bytes_fmt(out, "\noutput = (\n");
	for (size_t i = 0; i < ev->rules.settled; i++) {
		const struct rule *r = &ev->rules.all[i];

		bytes_fmt(out,
		    "%s\t{ interface = \"%s\"; family = \"ipv6\"; protocol = "
		    "\"%s\";",
		    between, r->in,
		    r->proto == RULE_ICMP      ? "icmp"
			: r->proto == RULE_UDP ? "udp"
					       : "tcp");
		if (r->port.first != 0)
			bytes_fmt(out, " source_port = %u;", r->port.first);
		bytes_fmt(out, " }");
		between = ",\n";
	}
	for (size_t i = 0; i < ev->n_plc; i++)
		bytes_fmt(out,
		    ",\n\t{ interface = \"%s\"; action = \"drop\"; }",
		    ev->plc[i]);
	bytes_fmt(out, "\n);\n");
}

void
everest_write_firewall(struct everest *ev)
{
	struct bytes *out;

	if (ev->n_plc == 0)
		return;
	rules_settle(&ev->rules, ev->im);
	out = import_document(ev->im, NAME);
	bytes_fmt(out,
	    "# The firewall of a charging station under EVerest. On the power "
	    "line modem\n# only ISO 15118 passes, in and out; what else the "
	    "station begins may leave.\n\n"
	    "policy = { output = \"accept\"; forward = \"drop\"; };\n"
	    "ping = true;\n\ninput = (\n");
	ssh_rules(ev, out);
	rules_write_list(&ev->rules, out);
	output_rules(ev, out);
}
