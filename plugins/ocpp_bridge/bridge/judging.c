/* SPDX-License-Identifier: MIT */
/*
 * Asked for every frame, so cheap things first: bits, then the action, then the
 * pattern. From the last rule backwards, the first that fits is the answer.
 */
#include <string.h>

#include "judging.h"
#include "who.h"

static bool
fits(const struct ocpp_rule *r, unsigned version, unsigned way,
    const char *identity, struct span action)
{
	if ((r->versions & version) == 0 || (r->ways & way) == 0)
		return false;
	if (r->action != NULL &&
	    (strlen(r->action) != action.len ||
		memcmp(r->action, action.p, action.len) != 0))
		return false;
	return r->charger == NULL || who_matches(r->charger, identity);
}

enum ocpp_judging
judging_of(const struct ocpp_settings *s, enum ocpp_version version,
    enum ocpp_way way, const char *identity, struct span action)
{
	for (size_t i = s->nrules; i-- > 0;)
		if (fits(&s->rules[i], 1u << version, 1u << way, identity,
			action))
			return s->rules[i].judging;
	return OCPP_WARN;
}
