/* SPDX-License-Identifier: MIT */
/*
 * Many files at the price of two syncs: all are written beside their places,
 * one sync of the file system, all are renamed, one more.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_in.h"
#include "own.h"

/* One file that is written but not yet renamed. */
struct pending {
	struct pending *next;
	char *folder;
	char temp[NAME_MAX + 1];
	char *name;
};

struct file_batch {
	int dir;
	struct pending *first;
};

struct file_batch *
file_batch_new(int dir, struct err *e)
{
	struct file_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (void)err_sys(e, "batch"), NULL;
	b->dir = dir;
	return b;
}

static void
pending_free(struct pending *p)
{
	free(p->folder);
	free(p->name);
	free(p);
}

int
file_batch_add(struct file_batch *b, const char *path, const void *data,
    size_t len, struct file_meta m, struct err *e)
{
	char where[PATH_MAX];
	const char *name;
	own_fd int folder = -1;
	struct pending *p;

	if (file_parts(path, where, &name, e) == -1 ||
	    (folder = file_folder(b->dir, where, e)) == -1)
		return -1;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_sys(e, "%s", path);
	p->folder = strdup(where);
	p->name = strdup(name);
	if (p->folder == NULL || p->name == NULL) {
		pending_free(p);
		return err_set(e, ENOMEM, "%s: out of memory", path);
	}
	if (file_temp(folder, p->temp, path, data, len, m, false, e) == -1) {
		pending_free(p);
		return -1;
	}
	p->next = b->first;
	b->first = p;
	return 0;
}

int
file_batch_open(const struct file_batch *b, struct err *e)
{
	own_fd int folder = file_folder(b->dir, b->first->folder, e);
	int fd = folder == -1
	    ? -1
	    : openat(folder, b->first->temp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd == -1 ? err_sys(e, "open %s", b->first->name) : fd;
}

/* Renames the newest entry and drops it. */
static int
batch_rename(struct file_batch *b, struct err *e)
{
	struct pending *p = b->first;
	own_fd int folder = file_folder(b->dir, p->folder, e);

	if (folder == -1)
		return -1;
	if (renameat(folder, p->temp, folder, p->name) == -1)
		return err_sys(e, "rename to %s/%s", p->folder, p->name);
	b->first = p->next;
	pending_free(p);
	return 0;
}

static int
sync_all(const struct file_batch *b, struct err *e)
{
	own_fd int fd = file_folder(b->dir, ".", e);

	if (fd == -1)
		return -1;
	return syncfs(fd) == -1 ? err_sys(e, "syncfs") : 0;
}

int
file_batch_commit(struct file_batch *b, struct err *e)
{
	if (b->first == NULL)
		return 0;
	if (sync_all(b, e) == -1)
		return -1;
	while (b->first != NULL)
		if (batch_rename(b, e) == -1)
			return -1;
	return sync_all(b, e);
}

void
file_batch_free(struct file_batch *b)
{
	struct pending *p;
	struct err ignored;
	int folder;

	if (b == NULL)
		return;
	while ((p = b->first) != NULL) {
		b->first = p->next;
		folder = file_folder(b->dir, p->folder, &ignored);
		if (folder != -1) {
			(void)unlinkat(folder, p->temp, 0);
			(void)close(folder);
		}
		pending_free(p);
	}
	free(b);
}
