/* SPDX-License-Identifier: MIT */
/*
 * Which line wins, by the rules of sshd_config(5): the first value outside
 * Match; a Match block over that; and a few keywords whose lines add up. The
 * rules do not need the values to be understood, only to be compared, so what
 * a Match block says about one of our keywords has to be the same or is
 * refused, harmless or not: there is then nothing to argue about.
 */
#include <errno.h>
#include <string.h>

#include "dropin.h"
#include "effective.h"

/* Lines of these add up instead of the first one winning. */
static const char *const adding[] = { "port", "allowusers", "allowgroups" };

static bool
adds_up(const char *word)
{
	for (size_t i = 0; i < sizeof(adding) / sizeof(*adding); i++)
		if (strcmp(adding[i], word) == 0)
			return true;
	return false;
}

static bool
same(const struct directive *a, const struct directive *b)
{
	return strcmp(a->args, b->args) == 0;
}

static bool
from_dropin(const struct directive *d)
{
	return strcmp(d->file, DROPIN_PATH) == 0;
}

/* The drop-in on disk is the artifact, line for line, or is not there. */
static int
unchanged(
    const struct sshd_conf *unit, const struct sshd_conf *dropin, struct err *e)
{
	const struct directive *ours = dropin->first;
	bool seen = false;

	for (const struct directive *d = unit->first; d != NULL; d = d->next) {
		if (!from_dropin(d))
			continue;
		seen = true;
		if (ours == NULL || strcmp(ours->word, d->word) != 0 ||
		    !same(ours, d))
			return err_set(e, EPERM,
			    "%s:%u: %s %.80s was not written by Ingot; apply "
			    "the snapshot again",
			    d->file, d->line, d->word, d->args);
		ours = ours->next;
	}
	if (seen && ours != NULL)
		return err_set(e, EPERM,
		    DROPIN_PATH ": %s is missing; apply the snapshot again",
		    ours->word);
	return 0;
}

static int
one_match(const struct directive *d, struct err *e)
{
	if (from_dropin(d))
		return err_set(e, EPERM,
		    DROPIN_PATH " is included within a Match block; include "
				"it at the top of " SSHD_CONFIG_PATH);
	return err_set(e, EPERM,
	    "%s:%u: a Match block sets %s %.80s; remove it", d->file, d->line,
	    d->word, d->args);
}

/* d is a line of the unit for the keyword of ours; first: none before it. */
static int
one_line(const struct directive *d, const struct directive *ours, bool first,
    struct err *e)
{
	if (d->match && (from_dropin(d) || !same(d, ours)))
		return one_match(d, e);
	if (same(d, ours) || (!first && !adds_up(d->word)))
		return 0;
	return err_set(e, EPERM, "%s:%u: %s %.80s %s the drop-in's; remove it",
	    d->file, d->line, d->word, d->args,
	    first ? "comes before" : "adds to");
}

static int
one_keyword(
    const struct sshd_conf *unit, const struct directive *ours, struct err *e)
{
	bool first = true, found = false;

	for (const struct directive *d = unit->first; d != NULL; d = d->next) {
		if (strcmp(d->word, ours->word) != 0)
			continue;
		if (one_line(d, ours, first, e) == -1)
			return -1;
		first = first && d->match;
		found = found || (!d->match && from_dropin(d));
	}
	if (!found)
		return err_set(e, ENOENT,
		    SSHD_CONFIG_PATH " does not include " DROPIN_PATH
				     " (%s); put \"Include "
				     "/etc/ssh/sshd_config.d/*.conf\" at its "
				     "top",
		    ours->word);
	return 0;
}

int
effective_holds(
    const struct sshd_conf *unit, const struct sshd_conf *dropin, struct err *e)
{
	if (unchanged(unit, dropin, e) == -1)
		return -1;
	for (const struct directive *d = dropin->first; d != NULL; d = d->next)
		if (one_keyword(unit, d, e) == -1)
			return -1;
	return 0;
}
