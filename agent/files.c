/* SPDX-License-Identifier: MIT */
/*
 * The managed files. Order in files_converge(): originals of every path of the
 * target are kept and durable; then what is no longer managed gets its
 * original back; then the target's files are put in place, one by one, each
 * whole. Killed anywhere, the next run, towards the same target or another,
 * finds what it needs.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "original.h"
#include "own.h"
#include "place.h"

/* Left free on every file system we write to: logs, the other daemons. */
#define SPARE_BYTES (1024 * 1024)

static int
owner_of(const struct applied_file *f, struct file_meta *m, struct err *e)
{
	const struct passwd *user = getpwnam(f->owner);
	const struct group *group;

	if (user == NULL)
		return err_set(e, ENOENT,
		    "/%s: this unit has no user \"%s\"; install what makes it, "
		    "or change the owner on the golden unit",
		    f->path, f->owner);
	*m = (struct file_meta){ f->mode, user->pw_uid, 0 };
	group = getgrnam(f->group);
	if (group == NULL)
		return err_set(e, ENOENT,
		    "/%s: this unit has no group \"%s\"; install what makes "
		    "it, or change the group on the golden unit",
		    f->path, f->group);
	m->gid = group->gr_gid;
	return 0;
}

static int
same_bytes(
    int folder, const char *name, const struct applied_file *f, struct err *e)
{
	own_fd int fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t is[SHA256_LEN];

	if (fd == -1)
		return err_sys(e, "open");
	if (sha256_fd(fd, is, e) == -1)
		return -1;
	if (memcmp(is, f->sha256, SHA256_LEN) != 0)
		return err_set(e, 0, "its bytes have changed");
	return 0;
}

static int
same(int folder, const char *name, const struct applied_file *f,
    const struct file_meta *m, struct err *e)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "it is not a regular file");
	if ((st.st_mode & 07777) != m->mode)
		return err_set(e, 0, "its mode is %04o, not %04o",
		    (unsigned)(st.st_mode & 07777), (unsigned)m->mode);
	if (st.st_uid != m->uid || st.st_gid != m->gid)
		return err_set(e, 0, "it belongs to %u:%u, not to %s:%s",
		    (unsigned)st.st_uid, (unsigned)st.st_gid, f->owner,
		    f->group);
	return same_bytes(folder, name, f, e);
}

int
files_same(const struct applied_file *f, struct err *e)
{
	struct file_meta m;
	const char *name;
	own_fd int folder = -1;

	if (owner_of(f, &m, e) == -1)
		return -1;
	folder = place_open(f->path, false, NULL, &name, e);
	return folder == -1 ? -1 : same(folder, name, f, &m, e);
}

/* From the mapped bytes of the source, whose hash is checked on the way. */
static int
put_mapped(int folder, const char *name, const struct applied_file *f, int fd,
    const struct file_meta *m, struct err *e)
{
	uint8_t is[SHA256_LEN];
	struct stat st;
	void *p;
	int rc;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	if (st.st_size == 0)
		return file_write(folder, name, "", 0, *m, e);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "map");
	rc = sha256(p, (size_t)st.st_size, is, e);
	if (rc == 0 && memcmp(is, f->sha256, SHA256_LEN) != 0)
		rc = err_set(e, EBADMSG, "the stored copy is damaged");
	if (rc == 0)
		rc = file_write(folder, name, p, (size_t)st.st_size, *m, e);
	(void)munmap(p, (size_t)st.st_size);
	return rc;
}

static int
put(const struct applied *a, int state, const struct applied_file *f,
    struct err *e)
{
	struct file_meta m;
	struct err differs;
	const char *name;
	own_fd int folder = -1;
	own_fd int fd = -1;

	if (owner_of(f, &m, e) == -1)
		return -1;
	folder = place_open(f->path, true, NULL, &name, e);
	if (folder == -1)
		return -1;
	if (same(folder, name, f, &m, &differs) == 0)
		return 0;
	fd = applied_file_open(a, state, f, e);
	if (fd == -1 || put_mapped(folder, name, f, fd, &m, e) == -1)
		return err_in(e, "/%s", f->path);
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct applied_file *)a)->path,
	    ((const struct applied_file *)b)->path);
}

static bool
is_target(const struct applied *a, const char *path)
{
	struct applied_file key;

	(void)strncpy(key.path, path, sizeof(key.path) - 1);
	key.path[sizeof(key.path) - 1] = '\0';
	return a->file_count > 0 &&
	    bsearch(&key, a->files, a->file_count, sizeof(key), by_path) !=
	    NULL;
}

static int
restore_others(const struct applied *a, struct originals *o, struct err *e)
{
	const char *path;
	json_t *was;
	void *next;

	json_object_foreach_safe(
	    o->index, next, path, was) if (!is_target(a, path) &&
	    original_restore(o, path, e) == -1) return -1;
	return 0;
}

static void
sweep_beside(const char *path)
{
	struct err ignored;
	const char *name;
	own_fd int folder = place_open(path, false, NULL, &name, &ignored);

	if (folder != -1)
		(void)file_sweep(folder, ".", &ignored);
}

static void
sweep_all(const struct applied *a, const struct originals *o)
{
	const char *path;
	json_t *was;

	for (size_t i = 0; i < a->file_count; i++)
		sweep_beside(a->files[i].path);
	json_object_foreach(o->index, path, was) sweep_beside(path);
}

int
files_converge(const struct applied *a, int state, bool sweep, struct err *e)
{
	own_originals struct originals o;

	if (a->file_count > 0)
		qsort(a->files, a->file_count, sizeof(*a->files), by_path);
	if (originals_open(&o, state, e) == -1)
		return -1;
	if (sweep)
		sweep_all(a, &o);
	for (size_t i = 0; i < a->file_count; i++)
		if (original_keep(&o, a->files[i].path, e) == -1)
			return -1;
	if (originals_save(&o, e) == -1 || restore_others(a, &o, e) == -1)
		return -1;
	for (size_t i = 0; i < a->file_count; i++)
		if (put(a, state, &a->files[i], e) == -1)
			return -1;
	return 0;
}

/* What one file will need where it goes, and for its original. */
struct needs {
	dev_t dev[16];
	uint64_t bytes[16];
	size_t count;
};

static int
room_check(
    struct needs *n, int folder, dev_t dev, uint64_t bytes, struct err *e)
{
	struct statvfs fs;
	size_t i = 0;

	while (i < n->count && n->dev[i] != dev)
		i++;
	if (i == sizeof(n->dev) / sizeof(n->dev[0]))
		return 0; /* more file systems than a gateway has */
	if (i == n->count)
		n->count++;
	n->dev[i] = dev;
	n->bytes[i] += bytes;
	if (fstatvfs(folder, &fs) == -1)
		return err_sys(e, "free space");
	if ((uint64_t)fs.f_bavail * fs.f_frsize < n->bytes[i] + SPARE_BYTES)
		return err_set(e, ENOSPC,
		    "too little room on the file system: %llu KiB are needed, "
		    "%llu KiB are free",
		    (unsigned long long)(n->bytes[i] + SPARE_BYTES) / 1024,
		    (unsigned long long)fs.f_bavail * fs.f_frsize / 1024);
	return 0;
}

/* The deepest folder of path that is there already. */
static int
existing_folder(const char *path, const char **name, struct err *e)
{
	char upper[SNAPSHOT_PATH_MAX];
	char *slash;
	int fd = place_open(path, false, NULL, name, e);

	if (fd != -1 || e->code != ENOENT)
		return fd;
	*name = NULL; /* nothing can be at path */
	(void)strcpy(upper, path);
	while ((slash = strrchr(upper, '/')) != NULL) {
		const char *last;

		*slash = '\0';
		fd = place_open(upper, false, NULL, &last, e);
		if (fd != -1 || e->code != ENOENT)
			return fd;
	}
	return err_set(e, ENOENT, "/%s: no folder", path);
}

static int
check_one(
    struct needs *n, const struct applied_file *f, uint64_t size, struct err *e)
{
	const char *name;
	struct file_meta m;
	struct stat st, there;
	own_fd int folder = -1;

	if (owner_of(f, &m, e) == -1)
		return -1;
	if ((folder = existing_folder(f->path, &name, e)) == -1)
		return -1;
	if (fstat(folder, &st) == -1)
		return err_sys(e, "/%s", f->path);
	if (name != NULL &&
	    fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
		return err_set(e, EEXIST,
		    "/%s: what is there is neither a file nor a link; move it "
		    "away",
		    f->path);
	if (room_check(n, folder, st.st_dev, size, e) == -1)
		return err_in(e, "/%s", f->path);
	return 0;
}

int
files_check(const struct applied *a, int state, struct err *e)
{
	struct needs n = { .count = 0 };
	struct stat st, here;
	uint64_t all = 0;

	for (size_t i = 0; i < a->file_count; i++) {
		own_fd int fd = applied_file_open(a, state, &a->files[i], e);

		if (fd == -1)
			return err_in(e, "/%s", a->files[i].path);
		if (fstat(fd, &st) == -1)
			return err_sys(e, "/%s", a->files[i].path);
		all += (uint64_t)st.st_size;
		if (check_one(&n, &a->files[i], (uint64_t)st.st_size, e) == -1)
			return -1;
	}
	if (fstat(state, &here) == -1)
		return err_sys(e, "state folder");
	/* An original for each file, at worst as large as what replaces it. */
	return room_check(&n, state, here.st_dev, all, e);
}
