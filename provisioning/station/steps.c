/* SPDX-License-Identifier: MIT */
/*
 * The road of one unit, from vanilla to production: the order of the steps,
 * which of them this day wants, how long each may take.
 */
#include <string.h>

#include "work.h"

#define AGAIN "then run the same command again"

/* A unit in production with this snapshot has only its record left to give. */
static bool
is_open(const struct work *w)
{
	return strcmp(w->mode, "production") != 0;
}

static bool
has_packages(const struct work *w)
{
	return is_open(w) && w->job->packages > 0;
}

static bool
has_claim(const struct work *w)
{
	return is_open(w) && w->job->claim_path != NULL;
}

static bool
to_be_locked(const struct work *w)
{
	return is_open(w) && w->job->lock;
}

static bool
has_birth(const struct work *w)
{
	return w->job->lock;
}

/* clang-format off */
const struct step steps[] = {
	{ "connect", work_connect, NULL, 60,
	    "look at the address, the unit's power and its cable, " AGAIN },
	{ "login", step_login, NULL, 60,
	    "look at --user, --identity, ssh-agent or --password-fd, " AGAIN },
	{ "look", step_look, NULL, 60,
	    "take the unit off the line, or give it a vanilla system" },
	{ "copy", step_copy, is_open, 1800,
	    "look at the unit's disk, " AGAIN },
	{ "install", step_install, has_packages, 320,
	    "look at " "/var/lib/ingot-station/install.log on the unit; a "
	    "missing dependency can be given with one more --package" },
	{ "configure", step_configure, is_open, 120,
	    "look at /etc/ingot on the unit, " AGAIN },
	{ "start", step_start, is_open, 90,
	    "look at the agent's log on the unit, " AGAIN },
	{ "apply", step_apply, is_open, 600,
	    "look at \"ingot log\" on the unit, " AGAIN },
	{ "enrol", step_enrol, has_claim, 460,
	    "look at the broker, the provisioning service and the claim "
	    "certificate's end, " AGAIN },
	{ "verdict", step_verdict, is_open, 120,
	    "\"ingot verdict --failed\" on the unit says what to do" },
	{ "lock", step_lock, to_be_locked, 90,
	    "\"ingot verdict --failed\" on the unit says what to do" },
	{ "birth", step_birth, has_birth, 60, AGAIN },
	{ "tidy", step_tidy, NULL, 60, AGAIN },
	{ NULL, NULL, NULL, 0, NULL },
};
