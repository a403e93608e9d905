/* SPDX-License-Identifier: MIT */
/*
 * All rules but the drops of "every interface but one" accept, so their order
 * is free: plain ones first, pairs last. What then remains to be looked at is
 * which rule makes which pointless, and whether two pairs contradict.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

int
rules_add(struct rules *l, const struct rule *r, struct err *e)
{
	struct rule *more;

	if (l->n == RULES_MAX)
		return err_set(e, E2BIG, "more than %d rules", RULES_MAX);
	if (l->n == l->room) {
		l->room = l->room == 0 ? 32 : 2 * l->room;
		more = reallocarray(l->all, l->room, sizeof(*more));
		if (more == NULL)
			return err_set(e, ENOMEM, "out of memory");
		l->all = more;
	}
	l->all[l->n++] = *r;
	return 0;
}

void
rules_free(struct rules *l)
{
	free(l->all);
	memset(l, 0, sizeof(*l));
}

static bool
net_covers(const struct rule_net *a, const struct rule_net *b)
{
	size_t whole = a->bits / 8, rest = a->bits % 8;

	return a->bits <= b->bits && memcmp(a->addr, b->addr, whole) == 0 &&
	    (rest == 0 || (a->addr[whole] ^ b->addr[whole]) >> (8 - rest) == 0);
}

static bool
ports_cover(struct rule_ports a, struct rule_ports b)
{
	return a.first == 0 ||
	    (b.first != 0 && a.first <= b.first && b.last <= a.last);
}

static bool
ports_meet(struct rule_ports a, struct rule_ports b)
{
	return a.first == 0 || b.first == 0 ||
	    (a.first <= b.last && b.first <= a.last);
}

static bool
iface_covers(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (n > 0 && a[n - 1] == '+')
		return strncmp(a, b, n - 1) == 0 && strlen(b) >= n - 1;
	return n == 0 || strcmp(a, b) == 0;
}

/* Every packet of b is one of a. */
static bool
covers(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->forward == b->forward &&
	    (a->proto == RULE_ANY || a->proto == b->proto) &&
	    iface_covers(a->in, b->in) && iface_covers(a->out, b->out) &&
	    ports_cover(a->port, b->port) &&
	    ports_cover(a->source_port, b->source_port) &&
	    net_covers(&a->from, &b->from) && net_covers(&a->to, &b->to);
}

/* Some packet may be of both, interfaces aside. */
static bool
meet(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->proto == b->proto &&
	    ports_meet(a->port, b->port) &&
	    ports_meet(a->source_port, b->source_port) &&
	    (net_covers(&a->from, &b->from) || net_covers(&b->from, &a->from));
}

/* The first settled rule that leaves nothing for r, or NULL. */
static const struct rule *
before(const struct rules *l, const struct rule *r)
{
	for (size_t i = 0; i < l->settled; i++)
		if (covers(&l->all[i], r))
			return &l->all[i];
	return NULL;
}

/* The plugin lets all of lo pass, and its addresses in from nowhere else. */
static bool
on_loopback(const struct rule *r)
{
	static const struct rule_net local[] = { { { 127 }, 8 },
		{ { [15] = 1 }, 128 } };

	return !r->forward &&
	    (strcmp(r->in, "lo") == 0 ||
		net_covers(&local[r->family == 6], &r->from));
}

static struct import_item *
say(struct import *im, const struct rule *r, enum import_verdict v,
    const char *text)
{
	struct import_item *it = import_say(im, &r->at, v, "%s", text);

	it->entry = r->entry;
	if (v == IMPORT_TAKEN || v == IMPORT_CHANGED)
		it->document = "firewall_policy.conf";
	return it;
}

static void
say_covered(struct import *im, const struct rule *r, const struct rule *by)
{
	char entry[32] = "";

	if (by->entry != 0)
		(void)snprintf(entry, sizeof(entry), "entry %u of ", by->entry);
	import_say(im, &r->at, IMPORT_ANYWAY,
	    "%s%s lets all of it pass already", entry, by->at.name)
	    ->entry = r->entry;
}

/* Debuggers and other doors that hardening shuts (ports 1450 and 8000). */
static void
taken(struct import *im, const struct rule *r)
{
	static const struct {
		uint16_t port;
		const char *says;
	} doors[] = {
		{ 8000,
		    "a rule, but port 8000 is Java's debugger (JDWP) on these "
		    "gateways: whoever reaches it runs what he likes; take it "
		    "out before production" },
		{ 1450,
		    "a rule, but port 1450 is a leftover for management by "
		    "hand; take it out before production" },
	};
	enum import_verdict v = r->cut ? IMPORT_CHANGED : IMPORT_TAKEN;

	if (r->forward) {
		import_finding(im,
		    say(im, r, v,
			"a rule; but nothing of Ingot's switches forwarding "
			"on: net.ipv4.ip_forward has to be set beside it"),
		    "ip-forward");
		return;
	}
	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++)
		if (doors[i].port >= r->port.first &&
		    doors[i].port <= r->port.last) {
			import_finding(
			    im, say(im, r, v, doors[i].says), "debug-port");
			return;
		}
	(void)say(im, r, v,
	    r->cut ? "a rule; bits of the address behind its prefix mean "
		     "nothing and are taken away"
		   : "a rule");
}

static void
settle_plain(struct rules *l, const struct rule *r, struct import *im)
{
	const struct rule *by;

	if (on_loopback(r)) {
		(void)say(im, r, IMPORT_ANYWAY,
		    "all of the loopback interface passes, and its addresses "
		    "come in nowhere else");
	} else if ((by = before(l, r)) != NULL) {
		say_covered(im, r, by);
	} else {
		taken(im, r);
		l->all[l->settled++] = *r;
	}
}

/*
 * Another pair for some of the same packets but another interface: each would
 * drop what the other accepts.
 */
static const struct rule *
contradicts(const struct rules *l, const struct rule *r)
{
	for (size_t i = 0; i < l->settled; i++)
		if (l->all[i].drop && strcmp(l->all[i].in, r->except) != 0 &&
		    meet(&l->all[i], r))
			return &l->all[i];
	return NULL;
}

static void
say_contradicts(struct import *im, const struct rule *r, const struct rule *by)
{
	import_say(im, &r->at, IMPORT_NO_PLUGIN,
	    "leaves out %s where entry %u leaves out %s: the firewall document "
	    "knows no \"every interface but\"; name the interfaces that are "
	    "meant",
	    r->except, by->entry, by->in)
	    ->entry = r->entry;
}

static void
settle_pair(struct rules *l, const struct rule *r, struct import *im)
{
	const struct rule *by = before(l, r), *other = contradicts(l, r);
	struct rule drop = *r;

	/* What a plain rule lets pass, passes, whatever pairs say. */
	if (on_loopback(r) || (by != NULL && by->except[0] == '\0')) {
		settle_plain(l, r, im);
	} else if (other != NULL) {
		say_contradicts(im, r, other);
	} else if (by != NULL) {
		say_covered(im, r, by);
	} else {
		drop.drop = true;
		memcpy(drop.in, r->except, sizeof(drop.in));
		/* All of lo passes before any rule. */
		if (strcmp(drop.in, "lo") != 0 && before(l, &drop) == NULL)
			l->all[l->settled++] = drop;
		taken(im, r);
		l->all[l->settled++] = *r;
	}
}

void
rules_settle(struct rules *l, struct import *im)
{
	struct rules done = { 0 };

	/* Each may become two. */
	done.room = 2 * l->n + 1;
	if ((done.all = calloc(done.room, sizeof(*done.all))) == NULL) {
		im->bad = true;
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].except[0] == '\0')
			settle_plain(&done, &l->all[i], im);
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].except[0] != '\0')
			settle_pair(&done, &l->all[i], im);
	rules_free(l);
	done.n = done.settled;
	*l = done;
}

bool
rules_open(const struct rules *l, uint16_t port)
{
	for (size_t i = 0; i < l->settled; i++) {
		const struct rule *r = &l->all[i];

		if (!r->forward && !r->drop && r->proto == RULE_TCP &&
		    r->port.first <= port && port <= r->port.last)
			return true;
	}
	return false;
}
