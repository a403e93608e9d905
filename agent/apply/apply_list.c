/* SPDX-License-Identifier: MIT */
/*
 * The snapshot store as a person sees it: what is in it, in the order in which
 * it was live, what one of them holds, and how two differ. A stored snapshot
 * holds no secret of a unit, but what looks like one is hidden here as well.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply_packages.h"
#include "change.h"
#include "history.h"
#include "own.h"

#define ID_SHORTEST 4 /* digits of an id that will do */

/* Its folder, and what its manifest says; -1: damaged. */
static int
open_stored(struct apply *a, const char *id, struct snapshot *s, struct err *e)
{
	char path[SOURCE_MAX];
	own_fd int dir = -1;

	(void)snprintf(path, sizeof(path), "snapshots/%s", id);
	dir = openat(a->agent->state, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return err_sys(e, "open %s", path);
	if (snapshot_read(s, dir, e) == -1)
		return -1;
	if (strcmp(s->id, id) != 0)
		return err_set(e, EBADMSG, "its manifest has changed");
	return take_fd(&dir);
}

static json_t *
describe(struct apply *a, const char *id)
{
	own_snapshot struct snapshot s = { 0 };
	struct err e;
	own_fd int dir = open_stored(a, id, &s, &e);
	char who[256];
	int trusted;

	if (dir == -1)
		return json_pack("{s:s, s:s}", "id", id, "damaged", e.text);
	trusted = store_signer(a->agent, dir, who, sizeof(who), &e);
	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:s}", "id", id, "name",
	    s.name, "model", s.model, "sequence", (json_int_t)s.sequence,
	    "signed", (int)(trusted == 0), "signer", who);
}

static bool
is_id(const char *name)
{
	return strlen(name) == SHA256_HEX - 1 &&
	    strspn(name, "0123456789abcdef") == SHA256_HEX - 1;
}

static bool
is_stored(struct apply *a, const char *id)
{
	char path[SOURCE_MAX];

	(void)snprintf(path, sizeof(path), "snapshots/%s", id);
	return faccessat(a->agent->state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Those that were live and are still there, newest first, the live one not
 * among them; the caller's. */
static json_t *
earlier(struct apply *a)
{
	json_t *list = history_read(a->agent->state);

	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *id = json_string_value(json_array_get(list, i));

		if (strcmp(id, a->live.snapshot) == 0 || !is_stored(a, id))
			(void)json_array_remove(list, i);
	}
	return list;
}

/* Was live so many ago: 0 for the live one. */
static void
add(json_t *list, struct apply *a, const char *id, size_t back)
{
	json_t *o = describe(a, id);

	(void)json_object_set_new(o, "back", json_integer((json_int_t)back));
	(void)json_array_append_new(list, o);
}

static bool
listed(const json_t *list, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "id")),
			 id) == 0) return true;
	return false;
}

json_t *
store_list(struct apply *a)
{
	own_json json_t *was_live = earlier(a);
	json_t *list = json_array(), *one;
	int fd = openat(a->agent->state, "snapshots",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	size_t i;

	if (d == NULL)
		own_fd_close(&fd);
	if (a->current != 0)
		add(list, a, a->live.snapshot, 0);
	json_array_foreach(was_live, i, one)
	    add(list, a, json_string_value(one), i + 1);
	while (d != NULL && (de = readdir(d)) != NULL)
		if (is_id(de->d_name) && !listed(list, de->d_name))
			(void)json_array_append_new(
			    list, describe(a, de->d_name));
	if (d != NULL)
		(void)closedir(d);
	return list;
}

int
store_back(
    struct apply *a, int64_t back, char id[static SHA256_HEX], struct err *e)
{
	own_json json_t *was_live = earlier(a);
	size_t n = json_array_size(was_live);

	if (back == 0 && a->current == 0)
		return err_set(e, ENOENT, "no snapshot is applied");
	if (back < 0 || (size_t)back > n)
		return err_set(e, ENOENT,
		    "no snapshot was live %lld before this one; \"ingot "
		    "snapshots\" numbers those that are stored, 0 to %zu",
		    (long long)back, n);
	(void)snprintf(id, SHA256_HEX, "%s",
	    back == 0 ? a->live.snapshot
		      : json_string_value(
			    json_array_get(was_live, (size_t)back - 1)));
	return 0;
}

/* Fewer digits than an id may be shortened to: a number of the list. */
static bool
is_number(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n < ID_SHORTEST && strspn(word, "0123456789") == n;
}

int
store_find(struct apply *a, const char *start, char id[static SHA256_HEX],
    struct err *e)
{
	own_json json_t *all = NULL;
	unsigned found = 0;
	json_t *one;
	size_t i;

	if (is_number(start))
		return store_back(a, strtol(start, NULL, 10), id, e);
	if (strlen(start) < ID_SHORTEST)
		return err_set(e, EINVAL,
		    "\"%s\" is too short; give the first %d digits of an id, "
		    "or a number of \"ingot snapshots\"",
		    start, ID_SHORTEST);
	all = store_list(a);
	json_array_foreach(all, i, one)
	{
		const char *is = json_string_value(json_object_get(one, "id"));

		if (strncmp(is, start, strlen(start)) == 0 && found++ == 0)
			(void)snprintf(id, SHA256_HEX, "%s", is);
	}
	if (found == 1)
		return 0;
	return err_set(e, ENOENT, "%s stored snapshot begins with \"%s\"",
	    found == 0 ? "no" : "more than one", start);
}

static json_t *
member_json(const struct member *m)
{
	char mode[8], hex[SHA256_HEX];

	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)m->mode);
	hex_encode(m->sha256, SHA256_LEN, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "path", m->path,
	    "mode", mode, "owner", m->owner, "group", m->group, "size",
	    (json_int_t)m->size, "sha256", hex, "slots", (int)m->slots);
}

json_t *
store_show(struct apply *a, const char *id, struct err *e)
{
	own_snapshot struct snapshot s = { 0 };
	own_fd int dir = open_stored(a, id, &s, e);
	json_t *o, *members = json_array();

	if (dir == -1 || snapshot_verify(&s, dir, e) == -1) {
		json_decref(members);
		return NULL;
	}
	for (size_t i = 0; i < s.count; i++)
		(void)json_array_append_new(
		    members, member_json(&s.members[i]));
	o = describe(a, id);
	(void)json_object_set_new(o, "members", members);
	(void)json_object_set_new(o, "packages", packages_listed(dir));
	return o;
}

/* One of two snapshots that are compared. */
struct stored {
	int dir;
	struct snapshot s;
};

static int
member_side(
    const struct stored *in, const char *path, struct side *side, struct err *e)
{
	const struct member *m = snapshot_member(&in->s, path);
	own_fd int fd = -1;

	if (m == NULL)
		return 0;
	side->mode = m->mode;
	(void)snprintf(side->owner, sizeof(side->owner), "%s", m->owner);
	(void)snprintf(side->group, sizeof(side->group), "%s", m->group);
	fd = file_open_beneath(in->dir, path, O_RDONLY | O_NONBLOCK, 0, e);
	return fd == -1 ? -1 : side_fd(side, NULL, fd, e);
}

static int
add_member(json_t *list, const struct stored *was, const struct stored *is,
    const char *path, size_t *room, struct err *e)
{
	own_side struct side a = { 0 }, b = { 0 };

	if (member_side(was, path, &a, e) == -1 ||
	    member_side(is, path, &b, e) == -1)
		return -1;
	(void)json_array_append_new(
	    list, change_json("member", path, &a, &b, room));
	return 0;
}

/* The proof tells of a capture, not of a unit. */
static bool
compared(const struct member *m)
{
	return strcmp(m->path, "proof") != 0;
}

static int
diff_members(json_t *list, const struct stored *was, const struct stored *is,
    struct err *e)
{
	size_t room = CHANGE_ROOM;
	int rc = 0;

	for (size_t i = 0; i < is->s.count && rc == 0; i++)
		if (compared(&is->s.members[i]))
			rc = add_member(
			    list, was, is, is->s.members[i].path, &room, e);
	for (size_t i = 0; i < was->s.count && rc == 0; i++)
		if (snapshot_member(&is->s, was->s.members[i].path) == NULL)
			rc = add_member(
			    list, was, is, was->s.members[i].path, &room, e);
	return rc;
}

json_t *
store_diff(
    struct apply *a, const char *was_id, const char *now_id, struct err *e)
{
	struct stored was = { .dir = -1 }, is = { .dir = -1 };
	json_t *list = json_array();

	was.dir = open_stored(a, was_id, &was.s, e);
	if (was.dir != -1)
		is.dir = open_stored(a, now_id, &is.s, e);
	if (is.dir == -1 || diff_members(list, &was, &is, e) == -1) {
		json_decref(list);
		list = NULL;
	}
	own_fd_close(&was.dir);
	own_fd_close(&is.dir);
	snapshot_free(&was.s);
	snapshot_free(&is.s);
	return list;
}
