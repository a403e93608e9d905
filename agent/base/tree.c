/* SPDX-License-Identifier: MIT */
/*
 * Taking folders away: the part of file.h that walks. It works through
 * descriptors only, so a link swapped in meanwhile leads nowhere.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"

#define DEPTH_MAX 64

static int remove_below(int dir, const char *name, dev_t, int depth);

static int
is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int
remove_entries(int fd, dev_t dev, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL) {
		(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (!is_dot(de->d_name))
			rc = remove_below(dirfd(d), de->d_name, dev, depth);
	(void)closedir(d);
	return rc;
}

static int
remove_below(int dir, const char *name, dev_t dev, int depth)
{
	struct stat st;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || st.st_dev != dev || depth > DEPTH_MAX) {
		(void)close(fd);
		errno = EXDEV;
		return -1;
	}
	if (remove_entries(fd, dev, depth + 1) == -1)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

int
file_remove_tree(int dir, const char *path, struct err *e)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	if (remove_below(dir, path, st.st_dev, 0) == -1)
		return err_sys(e, "remove %s", path);
	return 0;
}

int
file_sweep(int dir, const char *path, struct err *e)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	DIR *d;

	if (fd == -1)
		return err_sys(e, "open folder %s", path);
	if ((d = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return err_sys(e, "read folder %s", path);
	}
	while ((de = readdir(d)) != NULL)
		if (strncmp(de->d_name, FILE_TEMP, sizeof(FILE_TEMP) - 1) == 0)
			(void)unlinkat(dirfd(d), de->d_name, 0);
	(void)closedir(d);
	return 0;
}
