/* SPDX-License-Identifier: MIT */
/*
 * The keys of a plugin's policy. One table says which keys there are and who
 * reads each; paths must be absolute and without "..", names short and plain,
 * so what is written is what is granted.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "grants.h"
#include "plugin.h"

#define COUNT(table)  (sizeof(table) / sizeof(*(table)))
#define SPEC_LIST_END (SPEC_LIST_MAX - 1) /* the last is NULL or 0 */

static const struct {
	const char *name;
	uint32_t bit;
} needs[] = {
	{ "INSTALL", INGOT_NEED_INSTALL },
	{ "SIGN", INGOT_NEED_SIGN },
	{ "RELOAD", INGOT_NEED_RELOAD },
	{ "TPM", INGOT_NEED_TPM },
	{ "NET_ADMIN", INGOT_NEED_NET_ADMIN },
	{ "NETWORK", INGOT_NEED_NETWORK },
	{ "STATE", INGOT_NEED_STATE },
};

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },
	{ "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
	{ "TERM", SIGTERM },
};

uint32_t
grants_need(const char *name)
{
	for (size_t i = 0; i < COUNT(needs); i++)
		if (strcmp(needs[i].name, name) == 0)
			return needs[i].bit;
	return 0;
}

const char *
grants_need_name(uint32_t bits)
{
	for (size_t i = 0; i < COUNT(needs); i++)
		if ((needs[i].bit & bits) != 0)
			return needs[i].name;
	return NULL;
}

static int
check_name(conf_node *n, const char *text, struct err *e)
{
	size_t len = strspn(text,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (len > 0 && text[len] == '\0')
		return 0;
	return conf_err(
	    n, e, "\"%s\" is no name: letters, digits, . _ -", text);
}

static int
check_path(conf_node *n, const char *text, struct err *e)
{
	size_t len = strlen(text);
	bool up = strstr(text, "/../") != NULL ||
	    (len >= 3 && strcmp(text + len - 3, "/..") == 0);

	if (*text == '/' && !up)
		return 0;
	return conf_err(
	    n, e, "\"%s\" must be an absolute path without ..", text);
}

typedef int check_fn(conf_node *, const char *, struct err *);

/* A required text of a group. */
static int
need_text(conf_node *group, const char *key, size_t max, check_fn *check,
    const char **out, struct err *e)
{
	if (conf_str(group, key, max, out, e) == -1)
		return -1;
	return check(conf_get(group, key), *out, e);
}

/* Reads the whole list of texts at key into out, which has room for max. */
static int
texts(conf_node *group, const char *key, size_t max, check_fn *check,
    const char **out, struct err *e)
{
	conf_node *list;

	if (conf_list(group, key, max, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		conf_node *n = conf_at(list, i);

		if (conf_text(n, PATH_MAX - 1, &out[i], e) == -1 ||
		    (check != NULL && check(n, out[i], e) == -1))
			return -1;
	}
	return 0;
}

static int
ports(conf_node *root, const char *key, uint16_t *out, struct err *e)
{
	conf_node *list;

	if (conf_list(root, key, SPEC_LIST_END, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		conf_node *n = conf_at(list, i);
		int port = config_setting_get_int(n);

		if (config_setting_type(n) != CONFIG_TYPE_INT || port < 1 ||
		    port > 65535)
			return conf_err(n, e, "%s: a port is 1 to 65535", key);
		out[i] = (uint16_t)port;
	}
	return 0;
}

static int
read_identity(struct grants *p, conf_node *root, struct err *e)
{
	(void)snprintf(p->usual_file, sizeof(p->usual_file), "%s.so", p->name);
	if (conf_str_or(root, "file", NAME_MAX, p->usual_file, &p->file, e) ==
		-1 ||
	    check_name(conf_get(root, "file"), p->file, e) == -1 ||
	    need_text(root, "user", 32, check_name, &p->user, e) == -1)
		return -1;
	return texts(root, "groups", SPEC_LIST_END, check_name, p->groups, e);
}

static int
read_needs(struct grants *p, conf_node *root, struct err *e)
{
	const char *names[COUNT(needs)] = { NULL };

	if (texts(root, "needs", COUNT(needs), check_name, names, e) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(names) && names[i] != NULL; i++) {
		if (grants_need(names[i]) == 0)
			return conf_err(conf_get(root, "needs"), e,
			    "no plugin can need \"%s\"", names[i]);
		p->spec.granted |= grants_need(names[i]);
	}
	return 0;
}

static int
read_limits(struct grants *p, conf_node *root, struct err *e)
{
	int64_t mb, n;

	if (conf_int_or(root, "late_ms", 10, 600000, 10000, &p->late_ms, e) ==
		-1 ||
	    conf_int_or(root, "memory_mb", 8, 4096, 64, &mb, e) == -1)
		return -1;
	p->spec.memory_mb = (unsigned)mb;
	if (conf_int_or(root, "descriptors", 64, 65536, 0, &n, e) == -1)
		return -1;
	p->spec.descriptors = (unsigned)n;
	return 0;
}

static int
read_reach(struct grants *p, conf_node *root, struct err *e)
{
	const size_t max = SPEC_LIST_END;
	bool unix_sockets;

	if (texts(root, "read", max, check_path, p->spec.read, e) == -1 ||
	    texts(root, "write", max, check_path, p->spec.write, e) == -1 ||
	    ports(root, "connect", p->spec.connect, e) == -1 ||
	    ports(root, "bind", p->spec.bind, e) == -1)
		return -1;
	if (conf_bool_or(root, "unix", false, &unix_sockets, e) == -1)
		return -1;
	p->spec.unix_sockets = unix_sockets;
	return 0;
}

static int
read_hand(struct grants *p, conf_node *root, struct err *e)
{
	static const char *const known[] = { "name", "path", NULL };
	conf_node *list;

	if (conf_list(root, "hand", SPEC_LIST_END, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++) {
		conf_node *n = conf_at(list, i);
		struct grant_hand *h = &p->hand[i];

		if (conf_known(n, known, e) == -1 ||
		    need_text(n, "name", INGOT_NAME_MAX, check_name, &h->name,
			e) == -1 ||
		    need_text(
			n, "path", PATH_MAX - 1, check_path, &h->path, e) == -1)
			return -1;
		p->spec.hand[i] = h->name;
	}
	return 0;
}

/* "0640": octal, at least readable by its owner, no set-id bits. */
static int
read_mode(conf_node *group, mode_t *out, struct err *e)
{
	const char *text;
	unsigned long mode;
	char *end;

	if (conf_str_or(group, "mode", 4, "0600", &text, e) == -1)
		return -1;
	mode = strtoul(text, &end, 8);
	if (*end != '\0' || strlen(text) < 3 || *text == '-' ||
	    (mode & 0400) == 0 || (mode & ~0777ul) != 0 || (mode & 0002) != 0)
		return conf_err(conf_get(group, "mode"), e,
		    "mode \"%s\": octal like \"0640\", not for all to write",
		    text);
	*out = (mode_t)mode;
	return 0;
}

static int
read_slot(struct grant_install *s, conf_node *n, struct err *e)
{
	static const char *const known[] = { "name", "path", "mode", "owner",
		"group", NULL };

	if (conf_known(n, known, e) == -1 ||
	    need_text(n, "path", PATH_MAX - 1, check_path, &s->path, e) == -1 ||
	    conf_str_or(n, "owner", 32, "root", &s->owner, e) == -1 ||
	    conf_str_or(n, "group", 32, "root", &s->group, e) == -1 ||
	    read_mode(n, &s->mode, e) == -1)
		return -1;
	return need_text(n, "name", INGOT_NAME_MAX, check_name, &s->name, e);
}

static int
read_install(struct grants *p, conf_node *root, struct err *e)
{
	conf_node *list;

	if (conf_list(root, "install", GRANTS_LIST, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++)
		if (read_slot(&p->install[i], conf_at(list, i), e) == -1)
			return -1;
	return 0;
}

static int
read_signal(conf_node *group, int *out, struct err *e)
{
	const char *name;

	if (conf_str_or(group, "signal", 16, "HUP", &name, e) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(signals); i++)
		if (strcmp(signals[i].name, name) == 0) {
			*out = signals[i].number;
			return 0;
		}
	return conf_err(conf_get(group, "signal"), e,
	    "signal \"%s\": HUP, USR1, USR2 or TERM", name);
}

/* A service that the agent starts and ends. */
static int
read_kept(struct grant_reload *s, conf_node *n, struct err *e)
{
	static const char *const known[] = { "name", "run", "config", NULL };

	if (conf_known(n, known, e) == -1 ||
	    texts(n, "run", GRANTS_WORDS, NULL, s->run, e) == -1 ||
	    need_text(n, "config", PATH_MAX - 1, check_path, &s->config, e) ==
		-1)
		return -1;
	if (s->run[0] == NULL)
		return conf_err(n, e, "run is empty: a command is wanted");
	if (check_path(conf_get(n, "run"), s->run[0], e) == -1)
		return -1;
	return need_text(n, "name", INGOT_NAME_MAX, check_name, &s->name, e);
}

static int
read_service(struct grant_reload *s, conf_node *n, struct err *e)
{
	static const char *const known[] = { "name", "check", "pidfile", "exe",
		"signal", NULL };

	if (conf_get(n, "run") != NULL)
		return read_kept(s, n, e);
	if (conf_known(n, known, e) == -1 ||
	    texts(n, "check", GRANTS_WORDS, NULL, s->check, e) == -1 ||
	    need_text(n, "pidfile", PATH_MAX - 1, check_path, &s->pidfile, e) ==
		-1 ||
	    conf_str_or(n, "exe", PATH_MAX - 1, NULL, &s->exe, e) == -1 ||
	    read_signal(n, &s->signal, e) == -1)
		return -1;
	if (s->check[0] != NULL &&
	    check_path(conf_get(n, "check"), s->check[0], e) == -1)
		return -1;
	if (s->exe != NULL && check_path(conf_get(n, "exe"), s->exe, e) == -1)
		return -1;
	return need_text(n, "name", INGOT_NAME_MAX, check_name, &s->name, e);
}

static int
read_reload(struct grants *p, conf_node *root, struct err *e)
{
	conf_node *list;

	if (conf_list(root, "reload", GRANTS_LIST, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(list); i++)
		if (read_service(&p->reload[i], conf_at(list, i), e) == -1)
			return -1;
	return 0;
}

static int
check_pair(conf_node *n, const char *text, struct err *e)
{
	const char *dot = strchr(text, '.');

	if (dot != NULL && dot > text && dot[1] != '\0')
		return check_name(n, text, e);
	return conf_err(n, e, "\"%s\" must be \"plugin.verb\"", text);
}

static int
read_talk(struct grants *p, conf_node *root, struct err *e)
{
	if (texts(root, "ask", GRANTS_LIST, check_pair, p->ask, e) == -1)
		return -1;
	if (texts(root, "sign", GRANTS_LIST, check_name, p->sign, e) == -1)
		return -1;
	return texts(root, "circumstances", GRANTS_LIST, check_pair,
	    p->circumstances, e);
}

typedef int read_fn(struct grants *, conf_node *, struct err *);
static read_fn *const parts[] = { read_identity, read_needs, read_limits,
	read_reach, read_hand, read_install, read_reload, read_talk };

static const char *const known_keys[] = { "file", "user", "groups", "needs",
	"late_ms", "memory_mb", "descriptors", "read", "write", "connect",
	"bind", "hand", "unix", "install", "reload", "ask", "sign",
	"circumstances", NULL };

static int
read_all(struct grants *p, struct err *e)
{
	conf_node *root = conf_root(p->conf);

	if (conf_known(root, known_keys, e) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i](p, root, e) == -1)
			return -1;
	return 0;
}

struct grants *
grants_parse(const char *plugin, const char *name, const char *text, size_t len,
    struct err *e)
{
	struct grants *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->conf = calloc(1, sizeof(*p->conf))) == NULL) {
		(void)err_sys(e, "policy of %s", plugin);
		free(p);
		return NULL;
	}
	(void)snprintf(p->name, sizeof(p->name), "%s", plugin);
	if (conf_parse(p->conf, name, text, len, e) == 0 &&
	    read_all(p, e) == 0 && sha256(text, len, p->hash, e) == 0)
		return p;
	grants_free(p);
	return NULL;
}
