/* SPDX-License-Identifier: MIT */
/*
 * A plugin's policy: found, its users and groups looked up, and asked. The
 * reading of the keys is in grants_parse.c. Nothing is granted by default; a
 * plugin that would run as root is refused here and again in the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "file.h"
#include "grants.h"
#include "own.h"

#define PRINT_MIN 24 /* hexadecimal digits that name a certificate */

static int
find_user(const char *name, uid_t *uid, gid_t *gid, struct err *e)
{
	const struct passwd *pw;

	errno = 0;
	/* cppcheck-suppress getpwnamCalled ; the agent has one thread */
	if ((pw = getpwnam(name)) == NULL)
		return err_set(e, errno, "no user \"%s\" on this unit", name);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

static int
find_group(const char *name, gid_t *gid, struct err *e)
{
	const struct group *gr;

	errno = 0;
	/* cppcheck-suppress getgrnamCalled ; the agent has one thread */
	if ((gr = getgrnam(name)) == NULL)
		return err_set(e, errno, "no group \"%s\" on this unit", name);
	*gid = gr->gr_gid;
	return 0;
}

static int
resolve(struct grants *p, struct err *e)
{
	gid_t unused;

	if (find_user(p->user, &p->spec.uid, &p->spec.gid, e) == -1)
		return -1;
	if (p->spec.uid == 0 || p->spec.gid == 0)
		return err_set(e, EPERM,
		    "user \"%s\" is root; give the plugin one of its own",
		    p->user);
	for (size_t i = 0; p->groups[i] != NULL; i++)
		if (find_group(p->groups[i], &p->spec.groups[i], e) == -1)
			return -1;
	for (struct grant_install *s = p->install; s->name != NULL; s++)
		if (find_user(s->owner, &s->uid, &unused, e) == -1 ||
		    find_group(s->group, &s->gid, e) == -1)
			return err_in(e, "install %s", s->name);
	return 0;
}

/* The owner's file, else the shipped one; where receives its path. */
static int
find(const struct settings *s, const char *plugin, char where[static PATH_MAX],
    struct bytes *text, struct err *e)
{
	const char *const dirs[] = { s->policy_dir, s->shipped_dir };

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
		    where, PATH_MAX, "%s/plugins/%s.conf", dirs[i], plugin);
		if (file_read(AT_FDCWD, where, CONF_SIZE_MAX, text, e) == 0)
			return 0;
		if (e->code != ENOENT)
			return -1;
	}
	return err_set(e, ENOENT,
	    "no policy for plugin %s: write %s/plugins/%s.conf", plugin,
	    s->policy_dir, plugin);
}

struct grants *
grants_read(const struct settings *s, const char *plugin, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char where[PATH_MAX];
	struct grants *p;

	if (find(s, plugin, where, &text, e) == -1 ||
	    (p = grants_parse(plugin, where, text.p, text.len, e)) == NULL)
		return NULL;
	if (resolve(p, e) == 0)
		return p;
	(void)err_in(e, "%s", where);
	grants_free(p);
	return NULL;
}

void
grants_free(struct grants *p)
{
	if (p == NULL)
		return;
	if (p->conf != NULL)
		conf_free(p->conf);
	free(p->conf);
	free(p);
}

const struct grant_install *
grants_install(const struct grants *p, const char *name)
{
	for (const struct grant_install *s = p->install; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const struct grant_reload *
grants_reload(const struct grants *p, const char *name)
{
	for (const struct grant_reload *s = p->reload; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

bool
grants_may_ask(const struct grants *p, const char *plugin, const char *verb)
{
	size_t n = strlen(plugin);

	for (size_t i = 0; p->ask[i] != NULL; i++)
		if (strncmp(p->ask[i], plugin, n) == 0 && p->ask[i][n] == '.' &&
		    strcmp(p->ask[i] + n + 1, verb) == 0)
			return true;
	return false;
}

/* ".4f2a91c0...": one certificate's key among those of a purpose. */
static bool
is_print(const char *behind)
{
	return *behind == '.' && strlen(behind + 1) >= PRINT_MIN &&
	    behind[1 + strspn(behind + 1, "0123456789abcdef")] == '\0';
}

bool
grants_may_sign(const struct grants *p, const char *purpose)
{
	size_t n;

	for (size_t i = 0; p->sign[i] != NULL; i++) {
		n = strlen(p->sign[i]);
		if (strncmp(p->sign[i], purpose, n) == 0 &&
		    (purpose[n] == '\0' || is_print(purpose + n)))
			return true;
	}
	return false;
}

bool
grants_circumstance(const struct grants *p, const char *finding)
{
	for (size_t i = 0; p->circumstances[i] != NULL; i++)
		if (strcmp(p->circumstances[i], finding) == 0)
			return true;
	return false;
}
