/* SPDX-License-Identifier: MIT */
/*
 * One rule as its author wrote it is a draft: fields that may be lists, and a
 * family that may be left open. It is read whole, then multiplied out into the
 * plain rules of each family.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruledoc.h"
#include "ruledraft.h"

struct ports_list {
	struct fw_ports at[FW_LIST_MAX];
	size_t n;
};

struct net_list {
	struct fw_net at[FW_FAMILIES][FW_LIST_MAX];
	size_t n[FW_FAMILIES];
	bool said; /* else: any address */
};

/* A rule of the document, before its lists are multiplied out. */
struct draft {
	struct fw_rule rule;
	bool family[FW_FAMILIES];
	struct net_list from;
	struct net_list to;
	struct ports_list sport;
	struct ports_list dport;
};

/* The index of word in names, or an error that lists them. */
static int
word(conf_node *group, const char *key, const char *const names[], size_t n,
    size_t *out, struct err *e)
{
	char all[ERR_TEXT_MAX / 4] = "";
	const char *s;

	if (conf_str_or(group, key, CONF_NAME_MAX, NULL, &s, e) == -1)
		return -1;
	for (size_t i = 0; s != NULL && i < n; i++) {
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all),
		    "%s\"%s\"", i == 0 ? "" : ", ", names[i]);
		if (strcmp(s, names[i]) == 0)
			return *out = i, 0;
	}
	return s == NULL ? 0
			 : conf_err(conf_get(group, key), e,
			       "%s \"%.32s\" must be one of %s", key, s, all);
}

int
fw_doc_verdict(
    conf_node *group, const char *key, enum fw_verdict *v, struct err *e)
{
	static const char *const names[] = { "accept", "drop" };
	size_t i = *v;

	if (word(group, key, names, FW_VERDICTS, &i, e) == -1)
		return -1;
	*v = (enum fw_verdict)i;
	return 0;
}

static bool
port_number(const char *s, char **end, uint16_t *port)
{
	unsigned long n = strtoul(s, end, 10);

	*port = (uint16_t)n;
	return *s >= '0' && *s <= '9' && n >= 1 && n <= 65535;
}

static int
one_port(conf_node *n, struct fw_ports *p, struct err *e)
{
	const char *s = config_setting_get_string(n);
	long long number = config_setting_get_int64(n);
	char *end;

	if (config_setting_is_number(n) && number >= 1 && number <= 65535) {
		p->first = p->last = (uint16_t)number;
		return 0;
	}
	if (s != NULL && port_number(s, &end, &p->first) && *end == '-' &&
	    port_number(end + 1, &end, &p->last) && *end == '\0' &&
	    p->first < p->last)
		return 0;
	return conf_err(n, e,
	    "a port is a number from 1 to 65535 or a range \"8000-8100\"");
}

static int
read_ports(
    conf_node *group, const char *key, struct ports_list *l, struct err *e)
{
	conf_node *n = conf_get(group, key);

	if (n == NULL)
		return 0;
	if (!config_setting_is_aggregate(n))
		return l->n = 1, one_port(n, &l->at[0], e);
	if (conf_list(group, key, FW_LIST_MAX, &n, e) == -1)
		return -1;
	for (; l->n < conf_len(n); l->n++)
		if (one_port(conf_at(n, l->n), &l->at[l->n], e) == -1)
			return -1;
	return l->n > 0 ? 0 : conf_err(n, e, "%s is an empty list", key);
}

static int
one_net(conf_node *n, struct net_list *l, struct err *e)
{
	struct err why;
	struct fw_net net;
	enum fw_family f;
	const char *s;

	if (conf_text(n, CONF_NAME_MAX, &s, e) == -1)
		return -1;
	if (fw_net_parse(s, &net, &f, &why) == -1)
		return conf_err(n, e, "%s", why.text);
	l->at[f][l->n[f]++] = net;
	l->said = true;
	return 0;
}

static int
read_nets(conf_node *group, const char *key, struct net_list *l, struct err *e)
{
	conf_node *n = conf_get(group, key);

	if (n == NULL)
		return 0;
	if (!config_setting_is_aggregate(n))
		return one_net(n, l, e);
	if (conf_list(group, key, FW_LIST_MAX, &n, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(n); i++)
		if (one_net(conf_at(n, i), l, e) == -1)
			return -1;
	return l->said ? 0 : conf_err(n, e, "%s is an empty list", key);
}

static int
read_iface(
    conf_node *group, const char *key, char out[FW_IFACE_LEN], struct err *e)
{
	const char *s;

	if (conf_str_or(group, key, CONF_NAME_MAX, NULL, &s, e) == -1)
		return -1;
	if (s == NULL)
		return 0;
	if (!fw_iface_valid(s))
		return conf_err(conf_get(group, key), e,
		    "\"%.32s\" is no interface name (eth0, ppp+; at most %d "
		    "letters)",
		    s, FW_IFACE_LEN - 1);
	(void)snprintf(out, FW_IFACE_LEN, "%s", s);
	return 0;
}

static int
read_ifaces(conf_node *n, struct fw_rule *r, struct err *e)
{
	if (r->chain == FW_INPUT)
		return read_iface(n, "interface", r->in, e);
	if (r->chain == FW_OUTPUT)
		return read_iface(n, "interface", r->out, e);
	return read_iface(n, "in", r->in, e) == -1
	    ? -1
	    : read_iface(n, "out", r->out, e);
}

static int
read_family(conf_node *n, struct draft *d, struct err *e)
{
	static const char *const names[] = { "ipv4", "ipv6" };
	size_t only = FW_FAMILIES;

	if (word(n, "family", names, FW_FAMILIES, &only, e) == -1)
		return -1;
	for (size_t f = 0; f < FW_FAMILIES; f++)
		d->family[f] = (only == FW_FAMILIES || only == f) &&
		    (!d->from.said || d->from.n[f] > 0) &&
		    (!d->to.said || d->to.n[f] > 0);
	if (d->family[FW_V4] || d->family[FW_V6])
		return 0;
	return conf_err(n, e, "family, from and to have no family in common");
}

static int
read_proto(conf_node *n, struct draft *d, struct err *e)
{
	size_t proto = FW_ANY;
	int64_t type;
	static const char *const names[] = { "any", "tcp", "udp", "icmp" };

	if (word(n, "protocol", names, FW_PROTOS, &proto, e) == -1 ||
	    conf_int_or(n, "icmp_type", 0, 254, -1, &type, e) == -1)
		return -1;
	d->rule.proto = (enum fw_proto)proto;
	d->rule.typed = type != -1;
	d->rule.type = (uint8_t)(type == -1 ? 0 : type);
	if (d->sport.n + d->dport.n > 0 && proto != FW_TCP && proto != FW_UDP)
		return conf_err(
		    n, e, "a port needs protocol \"tcp\" or \"udp\"");
	if (d->rule.typed && proto != FW_ICMP)
		return conf_err(n, e, "icmp_type needs protocol \"icmp\"");
	if (d->rule.typed && d->family[FW_V4] && d->family[FW_V6])
		return conf_err(n, e,
		    "icmp_type needs family: the two number them differently");
	return 0;
}

static int
read_draft(conf_node *n, struct draft *d, struct err *e)
{
	static const char *const local[] = { "interface", "protocol", "port",
		"source_port", "from", "to", "family", "icmp_type", "action",
		NULL };
	static const char *const through[] = { "in", "out", "protocol", "port",
		"source_port", "from", "to", "family", "icmp_type", "action",
		NULL };

	if (!config_setting_is_group(n))
		return conf_err(n, e, "a rule is a group { ... }");
	if (conf_known(n, d->rule.chain == FW_FORWARD ? through : local, e) ==
	    -1)
		return -1;
	if (conf_len(n) == (conf_get(n, "action") != NULL))
		return conf_err(n, e,
		    "a rule without a condition would be for every packet; "
		    "name an interface, protocol, port or address");
	d->rule.line = config_setting_source_line(n);
	if (read_ifaces(n, &d->rule, e) == -1 ||
	    read_ports(n, "port", &d->dport, e) == -1 ||
	    read_ports(n, "source_port", &d->sport, e) == -1 ||
	    read_nets(n, "from", &d->from, e) == -1 ||
	    read_nets(n, "to", &d->to, e) == -1 || read_family(n, d, e) == -1 ||
	    read_proto(n, d, e) == -1)
		return -1;
	return fw_doc_verdict(n, "action", &d->rule.verdict, e);
}

/* An empty list counts as one entry: any. */
static size_t
at_least_one(size_t n)
{
	return n == 0 ? 1 : n;
}

/* One rule for each combination; the ports run fastest. */
static int
multiply(
    struct fw_set *s, enum fw_family f, const struct draft *d, struct err *e)
{
	size_t nd = at_least_one(d->dport.n), ns = at_least_one(d->sport.n);
	size_t nt = at_least_one(d->to.n[f]), nf = at_least_one(d->from.n[f]);

	for (size_t i = 0; i < nf * nt * ns * nd; i++) {
		struct fw_rule r = d->rule;

		r.dport = d->dport.at[i % nd];
		r.sport = d->sport.at[i / nd % ns];
		r.to = d->to.at[f][i / nd / ns % nt];
		r.from = d->from.at[f][i / nd / ns / nt];
		if (fw_add(s, &r, e) == -1)
			return -1;
	}
	return 0;
}

int
fw_draft_add(struct firewall *fw, enum fw_chain c, conf_node *n, struct err *e)
{
	struct draft d = { .rule = { .chain = c } };
	struct err why;

	if (read_draft(n, &d, e) == -1)
		return -1;
	for (int f = 0; f < FW_FAMILIES; f++)
		if (d.family[f] &&
		    multiply(&fw->set[f], (enum fw_family)f, &d, &why) == -1)
			return conf_err(n, e, "%s", why.text);
	return 0;
}
