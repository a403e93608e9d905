/* SPDX-License-Identifier: MIT */
/*
 * Is the kernel's table the one that a set describes? Every rule is compared
 * as bytes; its text is only made for the person who is told of a difference.
 */
#include <errno.h>
#include <libiptc/libiptc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ruletext.h"
#include "xtable.h"
#include "xtentry.h"
#include "xtlib.h"

static bool
open_set(const struct fw_set *s)
{
	for (int c = 0; c < FW_CHAINS; c++)
		if (s->policy[c] != FW_ACCEPT)
			return false;
	return s->n == 0;
}

/* Why the table could not be opened: it is not there, or something failed. */
static int
look_absent(const struct xt_table *t, const struct fw_set *want,
    struct xt_view *v, struct err *e)
{
	static const int absent[] = { ENOENT, ENOPROTOOPT, EPROTONOSUPPORT,
		EAFNOSUPPORT };
	bool no_stack = t->family == FW_V6 && errno == EAFNOSUPPORT;

	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
		if (errno != absent[i])
			continue;
		v->same = no_stack || open_set(want);
		(void)snprintf(v->why, sizeof(v->why),
		    "this kernel has no %s filter table (legacy x_tables)",
		    fw_family_name(t->family));
		return 0;
	}
	return xt_table_err(t, e, "read");
}

/* Notes the first difference; later ones say nothing new. */
static void __attribute__((format(printf, 2, 3)))
differs(struct xt_view *v, const char *fmt, ...)
{
	va_list ap;

	if (!v->same)
		return;
	v->same = false;
	va_start(ap, fmt);
	(void)vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
}

static void
look_policy(struct xt_table *t, const struct fw_set *want, struct xt_view *v)
{
	for (int c = 0; c < FW_CHAINS; c++) {
		const char *chain = fw_chain_name((enum fw_chain)c);
		struct xt_counters unused;
		const char *policy =
		    t->lib->ops->get_policy(chain, &unused, t->h);
		bool drops = policy != NULL && strcmp(policy, "DROP") == 0;

		v->policy[c] = drops ? FW_DROP : FW_ACCEPT;
		if (v->policy[c] != want->policy[c])
			differs(v, "policy of %s is %s, not %s", chain,
			    fw_verdict_name(v->policy[c]),
			    fw_verdict_name(want->policy[c]));
	}
}

/* Says what stands in one place of a chain and what belongs there. */
static void
tell_rule(struct xt_table *t, const void *entry, const struct fw_rule *rule,
    enum fw_chain c, struct xt_view *v)
{
	char is[FW_LINE_MAX] = "nothing", want[FW_LINE_MAX] = "nothing";
	const char *label = entry == NULL ? "" : t->lib->label(entry, t->h);
	struct fw_rule got;

	if (rule != NULL)
		fw_rule_text(rule, t->family, want);
	if (entry != NULL && xt_decode(entry, label, c, t->family, &got))
		fw_rule_text(&got, t->family, is);
	else if (entry != NULL)
		(void)snprintf(is, sizeof(is),
		    "-A %s ... -j %.30s (a rule Ingot does not write)",
		    fw_chain_name(c), label);
	differs(v, "where \"%s\" belongs there is \"%s\"", want, is);
}

/* entry and rule: NULL where one of the two has ended. */
static bool
look_rule(struct xt_table *t, const void *entry, const struct fw_rule *rule,
    enum fw_chain c, struct xt_view *v)
{
	if (entry != NULL && rule != NULL &&
	    xt_same(entry, t->lib->label(entry, t->h), rule, t->family))
		return true;
	tell_rule(t, entry, rule, c, v);
	return false;
}

/* The next rule of this chain from i on, or NULL. */
static const struct fw_rule *
rule_of(const struct fw_set *s, enum fw_chain c, size_t *i)
{
	while (*i < s->n && s->rules[*i].chain != c)
		++*i;
	return *i < s->n ? &s->rules[(*i)++] : NULL;
}

static void
look_chain(struct xt_table *t, const struct fw_set *want, enum fw_chain c,
    struct xt_view *v)
{
	const void *entry = t->lib->first(fw_chain_name(c), t->h);
	size_t i = 0;
	const struct fw_rule *rule = rule_of(want, c, &i);

	while (entry != NULL || rule != NULL) {
		if (!look_rule(t, entry, rule, c, v))
			return;
		entry = t->lib->next(entry, t->h);
		rule = rule_of(want, c, &i);
	}
}

int
xt_look_open(struct xt_table *t, enum fw_family f, const struct fw_set *want,
    struct xt_view *v, struct err *e)
{
	const char *foreign;

	*v = (struct xt_view){ .same = false };
	if (!xt_table_open(t, f))
		return look_absent(t, want, v, e);
	v->present = v->same = true;
	look_policy(t, want, v);
	for (int c = 0; c < FW_CHAINS; c++)
		look_chain(t, want, (enum fw_chain)c, v);
	foreign = xt_foreign_chain(t);
	if (foreign != NULL)
		differs(v, "chain %s is not Ingot's", foreign);
	return 0;
}

int
xt_look(enum fw_family f, const struct fw_set *want, struct xt_view *v,
    struct err *e)
{
	own_table struct xt_table t;

	return xt_look_open(&t, f, want, v, e);
}
