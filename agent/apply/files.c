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
