/* SPDX-License-Identifier: MIT */
/*
 * ingot.conf. Two tables, one of texts and one of numbers, say every key, its
 * default and its limits; the plugin list is the only key with a shape of its
 * own. Paths must be absolute: the agent's working folder is no promise.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

#define PATH_LIMIT 200 /* leaves room for names below, also in sun_path */
#define HOUR_MS    3600000

struct text_key {
	const char *name;
	const char *otherwise;
	size_t offset;
	bool path;
	bool fixed; /* not to be changed by a reload */
	bool empty; /* may be */
};

#define TEXT(field) #field, .offset = offsetof(struct settings, field)

static const struct text_key texts[] = {
	/* clang-format off */
	{ TEXT(state_dir),   .otherwise = "/var/lib/ingot", .path = true, .fixed = true },
	{ TEXT(run_dir),     .otherwise = "/run/ingot", .path = true, .fixed = true },
	{ TEXT(log_dir),     .otherwise = "/var/log/ingot", .path = true, .fixed = true },
	{ TEXT(policy_dir),  .otherwise = "/etc/ingot/policies", .path = true },
	{ TEXT(shipped_dir), .otherwise = "/usr/share/ingot/policies", .path = true },
	{ TEXT(plugin_dir),  .otherwise = "/usr/lib/ingot/plugins", .path = true },
	{ TEXT(libexec_dir), .otherwise = "/usr/libexec/ingot", .path = true },
	{ TEXT(anchors),     .otherwise = "/etc/ingot/maker-ca.pem", .path = true },
	{ TEXT(bundle_cert), .otherwise = "/etc/ingot/bundle.pem", .path = true },
	{ TEXT(bundle_key),  .otherwise = "", .path = true, .empty = true },
	{ TEXT(unit_file),   .otherwise = "/etc/ingot/unit.conf", .path = true },
	{ TEXT(unpack_user), .otherwise = "ingot" },
	{ TEXT(group),	     .otherwise = "ingot" },
	{ TEXT(reset_root),  .otherwise = "", .path = true, .empty = true },
	{ TEXT(package_root), .otherwise = "/", .path = true, .fixed = true },
	{ TEXT(dpkg),	     .otherwise = "/usr/bin/dpkg", .path = true },
	{ TEXT(opkg),	     .otherwise = "/bin/opkg", .path = true },
	/* clang-format on */
};

struct number_key {
	const char *name;
	int64_t min, max, otherwise;
	size_t offset;
};

static const struct number_key numbers[] = {
	{ TEXT(confirm_s), .min = 0, .max = 86400, .otherwise = 120 },
	{ TEXT(backoff_ms), .min = 1, .max = 60000, .otherwise = 1000 },
	{ TEXT(quick_ms), .min = 0, .max = HOUR_MS, .otherwise = 10000 },
	{ TEXT(stop_ms), .min = 10, .max = 60000, .otherwise = 2000 },
	{ TEXT(check_ms), .min = 10, .max = 600000, .otherwise = 10000 },
	{ TEXT(package_s), .min = 1, .max = 86400, .otherwise = 900 },
};

struct flag_key {
	const char *name;
	bool otherwise;
	size_t offset;
};

static const struct flag_key flags[] = {
	{ TEXT(unsigned_bundles), .otherwise = false },
	{ TEXT(unsigned_plugins), .otherwise = true },
	{ TEXT(log_json), .otherwise = false },
};

static const char *const known[] = { "state_dir", "run_dir", "log_dir",
	"policy_dir", "shipped_dir", "plugin_dir", "libexec_dir", "anchors",
	"bundle_cert", "bundle_key", "unit_file", "unpack_user", "group",
	"reset_root", "plugins", "confirm_s", "unsigned_bundles",
	"unsigned_plugins", "log_json", "backoff_ms", "quick_ms", "stop_ms",
	"check_ms", "package_root", "dpkg", "opkg", "package_s", NULL };

/* cert_store before uplink: who signs is there before who asks. */
static const char *const usual_plugins[] = { "firewall_policy", "ssh_hardening",
	"cert_store", "uplink", NULL };

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

_Static_assert(COUNT(texts) + COUNT(numbers) + COUNT(flags) + 2 == COUNT(known),
    "every key stands in exactly one table (plugins and NULL beside them)");

static void *
field(struct settings *s, size_t offset)
{
	return (char *)s + offset;
}

bool
plugin_name_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n <= PLUGIN_NAME_MAX && name[n] == '\0' &&
	    *name >= 'a' && *name <= 'z';
}

static int
read_text(struct settings *s, conf_node *root, const struct text_key *k,
    struct err *e)
{
	const char **out = field(s, k->offset);

	if (conf_str_or(root, k->name, PATH_LIMIT, k->otherwise, out, e) == -1)
		return -1;
	if (**out == '\0' && k->empty)
		return 0;
	if (**out == '\0' || (k->path && **out != '/'))
		return conf_err(conf_get(root, k->name), e, "%s must be %s",
		    k->name, k->path ? "an absolute path" : "a name");
	return 0;
}

static int
read_values(struct settings *s, conf_node *root, struct err *e)
{
	for (size_t i = 0; i < COUNT(texts); i++)
		if (read_text(s, root, &texts[i], e) == -1)
			return -1;
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (conf_int_or(root, numbers[i].name, numbers[i].min,
			numbers[i].max, numbers[i].otherwise,
			field(s, numbers[i].offset), e) == -1)
			return -1;
	for (size_t i = 0; i < COUNT(flags); i++)
		if (conf_bool_or(root, flags[i].name, flags[i].otherwise,
			field(s, flags[i].offset), e) == -1)
			return -1;
	return 0;
}

static int
add_plugin(struct settings *s, size_t i, conf_node *n, struct err *e)
{
	if (conf_text(n, PLUGIN_NAME_MAX, &s->plugins[i], e) == -1)
		return -1;
	if (!plugin_name_ok(s->plugins[i]))
		return conf_err(n, e,
		    "\"%s\" is no plugin name: a-z, 0-9, _ and at most %d",
		    s->plugins[i], PLUGIN_NAME_MAX);
	for (size_t j = 0; j < i; j++)
		if (strcmp(s->plugins[i], s->plugins[j]) == 0)
			return conf_err(
			    n, e, "plugin %s stands here twice", s->plugins[i]);
	return 0;
}

static int
read_plugins(struct settings *s, conf_node *root, struct err *e)
{
	conf_node *list;

	if (conf_list(root, "plugins", SETTINGS_PLUGINS, &list, e) == -1)
		return -1;
	if (list == NULL)
		memcpy(s->plugins, usual_plugins, sizeof(usual_plugins));
	for (size_t i = 0; i < conf_len(list); i++)
		if (add_plugin(s, i, conf_at(list, i), e) == -1)
			return -1;
	return 0;
}

static int
read_all(struct settings *s, struct err *e)
{
	conf_node *root = conf_root(s->file);

	if (conf_known(root, known, e) == 0 && read_values(s, root, e) == 0 &&
	    read_plugins(s, root, e) == 0)
		return 0;
	settings_free(s);
	return -1;
}

static int
begin(struct settings *s, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->file = calloc(1, sizeof(*s->file));
	return s->file == NULL ? err_sys(e, "settings") : 0;
}

int
settings_parse(struct settings *s, const char *name, const char *text,
    size_t len, struct err *e)
{
	if (begin(s, e) == -1)
		return -1;
	if (conf_parse(s->file, name, text, len, e) == -1) {
		settings_free(s);
		return -1;
	}
	return read_all(s, e);
}

int
settings_read(struct settings *s, const char *path, struct err *e)
{
	if (begin(s, e) == -1)
		return -1;
	if (conf_read(s->file, path, e) == 0)
		return read_all(s, e);
	settings_free(s);
	if (e->code == ENOENT && access(path, F_OK) == -1)
		return settings_parse(s, path, "", 0, e);
	return -1;
}

void
settings_free(struct settings *s)
{
	if (s->file != NULL)
		conf_free(s->file);
	free(s->file);
	memset(s, 0, sizeof(*s));
}

const char *
settings_fixed(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *const *old =
		    (const void *)((const char *)a + texts[i].offset);
		const char *const *new =
		    (const void *)((const char *)b + texts[i].offset);

		if (texts[i].fixed && strcmp(*old, *new) != 0)
			return texts[i].name;
	}
	return NULL;
}
