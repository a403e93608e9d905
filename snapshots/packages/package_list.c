/* SPDX-License-Identifier: MIT */
/*
 * packages.json, written and read. Names, versions and files of it become
 * words of a command line on the unit, so each is held to its narrow set of
 * signs here, whoever signed the bundle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "package_list.h"

#define BELOW "packages/"

static const char *const list_keys[] = { "architecture", "ingot", "manager",
	"packages", "release", NULL };
static const char *const release_keys[] = { "id", "version_id", NULL };
static const char *const row_keys[] = { "architecture", "breaks", "conflicts",
	"depends", "file", "name", "origin", "pre_depends", "provides",
	"sha256", "size", "version", NULL };

static const struct {
	const char *key;
	size_t max;
	size_t offset;
} texts[] = {
	{ "name", PACKAGE_NAME_MAX, offsetof(struct package_row, is.name) },
	{ "version", 127, offsetof(struct package_row, is.version) },
	{ "architecture", 31, offsetof(struct package_row, is.arch) },
	{ "origin", 127, offsetof(struct package_row, is.origin) },
	{ "file", SNAPSHOT_PATH_MAX - 1, offsetof(struct package_row, file) },
	{ "sha256", SHA256_HEX - 1, offsetof(struct package_row, sha256) },
	{ "depends", PACKAGE_FIELD_MAX,
	    offsetof(struct package_row, is.depends) },
	{ "pre_depends", PACKAGE_FIELD_MAX,
	    offsetof(struct package_row, is.pre_depends) },
	{ "provides", PACKAGE_FIELD_MAX,
	    offsetof(struct package_row, is.provides) },
	{ "conflicts", PACKAGE_FIELD_MAX,
	    offsetof(struct package_row, is.conflicts) },
	{ "breaks", PACKAGE_FIELD_MAX,
	    offsetof(struct package_row, is.breaks) },
	{ "size", 20, offsetof(struct package_row, is.size) },
};

#define TEXTS (sizeof(texts) / sizeof(*texts))

_Static_assert(TEXTS + 1 == sizeof(row_keys) / sizeof(*row_keys),
    "every key of a row is a text of this table");

static const char **
text_at(const struct package_row *r, size_t i)
{
	return (const char **)(uintptr_t)((const char *)r + texts[i].offset);
}

static int
file_check(const struct package_row *r, struct err *e)
{
	size_t hex = strspn(r->sha256, "0123456789abcdef");

	if (*r->file == '\0' && *r->sha256 == '\0')
		return 0;
	if (strncmp(r->file, BELOW, strlen(BELOW)) != 0 ||
	    snapshot_path_check(r->file, e) == -1)
		return err_set(e, EBADMSG, "%s: \"%.80s\" is no package file",
		    r->is.name, r->file);
	if (hex != SHA256_HEX - 1 || r->sha256[hex] != '\0')
		return err_set(
		    e, EBADMSG, "%s: no hash of its file", r->is.name);
	return 0;
}

static int
row_parse(const json_t *j, struct package_row *r, struct err *e)
{
	r->is.status = r->is.priority = r->is.essential = "";
	r->is.is_protected = r->is.automatic = "";
	if (json_known(j, row_keys, e) == -1)
		return -1;
	for (size_t i = 0; i < TEXTS; i++)
		if (json_str(j, texts[i].key, texts[i].max, text_at(r, i), e) ==
		    -1)
			return -1;
	return package_check(&r->is, e) == -1 ? -1 : file_check(r, e);
}

static int
order(const struct package_row *a, const struct package_row *b)
{
	int rc = strcmp(a->is.name, b->is.name);

	return rc == 0 ? strcmp(a->is.arch, b->is.arch) : rc;
}

static int
rows_parse(struct package_list *l, const json_t *list, struct err *e)
{
	size_t n = json_array_size(list);

	if ((l->rows = calloc(n + 1, sizeof(*l->rows))) == NULL)
		return err_sys(e, "%zu packages", n);
	for (; l->count < n; l->count++) {
		struct package_row *r = &l->rows[l->count];

		if (row_parse(json_array_get(list, l->count), r, e) == -1)
			return err_in(e, "package %zu", l->count + 1);
		if (l->count > 0 && order(r - 1, r) >= 0)
			return err_set(e, EBADMSG,
			    "package %zu: %s is there twice or out of order",
			    l->count + 1, r->is.name);
	}
	return 0;
}

static int
text_into(const json_t *j, const char *key, char out[static 64], struct err *e)
{
	const char *s;

	if (json_str(j, key, 63, &s, e) == -1)
		return -1;
	(void)strcpy(out, s);
	return 0;
}

static int
body_parse(struct package_list *l, struct err *e)
{
	const json_t *release = json_object_get(l->texts, "release");
	const char *manager;
	json_t *list;
	int64_t version;

	if (json_known(l->texts, list_keys, e) == -1 ||
	    json_num(l->texts, "ingot", 1, 1, &version, e) == -1 ||
	    json_str(l->texts, "manager", 4, &manager, e) == -1 ||
	    json_str(l->texts, "architecture", 31, &l->arch, e) == -1 ||
	    json_known(release, release_keys, e) == -1 ||
	    text_into(release, "id", l->release.id, e) == -1 ||
	    text_into(release, "version_id", l->release.version, e) == -1 ||
	    json_array_of(l->texts, "packages", PACKAGE_LIST_MAX, &list, e) ==
		-1)
		return -1;
	l->manager = strcmp(manager, "dpkg") == 0 ? PACKAGES_DPKG
	    : strcmp(manager, "opkg") == 0        ? PACKAGES_OPKG
						  : PACKAGES_NONE;
	if (l->manager == PACKAGES_NONE)
		return err_set(
		    e, EBADMSG, "\"manager\" is neither dpkg nor opkg");
	return rows_parse(l, list, e);
}

int
package_list_parse(
    struct package_list *l, const void *p, size_t len, struct err *e)
{
	memset(l, 0, sizeof(*l));
	l->texts = json_parse(PACKAGE_LIST_FILE, p, len, PACKAGE_LIST_SIZE, e);
	if (l->texts == NULL)
		return -1;
	return body_parse(l, e) == -1 ? err_in(e, PACKAGE_LIST_FILE) : 0;
}

int
package_list_read(struct package_list *l, int dir, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(l, 0, sizeof(*l));
	if (file_read(dir, PACKAGE_LIST_FILE, PACKAGE_LIST_SIZE, &text, e) ==
	    -1)
		return e->code == ENOENT ? 0 : -1;
	if (package_list_parse(l, text.p, text.len, e) == -1)
		return -1;
	return 1;
}

static json_t *
row_json(const struct package_row *r)
{
	json_t *j = json_object();

	for (size_t i = 0; i < TEXTS; i++)
		if (json_object_set_new(
			j, texts[i].key, json_string(*text_at(r, i))) == -1) {
			json_decref(j);
			return NULL;
		}
	return j;
}

int
package_list_write(
    const struct package_list *l, struct bytes *out, struct err *e)
{
	own_json json_t *j = json_pack("{s:i, s:s, s:s, s:{s:s, s:s}, s:[]}",
	    "ingot", 1, "manager", package_manager_name(l->manager),
	    "architecture", l->arch, "release", "id", l->release.id,
	    "version_id", l->release.version, "packages");
	json_t *list = json_object_get(j, "packages");
	own_str char *line = NULL;

	for (size_t i = 0; i < l->count; i++)
		if (json_array_append_new(list, row_json(&l->rows[i])) == -1)
			return err_set(e, EINVAL,
			    "%s: a field of it is no UTF-8",
			    l->rows[i].is.name);
	bytes_free(out);
	if (j == NULL || (line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, PACKAGE_LIST_FILE ": no memory");
	bytes_fmt(out, "%s\n", line);
	if (out->bad || out->len > PACKAGE_LIST_SIZE)
		return err_set(e, EFBIG, PACKAGE_LIST_FILE " is too large");
	return 0;
}

void
package_list_free(struct package_list *l)
{
	free(l->rows);
	json_decref(l->texts);
	memset(l, 0, sizeof(*l));
}

const struct package_row *
package_list_find(
    const struct package_list *l, const char *name, const char *arch)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->rows[i].is.name, name) == 0 &&
		    strcmp(l->rows[i].is.arch, arch) == 0)
			return &l->rows[i];
	return NULL;
}

static bool
is_listed(const struct package_list *l, const char *path)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->rows[i].file, path) == 0)
			return true;
	return false;
}

int
package_list_members(
    const struct package_list *l, const struct snapshot *s, struct err *e)
{
	const struct member *m;
	char hex[SHA256_HEX];

	for (size_t i = 0; i < l->count; i++) {
		const struct package_row *r = &l->rows[i];

		if (*r->file == '\0')
			continue;
		if ((m = snapshot_member(s, r->file)) == NULL)
			return err_set(
			    e, EBADMSG, "%s is not in the bundle", r->file);
		hex_encode(m->sha256, SHA256_LEN, hex);
		if (strcmp(hex, r->sha256) != 0)
			return err_set(e, EBADMSG,
			    "%s has another hash than " PACKAGE_LIST_FILE
			    " says",
			    r->file);
	}
	for (size_t i = 0; i < s->count; i++)
		if (strncmp(s->members[i].path, BELOW, strlen(BELOW)) == 0 &&
		    !is_listed(l, s->members[i].path))
			return err_set(e, EBADMSG,
			    "%s is not in " PACKAGE_LIST_FILE,
			    s->members[i].path);
	return 0;
}
