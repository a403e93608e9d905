/* SPDX-License-Identifier: MIT */
/*
 * The look before the first change. It asks of each path what the change would
 * ask of it, in the order in which a person would repair it, and goes on after
 * a finding: who comes to a unit once wants the whole list. What it can not
 * know (a disk that fills meanwhile) the transaction itself takes back.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <mntent.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "original.h"
#include "own.h"
#include "place.h"
#include "preflight.h"

#define FSTAB       "/etc/fstab"
#define MOUNTS      "/proc/self/mounts"
#define RECORD_SIZE 512 /* bytes about one file in state.json and the index */

struct look {
	const struct applied *target, *before;
	struct originals originals;
	struct room *room;
	int state;
	json_t *list;
};

static int
owner(struct look *l, const struct applied_file *f, const char *place,
    uid_t *uid, gid_t *gid)
{
	const struct passwd *user = getpwnam(f->owner);
	const struct group *group;
	int rc = 0;

	*uid = user == NULL ? (uid_t)-1 : user->pw_uid;
	if (user == NULL) {
		rc = -1;
		obstacle_add(l->list, "preflight.user", place,
		    "install what makes it, or change the owner on the golden "
		    "unit",
		    "this unit has no user \"%s\"", f->owner);
	}
	group = getgrnam(f->group);
	*gid = group == NULL ? (gid_t)-1 : group->gr_gid;
	if (group == NULL) {
		rc = -1;
		obstacle_add(l->list, "preflight.group", place,
		    "install what makes it, or change the group on the golden "
		    "unit",
		    "this unit has no group \"%s\"", f->group);
	}
	return rc;
}

/* Immutable or append-only; 0 also where the file system knows no such. */
static uint64_t
flags_of(int folder, const char *name)
{
	struct statx x;
	const uint64_t both = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	own_fd int fd = -1;
	int flags = 0;

	if (statx(folder, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 0, &x) ==
		0 &&
	    (x.stx_attributes_mask & both) == both)
		return x.stx_attributes & both;
	/* Older ones answer only the ioctl. */
	fd = openat(folder, *name == '\0' ? "." : name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1)
		return 0;
	return (flags & FS_IMMUTABLE_FL ? (uint64_t)STATX_ATTR_IMMUTABLE : 0) |
	    (flags & FS_APPEND_FL ? (uint64_t)STATX_ATTR_APPEND : 0);
}

static void
flags(struct look *l, int folder, const char *name, const char *place)
{
	uint64_t is = flags_of(folder, name);

	if (is == 0)
		return;
	obstacle_add(l->list, "preflight.immutable", place,
	    is & STATX_ATTR_IMMUTABLE ? "chattr -i, if it was not meant so"
				      : "chattr -a, if it was not meant so",
	    "%s is marked %s, so that even root can not replace it",
	    *name == '\0' ? "its folder" : "it",
	    is & STATX_ATTR_IMMUTABLE ? "immutable" : "append-only");
}

/* What is at the path itself must be a file, or a link whose original will be
 * kept; a link that came where we had put a file has no original to go to. */
static int
type(struct look *l, const char *path, const char *place, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (!S_ISLNK(st->st_mode)) {
		obstacle_add(l->list, "preflight.type", place, "move it away",
		    "what is at %s is neither a file nor a link but a %s",
		    place, S_ISDIR(st->st_mode) ? "folder" : "special file");
		return -1;
	}
	if (applied_file(l->before, path) == NULL)
		return 0;
	obstacle_add(l->list, "preflight.type", place,
	    "remove the link, or put what it leads to there",
	    "%s was a file of the snapshot before and is a link now", place);
	return -1;
}

/* The deepest folder of path that is there already; *name NULL: nothing can
 * be at path. missing: how many are still to be made. */
static int
existing_folder(
    const char *path, const char **name, unsigned *missing, struct err *e)
{
	char upper[SNAPSHOT_PATH_MAX];
	const char *last;
	char *slash;
	int fd = place_open(path, false, missing, name, e);

	if (fd != -1 || e->code != ENOENT)
		return fd;
	*name = NULL;
	(void)snprintf(upper, sizeof(upper), "%s", path);
	while ((slash = strrchr(upper, '/')) != NULL) {
		*slash = '\0';
		fd = place_open(upper, false, NULL, &last, e);
		if (fd != -1 || e->code != ENOENT)
			return fd;
	}
	return err_set(e, ENOENT, "/%s: no folder", path);
}

static void
no_way(struct look *l, const char *place, const struct err *e)
{
	obstacle_add(l->list, "preflight.way", place,
	    e->code == ELOOP ? "remove the link, or give it to root"
			     : "move away what is there in place of a folder",
	    "%s", e->text);
}

/* A path that will be written, whatever there is now. */
struct write {
	const char *path, *place;
	uint64_t size;
	uid_t uid;
	gid_t gid;
};

static int
will_write(struct look *l, const struct write *w, struct err *e)
{
	const char *name;
	struct statvfs fs;
	struct stat st;
	struct err why;
	unsigned missing = 0;
	own_fd int folder = existing_folder(w->path, &name, &missing, &why);

	if (folder == -1) {
		no_way(l, w->place, &why);
		return 0;
	}
	if (fstatvfs(folder, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0)
		obstacle_add(l->list, "preflight.readonly", w->place,
		    "mount it writable (mount -o remount,rw), or leave what is "
		    "below it out of the snapshot",
		    "the file system there is read-only");
	flags(l, folder, "", w->place);
	if (name != NULL &&
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    type(l, w->path, w->place, &st) == 0)
		flags(l, folder, name, w->place);
	if (room_need(l->room, folder, w->place, w->size, 1 + missing, w->uid,
		w->gid) == -1)
		return err_set(e, ENOMEM, "%s: no memory", w->place);
	return 0;
}

/* The original that will be kept of a path we never wrote. */
static int
will_keep(struct look *l, const char *path, struct err *e)
{
	const char *name;
	struct err ignored;
	struct stat st = { 0 };
	own_fd int folder = place_open(path, false, NULL, &name, &ignored);

	if (folder != -1 && json_object_get(l->originals.index, path) == NULL &&
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > SNAPSHOT_MEMBER_MAX)
		obstacle_add(l->list, "preflight.large", name, "move it away",
		    "what is there is too large to be kept (%lld MiB)",
		    (long long)st.st_size >> 20);
	return room_need(l->room, l->state, "state folder",
		   (uint64_t)st.st_size + RECORD_SIZE, 1, 0, 0) == -1
	    ? err_set(e, ENOMEM, "no memory")
	    : 0;
}

static int
one_file(struct look *l, const struct applied_file *f, struct err *e)
{
	char place[SNAPSHOT_PATH_MAX + 1];
	struct write w = { .path = f->path, .place = place, .size = f->size };
	struct err differs;

	(void)snprintf(place, sizeof(place), "/%s", f->path);
	if (owner(l, f, place, &w.uid, &w.gid) == 0 &&
	    files_same(f, &differs) == 0)
		return 0; /* it will not be touched */
	if (will_write(l, &w, e) == -1 || will_keep(l, f->path, e) == -1)
		return -1;
	if (f->filled &&
	    room_need(l->room, l->state, "state folder", f->size, 2, 0, 0) ==
		-1)
		return err_set(e, ENOMEM, "no memory");
	return 0;
}

/* What the target no longer names gets its original back. */
static int
restored(struct look *l, struct err *e)
{
	const char *path;
	json_t *was;

	json_object_foreach(l->originals.index, path, was)
	{
		char place[SNAPSHOT_PATH_MAX + 1];
		struct write w = { .path = path, .place = place };
		struct stat st;
		own_fd int fd = -1;

		if (applied_file(l->target, path) != NULL)
			continue;
		(void)snprintf(place, sizeof(place), "/%s", path);
		fd = original_open(&l->originals, path);
		if (fd != -1 && fstat(fd, &st) == 0)
			w.size = (uint64_t)st.st_size;
		if (will_write(l, &w, e) == -1)
			return -1;
	}
	return 0;
}

static bool
below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n > 1 && strncmp(path, folder + 1, n - 1) == 0 &&
	    path[n - 1] == '/';
}

static bool
is_mounted(const char *folder)
{
	FILE *f = setmntent(MOUNTS, "re");
	const struct mntent *m;
	bool found = false;

	while (f != NULL && !found && (m = getmntent(f)) != NULL)
		found = strcmp(m->mnt_dir, folder) == 0;
	if (f != NULL)
		(void)endmntent(f);
	return found;
}

static bool
is_written_below(const struct applied *target, const char *folder)
{
	for (size_t i = 0; i < target->file_count; i++)
		if (below(target->files[i].path, folder))
			return true;
	return false;
}

/* Written now, a file below a mount point that is empty would be covered by
 * what is mounted there at the next start, and be gone. */
static void
mounts(struct look *l)
{
	FILE *f = setmntent(FSTAB, "re");
	const struct mntent *m;
	char folder[256];

	while (f != NULL && (m = getmntent(f)) != NULL) {
		if (hasmntopt(m, "noauto") != NULL)
			continue;
		/* is_mounted() reads with the same buffer. */
		(void)snprintf(folder, sizeof(folder), "%s", m->mnt_dir);
		if (is_written_below(l->target, folder) && !is_mounted(folder))
			obstacle_add(l->list, "preflight.mount", folder,
			    "mount it (mount -a), or take it out of " FSTAB,
			    "%s is not mounted, though " FSTAB
			    " says it should be",
			    folder);
	}
	if (f != NULL)
		(void)endmntent(f);
}

static int
own_folders(struct look *l, const struct settings *s, struct err *e)
{
	own_fd int log =
	    s == NULL ? -1 : open(s->log_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statvfs fs;

	if (fstatvfs(l->state, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0)
		obstacle_add(l->list, "preflight.readonly", "state folder",
		    "mount it writable (mount -o remount,rw)",
		    "the file system there is read-only");
	/* state.json, journal, artifacts, the index of originals. */
	if (room_need(l->room, l->state, "state folder",
		l->target->file_count * RECORD_SIZE, 8 + APPLIED_PLUGINS, 0,
		0) == -1 ||
	    (log != -1 &&
		room_need(l->room, log, s->log_dir, 0, 1, 0, 0) == -1))
		return err_set(e, ENOMEM, "no memory");
	return 0;
}

static int
look_all(struct look *l, const struct settings *s, struct err *e)
{
	if (l->room == NULL)
		return err_set(e, ENOMEM, "no memory");
	for (size_t i = 0; i < l->target->file_count; i++)
		if (one_file(l, &l->target->files[i], e) == -1)
			return -1;
	if (restored(l, e) == -1 || own_folders(l, s, e) == -1)
		return -1;
	mounts(l);
	room_judge(l->room, l->list);
	return 0;
}

int
preflight_files(const struct applied *target, const struct applied *before,
    const struct settings *s, int state, json_t *list, struct err *e)
{
	struct look l = {
		.target = target, .before = before, .state = state, .list = list
	};
	int rc;

	if (originals_open(&l.originals, state, e) == -1)
		return -1;
	l.room = room_new();
	rc = look_all(&l, s, e);
	room_free(l.room);
	originals_close(&l.originals);
	return rc;
}
