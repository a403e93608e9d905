/* SPDX-License-Identifier: MIT */
/*
 * Rule to kernel entry and back. IPv4 and IPv6 differ in the head alone, so
 * that is the only part written twice. Reading back is loose and then checked
 * by encoding again, as ruletext does it with lines.
 */
#include <netinet/in.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>

#include "xtentry.h"

/* What is where in an entry of this family. */
static const struct form {
	size_t head;      /* of the entry, before its first match */
	size_t compared;  /* the part of the head that decides over packets */
	size_t target_at; /* where target_offset stands */
	size_t next_at;   /* where next_offset stands */
} forms[FW_FAMILIES] = {
	[FW_V4] = {
		.head = sizeof(struct ipt_entry),
		.compared = offsetof(struct ipt_ip, invflags) + 1,
		.target_at = offsetof(struct ipt_entry, target_offset),
		.next_at = offsetof(struct ipt_entry, next_offset),
	},
	[FW_V6] = {
		.head = sizeof(struct ip6t_entry),
		.compared = offsetof(struct ip6t_ip6, invflags) + 1,
		.target_at = offsetof(struct ip6t_entry, target_offset),
		.next_at = offsetof(struct ip6t_entry, next_offset),
	},
};

_Static_assert(offsetof(struct ipt_entry, ip) == 0 &&
	offsetof(struct ip6t_entry, ipv6) == 0,
    "the head begins with what is compared");
_Static_assert(sizeof(struct ipt_icmp) == sizeof(struct ip6t_icmp),
    "one code for both kinds of ICMP");
/* Head, conntrack, one port match, target: the longest entry there is. */
_Static_assert(sizeof(struct ip6t_entry) + 3 * sizeof(struct xt_entry_match) +
	    sizeof(struct xt_conntrack_mtinfo3) + sizeof(struct xt_tcp) +
	    sizeof(struct xt_standard_target) + 4 * 8 <
	XT_ENTRY_MAX,
    "an entry fits");

static const uint8_t protos[FW_FAMILIES][FW_PROTOS] = {
	[FW_V4] = { 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP },
	[FW_V6] = { 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6 },
};

static const char *const icmp_match[FW_FAMILIES] = { "icmp", "icmp6" };

static void
fill_mask(void *mask, unsigned bits)
{
	uint8_t *p = mask;

	memset(p, 0xff, bits / 8);
	if (bits % 8 != 0)
		p[bits / 8] = (uint8_t)(0xff << (8 - bits % 8));
}

/* The mask decides how much of the name counts: with the NUL it is exact. */
static void
fill_iface(char *name, unsigned char *mask, const char *from)
{
	size_t n = strlen(from);

	memcpy(name, from, n);
	if (n > 0)
		memset(mask, 0xff, from[n - 1] == '+' ? n - 1 : n + 1);
}

static void
head4(struct ipt_ip *h, const struct fw_rule *r)
{
	memcpy(&h->src, r->from.addr, sizeof(h->src));
	memcpy(&h->dst, r->to.addr, sizeof(h->dst));
	fill_mask(&h->smsk, r->from.bits);
	fill_mask(&h->dmsk, r->to.bits);
	fill_iface(h->iniface, h->iniface_mask, r->in);
	fill_iface(h->outiface, h->outiface_mask, r->out);
	h->proto = protos[FW_V4][r->proto];
}

static void
head6(struct ip6t_ip6 *h, const struct fw_rule *r)
{
	memcpy(&h->src, r->from.addr, sizeof(h->src));
	memcpy(&h->dst, r->to.addr, sizeof(h->dst));
	fill_mask(&h->smsk, r->from.bits);
	fill_mask(&h->dmsk, r->to.bits);
	fill_iface(h->iniface, h->iniface_mask, r->in);
	fill_iface(h->outiface, h->outiface_mask, r->out);
	h->proto = protos[FW_V6][r->proto];
	/* Without this flag the kernel does not look at proto at all, and the
	 * rule would let every protocol in while it still prints "-p udp". */
	if (r->proto != FW_ANY)
		h->flags |= IP6T_F_PROTO;
}

static void
put_u16(struct xt_entry_buf *b, size_t at, size_t value)
{
	uint16_t v = (uint16_t)value;

	memcpy(b->p + at, &v, sizeof(v));
}

static uint16_t
u16_at(const void *p, size_t at)
{
	uint16_t v;

	memcpy(&v, (const char *)p + at, sizeof(v));
	return v;
}

static void
put_match(struct xt_entry_buf *b, const char *name, uint8_t revision,
    const void *data, size_t len)
{
	struct xt_entry_match *m = (struct xt_entry_match *)(b->p + b->size);

	m->u.user.match_size = (uint16_t)XT_ALIGN(sizeof(*m) + len);
	m->u.user.revision = revision;
	(void)snprintf(m->u.user.name, sizeof(m->u.user.name), "%s", name);
	memcpy(m->data, data, len);
	b->size += m->u.user.match_size;
}

static void
put_known(struct xt_entry_buf *b)
{
	const struct xt_conntrack_mtinfo3 ct = {
		.match_flags = XT_CONNTRACK_STATE,
		.state_mask = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) |
		    XT_CONNTRACK_STATE_BIT(IP_CT_RELATED),
	};

	put_match(b, "conntrack", 3, &ct, sizeof(ct));
}

/* The kernel has no "any": it is the whole range. */
static void
fill_ports(uint16_t out[2], const struct fw_ports *p)
{
	out[0] = p->first;
	out[1] = p->first == 0 ? UINT16_MAX : p->last;
}

static void
put_ports(struct xt_entry_buf *b, const struct fw_rule *r)
{
	struct xt_tcp tcp = { 0 };
	struct xt_udp udp = { 0 };

	fill_ports(tcp.spts, &r->sport);
	fill_ports(tcp.dpts, &r->dport);
	fill_ports(udp.spts, &r->sport);
	fill_ports(udp.dpts, &r->dport);
	if (r->proto == FW_TCP)
		put_match(b, "tcp", 0, &tcp, sizeof(tcp));
	else
		put_match(b, "udp", 0, &udp, sizeof(udp));
}

static void
put_target(struct xt_entry_buf *b, const char *label)
{
	struct xt_standard_target t = {
		.target.u.user.target_size = XT_ALIGN(sizeof(t)),
	};

	(void)snprintf(
	    t.target.u.user.name, sizeof(t.target.u.user.name), "%s", label);
	memcpy(b->p + b->size, &t, sizeof(t));
	b->size += XT_ALIGN(sizeof(t));
}

void
xt_encode(const struct fw_rule *r, enum fw_family f, struct xt_entry_buf *b)
{
	const struct ipt_icmp type = { .type = r->type, .code = { 0, 255 } };

	memset(b, 0, sizeof(*b));
	if (f == FW_V4)
		head4(&((struct ipt_entry *)b->p)->ip, r);
	else
		head6(&((struct ip6t_entry *)b->p)->ipv6, r);
	b->size = forms[f].head;
	if (r->known)
		put_known(b);
	if (r->typed)
		put_match(b, icmp_match[f], 0, &type, sizeof(type));
	if (r->sport.first + r->dport.first != 0)
		put_ports(b, r);
	put_u16(b, forms[f].target_at, b->size);
	put_target(b, fw_verdict_name(r->verdict));
	put_u16(b, forms[f].next_at, b->size);
}

/*
 * Walks over the matches of an entry. The kernel gives sound sizes; they are
 * checked nevertheless, since a wrong one would mean an endless loop.
 */
static const struct xt_entry_match *
match_at(const void *entry, size_t at, size_t end)
{
	const struct xt_entry_match *m =
	    (const void *)((const char *)entry + at);

	if (end < at + sizeof(*m) || m->u.user.match_size < sizeof(*m) ||
	    m->u.user.match_size > end - at)
		return NULL;
	return m;
}

/* Behind a name there may be anything, so names are compared as texts. */
static bool
same_match(const struct xt_entry_match *a, const struct xt_entry_match *b)
{
	return a->u.user.match_size == b->u.user.match_size &&
	    a->u.user.revision == b->u.user.revision &&
	    strncmp(a->u.user.name, b->u.user.name, sizeof(a->u.user.name)) ==
	    0 &&
	    memcmp(a->data, b->data, a->u.user.match_size - sizeof(*a)) == 0;
}

static bool
same_entry(const void *a, const void *b, const struct form *form)
{
	size_t end = u16_at(a, form->target_at), at = form->head;

	if (end != u16_at(b, form->target_at) ||
	    memcmp(a, b, form->compared) != 0)
		return false;
	while (at < end) {
		const struct xt_entry_match *ma = match_at(a, at, end);
		const struct xt_entry_match *mb = match_at(b, at, end);

		if (ma == NULL || mb == NULL || !same_match(ma, mb))
			return false;
		at += ma->u.user.match_size;
	}
	return true;
}

bool
xt_same(const void *entry, const char *label, const struct fw_rule *r,
    enum fw_family f)
{
	struct xt_entry_buf want;

	if (strcmp(label, fw_verdict_name(r->verdict)) != 0)
		return false;
	xt_encode(r, f, &want);
	return same_entry(entry, want.p, &forms[f]);
}

/* The length of a mask; one with holes is found out by encoding again. */
static uint8_t
mask_bits(const void *mask, unsigned most)
{
	const uint8_t *p = mask;
	unsigned n = 0;

	while (n < most && (p[n / 8] & (0x80 >> n % 8)) != 0)
		n++;
	return (uint8_t)n;
}

static void
iface_of(char to[FW_IFACE_LEN], const char name[IFNAMSIZ])
{
	(void)snprintf(to, FW_IFACE_LEN, "%.*s", FW_IFACE_LEN - 1, name);
}

static void
proto_of(struct fw_rule *r, enum fw_family f, unsigned number)
{
	for (int p = FW_TCP; p < FW_PROTOS; p++)
		if (protos[f][p] == number)
			r->proto = (enum fw_proto)p;
}

static void
read_head(struct fw_rule *r, const void *entry, enum fw_family f)
{
	const struct ipt_ip *h4 = entry;
	const struct ip6t_ip6 *h6 = entry;
	const bool four = f == FW_V4;
	const size_t n = fw_family_bits(f) / 8;

	memcpy(r->from.addr, four ? (const void *)&h4->src : &h6->src, n);
	memcpy(r->to.addr, four ? (const void *)&h4->dst : &h6->dst, n);
	r->from.bits = mask_bits(
	    four ? (const void *)&h4->smsk : &h6->smsk, fw_family_bits(f));
	r->to.bits = mask_bits(
	    four ? (const void *)&h4->dmsk : &h6->dmsk, fw_family_bits(f));
	iface_of(r->in, four ? h4->iniface : h6->iniface);
	iface_of(r->out, four ? h4->outiface : h6->outiface);
	proto_of(r, f, four ? h4->proto : h6->proto);
}

static void
ports_of(struct fw_ports *p, const uint16_t range[2])
{
	p->first = range[0];
	p->last = range[0] == 0 ? 0 : range[1];
}

static void
read_known(struct fw_rule *r, const void *data)
{
	(void)data;
	r->known = true;
}

static void
read_type(struct fw_rule *r, const void *data)
{
	r->typed = true;
	r->type = ((const struct ipt_icmp *)data)->type;
}

static void
read_tcp(struct fw_rule *r, const void *data)
{
	ports_of(&r->sport, ((const struct xt_tcp *)data)->spts);
	ports_of(&r->dport, ((const struct xt_tcp *)data)->dpts);
}

static void
read_udp(struct fw_rule *r, const void *data)
{
	ports_of(&r->sport, ((const struct xt_udp *)data)->spts);
	ports_of(&r->dport, ((const struct xt_udp *)data)->dpts);
}

static const struct {
	const char *name;
	size_t len; /* of its data, at least */
	void (*read)(struct fw_rule *, const void *data);
} matches[] = {
	{ "conntrack", sizeof(struct xt_conntrack_mtinfo3), read_known },
	{ "icmp", sizeof(struct ipt_icmp), read_type },
	{ "icmp6", sizeof(struct ip6t_icmp), read_type },
	{ "tcp", sizeof(struct xt_tcp), read_tcp },
	{ "udp", sizeof(struct xt_udp), read_udp },
};

static void
read_match(struct fw_rule *r, const struct xt_entry_match *m)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++)
		if (strncmp(m->u.user.name, matches[i].name,
			sizeof(m->u.user.name)) == 0 &&
		    m->u.user.match_size >= sizeof(*m) + matches[i].len)
			matches[i].read(r, m->data);
}

static bool
read_label(struct fw_rule *r, const char *label)
{
	for (int v = 0; v < FW_VERDICTS; v++)
		if (strcmp(label, fw_verdict_name((enum fw_verdict)v)) == 0)
			return r->verdict = (enum fw_verdict)v, true;
	return false;
}

bool
xt_decode(const void *entry, const char *label, enum fw_chain c,
    enum fw_family f, struct fw_rule *r)
{
	size_t end = u16_at(entry, forms[f].target_at), at = forms[f].head;
	const struct xt_entry_match *m;

	memset(r, 0, sizeof(*r));
	r->chain = c;
	read_head(r, entry, f);
	while (at < end && (m = match_at(entry, at, end)) != NULL) {
		read_match(r, m);
		at += m->u.user.match_size;
	}
	return read_label(r, label) && xt_same(entry, label, r, f);
}
