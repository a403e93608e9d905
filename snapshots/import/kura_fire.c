/* SPDX-License-Identifier: MIT */
/*
 * Kura's firewall strings: entries divided by ';', fields by ',', the last
 * field '#'. Kura passes over an entry with another number of fields without a
 * word; here it is an error with its number.
 *
 *	open ports	8: port, protocol, network, interface, not this
 *			interface, MAC, source ports, #
 *	forwarding	11: in, out, LAN address, protocol, outer port, inner
 *			port, masquerade, network, MAC, source ports, #
 *	nat		7: in, out, protocol, source, destination, masquerade, #
 */
#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kura_in.h"

#define FIELDS_MAX 11
#define ENTRY_MAX  512 /* characters */

struct entry {
	const struct kura_here *h;
	int family;
	unsigned number;
	char text[ENTRY_MAX + 1];    /* cut into fields */
	char whole[ENTRY_MAX + 1];   /* as it stands there */
	char *field[FIELDS_MAX + 1]; /* from 1 */
	struct rule rule;
	bool bad;
};

typedef void entry_fn(struct entry *);

/* What is wrong with a field, once for each entry. */
static void
wrong(struct entry *en, unsigned field, const char *what)
{
	struct import_item *it;

	if (en->bad)
		return;
	en->bad = true;
	it = field == 0
	    ? kura_say(
		  en->h, IMPORT_MALFORMED, "entry %u: %s", en->number, what)
	    : kura_say(en->h, IMPORT_MALFORMED, "entry %u, field %u: %s",
		  en->number, field, what);
	it->entry = en->number;
	it->field = field;
}

static char *
trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]);)
		s[--n] = '\0';
	return s;
}

/* Cuts the entry into its fields; how many there are is checked. */
static void
cut(struct entry *en, unsigned wanted)
{
	char what[96], *p = en->text, *next;
	unsigned n = 0;

	for (; p != NULL; p = next) {
		if ((next = strchr(p, ',')) != NULL)
			*next++ = '\0';
		if (++n <= FIELDS_MAX)
			en->field[n] = trim(p);
	}
	if (n != wanted) {
		(void)snprintf(what, sizeof(what),
		    "%u fields where there must be %u, the last one \"#\"", n,
		    wanted);
		wrong(en, 0, what);
	} else if (strcmp(en->field[n], "#") != 0)
		wrong(en, n, "an entry ends in \"#\"");
}

static void
read_ports(struct entry *en, unsigned field, struct rule_ports *p, bool must)
{
	if ((must || *en->field[field] != '\0') &&
	    rule_ports_read(en->field[field], p) == -1)
		wrong(en, field,
		    "a port is a number from 1 to 65535 or a range "
		    "\"5000:5010\", the lower one first");
}

static void
read_proto(struct entry *en, unsigned field, bool any)
{
	static const struct {
		const char *name;
		enum rule_proto proto;
		bool any; /* only where every protocol may stand */
	} rows[] = {
		{ "tcp", RULE_TCP, false },
		{ "udp", RULE_UDP, false },
		{ "all", RULE_ANY, true },
		{ "", RULE_ANY, true },
		{ "icmp", RULE_ICMP, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((any || !rows[i].any) &&
		    strcmp(en->field[field], rows[i].name) == 0) {
			en->rule.proto = rows[i].proto;
			return;
		}
	wrong(en, field,
	    any ? "the protocol is tcp, udp, icmp or all"
		: "the protocol is tcp or udp");
}

static void
read_net(struct entry *en, unsigned field, struct rule_net *net)
{
	if (*en->field[field] != '\0' &&
	    rule_net_read(en->field[field], en->family, net, &en->rule.cut) ==
		-1)
		wrong(en, field,
		    en->family == 6
			? "a network is an IPv6 address with its prefix, "
			  "\"fd00::/8\""
			: "a network is an IPv4 address with its prefix, "
			  "\"192.0.2.0/24\"");
}

static void
read_iface(
    struct entry *en, unsigned field, char out[RULE_IFACE_LEN], bool must)
{
	const char *s = en->field[field];

	if (*s == '\0' && !must)
		return;
	if (!rule_iface_ok(s))
		wrong(en, field,
		    "an interface has a name of at most 15 letters, digits "
		    "and . _ -");
	else
		(void)snprintf(out, RULE_IFACE_LEN, "%s", s);
}

static void
read_address(struct entry *en, unsigned field)
{
	uint8_t addr[16];

	if (inet_pton(en->family == 6 ? AF_INET6 : AF_INET, en->field[field],
		addr) != 1)
		wrong(en, field,
		    en->family == 6 ? "no IPv6 address" : "no IPv4 address");
}

/* Whether a hardware address stands there. */
static bool
read_mac(struct entry *en, unsigned field)
{
	const char *s = en->field[field];
	bool good = strlen(s) == 17;

	if (*s == '\0')
		return false;
	for (int i = 0; good && i < 17; i++)
		good = i % 3 == 2 ? s[i] == ':' || s[i] == '-'
				  : isxdigit((unsigned char)s[i]) != 0;
	if (!good)
		wrong(en, field, "a hardware address reads 00:11:22:33:44:55");
	return good;
}

static bool
read_bool(struct entry *en, unsigned field)
{
	const char *s = en->field[field];

	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		wrong(en, field, "true or false");
	return strcmp(s, "true") == 0;
}

static void
no_plugin(struct entry *en, unsigned field, const char *says)
{
	struct import_item *it =
	    kura_say(en->h, IMPORT_NO_PLUGIN, "entry %u: %s", en->number, says);

	it->entry = en->number;
	it->field = field;
	import_value(en->h->k->im, it, en->whole);
}

static void
remember(struct entry *en)
{
	struct kura *k = en->h->k;

	if (rules_add(&k->rules, &en->rule, &k->e) == -1)
		wrong(en, 0, k->e.text);
}

static void
open_port(struct entry *en)
{
	struct rule *r = &en->rule;
	bool mac;

	cut(en, 8);
	if (en->bad)
		return;
	read_ports(en, 1, &r->port, true);
	read_proto(en, 2, false);
	read_net(en, 3, &r->from);
	read_iface(en, 4, r->in, false);
	read_iface(en, 5, r->except, false);
	mac = read_mac(en, 6);
	read_ports(en, 7, &r->source_port, false);
	if (r->in[0] != '\0' && strcmp(r->in, r->except) == 0)
		wrong(en, 5, "the interface that field 4 permits");
	if (en->bad)
		return;
	if (r->in[0] != '\0')
		r->except[0] = '\0'; /* field 4 says it already */
	if (mac)
		no_plugin(en, 6,
		    "field 6 permits one hardware address only; the firewall "
		    "plugin knows none, and without it the port would be open "
		    "to more: not taken");
	else
		remember(en);
}

static void
forwarding(struct entry *en)
{
	struct rule *r = &en->rule;

	cut(en, 11);
	if (en->bad)
		return;
	read_iface(en, 1, r->in, true);
	read_iface(en, 2, r->out, true);
	read_address(en, 3);
	read_proto(en, 4, false);
	read_ports(en, 5, &r->port, true);
	read_ports(en, 6, &r->port, true);
	(void)read_bool(en, 7);
	read_net(en, 8, &r->from);
	(void)read_mac(en, 9);
	read_ports(en, 10, &r->source_port, false);
	if (!en->bad)
		no_plugin(en, 0,
		    "port forwarding; the firewall plugin changes no "
		    "addresses, so no plugin for this yet");
}

static void
nat(struct entry *en)
{
	struct rule *r = &en->rule;
	bool masquerade;

	cut(en, 7);
	if (en->bad)
		return;
	r->forward = true;
	read_iface(en, 1, r->in, true);
	read_iface(en, 2, r->out, true);
	read_proto(en, 3, true);
	read_net(en, 4, &r->from);
	read_net(en, 5, &r->to);
	masquerade = read_bool(en, 6);
	if (en->bad)
		return;
	if (masquerade)
		no_plugin(en, 6,
		    "masquerading; the firewall plugin changes no addresses, "
		    "so no plugin for this yet");
	else
		remember(en);
}

static void
one_entry(const struct kura_here *h, int family, unsigned number,
    const char *text, size_t len, entry_fn *fn)
{
	struct entry en = { .h = h,
		.family = family,
		.number = number,
		.rule = { .at = h->at, .entry = number, .family = family } };

	if (len > ENTRY_MAX) {
		wrong(&en, 0, "longer than 512 characters");
		return;
	}
	memcpy(en.text, text, len);
	memcpy(en.whole, text, len);
	fn(&en);
}

static void
entries(const struct kura_here *h, int family, entry_fn *fn)
{
	const char *p = h->value, *end;
	unsigned number = 0;

	h->k->firewall[family == 6] = true;
	for (;; p = end + 1) {
		p += strspn(p, " \t\r\n");
		end = strchrnul(p, ';');
		/* What stands behind the last ';' is nothing. */
		if (end > p)
			one_entry(
			    h, family, ++number, p, (size_t)(end - p), fn);
		if (*end == '\0')
			break;
	}
	if (number == 0)
		kura_say(h, IMPORT_EMPTY, "no entry");
}

#define TAKE(name, family, fn)                                                 \
	void name(const struct kura_here *h)                                   \
	{                                                                      \
		entries(h, family, fn);                                        \
	}
TAKE(kura_take_ports4, 4, open_port)
TAKE(kura_take_ports6, 6, open_port)
TAKE(kura_take_forward4, 4, forwarding)
TAKE(kura_take_forward6, 6, forwarding)
TAKE(kura_take_nat4, 4, nat)
TAKE(kura_take_nat6, 6, nat)
