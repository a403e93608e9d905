/* SPDX-License-Identifier: MIT */
/*
 * applied/<number>: reading and writing. A number is never used twice while
 * anything may still speak of it, so a link, a journal and a folder can not
 * mean different things by the same number.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applied.h"
#include "journal.h"
#include "log.h"
#include "own.h"
#include "plugin.h"

#define PATH_ROOM (SNAPSHOT_PATH_MAX + 128)

static const char *const state_keys[] = { "artifacts", "files", "ingot", "name",
	"number", "sequence", "snapshot", "waiting", NULL };
static const char *const artifact_keys[] = { "plugin", "sha256", NULL };
static const char *const file_keys[] = { "filled", "group", "mode", "owner",
	"path", "sha256", NULL };

void
applied_free(struct applied *a)
{
	free(a->files);
	json_decref(a->waiting);
	memset(a, 0, sizeof(*a));
}

static int
text_of(const json_t *o, const char *key, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_str(o, key, size - 1, &s, e) == -1)
		return -1;
	(void)snprintf(out, size, "%s", s);
	return 0;
}

/* All of what follows was written by this agent. It is read as strictly as if
 * it were a stranger's, for a disk may have changed it. */
static int
artifact_parse(const json_t *o, struct applied_artifact *f, struct err *e)
{
	if (json_known(o, artifact_keys, e) == -1 ||
	    text_of(o, "plugin", f->plugin, sizeof(f->plugin), e) == -1)
		return -1;
	return text_of(o, "sha256", f->sha256, sizeof(f->sha256), e);
}

static int
file_parse(const json_t *o, struct applied_file *f, struct err *e)
{
	char hex[SHA256_HEX];
	int64_t mode;

	if (json_known(o, file_keys, e) == -1 ||
	    text_of(o, "path", f->path, sizeof(f->path), e) == -1 ||
	    text_of(o, "sha256", hex, sizeof(hex), e) == -1 ||
	    text_of(o, "owner", f->owner, sizeof(f->owner), e) == -1 ||
	    text_of(o, "group", f->group, sizeof(f->group), e) == -1 ||
	    json_num(o, "mode", 0, 0777, &mode, e) == -1)
		return -1;
	f->mode = (mode_t)mode;
	f->filled = json_is_true(json_object_get(o, "filled"));
	if (hex_decode(hex, f->sha256, SHA256_LEN) != SHA256_LEN)
		return err_set(e, EBADMSG, "%s: no hash", f->path);
	return 0;
}

static int
lists_parse(struct applied *a, const json_t *o, struct err *e)
{
	json_t *artifacts, *files, *waiting, *one;
	size_t i;

	if (json_array_of(o, "artifacts", APPLIED_PLUGINS, &artifacts, e) ==
		-1 ||
	    json_array_of(o, "files", SNAPSHOT_MEMBERS_MAX, &files, e) == -1 ||
	    json_array_of(o, "waiting", SNAPSHOT_MEMBERS_MAX, &waiting, e) ==
		-1)
		return -1;
	a->waiting = json_incref(waiting);
	/* Their numbers were bounded above, by the room that there is. */
	json_array_foreach(artifacts, i,
	    one) if (artifact_parse(one, &a->artifacts[a->artifact_count++],
			 e) == -1) return -1;
	a->files = calloc(json_array_size(files) + 1, sizeof(*a->files));
	if (a->files == NULL)
		return err_set(e, ENOMEM, "no memory");
	json_array_foreach(
	    files, i, one) if (file_parse(one, &a->files[a->file_count++], e) ==
	    -1) return -1;
	return 0;
}

static int
state_parse(struct applied *a, const json_t *o, struct err *e)
{
	int64_t version, number;

	if (json_known(o, state_keys, e) == -1 ||
	    json_num(o, "ingot", 1, 1, &version, e) == -1 ||
	    json_num(o, "number", a->number, a->number, &number, e) == -1 ||
	    json_num(o, "sequence", 0, INT64_MAX, &a->sequence, e) == -1 ||
	    text_of(o, "snapshot", a->snapshot, sizeof(a->snapshot), e) == -1 ||
	    text_of(o, "name", a->name, sizeof(a->name), e) == -1)
		return -1;
	return lists_parse(a, o, e);
}

/* Two lines, as in the journal: the object, and its SHA-256. */
static json_t *
state_json(const struct bytes *text, struct err *e)
{
	const char *newline = text->p == NULL ? NULL : strchr(text->p, '\n');
	size_t len = newline == NULL ? 0 : (size_t)(newline - text->p);
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];

	if (len == 0 || text->len != len + SHA256_HEX + 1)
		return (void)err_set(e, EBADMSG, "state.json is cut off"), NULL;
	if (sha256(text->p, len, hash, e) == -1)
		return NULL;
	hex_encode(hash, sizeof(hash), hex);
	if (strncmp(newline + 1, hex, SHA256_HEX - 1) != 0)
		return (void)err_set(e, EBADMSG, "state.json has changed"),
		       NULL;
	return json_parse("state.json", text->p, len, APPLIED_STATE_MAX, e);
}

int
applied_read(
    struct applied *a, int state, int64_t number, bool check, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_json json_t *o = NULL;
	char path[64];

	memset(a, 0, sizeof(*a));
	a->number = number;
	if (number == 0)
		return 0;
	(void)snprintf(
	    path, sizeof(path), "applied/%lld/state.json", (long long)number);
	if (file_read(state, path, APPLIED_STATE_MAX, &text, e) == -1 ||
	    (o = state_json(&text, e)) == NULL || state_parse(a, o, e) == -1 ||
	    (check && applied_check(a, state, e) == -1)) {
		applied_free(a);
		return err_in(e, "applied/%lld", (long long)number);
	}
	return 0;
}

/* One more than the highest that is there, half written ones included. */
int
applied_create(int state, int64_t *number, struct err *e)
{
	char path[64];
	int fd = openat(
	    state, "applied", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int64_t highest = 0, n;

	if (d == NULL) {
		own_fd_close(&fd);
		return err_sys(e, "open folder applied");
	}
	while ((de = readdir(d)) != NULL) {
		n = strtoll(de->d_name, NULL, 10);
		highest = n > highest ? n : highest;
	}
	(void)closedir(d);
	if (highest >= JOURNAL_NUMBER_MAX)
		return err_set(e, ERANGE, "applied: no number is left");
	*number = highest + 1;
	(void)snprintf(path, sizeof(path), "applied/%lld", (long long)*number);
	if (mkdirat(state, path, 0700) == -1)
		return err_sys(e, "make folder %s", path);
	(void)snprintf(
	    path, sizeof(path), "applied/%lld/artifacts", (long long)*number);
	return file_mkdirs(state, path, 0700, e);
}

static json_t *
files_json(const struct applied *a)
{
	json_t *list = json_array();
	char hex[SHA256_HEX];

	for (size_t i = 0; i < a->file_count; i++) {
		const struct applied_file *f = &a->files[i];

		hex_encode(f->sha256, SHA256_LEN, hex);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:i, s:b}", "path", f->path,
			"sha256", hex, "owner", f->owner, "group", f->group,
			"mode", (int)f->mode, "filled", (int)f->filled));
	}
	return list;
}

static json_t *
artifacts_json(const struct applied *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->artifact_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s}", "plugin", a->artifacts[i].plugin,
			"sha256", a->artifacts[i].sha256));
	return list;
}

/* The link is relative: the state folder may be looked at from elsewhere. */
int
applied_write(
    const struct applied *a, int state, struct file_batch *batch, struct err *e)
{
	char path[64], to[SHA256_HEX + 32];
	own_json json_t *o = json_pack(
	    "{s:i, s:I, s:s, s:s, s:I, s:o, s:o, s:O}", "ingot", 1, "number",
	    (json_int_t)a->number, "snapshot", a->snapshot, "name", a->name,
	    "sequence", (json_int_t)a->sequence, "artifacts", artifacts_json(a),
	    "files", files_json(a), "waiting", a->waiting);
	own_str char *line = o == NULL ? NULL : json_line(o);
	own_bytes struct bytes text = { 0 };
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];

	if (line == NULL)
		return err_set(e, ENOMEM, "state.json: no memory");
	if (sha256(line, strlen(line), hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), hex);
	bytes_fmt(&text, "%s\n%s\n", line, hex);
	if (text.bad)
		return err_set(e, ENOMEM, "state.json: no memory");
	(void)snprintf(to, sizeof(to), "../../snapshots/%s", a->snapshot);
	(void)snprintf(
	    path, sizeof(path), "applied/%lld/snapshot", (long long)a->number);
	if (file_link(state, to, path, e) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "applied/%lld/state.json",
	    (long long)a->number);
	return file_batch_add(batch, path, text.p, text.len, FILE_SECRET, e);
}

int
applied_remove(int state, int64_t number, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "applied/%lld", (long long)number);
	if (faccessat(state, path, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	return file_remove_tree(state, path, e);
}

/* The bytes as they were judged: in a descriptor that nobody can change while a
 * plugin reads them. */
static int
artifact_read(const struct applied *a, int state,
    const struct applied_artifact *f, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	uint8_t is[SHA256_LEN];
	char hex[SHA256_HEX], path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "applied/%lld/artifacts/%s",
	    (long long)a->number, f->plugin);
	if (file_read(state, path, INGOT_TEXT_MAX, &text, e) == -1 ||
	    sha256(text.p, text.len, is, e) == -1)
		return -1;
	hex_encode(is, sizeof(is), hex);
	if (strcmp(hex, f->sha256) != 0)
		return err_set(e, EBADMSG, "%s: its bytes have changed", path);
	return file_sealed(text.p, text.len, e);
}

const struct applied_file *
applied_file(const struct applied *a, const char *path)
{
	for (size_t i = 0; i < a->file_count; i++)
		if (strcmp(a->files[i].path, path) == 0)
			return &a->files[i];
	return NULL;
}

const char *
applied_hash(const struct applied *a, const char *plugin)
{
	for (size_t i = 0; i < a->artifact_count; i++)
		if (strcmp(a->artifacts[i].plugin, plugin) == 0)
			return a->artifacts[i].sha256;
	return NULL;
}

/* A plugin that the snapshot does not speak of gets the empty artifact: as if
 * nobody had ever configured it. */
int
applied_artifact(const struct applied *a, int state, const char *plugin,
    bool *empty, struct err *e)
{
	for (size_t i = 0; i < a->artifact_count; i++)
		if (strcmp(a->artifacts[i].plugin, plugin) == 0) {
			*empty = false;
			return artifact_read(a, state, &a->artifacts[i], e);
		}
	*empty = true;
	return file_sealed("", 0, e);
}

/* A file with slots was filled for this number and lies with it; all others are
 * the snapshot's, which several numbers may share. */
int
applied_file_open(const struct applied *a, int state,
    const struct applied_file *f, struct err *e)
{
	char path[PATH_ROOM];

	if (f->filled)
		(void)snprintf(path, sizeof(path), "applied/%lld/files/%s",
		    (long long)a->number, f->path);
	else
		(void)snprintf(path, sizeof(path), "snapshots/%s/files/%s",
		    a->snapshot, f->path);
	return file_open_beneath(state, path, O_RDONLY | O_NONBLOCK, 0, e);
}

/* A link that leads anywhere else was made by hand or by a rotten disk; it is
 * never followed. */
int64_t
applied_link(int state, const char *link, struct err *e)
{
	char to[64];
	ssize_t n = readlinkat(state, link, to, sizeof(to) - 1);
	char *end;
	long long number;

	if (n == -1 && errno == ENOENT)
		return 0;
	if (n == -1)
		return err_sys(e, "read link %s", link);
	to[n] = '\0';
	number =
	    strncmp(to, "applied/", 8) == 0 ? strtoll(to + 8, &end, 10) : 0;
	if (number < 1 || number > JOURNAL_NUMBER_MAX || *end != '\0')
		return err_set(e, EBADMSG, "link %s leads to \"%s\"", link, to);
	return number;
}

int
applied_set_link(int state, const char *link, int64_t number, struct err *e)
{
	char to[64];

	if (number == 0)
		return file_remove(state, link, e);
	(void)snprintf(to, sizeof(to), "applied/%lld", (long long)number);
	return file_link(state, to, link, e);
}
