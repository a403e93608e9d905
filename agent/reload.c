/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP: the settings and the policies of the plugins are read again. All of
 * the new settings are checked before any of the old go, so a file with an
 * error changes nothing.
 */
#include <errno.h>
#include <string.h>

#include "apply.h"
#include "hosts.h"
#include "reload.h"

static bool
same_plugins(const struct settings *a, const struct settings *b)
{
	size_t i = 0;

	while (a->plugins[i] != NULL && b->plugins[i] != NULL &&
	    strcmp(a->plugins[i], b->plugins[i]) == 0)
		i++;
	return a->plugins[i] == NULL && b->plugins[i] == NULL;
}

static int
read_again(struct agent *agent, const char *config, struct settings *now,
    struct err *e)
{
	const char *fixed;

	if (settings_read(now, config, e) == -1)
		return -1;
	if ((fixed = settings_fixed(&agent->settings, now)) == NULL)
		return 0;
	settings_free(now);
	return err_set(e, EINVAL,
	    "%s: %s can not be changed while the agent runs; restart it",
	    config, fixed);
}

/* The transaction counts plugins by their place in the settings, so it begins
 * anew when those change. */
static int
take_over(struct agent *agent, const struct settings *now,
    struct settings *before, struct err *e)
{
	bool same = same_plugins(&agent->settings, now);

	if (!same)
		apply_stop(agent);
	settings_free(before);
	*before = agent->settings;
	agent->settings = *now;
	if (!same && apply_start(agent, e) == -1)
		return -1;
	return hosts_reload(agent, e);
}

int
reload_settings(struct agent *agent, const char *config,
    struct settings *before, struct err *e)
{
	struct settings now;

	if (read_again(agent, config, &now, e) == -1)
		return -1;
	return take_over(agent, &now, before, e);
}
