/* SPDX-License-Identifier: MIT */
/*
 * Two sides and what differs between them. The hash of a text is not shown: a
 * short secret in it could be guessed from that.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "diff.h"
#include "file.h"
#include "mask.h"
#include "own.h"
#include "place.h"

#define SHOWN_MAX (64 * 1024) /* bytes of one diff */

void
side_free(struct side *s)
{
	bytes_free(&s->shown);
	memset(s, 0, sizeof(*s));
}

int
side_bytes(struct side *s, const struct values *values, const void *p,
    size_t len, struct err *e)
{
	struct err why;

	s->kind = SIDE_FILE;
	s->size = len;
	if (sha256(p, len, s->sha256, e) == -1)
		return -1;
	/* What must not be shown is treated like what can not be. */
	s->is_text = mask_is_text(p, len) &&
	    mask_text(values, p, len, &s->shown, &why) == 0;
	return 0;
}

int
side_fd(struct side *s, const struct values *values, int fd, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	if (st.st_size <= MASK_TEXT_MAX &&
	    file_read_fd(fd, MASK_TEXT_MAX, &text, e) == 0)
		return side_bytes(s, values, text.p, text.len, e);
	s->kind = SIDE_FILE;
	s->size = (uint64_t)st.st_size;
	return sha256_fd(fd, s->sha256, e);
}

static void
owner_names(struct side *s, const struct stat *st)
{
	const struct passwd *user = getpwuid(st->st_uid);
	const struct group *group = getgrgid(st->st_gid);

	(void)snprintf(s->owner, sizeof(s->owner), "%u", (unsigned)st->st_uid);
	(void)snprintf(s->group, sizeof(s->group), "%u", (unsigned)st->st_gid);
	if (user != NULL)
		(void)snprintf(
		    s->owner, sizeof(s->owner), "%.32s", user->pw_name);
	if (group != NULL)
		(void)snprintf(
		    s->group, sizeof(s->group), "%.32s", group->gr_name);
}

static int
look(struct side *s, const struct values *values, int folder, const char *name,
    const struct stat *st, struct err *e)
{
	own_fd int fd = -1;
	ssize_t n;

	if (S_ISLNK(st->st_mode)) {
		s->kind = SIDE_LINK;
		n = readlinkat(folder, name, s->to, sizeof(s->to) - 1);
		s->to[n == -1 ? 0 : n] = '\0';
		return n == -1 ? err_sys(e, "read link") : 0;
	}
	owner_names(s, st);
	s->mode = st->st_mode & 07777;
	s->kind = SIDE_OTHER;
	if (!S_ISREG(st->st_mode))
		return 0;
	fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd == -1 ? err_sys(e, "open") : side_fd(s, values, fd, e);
}

int
side_unit(struct side *s, const struct values *values, const char *path,
    struct err *e)
{
	const char *name;
	own_fd int folder = place_open(path, false, NULL, &name, e);
	struct stat st;

	if (folder == -1)
		return e->code == ENOENT ? 0 : -1;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(e, "/%s", path);
	if (look(s, values, folder, name, &st, e) == -1)
		return err_in(e, "/%s", path);
	return 0;
}

static const char *
kind_name(const struct side *s)
{
	static const char *const names[] = { "absent", "binary", "link",
		"other" };

	return s->kind == SIDE_FILE && s->is_text ? "text" : names[s->kind];
}

static json_t *
side_json(const struct side *s)
{
	json_t *o = json_pack("{s:s}", "kind", kind_name(s));
	char mode[8], hex[SHA256_HEX];

	if (s->kind == SIDE_LINK)
		(void)json_object_set_new(o, "to", json_string(s->to));
	if ((s->kind == SIDE_FILE || s->kind == SIDE_OTHER) && !s->no_meta) {
		(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)s->mode);
		(void)json_object_set_new(o, "mode", json_string(mode));
		(void)json_object_set_new(o, "owner", json_string(s->owner));
		(void)json_object_set_new(o, "group", json_string(s->group));
	}
	if (s->kind != SIDE_FILE)
		return o;
	(void)json_object_set_new(o, "size", json_integer((json_int_t)s->size));
	if (!s->is_text) {
		hex_encode(s->sha256, SHA256_LEN, hex);
		(void)json_object_set_new(o, "sha256", json_string(hex));
	}
	return o;
}

static bool
same_content(const struct side *a, const struct side *b)
{
	return a->kind == b->kind && strcmp(a->to, b->to) == 0 &&
	    (a->kind != SIDE_FILE ||
		memcmp(a->sha256, b->sha256, SHA256_LEN) == 0);
}

static bool
same_meta(const struct side *a, const struct side *b)
{
	return a->no_meta || b->no_meta ||
	    (a->mode == b->mode && strcmp(a->owner, b->owner) == 0 &&
		strcmp(a->group, b->group) == 0);
}

static const char *
word_of(const struct side *was, const struct side *is)
{
	if (same_content(was, is) && same_meta(was, is))
		return "same";
	if (was->kind == SIDE_ABSENT)
		return "new";
	return is->kind == SIDE_ABSENT ? "gone" : "changed";
}

/* At a line's end, so that what is left is still a diff, of a part. */
static void
cut(struct bytes *diff, json_t *o)
{
	while (diff->len > SHOWN_MAX ||
	    (diff->len > 0 && diff->p[diff->len - 1] != '\n'))
		diff->p[--diff->len] = '\0';
	(void)json_object_set_new(
	    o, "note", json_string("the difference is longer than is shown"));
}

static void
add_diff(json_t *o, const char *name, const struct side *was,
    const struct side *is, size_t *room)
{
	const char *of = was->kind == SIDE_ABSENT ? "/dev/null" : name;
	const char *to = is->kind == SIDE_ABSENT ? "/dev/null" : name;
	own_bytes struct bytes diff = { 0 };
	struct err e;

	if (diff_unified(
		&(struct diff_side){ of,
		    was->shown.p == NULL ? "" : was->shown.p, was->shown.len },
		&(struct diff_side){
		    to, is->shown.p == NULL ? "" : is->shown.p, is->shown.len },
		&diff, &e) == -1) {
		(void)json_object_set_new(o, "note", json_string(e.text));
		return;
	}
	if (diff.len > SHOWN_MAX)
		cut(&diff, o);
	if (diff.len > *room)
		(void)json_object_set_new(o, "note",
		    json_string("not shown: there are too many differences"));
	else if (diff.len > 0) {
		*room -= diff.len;
		(void)json_object_set_new(
		    o, "diff", json_stringn(diff.p, diff.len));
	} else if (was->size + is->size > 0)
		(void)json_object_set_new(o, "note",
		    json_string("only values of slots, or what is hidden, "
				"differ"));
}

static bool
shown(const struct side *s)
{
	return s->kind == SIDE_ABSENT || (s->kind == SIDE_FILE && s->is_text);
}

json_t *
change_json(const char *key, const char *name, const struct side *was,
    const struct side *is, size_t *room)
{
	json_t *o =
	    json_pack("{s:s, s:s}", key, name, "change", word_of(was, is));
	char label[SNAPSHOT_PATH_MAX + 1];

	if (o == NULL || strcmp(word_of(was, is), "same") == 0)
		return o;
	(void)json_object_set_new(o, "before", side_json(was));
	(void)json_object_set_new(o, "after", side_json(is));
	(void)snprintf(label, sizeof(label), "%s%s",
	    strcmp(key, "path") == 0 ? "/" : "", name);
	if (!same_content(was, is) && shown(was) && shown(is))
		add_diff(o, label, was, is, room);
	return o;
}
