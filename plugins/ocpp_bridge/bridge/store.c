/* SPDX-License-Identifier: MIT */
/*
 * The messages about transactions that the gateway keeps while the CSMS is
 * away. Nothing is kept yet, so no charge point stays without its CSMS.
 */
#include <stdlib.h>

#include "err.h"
#include "store.h"

const struct pair_handled store_handled[] = {
	{ 0 },
};

struct store {
	const struct ocpp_settings *set;
};

struct store *
store_new(struct bridge *b, struct loop *l, const struct bridge_host *host,
    const struct ocpp_settings *set, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	(void)b;
	(void)l;
	(void)host;
	if (s == NULL)
		(void)err_sys(e, "store");
	else
		s->set = set;
	return s;
}

void
store_serve(struct store *s, const struct ocpp_settings *set)
{
	s->set = set;
}

void
store_free(struct store *s)
{
	free(s);
}

bool
store_mode(const struct pair *p)
{
	(void)p;
	return false;
}

void
store_opened(struct store *s, struct pair *p)
{
	(void)s;
	(void)p;
}

void
store_lost(struct store *s, struct pair *p)
{
	(void)s;
	(void)p;
}

enum pair_do
store_away(
    struct store *s, struct pair *p, const struct frame *f, struct span text)
{
	(void)s;
	(void)p;
	(void)f;
	(void)text;
	return PAIR_TAKEN;
}

void
store_gone(struct store *s, struct pair *p)
{
	(void)s;
	(void)p;
}

void
store_figures(struct store *s, const char *identity, struct queue_figures *f)
{
	(void)s;
	(void)identity;
	*f = (struct queue_figures){ 0 };
}
