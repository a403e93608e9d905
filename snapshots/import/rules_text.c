/* SPDX-License-Identifier: MIT */
/*
 * Rules as texts: the words of a source into a rule, a rule into the plugin's
 * document. Every text that is written here was read by one of the checks
 * above it, so none needs quoting.
 */
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "rules.h"

#define LETTERS                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* The plugin's own rule: no option of a tool, and nothing of dots alone. */
bool
rule_iface_ok(const char *s)
{
	size_t n = strspn(s, LETTERS);

	if (n == 0 || strlen(s) >= RULE_IFACE_LEN || s[0] == '-' ||
	    strspn(s, ".") == n)
		return false;
	return s[n] == '\0' || strcmp(s + n, "+") == 0;
}

static const char *
number(const char *s, uint16_t *port)
{
	char *end;
	unsigned long n;

	if (*s < '0' || *s > '9')
		return NULL;
	n = strtoul(s, &end, 10);
	*port = (uint16_t)n;
	return n >= 1 && n <= 65535 && end - s <= 5 ? end : NULL;
}

int
rule_ports_read(const char *s, struct rule_ports *p)
{
	const char *end = number(s, &p->first);

	p->last = p->first;
	if (end != NULL && *end == ':')
		end = number(end + 1, &p->last);
	return end != NULL && *end == '\0' && p->first <= p->last ? 0 : -1;
}

int
rule_net_read(const char *s, int family, struct rule_net *net, bool *cut)
{
	const char *slash = strchr(s, '/');
	unsigned most = family == 6 ? 128 : 32;
	char text[64], *end;
	unsigned long bits;
	size_t whole;

	memset(net, 0, sizeof(*net));
	if (slash == NULL || (size_t)(slash - s) >= sizeof(text) ||
	    slash[1] < '0' || slash[1] > '9')
		return -1;
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || bits > most ||
	    inet_pton(family == 6 ? AF_INET6 : AF_INET, text, net->addr) != 1)
		return -1;
	net->bits = (uint8_t)bits;
	for (unsigned i = (unsigned)bits; i < most; i++) {
		whole = i / 8;
		if ((net->addr[whole] & 0x80u >> i % 8) == 0)
			continue;
		net->addr[whole] &= (uint8_t) ~(0x80u >> i % 8);
		/* "10.0.0.1/0" is how some write "any". */
		*cut = *cut || bits > 0;
	}
	return 0;
}

static void
put_iface(struct bytes *out, const char *key, const char *name)
{
	if (*name != '\0')
		bytes_fmt(out, " %s = \"%s\";", key, name);
}

static void
put_ports(struct bytes *out, const char *key, struct rule_ports p)
{
	if (p.first == 0)
		return;
	if (p.first == p.last)
		bytes_fmt(out, " %s = %u;", key, p.first);
	else
		bytes_fmt(out, " %s = \"%u-%u\";", key, p.first, p.last);
}

static void
put_net(
    struct bytes *out, const char *key, const struct rule_net *n, int family)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (n->bits == 0)
		return;
	(void)inet_ntop(
	    family == 6 ? AF_INET6 : AF_INET, n->addr, text, sizeof(text));
	bytes_fmt(out, " %s = \"%s/%u\";", key, text, n->bits);
}

static void
put_rule(struct bytes *out, const struct rule *r)
{
	static const char *const protos[] = { "", "tcp", "udp", "icmp" };

	bytes_fmt(out, "\t{ family = \"ipv%d\";", r->family);
	put_iface(out, r->forward ? "in" : "interface", r->in);
	put_iface(out, "out", r->out);
	if (r->proto != RULE_ANY)
		bytes_fmt(out, " protocol = \"%s\";", protos[r->proto]);
	put_ports(out, "port", r->port);
	put_ports(out, "source_port", r->source_port);
	put_net(out, "from", &r->from, r->family);
	put_net(out, "to", &r->to, r->family);
	bytes_fmt(out, "%s }", r->drop ? " action = \"drop\";" : "");
}

/* A name from the source, in a comment that must not end early. */
static void
put_name(struct bytes *out, const char *name)
{
	for (; *name != '\0'; name++)
		bytes_fmt(
		    out, "%c", strchr(LETTERS, *name) != NULL ? *name : '_');
}

static void
put_list(struct bytes *out, const struct rules *l, bool forward)
{
	const char *between = "";

	for (size_t i = 0; i < l->settled; i++) {
		const struct rule *r = &l->all[i];

		if (r->forward != forward)
			continue;
		bytes_fmt(out, "%s\n\t# ", between);
		put_name(out, r->at.name);
		if (r->entry != 0)
			bytes_fmt(out, ", entry %u", r->entry);
		bytes_fmt(out, "\n");
		put_rule(out, r);
		between = ",";
	}
	bytes_fmt(out, "\n);\n");
}

void
rules_write_list(const struct rules *l, struct bytes *out)
{
	put_list(out, l, false);
}

void
rules_write(const struct rules *l, struct bytes *out)
{
	bool forward = false;

	for (size_t i = 0; i < l->settled; i++)
		forward = forward || l->all[i].forward;
	bytes_fmt(out, "\ninput = (");
	put_list(out, l, false);
	if (!forward)
		return;
	bytes_fmt(out, "\nforward = (");
	put_list(out, l, true);
}
