/* SPDX-License-Identifier: MIT */
/*
 * Sec-WebSocket-Extensions, as far as permessage-deflate goes: a list of
 * offers, each with parameters (RFC 6455 9.1, RFC 7692 7.1). A quoted value is
 * a token in quotes. An offer with a parameter that is unknown, given twice or
 * out of range is passed over by a server and is an error for a client.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "deflate.h"

const char deflate_offer[] =
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

enum param {
	SERVER_FORGETS,
	CLIENT_FORGETS,
	SERVER_BITS,
	CLIENT_BITS,
	PARAMS
};

static const struct {
	const char *name;
	bool bits;
} params[PARAMS] = {
	[SERVER_FORGETS] = { "server_no_context_takeover", false },
	[CLIENT_FORGETS] = { "client_no_context_takeover", false },
	[SERVER_BITS] = { "server_max_window_bits", true },
	[CLIENT_BITS] = { "client_max_window_bits", true },
};

struct offer {
	bool ours, bad;
	bool has[PARAMS];
	unsigned bits[PARAMS]; /* 0: without a value */
};

static void
blanks(const char **p)
{
	*p += strspn(*p, " \t");
}

/* A token, or 0 bytes. */
static size_t
token(const char **p)
{
	size_t n = strspn(*p,
	    "!#$%&'*+-.^_`|~0123456789"
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	*p += n;
	return n;
}

static bool
is(const char *p, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(p, name, n) == 0;
}

/* 8 to 15 without leading zeros; 0 is none of them. */
static unsigned
window(const char *p, size_t n)
{
	if (n == 1 && (p[0] == '8' || p[0] == '9'))
		return (unsigned)(p[0] - '0');
	if (n == 2 && p[0] == '1' && p[1] >= '0' && p[1] <= '5')
		return 10 + (unsigned)(p[1] - '0');
	return 0;
}

/* "=value" behind a parameter's name, if it is there. */
static void
value(const char **p, struct offer *o, int which)
{
	const char *start;
	bool quoted;
	size_t n;

	blanks(p);
	if (**p != '=')
		return;
	(*p)++;
	blanks(p);
	quoted = **p == '"';
	start = *p += quoted;
	n = token(p);
	if (n == 0 || (quoted && **p != '"'))
		o->bad = true;
	else
		*p += quoted;
	if (which == PARAMS)
		return;
	o->bits[which] = window(start, n);
	o->bad |= !params[which].bits || o->bits[which] == 0;
}

static void
parameter(const char **p, struct offer *o)
{
	const char *name;
	int which = 0;
	size_t n;

	blanks(p);
	name = *p;
	n = token(p);
	while (which < PARAMS && !is(name, n, params[which].name))
		which++;
	o->bad |= n == 0 || which == PARAMS || o->has[which];
	if (which < PARAMS)
		o->has[which] = true;
	if (!o->bad || n > 0)
		value(p, o, which);
	blanks(p);
}

/* One element of the list; p stands behind it and its comma, or at the end. */
static struct offer
next_offer(const char **p)
{
	struct offer o = { 0 };
	const char *name;
	size_t n;

	blanks(p);
	name = *p;
	n = token(p);
	o.ours = is(name, n, "permessage-deflate");
	blanks(p);
	while (**p == ';') {
		(*p)++;
		parameter(p, &o);
	}
	if (**p != '\0' && **p != ',') {
		o.bad = true;
		*p += strcspn(*p, ",");
	}
	*p += **p == ',';
	return o;
}

/* server_max_window_bits without a value means nothing. */
static bool
good(const struct offer *o)
{
	return o->ours && !o->bad &&
	    (!o->has[SERVER_BITS] || o->bits[SERVER_BITS] != 0);
}

void
deflate_choose(const char *offers, struct deflate_terms *t,
    char answer[static DEFLATE_ANSWER_MAX])
{
	struct offer o = { 0 };

	while (*offers != '\0' && !good(&o))
		o = next_offer(&offers);
	if (!good(&o))
		return;
	*t = (struct deflate_terms){ .on = true, .bits = 15 };
	(void)snprintf(answer, DEFLATE_ANSWER_MAX, "%s", deflate_offer);
	if (!o.has[SERVER_BITS])
		return;
	t->bits = o.bits[SERVER_BITS];
	(void)snprintf(answer, DEFLATE_ANSWER_MAX,
	    "%s; server_max_window_bits=%u", deflate_offer, t->bits);
}

int
deflate_agreed(const char *answer, struct deflate_terms *t)
{
	struct offer o = next_offer(&answer);

	/* client_max_window_bits was not offered: it must not be answered. */
	if (*answer != '\0' || t->on || !good(&o) || o.has[CLIENT_BITS])
		return -1;
	*t = (struct deflate_terms){
		.on = true, .keeps = !o.has[SERVER_FORGETS], .bits = 15
	};
	return 0;
}
