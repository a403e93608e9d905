/* SPDX-License-Identifier: MIT */
/*
 * installed/<plugin>.<slot> marks that the slot's file is ours; with ".was" it
 * holds what stood there before. The marker is written after the copy and
 * taken away before it, so whenever the power goes, the copy is either whole
 * or not looked at.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "file.h"
#include "install.h"
#include "own.h"
#include "plugin.h"

#define FOLDER "installed"

struct place {
	const struct grant_install *slot;
	char marker[NAME_MAX];
	char copy[NAME_MAX + 8];
};

static int
find(struct place *at, int state, const struct grants *p, const char *slot,
    struct err *e)
{
	at->slot = grants_install(p, slot);
	if (at->slot == NULL)
		return err_set(e, EPERM, "the policy of %s has no slot \"%s\"",
		    p->name, slot);
	(void)snprintf(
	    at->marker, sizeof(at->marker), FOLDER "/%s.%s", p->name, slot);
	(void)snprintf(at->copy, sizeof(at->copy), "%s.was", at->marker);
	return file_mkdirs(state, FOLDER, 0700, e);
}

/* 1: there, and *text and *st are its own; 0: nothing there; -1: failed. */
static int
look(int dir, const char *path, struct bytes *text, struct stat *st,
    struct err *e)
{
	own_fd int fd =
	    openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? 0 : err_sys(e, "open %s", path);
	if (file_read_fd(fd, INGOT_TEXT_MAX, text, e) == -1)
		return err_in(e, "%s", path);
	return fstat(fd, st) == -1 ? err_sys(e, "stat %s", path) : 1;
}

static int
write_as(int dir, const char *path, const struct bytes *text,
    const struct stat *st, struct err *e)
{
	return file_write(dir, path, text->p, text->len,
	    (struct file_meta){ st->st_mode & 07777, st->st_uid, st->st_gid },
	    e);
}

static bool
marked(int state, const struct place *at)
{
	return faccessat(state, at->marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Before the first INSTALL: there is what was there, or nothing. */
static int
keep_original(int state, const struct place *at, int there,
    const struct bytes *text, const struct stat *st, struct err *e)
{
	if (there == 1 && write_as(state, at->copy, text, st, e) == -1)
		return -1;
	if (there == 0 && file_remove(state, at->copy, e) == -1)
		return -1;
	return file_write(state, at->marker, "", 0, FILE_SECRET, e);
}

static bool
same(const struct grant_install *s, const struct bytes *want,
    const struct bytes *is, const struct stat *st)
{
	return is->len == want->len && memcmp(is->p, want->p, want->len) == 0 &&
	    (st->st_mode & 07777) == s->mode && st->st_uid == s->uid &&
	    st->st_gid == s->gid;
}

int
install_put(int state, const struct grants *p, const char *slot, int fd,
    bool *changed, struct err *e)
{
	own_bytes struct bytes want = { 0 }, is = { 0 };
	struct place at;
	struct stat st;
	int there;

	*changed = false;
	if (find(&at, state, p, slot, e) == -1 ||
	    file_read_fd(fd, INGOT_TEXT_MAX, &want, e) == -1 ||
	    (there = look(AT_FDCWD, at.slot->path, &is, &st, e)) == -1)
		return -1;
	if (!marked(state, &at) &&
	    keep_original(state, &at, there, &is, &st, e) == -1)
		return -1;
	if (there == 1 && same(at.slot, &want, &is, &st))
		return 0;
	*changed = true;
	return file_write(AT_FDCWD, at.slot->path, want.p, want.len,
	    (struct file_meta){ at.slot->mode, at.slot->uid, at.slot->gid }, e);
}

int
install_remove(
    int state, const struct grants *p, const char *slot, struct err *e)
{
	own_bytes struct bytes was = { 0 };
	struct place at;
	struct stat st;
	int kept;

	if (find(&at, state, p, slot, e) == -1)
		return -1;
	if (!marked(state, &at))
		return 0;
	if ((kept = look(state, at.copy, &was, &st, e)) == -1)
		return -1;
	if (kept == 1 && write_as(AT_FDCWD, at.slot->path, &was, &st, e) == -1)
		return -1;
	if (kept == 0 && file_remove(AT_FDCWD, at.slot->path, e) == -1)
		return -1;
	if (file_remove(state, at.marker, e) == -1)
		return -1;
	return file_remove(state, at.copy, e);
}
