/* SPDX-License-Identifier: MIT */
/*
 * Lint works on the model, after all lists are multiplied out, so what it
 * says is about what the kernel would get. Shadowing is asked of single rules
 * only: that several together hide one is not looked for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rulelint.h"

static int
shadowed(const struct fw_rule *by, const struct fw_rule *r, const char *name,
    enum fw_family f, struct err *e)
{
	char where[64] = "a base rule (established, loopback, ping)";

	if (by->line != 0)
		(void)snprintf(
		    where, sizeof(where), "the rule of line %u", by->line);
	return err_set(e, EINVAL,
	    "%s:%u: this rule is never reached in %s: %s already decides all "
	    "its packets; take it out or move it up",
	    name, r->line, fw_family_name(f), where);
}

static int
lint_shadows(
    const struct fw_set *s, const char *name, enum fw_family f, struct err *e)
{
	for (size_t i = 1; i < s->n; i++)
		for (size_t k = 0; k < i; k++)
			if (s->rules[i].line != 0 &&
			    fw_covers(&s->rules[k], &s->rules[i]))
				return shadowed(
				    &s->rules[k], &s->rules[i], name, f, e);
	return 0;
}

/* Some interface that the name stands for. */
static void
some_iface(char iface[FW_IFACE_LEN])
{
	size_t n = strlen(iface);

	if (n == 0)
		(void)snprintf(iface, FW_IFACE_LEN, "outside");
	else if (iface[n - 1] == '+')
		iface[n - 1] = '0';
}

/* Some port of these. Clients choose theirs from the upper ones. */
static void
some_port(struct fw_ports *p)
{
	if (p->first == 0)
		p->first = 50000;
	p->last = p->first;
}

/* One SSH packet that r could be about; false: it is not about SSH. */
static bool
ssh_packet(
    const struct fw_rule *r, enum fw_family f, uint16_t port, struct fw_rule *p)
{
	*p = *r;
	if (r->chain != FW_INPUT || r->known || r->typed ||
	    (r->proto != FW_ANY && r->proto != FW_TCP) ||
	    strcmp(r->in, "lo") == 0)
		return false;
	if (r->dport.first != 0 &&
	    (port < r->dport.first || port > r->dport.last))
		return false;
	p->proto = FW_TCP;
	p->dport.first = p->dport.last = port;
	some_port(&p->sport);
	some_iface(p->in);
	p->from.bits = p->to.bits = (uint8_t)fw_family_bits(f);
	return true;
}

static struct fw_rule
answer_to(const struct fw_rule *p)
{
	struct fw_rule back = *p;

	back.chain = FW_OUTPUT;
	back.known = true;
	memcpy(back.out, p->in, sizeof(back.out));
	memset(back.in, 0, sizeof(back.in));
	back.from = p->to;
	back.to = p->from;
	back.sport = p->dport;
	back.dport = p->sport;
	return back;
}

static bool
ssh_passes(const struct fw_set *s, enum fw_family f, uint16_t port)
{
	for (size_t i = 0; i < s->n; i++) {
		struct fw_rule there, back;

		if (!ssh_packet(&s->rules[i], f, port, &there))
			continue;
		back = answer_to(&there);
		if (fw_judge(s, &there) == FW_ACCEPT &&
		    fw_judge(s, &back) == FW_ACCEPT)
			return true;
	}
	return false;
}

int
fw_lint(const struct firewall *fw, const char *name, uint16_t ssh_port,
    struct err *e)
{
	bool ssh = ssh_port == 0;

	for (int i = 0; i < FW_FAMILIES; i++) {
		enum fw_family f = (enum fw_family)i;

		if (lint_shadows(&fw->set[f], name, f, e) == -1)
			return -1;
		ssh = ssh || ssh_passes(&fw->set[f], f, ssh_port);
	}
	if (ssh)
		return 0;
	return err_set(e, EINVAL,
	    "%s: nobody could reach SSH (tcp port %u) and get an answer; add "
	    "an input rule for it, or set ssh_port = 0 if that is meant",
	    name, ssh_port);
}
