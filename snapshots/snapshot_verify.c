/* SPDX-License-Identifier: MIT */
/*
 * Is the tree in a folder exactly the one its manifest names? Members are
 * opened beneath the folder without following any link, so what is hashed is
 * what lies there. Modes and owners are not compared: the store keeps its own,
 * the manifest's are given when a file is put in place.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "own.h"
#include "snapshot.h"

static int
member_verify(const struct member *m, int dir, struct err *e)
{
	own_fd int fd =
	    file_open_beneath(dir, m->path, O_RDONLY | O_NONBLOCK, 0, e);
	uint8_t hash[SHA256_LEN];
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		return err_sys(e, "%s", m->path);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != m->size)
		return err_set(e, EBADMSG,
		    "%s is not a file of %llu bytes, as the manifest says",
		    m->path, (unsigned long long)m->size);
	if (sha256_fd(fd, hash, e) == -1)
		return err_in(e, "%s", m->path);
	if (memcmp(hash, m->sha256, SHA256_LEN) != 0)
		return err_set(
		    e, EBADMSG, "%s is not what the manifest says", m->path);
	return 0;
}

/* Is path the folder of a member? The first member not below it in byte order
 * stands where "path/" would. */
static bool
folder_of_some(const struct snapshot *s, const char *path)
{
	size_t low = 0, high = s->count, n = strlen(path), middle;
	char prefix[SNAPSHOT_PATH_MAX + 1];

	(void)snprintf(prefix, sizeof(prefix), "%s/", path);
	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(s->members[middle].path, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count &&
	    strncmp(s->members[low].path, prefix, n + 1) == 0;
}

static bool
file_of_ours(const struct snapshot *s, const char *path)
{
	return strcmp(path, "manifest") == 0 ||
	    strcmp(path, "signature") == 0 || snapshot_member(s, path) != NULL;
}

static int
folder_verify(const struct snapshot *, int dir, const char *path, struct err *);

static int
entry_verify(const struct snapshot *s, int dir, const char *folder,
    const char *name, struct err *e)
{
	char path[SNAPSHOT_PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s%s%s", folder,
		folder[0] == '\0' ? "" : "/", name) >= (int)sizeof(path))
		return err_set(e, EBADMSG, "%s/%s: too long", folder, name);
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, "%s", path);
	if (S_ISDIR(st.st_mode) && folder_of_some(s, path))
		return folder_verify(s, dir, path, e);
	if (S_ISREG(st.st_mode) && file_of_ours(s, path))
		return 0;
	return err_set(e, EBADMSG, "%s is not in the manifest", path);
}

/* Depth is bounded: only folders of members are entered. */
static int
folder_verify(
    const struct snapshot *s, int dir, const char *path, struct err *e)
{
	int fd = openat(dir, path[0] == '\0' ? "." : path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL) {
		own_fd_close(&fd);
		return err_sys(e, "open folder %s", path);
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = entry_verify(s, dir, path, de->d_name, e);
	(void)closedir(d);
	return rc;
}

int
snapshot_verify(const struct snapshot *s, int dir, struct err *e)
{
	for (size_t i = 0; i < s->count; i++)
		if (member_verify(&s->members[i], dir, e) == -1)
			return -1;
	return folder_verify(s, dir, "", e);
}
