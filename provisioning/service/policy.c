/* SPDX-License-Identifier: MIT */
/*
 * Topics are taken apart once and compared part by part; no pattern language,
 * so nothing in a serial can be read as a wildcard. A kind is a word of
 * lower-case letters, digits and '-'.
 */
#include <string.h>

#include "policy.h"

#define TOPIC_MAX 256
#define KIND_MAX  32

struct topic {
	char kind[KIND_MAX + 1];
	char unit[WIRE_NAME_MAX + 1];
	const char *rest;
};

enum whose {
	OWN,
	ANY_UNIT
};

struct grant {
	const char *kind, *rest; /* NULL: any */
	enum whose whose;
};

/* clang-format off */
static const struct grant grants[POLICY_ROLES][POLICY_ACTS][2] = {
	[POLICY_CLAIM] = {
		[POLICY_WRITE]	   = { { "enrol", "request", OWN } },
		[POLICY_SUBSCRIBE] = { { "enrol", "reply", OWN } },
		[POLICY_READ]	   = { { "enrol", "reply", OWN } },
	},
	[POLICY_PENDING] = {
		[POLICY_WRITE]	   = { { "enrol", "confirm", OWN } },
		[POLICY_SUBSCRIBE] = { { "enrol", "reply", OWN } },
		[POLICY_READ]	   = { { "enrol", "reply", OWN } },
	},
	[POLICY_UNIT] = {
		[POLICY_WRITE]	   = { { NULL, NULL, OWN } },
		[POLICY_SUBSCRIBE] = { { NULL, NULL, OWN } },
		[POLICY_READ]	   = { { NULL, NULL, OWN } },
	},
	[POLICY_WORKER] = {
		[POLICY_WRITE]	   = { { "enrol", "reply", ANY_UNIT } },
		[POLICY_READ]	   = { { "enrol", "request", ANY_UNIT },
				       { "enrol", "confirm", ANY_UNIT } },
	},
};
/* clang-format on */

static bool
part(const char **p, char *out, size_t max)
{
	size_t n = strcspn(*p, "/");

	if (n == 0 || n > max || (*p)[n] != '/')
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n + 1;
	return true;
}

static bool
parse(const char *text, struct topic *t)
{
	static const char root[] = "ingot/v1/";
	static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char *p = text + sizeof(root) - 1;

	if (strlen(text) > TOPIC_MAX ||
	    strncmp(text, root, sizeof(root) - 1) != 0 ||
	    !part(&p, t->kind, KIND_MAX) || !part(&p, t->unit, WIRE_NAME_MAX))
		return false;
	t->rest = p;
	return t->kind[strspn(t->kind, word)] == '\0' &&
	    wire_serial_ok(t->unit) && p[0] != '\0';
}

/* Below the unit's own level a subscription may hold wildcards; a message
 * never does, and the protocol's broker refuses it, too. */
static bool
rest_ok(const char *rest, enum policy_act act)
{
	for (const char *p = rest; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return act == POLICY_SUBSCRIBE || strpbrk(rest, "+#") == NULL;
}

static bool
matches(const struct grant *g, const struct topic *t, const char *unit)
{
	return (g->kind == NULL || strcmp(g->kind, t->kind) == 0) &&
	    (g->rest == NULL || strcmp(g->rest, t->rest) == 0) &&
	    (g->whose == ANY_UNIT || strcmp(unit, t->unit) == 0);
}

static bool
empty(const struct grant *g)
{
	return g->kind == NULL && g->rest == NULL && g->whose == OWN;
}

/* The one thing in a unit's own tree that it may not write: an answer to
 * itself. */
static bool
forged(enum policy_role role, enum policy_act act, const struct topic *t)
{
	return role == POLICY_UNIT && act == POLICY_WRITE &&
	    strcmp(t->kind, "enrol") == 0 && strcmp(t->rest, "request") != 0 &&
	    strcmp(t->rest, "confirm") != 0;
}

bool
policy_may(enum policy_role role, const char *unit, enum policy_act act,
    const char *topic)
{
	const struct grant *g = grants[role][act];
	struct topic t;

	if (role == POLICY_WORKER && act == POLICY_SUBSCRIBE)
		return strcmp(topic, WIRE_REQUESTS) == 0 ||
		    strcmp(topic, WIRE_CONFIRMS) == 0;
	if (role == POLICY_NOBODY || !parse(topic, &t) ||
	    !rest_ok(t.rest, act) || forged(role, act, &t))
		return false;
	if (matches(&g[0], &t, unit))
		return true;
	return !empty(&g[1]) && matches(&g[1], &t, unit);
}

static int
claim_client(const char *id, char unit[static WIRE_NAME_MAX + 1])
{
	const char *p = id + strlen(WIRE_CLAIM_PREFIX);
	size_t n;

	if (strncmp(id, WIRE_CLAIM_PREFIX, strlen(WIRE_CLAIM_PREFIX)) != 0)
		return -1;
	n = strcspn(p, ":");
	if (n == 0 || n > WIRE_NAME_MAX || p[n] != ':' ||
	    strlen(p + n + 1) != 8 ||
	    strspn(p + n + 1, "0123456789abcdef") != 8)
		return -1;
	memcpy(unit, p, n);
	unit[n] = '\0';
	return wire_serial_ok(unit) ? 0 : -1;
}

int
policy_client(enum policy_role role, const char *cn, const char *client_id,
    char unit[static WIRE_NAME_MAX + 1])
{
	size_t n = strlen(cn);

	unit[0] = '\0';
	if (role == POLICY_CLAIM)
		return claim_client(client_id, unit);
	if (role == POLICY_NOBODY || n > WIRE_NAME_MAX ||
	    strncmp(client_id, cn, n) != 0)
		return -1;
	if (role == POLICY_WORKER) {
		const char *p = client_id + n;

		if (*p == ':')
			p += 1 + strspn(p + 1, "0123456789");
		return *p == '\0' && strlen(client_id) <= n + 21 ? 0 : -1;
	}
	memcpy(unit, cn, n + 1);
	return client_id[n] == '\0' && wire_serial_ok(unit) ? 0 : -1;
}
