/* SPDX-License-Identifier: MIT */
/*
 * One rule as iptables -S and ip6tables -S print it: the order of the words,
 * which match is named, how an address is written, are all theirs.
 */
#include <string.h>

#include "ruletext.h"

/* Names by family, as the two tools print them. */
static const struct {
	const char *match;
	const char *type;
} icmp_words[FW_FAMILIES] = {
	{ "icmp", " --icmp-type " },
	{ "icmp6", " --icmpv6-type " },
};

struct line_out {
	char *p;
	size_t len;
};

/* A set has thousands of rules and printf would be half of their cost. */
static void
put(struct line_out *o, const char *s)
{
	size_t n = strlen(s);

	/* The longest rule is below 300 bytes; see the unit test. */
	if (n >= FW_LINE_MAX - o->len)
		return;
	memcpy(o->p + o->len, s, n + 1);
	o->len += n;
}

static void
put_word(struct line_out *o, const char *flag, const char *value)
{
	put(o, flag);
	put(o, value);
}

static void
put_number(struct line_out *o, const char *flag, unsigned n)
{
	char digits[12], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	put_word(o, flag, p);
}

static void
put_net(struct line_out *o, const char *flag, const struct fw_net *n,
    enum fw_family f)
{
	char text[FW_NET_TEXT_MAX];

	if (n->bits == 0)
		return;
	fw_net_text(n, f, text);
	put_word(o, flag, text);
}

static void
put_ports(struct line_out *o, const char *flag, const struct fw_ports *p)
{
	if (p->first != 0)
		put_number(o, flag, p->first);
	if (p->last != p->first)
		put_number(o, ":", p->last);
}

static void
put_matches(struct line_out *o, const struct fw_rule *r, enum fw_family f)
{
	const char *name =
	    r->proto == FW_ICMP ? fw_icmp_name(f) : fw_proto_name(r->proto);

	if (r->proto != FW_ANY)
		put_word(o, " -p ", name);
	if (r->known)
		put(o, " -m conntrack --ctstate RELATED,ESTABLISHED");
	if (r->typed) {
		put_word(o, " -m ", icmp_words[f].match);
		put_number(o, icmp_words[f].type, r->type);
	}
	if (r->sport.first + r->dport.first != 0)
		put_word(o, " -m ", name);
	put_ports(o, " --sport ", &r->sport);
	put_ports(o, " --dport ", &r->dport);
}

void
fw_rule_text(
    const struct fw_rule *r, enum fw_family f, char text[static FW_LINE_MAX])
{
	struct line_out o = { text, 0 };

	put_word(&o, "-A ", fw_chain_name(r->chain));
	put_net(&o, " -s ", &r->from, f);
	put_net(&o, " -d ", &r->to, f);
	if (r->in[0] != '\0')
		put_word(&o, " -i ", r->in);
	if (r->out[0] != '\0')
		put_word(&o, " -o ", r->out);
	put_matches(&o, r, f);
	put_word(&o, " -j ", fw_verdict_name(r->verdict));
}
