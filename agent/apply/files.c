/* SPDX-License-Identifier: MIT */
/*
 * The managed files. Order in files_converge(): originals of every path of the
 * target are kept and durable; then what is no longer managed gets its original
 * back and the target's files are written beside their places, all are synced,
 * and all are moved in, each whole. Killed anywhere, the next run, towards the
 * same target or another, finds what it needs.
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
put_mapped(struct place_batch *b, int folder, const struct applied_file *f,
    int fd, const struct file_meta *m, struct err *e)
{
	uint8_t is[SHA256_LEN];
	struct stat st;
	void *p;
	int rc;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	if (st.st_size == 0)
		return place_batch_add(b, folder, f->path, "", 0, *m, e);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "map");
	rc = sha256(p, (size_t)st.st_size, is, e);
	if (rc == 0 && memcmp(is, f->sha256, SHA256_LEN) != 0)
		rc = err_set(e, EBADMSG, "the stored copy is damaged");
	if (rc == 0)
		rc = place_batch_add(
		    b, folder, f->path, p, (size_t)st.st_size, *m, e);
	(void)munmap(p, (size_t)st.st_size);
	return rc;
}

static int
put(const struct applied *a, int state, const struct applied_file *f,
    struct place_batch *b, struct err *e)
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
	if (fd == -1 || put_mapped(b, folder, f, fd, &m, e) == -1)
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
	struct applied_file key = { .path = "" };

	(void)strncpy(key.path, path, sizeof(key.path) - 1);
	return a->file_count > 0 &&
	    bsearch(&key, a->files, a->file_count, sizeof(key), by_path) !=
	    NULL;
}

/* gone: an array that receives the paths. */
static int
restore_others(const struct applied *a, struct originals *o,
    struct place_batch *b, json_t *gone, struct err *e)
{
	const char *path;
	json_t *was;

	json_object_foreach(o->index, path, was)
	{
		if (is_target(a, path))
			continue;
		if (original_back(o, path, b, e) == -1)
			return -1;
		if (json_array_append_new(gone, json_string(path)) == -1)
			return err_set(e, ENOMEM, "no memory");
	}
	return 0;
}

/* Paths come in order, so mostly with the one before in the same folder. */
static void
sweep_beside(const char *path, const char *before)
{
	const char *slash = strrchr(path, '/'), *name;
	size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	struct err ignored;
	own_fd int folder = -1;

	if (before != NULL && strncmp(path, before, n) == 0 &&
	    strchr(before + n, '/') == NULL)
		return;
	folder = place_open(path, false, NULL, &name, &ignored);
	if (folder != -1)
		(void)file_sweep(folder, ".", &ignored);
}

static void
sweep_all(const struct applied *a, const struct originals *o)
{
	const char *path, *before = NULL;
	json_t *was;

	for (size_t i = 0; i < a->file_count; i++)
		sweep_beside(
		    a->files[i].path, i == 0 ? NULL : a->files[i - 1].path);
	json_object_foreach(o->index, path, was)
	{
		sweep_beside(path, before);
		before = path;
	}
}

/* All that is to be changed, and the originals that are no longer needed
 * struck out when it is durable. */
static int
change_all(const struct applied *a, int state, struct originals *o,
    struct place_batch *b, struct err *e)
{
	own_json json_t *gone = json_array();

	if (gone == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (restore_others(a, o, b, gone, e) == -1)
		return -1;
	for (size_t i = 0; i < a->file_count; i++)
		if (put(a, state, &a->files[i], b, e) == -1)
			return -1;
	if (place_batch_commit(b, e) == -1)
		return -1;
	return json_array_size(gone) == 0 ? 0 : originals_forget(o, gone, e);
}

int
files_converge(const struct applied *a, int state, bool sweep, struct err *e)
{
	own_originals struct originals o = { .dir = -1 };
	struct place_batch *b;
	int rc;

	if (a->file_count > 0)
		qsort(a->files, a->file_count, sizeof(*a->files), by_path);
	if (originals_open(&o, state, e) == -1)
		return -1;
	if (sweep)
		sweep_all(a, &o);
	for (size_t i = 0; i < a->file_count; i++)
		if (original_keep(&o, a->files[i].path, e) == -1)
			return -1;
	if (originals_save(&o, e) == -1 || (b = place_batch_new(e)) == NULL)
		return -1;
	rc = change_all(a, state, &o, b, e);
	place_batch_free(b);
	return rc;
}
