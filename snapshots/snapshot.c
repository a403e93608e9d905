/* SPDX-License-Identifier: MIT */
/*
 * The manifest: what a snapshot is made of, read from bytes that somebody else
 * wrote. Everything later stages rely on is settled here once: names that can
 * not leave the tree, members in strict order (so none twice), no file that is
 * another's folder, sizes and modes within bounds. Signatures are not looked
 * at here; see bundle.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "snapshot.h"

#define NAME_SET                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

#define PACKAGES "packages/"

/* What "critical" may name; other fields may be there and say nothing. */
static const char *const manifest_keys[] = { "agent", "critical", "hardware",
	"ingot", "members", "model", "name", "recipients", "sequence", NULL };
static const char *const member_keys[] = { "group", "mode", "owner", "path",
	"sha256", "size", "slots", NULL };

/* One part of a path, n bytes from p. */
static int
part_check(const char *path, const char *p, size_t n, struct err *e)
{
	if (n == 0)
		return err_set(
		    e, EBADMSG, "path \"%.200s\" has an empty part", path);
	if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return err_set(
		    e, EBADMSG, "path \"%.200s\" leaves its folder", path);
	if (n > NAME_MAX)
		return err_set(e, EBADMSG,
		    "path \"%.200s\" has a part longer than %d bytes", path,
		    NAME_MAX);
	return 0;
}

uint64_t
snapshot_member_max(const char *path)
{
	return strncmp(path, PACKAGES, strlen(PACKAGES)) == 0
	    ? SNAPSHOT_PACKAGE_MAX
	    : SNAPSHOT_MEMBER_MAX;
}

/* A file name that no tool takes for an option or a folder. */
static bool
is_package(const char *path)
{
	const char *file = path + strlen(PACKAGES);
	size_t n;

	if (strncmp(path, PACKAGES, strlen(PACKAGES)) != 0)
		return false;
	n = strspn(file, NAME_SET "+~%:");
	return n > 0 && file[n] == '\0' && file[0] != '-' && file[0] != '.';
}

/* What is no document, file, package, list or proof is not ours. */
static int
place_check(const char *path, struct err *e)
{
	static const char low[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t n;

	if (strcmp(path, "proof") == 0 || strncmp(path, "files/", 6) == 0 ||
	    strcmp(path, "packages.json") == 0 || is_package(path))
		return 0;
	if (strncmp(path, "documents/", 10) == 0) {
		n = strspn(path + 10, low);
		if (n > 0 && strcmp(path + 10 + n, ".conf") == 0)
			return 0;
	}
	return err_set(e, EBADMSG,
	    "path \"%.200s\" is neither proof, documents/<plugin>.conf, "
	    "packages.json, packages/<file> nor files/...",
	    path);
}

int
snapshot_path_check(const char *path, struct err *e)
{
	const char *p = path, *slash;

	if (strlen(path) >= SNAPSHOT_PATH_MAX)
		return err_set(
		    e, ENAMETOOLONG, "path \"%.64s...\" is too long", path);
	for (; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return err_set(e, EBADMSG,
			    "a path holds byte 0x%02x; only printable ASCII "
			    "is taken",
			    (unsigned char)*p);
	for (p = path; (slash = strchr(p, '/')) != NULL; p = slash + 1)
		if (part_check(path, p, (size_t)(slash - p), e) == -1)
			return -1;
	if (part_check(path, p, strlen(p), e) == -1)
		return -1;
	return place_check(path, e);
}

int
snapshot_name_check(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n == 0 || n > SNAPSHOT_NAME_MAX ||
	    strspn(name, NAME_SET " +") != n || name[0] == ' ')
		return err_set(e, EINVAL,
		    "\"%.80s\": a name is 1 to %d of A-Z a-z 0-9 space . _ + -",
		    name, SNAPSHOT_NAME_MAX);
	return 0;
}

static int
named(const json_t *j, const char *key, char out[static SNAPSHOT_NAME_MAX + 1],
    struct err *e)
{
	const char *s;

	if (json_str(j, key, SNAPSHOT_NAME_MAX, &s, e) == -1)
		return -1;
	if (snapshot_name_check(s, e) == -1)
		return err_in(e, "\"%s\"", key);
	(void)strcpy(out, s);
	return 0;
}

/* A user or group by name: numbers differ from unit to unit. */
static int
account(const json_t *j, const char *key, char out[static 33], struct err *e)
{
	const char *s;

	if (json_str(j, key, 32, &s, e) == -1)
		return -1;
	if (s[0] == '\0' || s[0] == '-' || strspn(s, NAME_SET) != strlen(s))
		return err_set(e, EBADMSG, "\"%s\" is no account name", key);
	(void)strcpy(out, s);
	return 0;
}

/* "0644": always four digits, the first of them 0 (no set-id, no sticky). */
static int
mode_of(const json_t *j, mode_t *mode, struct err *e)
{
	const char *s;

	if (json_str(j, "mode", 4, &s, e) == -1)
		return -1;
	if (strlen(s) != 4 || strspn(s, "01234567") != 4)
		return err_set(e, EBADMSG, "\"mode\" is not like \"0644\"");
	if (s[0] != '0')
		return err_set(e, EBADMSG,
		    "\"mode\" %s: set-id and sticky are refused", s);
	*mode = (mode_t)strtoul(s, NULL, 8);
	return 0;
}

static int
content_of(const json_t *j, struct member *m, struct err *e)
{
	const json_t *slots = json_object_get(j, "slots");
	const char *hex;
	int64_t size;

	if (json_str(j, "sha256", SHA256_HEX - 1, &hex, e) == -1 ||
	    json_num(j, "size", 0, (int64_t)snapshot_member_max(m->path), &size,
		e) == -1)
		return -1;
	if (strspn(hex, "0123456789abcdef") != SHA256_HEX - 1 ||
	    hex_decode(hex, m->sha256, SHA256_LEN) != SHA256_LEN)
		return err_set(
		    e, EBADMSG, "\"sha256\" is not 64 lower-case digits");
	if (!json_is_boolean(slots))
		return err_set(e, EBADMSG, "\"slots\" is not true or false");
	m->size = (uint64_t)size;
	m->slots = json_is_true(slots);
	return 0;
}

static int
member_parse(const json_t *j, struct member *m, struct err *e)
{
	const char *path;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "not an object");
	if (json_str(j, "path", SNAPSHOT_PATH_MAX - 1, &path, e) == -1 ||
	    snapshot_path_check(path, e) == -1)
		return -1;
	(void)strcpy(m->path, path);
	if (content_of(j, m, e) == -1 || mode_of(j, &m->mode, e) == -1 ||
	    account(j, "owner", m->owner, e) == -1 ||
	    account(j, "group", m->group, e) == -1)
		return err_in(e, "%s", path);
	return 0;
}

/* Is a part of m's path, short of the whole, itself a member? */
static int
below_a_file(const struct snapshot *s, const struct member *m, struct err *e)
{
	char folder[SNAPSHOT_PATH_MAX];
	char *slash;

	(void)strcpy(folder, m->path);
	while ((slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		if (snapshot_member(s, folder) != NULL)
			return err_set(
			    e, EBADMSG, "%s is a file and a folder", folder);
	}
	return 0;
}

static int
members_parse(struct snapshot *s, const json_t *list, struct err *e)
{
	size_t n = json_array_size(list);
	int order;

	if ((s->members = calloc(n + 1, sizeof(*s->members))) == NULL)
		return err_sys(e, "%zu members", n);
	for (; s->count < n; s->count++) {
		struct member *m = &s->members[s->count];

		if (member_parse(json_array_get(list, s->count), m, e) == -1)
			return err_in(e, "member %zu", s->count + 1);
		order = s->count == 0 ? -1 : strcmp(m[-1].path, m->path);
		if (order >= 0)
			return err_set(e, EBADMSG, "member %zu: %s %s",
			    s->count + 1, m->path,
			    order == 0 ? "is there twice" : "is out of order");
	}
	for (size_t i = 0; i < n; i++)
		if (below_a_file(s, &s->members[i], e) == -1)
			return -1;
	return 0;
}

static int
body_parse(struct snapshot *s, const json_t *j, struct err *e)
{
	json_t *list;
	int64_t version;

	if (!json_is_object(j))
		return err_set(e, EBADMSG, "manifest: not an object");
	if (json_num(j, "ingot", 1, INT32_MAX, &version, e) == -1)
		return err_in(e, "manifest");
	if (version != SNAPSHOT_FORMAT)
		return err_set(e, ENOTSUP,
		    "the bundle's format is %lld, and agent %s knows %d; "
		    "update the agent first",
		    (long long)version, INGOT_VERSION, SNAPSHOT_FORMAT);
	if (terms_parse(&s->terms, j, manifest_keys, member_keys, e) == -1 ||
	    named(j, "name", s->name, e) == -1 ||
	    named(j, "model", s->model, e) == -1 ||
	    json_num(j, "sequence", 1, SNAPSHOT_SEQUENCE_MAX, &s->sequence,
		e) == -1 ||
	    json_array_of(j, "members", SNAPSHOT_MEMBERS_MAX, &list, e) == -1 ||
	    members_parse(s, list, e) == -1)
		return err_in(e, "manifest");
	return 0;
}

int
snapshot_parse(
    struct snapshot *s, const void *manifest, size_t len, struct err *e)
{
	uint8_t id[SHA256_LEN];
	own_json json_t *j = NULL;

	memset(s, 0, sizeof(*s));
	j = json_parse("manifest", manifest, len, SNAPSHOT_MANIFEST_MAX, e);
	if (j == NULL || sha256(manifest, len, id, e) == -1)
		return -1;
	hex_encode(id, sizeof(id), s->id);
	return body_parse(s, j, e);
}

int
snapshot_read(struct snapshot *s, int dir, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(s, 0, sizeof(*s));
	if (file_read(dir, "manifest", SNAPSHOT_MANIFEST_MAX, &text, e) == -1)
		return -1;
	return snapshot_parse(s, text.p, text.len, e);
}

void
snapshot_free(struct snapshot *s)
{
	free(s->members);
	memset(s, 0, sizeof(*s));
}

static int
by_path(const void *path, const void *member)
{
	return strcmp(path, ((const struct member *)member)->path);
}

const struct member *
snapshot_member(const struct snapshot *s, const char *path)
{
	if (s->count == 0)
		return NULL;
	return bsearch(
	    path, s->members, s->count, sizeof(*s->members), by_path);
}

static json_t *
member_json(const struct member *m)
{
	char hex[SHA256_HEX], mode[12];

	hex_encode(m->sha256, SHA256_LEN, hex);
	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)m->mode);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "path", m->path,
	    "sha256", hex, "mode", mode, "owner", m->owner, "group", m->group,
	    "size", (json_int_t)m->size, "slots", (int)m->slots);
}

int
snapshot_manifest(struct snapshot *s, struct bytes *out, struct err *e)
{
	own_json json_t *j = json_pack("{s:i, s:s, s:s, s:I, s:[]}", "ingot",
	    SNAPSHOT_FORMAT, "name", s->name, "model", s->model, "sequence",
	    (json_int_t)s->sequence, "members");
	json_t *list = json_object_get(j, "members");
	own_str char *line = NULL;
	uint8_t id[SHA256_LEN];

	if (terms_write(&s->terms, j, e) == -1)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		if (json_array_append_new(list, member_json(&s->members[i])) ==
		    -1)
			return err_set(e, ENOMEM, "manifest: out of memory");
	bytes_free(out);
	if ((line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "manifest: out of memory");
	bytes_fmt(out, "%s\n", line);
	if (out->bad || out->len > SNAPSHOT_MANIFEST_MAX)
		return err_set(e, EFBIG, "manifest larger than %d bytes",
		    SNAPSHOT_MANIFEST_MAX);
	if (sha256(out->p, out->len, id, e) == -1)
		return -1;
	hex_encode(id, sizeof(id), s->id);
	return 0;
}
