/* SPDX-License-Identifier: MIT */
/*
 * The production policy: read, and asked what it requires. One that can not be
 * read is an error, never an empty one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "own.h"
#include "snapshot.h"
#include "verdict.h"

/* A zero ends the list, which is why it is no port. */
static int
read_ports(conf_node *root, const char *key, uint16_t *out, struct err *e)
{
	conf_node *list;
	int port;

	if (conf_list(root, key, VERDICT_LIST_MAX, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		port = config_setting_get_int(conf_at(list, i));
		if (port < 1 || port > 65535)
			return conf_err(conf_at(list, i), e,
			    "\"%s\": a port is 1 to 65535", key);
		out[i] = (uint16_t)port;
	}
	return 0;
}

static int
read_ids(conf_node *root, const char *key, const char **out, struct err *e)
{
	conf_node *list;

	if (conf_list(root, key, VERDICT_LIST_MAX, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++)
		if (conf_text(
			conf_at(list, i), SNAPSHOT_NAME_MAX, &out[i], e) == -1)
			return -1;
	return 0;
}

static int
parse(struct verdict_policy *p, struct err *e)
{
	static const char *const known[] = { "required", "if_present",
		"forbidden_ports", "local_ports", "allow_software_key", NULL };
	conf_node *root = conf_root(&p->file);

	if (conf_known(root, known, e) == -1 ||
	    read_ids(root, "required", p->required, e) == -1 ||
	    read_ids(root, "if_present", p->if_present, e) == -1)
		return -1;
	/* It would call every unit good. */
	if (p->required[0] == NULL)
		return conf_err(root, e, "\"required\" names no finding");
	if (read_ports(root, "forbidden_ports", p->forbidden, e) == -1 ||
	    read_ports(root, "local_ports", p->local, e) == -1)
		return -1;
	return conf_bool_or(
	    root, "allow_software_key", false, &p->allow_software_key, e);
}

int
verdict_policy_read(
    struct verdict_policy *p, const struct settings *s, struct err *e)
{
	const char *const dirs[] = { s->policy_dir, s->shipped_dir };
	char path[512];

	memset(p, 0, sizeof(*p));
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/" VERDICT_POLICY, dirs[i]);
		/* The owner's takes the place of the shipped one as a whole,
		 * and also when it can not be read: of two halves nobody
		 * could say what is required. */
		if (access(path, F_OK) == -1 && errno == ENOENT)
			continue;
		if (conf_read(&p->file, path, e) == -1)
			return -1;
		return parse(p, e);
	}
	return err_set(e, ENOENT, "there is no " VERDICT_POLICY " in %s or %s",
	    s->policy_dir, s->shipped_dir);
}

void
verdict_policy_free(struct verdict_policy *p)
{
	conf_free(&p->file);
}

/* The id of an entry ends where " by PLUGIN" begins. */
static size_t
pattern_len(const char *pattern)
{
	const char *by = strstr(pattern, VERDICT_BY);

	return by == NULL ? strlen(pattern) : (size_t)(by - pattern);
}

/* "ssh.*" is every id that begins so; anything else is itself. */
bool
verdict_matches(const char *pattern, const char *id)
{
	size_t n = pattern_len(pattern);

	if (n > 1 && strncmp(pattern + n - 2, ".*", 2) == 0)
		return strncmp(pattern, id, n - 1) == 0;
	return strlen(id) == n && strncmp(pattern, id, n) == 0;
}

bool
verdict_requires(const struct verdict_policy *p, const char *id)
{
	for (size_t i = 0; p->required[i] != NULL; i++)
		if (verdict_matches(p->required[i], id))
			return true;
	for (size_t i = 0; p->if_present[i] != NULL; i++)
		if (verdict_matches(p->if_present[i], id))
			return true;
	return false;
}

/* Not readable: what it would say is not known, and nothing is excused. */
bool
verdict_insists(const struct agent *agent, const char *id)
{
	own_verdict_policy struct verdict_policy p;
	struct err e;

	return verdict_policy_read(&p, &agent->settings, &e) == -1 ||
	    verdict_requires(&p, id);
}
