/* SPDX-License-Identifier: MIT */
/*
 * What a document says that no table can judge: what fits together. Each check
 * is one line of the table at the end; each error names the line of the
 * document and what to write instead.
 */
#include <string.h>

#include "bridge.h"
#include "broker_where.h"
#include "check_in.h"
#include "expose.h"

/* --- charge points -------------------------------------------------------- */

static int
check_class(const struct ocpp_class *c, conf_node *n, struct err *e)
{
	if (strchr(c->pattern, '[') != NULL || strchr(c->pattern, '\\') != NULL)
		return conf_err(check_line(n, "charger"), e,
		    "charger: an identity, or a pattern of * and ? alone");
	if (c->mode == OCPP_TRANSPARENT && (c->provisional || c->accept))
		return conf_err(
		    check_line(n, c->provisional ? "provisional" : "accept"), e,
		    "only mode = \"store\" answers in the CSMS's place: say "
		    "it, or leave this out");
	if (c->certificates == OCPP_GATEWAY && c->csms != NULL &&
	    c->csms->profile != 3)
		return conf_err(check_line(n, "certificates"), e,
		    "certificates = \"gateway\" keeps them for profile 3: say "
		    "csms = { profile = 3; ... }");
	return c->csms == NULL ? 0
			       : check_csms(c->csms, conf_get(n, "csms"), e);
}

/* Quadratic in the identities would be a hundred million comparisons at the
 * limit; the first that fits counts, so only what can never fit is an error,
 * and of equal lines the neighbours are enough for a person's slip. */
static int
check_classes(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	for (size_t i = 0; i < s->nclasses; i++) {
		const struct ocpp_class *c = &s->classes[i];
		conf_node *n = check_element(root, "chargers", i);

		if (check_class(c, n, e) == -1)
			return -1;
		if (i + 1 < s->nclasses && strcmp(c->pattern, "*") == 0)
			return conf_err(check_line(n, "charger"), e,
			    "charger \"*\" fits all: the lines behind it would "
			    "never count; put it last");
		for (size_t k = i < 512 ? 0 : i - 512; k < i; k++)
			if (strcmp(c->pattern, s->classes[k].pattern) == 0)
				return conf_err(check_line(n, "charger"), e,
				    "charger \"%.64s\" stands twice",
				    c->pattern);
	}
	return 0;
}

static int
check_who(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	bool any = false;

	for (size_t i = 0; i + 1 < s->nclasses; i++)
		any |= s->who == OCPP_PATTERN || s->classes[i].exact;
	if (s->who != OCPP_ANY && !any)
		return conf_err(check_line(root, "identities"), e,
		    "identities: nobody could connect; name charge points in "
		    "chargers, or say \"any\"");
	return 0;
}

/* A backend that is shown a charge point's password could use it. */
static int
check_backends(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	for (size_t i = 0; i < s->nbackends; i++) {
		const struct ocpp_backend *b = &s->backends[i];
		conf_node *n = check_element(root, "backends", i);
		const struct ocpp_csms *c = &b->csms;

		if (check_csms(c, conf_get(n, "csms"), e) == -1)
			return -1;
		if (b->ncopied == 0)
			return conf_err(n, e,
			    "backend %s: copied: name the actions that it is "
			    "to get, or [ \"*\" ]",
			    b->name);
		if ((c->profile == 1 || c->profile == 2) && c->password == NULL)
			return conf_err(conf_get(n, "csms"), e,
			    "backend %s: profile %u needs a password of its "
			    "own: it never gets the charge points'",
			    b->name, c->profile);
	}
	return 0;
}

static int
check_rules(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	for (size_t i = 0; i < s->nrules; i++) {
		const struct ocpp_rule *r = &s->rules[i];
		conf_node *n = check_element(root, "validation", i);
		bool known = r->action == NULL;

		for (int v = 0; v < OCPP_VERSIONS && !known; v++)
			known = (r->versions >> v & 1) != 0 &&
			    judge_shape((enum ocpp_version)v, r->action,
				strlen(r->action)) != -1;
		if (!known)
			return conf_err(check_line(n, "action"), e,
			    "action \"%.50s\": none of these versions has it",
			    r->action);
	}
	return 0;
}

/* --- limits, mirror ------------------------------------------------------- */

static int
check_limits(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	const struct ocpp_limits *l = &s->limits;
	conf_node *n = check_line(root, "limits");

	if (l->queue < l->frame)
		return conf_err(check_line(n, "queue"), e,
		    "queue: at least one frame (%zu bytes)", l->frame);
	if (l->store_bytes < 4 * (uint64_t)l->frame)
		return conf_err(check_line(n, "store_bytes"), e,
		    "store_bytes: at least four frames (%zu bytes each)",
		    l->frame);
	return 0;
}

static int
check_mirror(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	conf_node *n = conf_get(root, "mirror");
	const struct ocpp_mirror *m = s->mirror;
	struct where where;
	struct err why;

	if (m == NULL)
		return 0;
	if (where_parse(m->broker, &where, &why) == -1)
		return conf_err(
		    check_line(n, "broker"), e, "broker: %s", why.text);
	if (where.tls && m->anchors == NULL)
		return conf_err(check_line(n, "broker"), e,
		    "broker: mqtts needs anchors, the PEM file that its "
		    "certificate leads to");
	if ((m->chain == NULL) != (m->key == NULL))
		return conf_err(n, e, "mirror: chain and key: both or none");
	if (m->prefix != NULL && strpbrk(m->prefix, "+#") != NULL)
		return conf_err(check_line(n, "prefix"), e,
		    "prefix: topic levels without + and #");
	if (check_path(n, "anchors", m->anchors, e) == -1 ||
	    check_path(n, "chain", m->chain, e) == -1)
		return -1;
	return check_path(n, "key", m->key, e);
}

static int
check_exposed(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	const struct ocpp_exposed *x = &s->exposed;
	conf_node *n = check_line(root, "exposed");
	struct err why;

	if (!x->on)
		return 0;
	if (s->mirror == NULL)
		return conf_err(
		    n, e, "exposed: needs mirror, whose topics it hands on");
	if (x->anchors == NULL || x->chain == NULL || x->key == NULL)
		return conf_err(n, e,
		    "exposed: others reach it by mutual TLS alone: anchors, "
		    "chain and key are missing");
	if (x->address != NULL && !check_address(x->address))
		return conf_err(
		    check_line(n, "address"), e, "address: of this unit");
	if (x->ntopics == 0)
		return conf_err(
		    n, e, "exposed: topics: name each that may be seen");
	return expose_check(x, &why) == 0
	    ? 0
	    : conf_err(check_line(n, "topics"), e, "%s", why.text);
}

typedef int
check_fn(const struct ocpp_settings *, conf_node *root, struct err *);

int
ocpp_doc_check(const struct ocpp_settings *s, conf_node *root, struct err *e)
{
	static check_fn *const checks[] = { check_listeners, check_common_csms,
		check_classes, check_who, check_backends, check_rules,
		check_limits, check_mirror, check_exposed };

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i](s, root, e) == -1)
			return -1;
	return 0;
}
