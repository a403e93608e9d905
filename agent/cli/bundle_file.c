/* SPDX-License-Identifier: MIT */
/*
 * An unnamed file (O_TMPFILE), linked and renamed when it is whole. A rename,
 * since linking alone can not replace the bundle of yesterday.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bundle_file.h"
#include "own.h"

static int
open_folder(struct bundle_file *f, const char *path, struct err *e)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	f->name = slash == NULL ? path : slash + 1;
	if (*f->name == '\0' || strlen(path) >= sizeof(folder) ||
	    snprintf(f->temp, sizeof(f->temp), ".%s.ingot-new", f->name) >=
		NAME_MAX)
		return err_set(
		    e, EINVAL, "\"%.100s\" is no name for a bundle", path);
	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash == NULL       ? 1
		: slash == path ? 1
				: (int)(slash - path),
	    slash == NULL ? "." : path);
	f->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f->folder == -1 ? err_sys(e, "open folder %s", folder) : 0;
}

int
bundle_file_open(struct bundle_file *f, const char *path, struct err *e)
{
	*f = (struct bundle_file){ .fd = -1, .folder = -1 };
	if (open_folder(f, path, e) == -1)
		return -1;
	/* Of a run that was killed in its last moment. */
	(void)unlinkat(f->folder, f->temp, 0);
	f->fd = openat(f->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd != -1)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return err_sys(e, "write %s", path);
	f->fd = openat(f->folder, f->temp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	f->linked = f->fd != -1;
	return f->fd == -1 ? err_sys(e, "write %s", path) : 0;
}

/* /proc, since linking a descriptor itself (AT_EMPTY_PATH) is root's alone. */
static int
give_name(struct bundle_file *f)
{
	char proc[32];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", f->fd);
	if (!f->linked &&
	    linkat(AT_FDCWD, proc, f->folder, f->temp, AT_SYMLINK_FOLLOW) == -1)
		return -1;
	f->linked = 1;
	return 0;
}

int
bundle_file_commit(struct bundle_file *f, struct err *e)
{
	if (fchmod(f->fd, 0644) == -1 || fsync(f->fd) == -1 ||
	    give_name(f) == -1 ||
	    renameat(f->folder, f->temp, f->folder, f->name) == -1)
		return err_sys(e, "write %s", f->name);
	f->linked = 0;
	return fsync(f->folder) == -1
	    ? err_sys(
		  e, "%s is written, but perhaps not yet on the disk", f->name)
	    : 0;
}

void
bundle_file_close(struct bundle_file *f)
{
	if (f->linked)
		(void)unlinkat(f->folder, f->temp, 0);
	own_fd_close(&f->fd);
	own_fd_close(&f->folder);
	f->fd = f->folder = -1;
}
