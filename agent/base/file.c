/* SPDX-License-Identifier: MIT */
/*
 * Durable files. The order in file_temp() and file_write() is the promise:
 * bytes, mode and owner, fsync, rename, fsync of the folder; every return
 * value is looked at, close() included, since NFS and quotas report there.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_in.h"
#include "own.h"

int
file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n == -1)
			return -1;
	}
	return 0;
}

/* "a/b/c" -> "a/b" and "c"; the folder of "c" is ".". */
int
file_parts(const char *path, char folder[static PATH_MAX], const char **last,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	if (strlen(path) >= PATH_MAX - 64)
		return err_set(e, ENAMETOOLONG, "%.64s...", path);
	*last = slash == NULL ? path : slash + 1;
	if (**last == '\0')
		return err_set(e, EINVAL, "\"%s\" names no file", path);
	if (slash == NULL)
		(void)strcpy(folder, ".");
	else if (n == 0)
		(void)strcpy(folder, "/");
	else
		(void)snprintf(folder, PATH_MAX, "%.*s", (int)n, path);
	return 0;
}

int
file_folder(int dir, const char *path, struct err *e)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, "open folder %s", path);
	return fd;
}

/* Folder of path, open; *last is the name in it. */
static int
open_parent(int dir, const char *path, const char **last, struct err *e)
{
	char folder[PATH_MAX];

	if (file_parts(path, folder, last, e) == -1)
		return -1;
	return file_folder(dir, folder, e);
}

static int
fill(int fd, const void *data, size_t len, struct file_meta m, bool sync)
{
	if (file_write_all(fd, data, len) == -1)
		return -1;
	if ((m.uid != (uid_t)-1 || m.gid != (gid_t)-1) &&
	    fchown(fd, m.uid, m.gid) == -1)
		return -1;
	/* After fchown, which takes set-id bits away. */
	if (fchmod(fd, m.mode) == -1)
		return -1;
	return sync ? fsync(fd) : 0;
}

int
file_temp(int folder, char temp[static NAME_MAX + 1], const char *name,
    const void *data, size_t len, struct file_meta m, bool sync, struct err *e)
{
	static unsigned count;
	int fd, rc;

	(void)snprintf(temp, NAME_MAX + 1, FILE_TEMP "%d.%u", (int)getpid(),
	    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
	fd = openat(folder, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(e, "write %s", name);
	rc = fill(fd, data, len, m, sync);
	if (rc == -1)
		(void)err_sys(e, "write %s", name);
	if (close(fd) == -1 && rc == 0)
		rc = err_sys(e, "write %s", name);
	if (rc == -1)
		(void)unlinkat(folder, temp, 0);
	return rc;
}

int
file_write_beside(int folder, char temp[static NAME_MAX + 1], const char *name,
    const void *data, size_t len, struct file_meta m, struct err *e)
{
	return file_temp(folder, temp, name, data, len, m, false, e);
}

int
file_write(int dir, const char *path, const void *data, size_t len,
    struct file_meta m, struct err *e)
{
	char temp[NAME_MAX + 1];
	const char *name;
	own_fd int folder = open_parent(dir, path, &name, e);

	if (folder == -1)
		return -1;
	if (file_temp(folder, temp, path, data, len, m, true, e) == -1)
		return -1;
	if (renameat(folder, temp, folder, name) == -1) {
		(void)err_sys(e, "rename to %s", path);
		(void)unlinkat(folder, temp, 0);
		return -1;
	}
	if (fsync(folder) == -1)
		return err_sys(e, "sync folder of %s", path);
	return 0;
}

int
file_read_fd(int fd, size_t max, struct bytes *out, struct err *e)
{
	char chunk[16384];
	struct stat st;
	off_t at = 0;
	ssize_t n;

	bytes_free(out);
	if (fstat(fd, &st) == -1)
		return err_sys(e, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "not a regular file");
	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		at += n;
		if ((size_t)at > max)
			return err_set(e, EFBIG, "larger than %zu bytes", max);
		bytes_add(out, chunk, (size_t)n);
	}
	if (n == -1)
		return err_sys(e, "read");
	bytes_add(out, "", 0);
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

int
file_read(
    int dir, const char *path, size_t max, struct bytes *out, struct err *e)
{
	/* O_NONBLOCK: a FIFO put in the way must not hold us up. */
	own_fd int fd =
	    openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, "open %s", path);
	if (file_read_fd(fd, max, out, e) == -1)
		return err_in(e, "%s", path);
	return 0;
}

int
file_remove(int dir, const char *path, struct err *e)
{
	const char *name;
	own_fd int folder = open_parent(dir, path, &name, e);

	if (folder == -1)
		return e->code == ENOENT ? 0 : -1;
	if (unlinkat(folder, name, 0) == -1)
		return errno == ENOENT ? 0 : err_sys(e, "remove %s", path);
	if (fsync(folder) == -1)
		return err_sys(e, "sync folder of %s", path);
	return 0;
}

int
file_link(int dir, const char *target, const char *path, struct err *e)
{
	char temp[NAME_MAX + 1];
	const char *name;
	own_fd int folder = open_parent(dir, path, &name, e);

	if (folder == -1)
		return -1;
	(void)snprintf(temp, sizeof(temp), FILE_TEMP "%d.link", (int)getpid());
	(void)unlinkat(folder, temp, 0);
	if (symlinkat(target, folder, temp) == -1)
		return err_sys(e, "link %s", path);
	if (renameat(folder, temp, folder, name) == -1) {
		(void)err_sys(e, "link %s", path);
		(void)unlinkat(folder, temp, 0);
		return -1;
	}
	if (fsync(folder) == -1)
		return err_sys(e, "sync folder of %s", path);
	return 0;
}

int
file_mkdirs(int dir, const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return err_set(e, ENAMETOOLONG, "%.64s...", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (mkdirat(dir, part, mode) == -1 && errno != EEXIST)
			return err_sys(e, "make folder %s", part);
	}
	return 0;
}

int
file_open_beneath(
    int dir, const char *path, int flags, mode_t mode, struct err *e)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd == -1 ? err_sys(e, "open %s", path) : (int)fd;
}

int
file_sealed(const void *data, size_t len, struct err *e)
{
	own_fd int fd = memfd_create("ingot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return err_sys(e, "memfd");
	if (file_write_all(fd, data, len) == -1)
		return err_sys(e, "memfd write");
	if (fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) == -1)
		return err_sys(e, "memfd seal");
	return take_fd(&fd);
}
