/* SPDX-License-Identifier: MIT */
/*
 * The document becomes rules. The order within a chain is fixed: known
 * connections, loopback, the ICMP that IP can not do without, then what the
 * author wrote, as he wrote it.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "ruledoc.h"
#include "ruledraft.h"
#include "rulelint.h"

struct settings {
	enum fw_verdict policy[FW_CHAINS];
	bool known;
	bool loopback;
	bool ping;
	int64_t ssh_port;
};

/* ICMP types that are part of IP itself, and where they must pass. */
#define IN  (1u << FW_INPUT)
#define OUT (1u << FW_OUTPUT)
#define FWD (1u << FW_FORWARD)
static const struct {
	enum fw_family family;
	uint8_t type;
	unsigned chains;
} icmp_needed[] = {
	{ FW_V4, 3, IN | OUT | FWD },  /* unreachable, "fragmentation needed" */
	{ FW_V4, 11, IN | OUT | FWD }, /* time exceeded */
	{ FW_V4, 12, IN | OUT | FWD }, /* parameter problem */
	{ FW_V6, 1, IN | OUT | FWD },  /* unreachable */
	{ FW_V6, 2, IN | OUT | FWD },  /* packet too big */
	{ FW_V6, 3, IN | OUT | FWD },  /* time exceeded */
	{ FW_V6, 4, IN | OUT | FWD },  /* parameter problem */
	{ FW_V6, 130, IN },            /* multicast listener query */
	{ FW_V6, 131, OUT },           /* multicast listener report */
	{ FW_V6, 132, OUT },           /* multicast listener done */
	{ FW_V6, 133, OUT },           /* router solicitation */
	{ FW_V6, 134, IN },            /* router advertisement */
	{ FW_V6, 135, IN | OUT },      /* neighbour solicitation */
	{ FW_V6, 136, IN | OUT },      /* neighbour advertisement */
	{ FW_V6, 143, OUT }, /* multicast listener report, version 2 */
};

static const uint8_t echo_request[FW_FAMILIES] = { 8, 128 };

static int
read_settings(conf_node *root, struct settings *s, struct err *e)
{
	static const char *const known[] = { "output", "forward", NULL };
	conf_node *policy;

	*s = (struct settings){ .policy = { FW_DROP, FW_DROP, FW_ACCEPT } };
	if (conf_group(root, "policy", &policy, e) == -1)
		return -1;
	if (policy != NULL &&
	    (conf_known(policy, known, e) == -1 ||
		fw_doc_verdict(policy, "output", &s->policy[FW_OUTPUT], e) ==
		    -1 ||
		fw_doc_verdict(policy, "forward", &s->policy[FW_FORWARD], e) ==
		    -1))
		return -1;
	if (conf_bool_or(root, "established", true, &s->known, e) == -1 ||
	    conf_bool_or(root, "loopback", true, &s->loopback, e) == -1 ||
	    conf_bool_or(root, "ping", false, &s->ping, e) == -1)
		return -1;
	return conf_int_or(root, "ssh_port", 0, 65535, 22, &s->ssh_port, e);
}

static int
add_loopback(struct fw_set *s, enum fw_family f, enum fw_chain c, struct err *e)
{
	static const struct fw_net local[FW_FAMILIES] = {
		{ { 127 }, 8 },
		{ { [15] = 1 }, 128 },
	};
	struct fw_rule r = { .chain = c };
	struct fw_rule forged = {
		.chain = c,
		.verdict = FW_DROP,
		.from = local[f],
	};

	(void)snprintf(c == FW_INPUT ? r.in : r.out, FW_IFACE_LEN, "lo");
	if (fw_add(s, &r, e) == -1)
		return -1;
	return c == FW_INPUT ? fw_add(s, &forged, e) : 0;
}

static int
add_icmp(struct fw_set *s, enum fw_family f, enum fw_chain c, struct err *e)
{
	struct fw_rule r = { .chain = c, .proto = FW_ICMP, .typed = true };

	for (size_t i = 0; i < sizeof(icmp_needed) / sizeof(*icmp_needed);
	     i++) {
		r.type = icmp_needed[i].type;
		if (icmp_needed[i].family == f &&
		    (icmp_needed[i].chains & 1u << c) != 0 &&
		    fw_add(s, &r, e) == -1)
			return -1;
	}
	return 0;
}

/* What a chain that drops needs before the author's first rule. */
static int
add_base(struct fw_set *s, enum fw_family f, enum fw_chain c,
    const struct settings *o, struct err *e)
{
	const struct fw_rule known = { .chain = c, .known = true };
	const struct fw_rule ping = {
		.chain = c,
		.proto = FW_ICMP,
		.typed = true,
		.type = echo_request[f],
	};

	if (o->known && fw_add(s, &known, e) == -1)
		return -1;
	if (o->loopback && c != FW_FORWARD && add_loopback(s, f, c, e) == -1)
		return -1;
	if (add_icmp(s, f, c, e) == -1)
		return -1;
	return o->ping && c == FW_INPUT ? fw_add(s, &ping, e) : 0;
}

static int
add_chain(struct firewall *fw, enum fw_chain c, const char *key,
    conf_node *root, const struct settings *o, struct err *e)
{
	conf_node *list;
	bool base;

	if (conf_list(root, key, FW_RULES_MAX, &list, e) == -1)
		return -1;
	/* Nothing is forwarded, so there is nothing for base rules to help. */
	base = o->policy[c] == FW_DROP && (c != FW_FORWARD || list != NULL);
	for (int f = 0; f < FW_FAMILIES; f++) {
		fw->set[f].policy[c] = o->policy[c];
		if (base &&
		    add_base(&fw->set[f], (enum fw_family)f, c, o, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < conf_len(list); i++)
		if (fw_draft_add(fw, c, conf_at(list, i), e) == -1)
			return -1;
	return 0;
}

static int
read_rules(
    struct firewall *fw, conf_node *root, struct settings *o, struct err *e)
{
	static const char *const known[] = { "policy", "established",
		"loopback", "ping", "ssh_port", "input", "output", "forward",
		NULL };
	static const char *const lists[FW_CHAINS] = {
		[FW_INPUT] = "input",
		[FW_FORWARD] = "forward",
		[FW_OUTPUT] = "output",
	};

	if (conf_known(root, known, e) == -1 || read_settings(root, o, e) == -1)
		return -1;
	for (int c = 0; c < FW_CHAINS; c++)
		if (add_chain(fw, (enum fw_chain)c, lists[c], root, o, e) == -1)
			return -1;
	return 0;
}

int
fw_doc_read(struct firewall *fw, const char *name, const char *text, size_t len,
    struct err *e)
{
	own_conf struct conf c = { 0 };
	struct settings o;

	memset(fw, 0, sizeof(*fw));
	if (conf_parse(&c, name, text, len, e) == -1)
		return -1;
	if (read_rules(fw, conf_root(&c), &o, e) == 0 &&
	    fw_lint(fw, name, (uint16_t)o.ssh_port, e) == 0)
		return 0;
	fw_free(fw);
	return -1;
}
