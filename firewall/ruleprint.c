/* SPDX-License-Identifier: MIT */
/*
 * One rule as iptables -S and ip6tables -S print it: the order of the words,
 * which match is named, how an address is written, are all theirs.
 */
#include <stdarg.h>
#include <stdio.h>

#include "ruletext.h"

/* Names by family, as the two tools print them. */
static const struct {
	const char *match;
	const char *type;
} icmp_words[FW_FAMILIES] = {
	{ "icmp", "--icmp-type" },
	{ "icmp6", "--icmpv6-type" },
};

struct line_out {
	char *p;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
say(struct line_out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->p + o->len, FW_LINE_MAX - o->len, fmt, ap);
	va_end(ap);
	/* The longest rule is below 300 bytes; see the unit test. */
	if (n > 0 && (size_t)n < FW_LINE_MAX - o->len)
		o->len += (size_t)n;
}

static void
say_net(struct line_out *o, const char *flag, const struct fw_net *n,
    enum fw_family f)
{
	char text[FW_NET_TEXT_MAX];

	if (n->bits == 0)
		return;
	fw_net_text(n, f, text);
	say(o, " %s %s", flag, text);
}

static void
say_ports(struct line_out *o, const char *flag, const struct fw_ports *p)
{
	if (p->first != 0)
		say(o, " %s %u", flag, p->first);
	if (p->last != p->first)
		say(o, ":%u", p->last);
}

static void
say_proto(struct line_out *o, const struct fw_rule *r, enum fw_family f)
{
	const char *name = fw_proto_name(r->proto);

	if (r->proto == FW_ICMP)
		name = fw_icmp_name(f);
	if (r->proto != FW_ANY)
		say(o, " -p %s", name);
	if (r->known)
		say(o, " -m conntrack --ctstate %s", "RELATED,ESTABLISHED");
	if (r->typed)
		say(o, " -m %s %s %u", icmp_words[f].match, icmp_words[f].type,
		    r->type);
	if (r->sport.first + r->dport.first != 0)
		say(o, " -m %s", name);
	say_ports(o, "--sport", &r->sport);
	say_ports(o, "--dport", &r->dport);
}

void
fw_rule_text(
    const struct fw_rule *r, enum fw_family f, char text[static FW_LINE_MAX])
{
	struct line_out o = { text, 0 };

	say(&o, "-A %s", fw_chain_name(r->chain));
	say_net(&o, "-s", &r->from, f);
	say_net(&o, "-d", &r->to, f);
	if (r->in[0] != '\0')
		say(&o, " -i %s", r->in);
	if (r->out[0] != '\0')
		say(&o, " -o %s", r->out);
	say_proto(&o, r, f);
	say(&o, " -j %s", fw_verdict_name(r->verdict));
}
