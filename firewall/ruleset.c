/* SPDX-License-Identifier: MIT */
/*
 * The model and the one relation that lint and judgement are built on: does
 * one rule cover another. A packet is a rule that is exact in every field, so
 * there is no second matcher that could disagree with the first.
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset.h"

const char *
fw_family_name(enum fw_family f)
{
	static const char *const names[FW_FAMILIES] = { "ipv4", "ipv6" };

	return names[f];
}

const char *
fw_chain_name(enum fw_chain c)
{
	static const char *const names[FW_CHAINS] = {
		[FW_INPUT] = "INPUT",
		[FW_FORWARD] = "FORWARD",
		[FW_OUTPUT] = "OUTPUT",
	};

	return names[c];
}

const char *
fw_verdict_name(enum fw_verdict v)
{
	static const char *const names[FW_VERDICTS] = { "ACCEPT", "DROP" };

	return names[v];
}

const char *
fw_proto_name(enum fw_proto p)
{
	static const char *const names[FW_PROTOS] = {
		[FW_ANY] = "any",
		[FW_TCP] = "tcp",
		[FW_UDP] = "udp",
		[FW_ICMP] = "icmp",
	};

	return names[p];
}

const char *
fw_icmp_name(enum fw_family f)
{
	return f == FW_V4 ? "icmp" : "ipv6-icmp";
}

unsigned
fw_family_bits(enum fw_family f)
{
	return f == FW_V4 ? 32 : 128;
}

int
fw_add(struct fw_set *s, const struct fw_rule *r, struct err *e)
{
	if (s->n >= FW_RULES_MAX)
		return err_set(
		    e, EFBIG, "more than %d rules in one family", FW_RULES_MAX);
	if (s->n == s->room) {
		size_t room = s->room == 0 ? 32 : 2 * s->room;
		struct fw_rule *p = reallocarray(s->rules, room, sizeof(*p));

		if (p == NULL)
			return err_sys(e, "%zu rules", room);
		s->rules = p;
		s->room = room;
	}
	s->rules[s->n++] = *r;
	return 0;
}

void
fw_free(struct firewall *fw)
{
	for (int f = 0; f < FW_FAMILIES; f++)
		free(fw->set[f].rules);
	memset(fw, 0, sizeof(*fw));
}

static bool
iface_covers(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (n > 0 && a[n - 1] == '+')
		return strncmp(a, b, n - 1) == 0;
	return n == 0 || strcmp(a, b) == 0;
}

static bool
net_covers(const struct fw_net *a, const struct fw_net *b)
{
	unsigned whole = a->bits / 8, rest = a->bits % 8;

	if (a->bits > b->bits || memcmp(a->addr, b->addr, whole) != 0)
		return false;
	return rest == 0 ||
	    (a->addr[whole] ^ b->addr[whole]) >> (8 - rest) == 0;
}

static bool
ports_cover(const struct fw_ports *a, const struct fw_ports *b)
{
	return a->first == 0 || (a->first <= b->first && a->last >= b->last);
}

bool
fw_covers(const struct fw_rule *a, const struct fw_rule *b)
{
	if (a->chain != b->chain || (a->known && !b->known))
		return false;
	if (a->proto != FW_ANY && a->proto != b->proto)
		return false;
	if (a->typed && (!b->typed || a->type != b->type))
		return false;
	return iface_covers(a->in, b->in) && iface_covers(a->out, b->out) &&
	    net_covers(&a->from, &b->from) && net_covers(&a->to, &b->to) &&
	    ports_cover(&a->sport, &b->sport) &&
	    ports_cover(&a->dport, &b->dport);
}

enum fw_verdict
fw_judge(const struct fw_set *s, const struct fw_rule *packet)
{
	for (size_t i = 0; i < s->n; i++)
		if (fw_covers(&s->rules[i], packet))
			return s->rules[i].verdict;
	return s->policy[packet->chain];
}

bool
fw_iface_valid(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strspn(s, letters);

	/* A lone '+' would be every interface: that is said by leaving it out;
	 * "." and ".." are no interface names to the kernel either. */
	if (n == 0 || strlen(s) >= FW_IFACE_LEN || s[0] == '-')
		return false;
	return strspn(s, ".") != n && (s[n] == '\0' || strcmp(s + n, "+") == 0);
}

/* The number behind the slash, or -1. */
static int
prefix_bits(const char *s, unsigned most)
{
	char *end;
	unsigned long bits = strtoul(s, &end, 10);

	/* One spelling for one number: no sign, no blank, no leading zero. */
	if (*s < '0' || *s > '9' || *end != '\0' || end - s > 3 || bits > most)
		return -1;
	return *s == '0' && end - s > 1 ? -1 : (int)bits;
}

static bool
host_bits_clear(const struct fw_net *n)
{
	for (unsigned bit = n->bits; bit < 128; bit++)
		if ((n->addr[bit / 8] & (0x80 >> bit % 8)) != 0)
			return false;
	return true;
}

int
fw_net_parse(
    const char *s, struct fw_net *n, enum fw_family *family, struct err *e)
{
	char addr[FW_NET_TEXT_MAX];
	size_t len = strcspn(s, "/");
	int bits;

	memset(n, 0, sizeof(*n));
	*family = strchr(s, ':') == NULL ? FW_V4 : FW_V6;
	bits = (int)fw_family_bits(*family);
	if (s[len] == '/')
		bits = prefix_bits(s + len + 1, fw_family_bits(*family));
	(void)snprintf(addr, sizeof(addr), "%.*s", (int)len, s);
	if (len >= sizeof(addr) || bits == -1 ||
	    inet_pton(*family == FW_V4 ? AF_INET : AF_INET6, addr, n->addr) !=
		1)
		return err_set(e, EINVAL,
		    "\"%.64s\" is no address or network (192.0.2.0/24, "
		    "2001:db8::/32)",
		    s);
	n->bits = (uint8_t)bits;
	if (!host_bits_clear(n))
		return err_set(e, EINVAL,
		    "\"%.64s\" has bits set behind its first %d", s, bits);
	return 0;
}

void
fw_net_text(
    const struct fw_net *n, enum fw_family f, char text[static FW_NET_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(
	    f == FW_V4 ? AF_INET : AF_INET6, n->addr, addr, sizeof(addr));
	(void)snprintf(text, FW_NET_TEXT_MAX, "%s/%u", addr, n->bits);
}
