/* SPDX-License-Identifier: MIT */
/*
 * The way to each place is walked again for its rename, instead of keeping
 * thousands of folders open: somebody who exchanged a folder meanwhile finds
 * that the temporary name is not in his.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "own.h"
#include "place.h"
#include "place_batch.h"

/* One file that is written but not in place yet. */
struct waiting {
	struct waiting *next;
	char temp[NAME_MAX + 1];
	char path[];
};

/* One file system to be synced. */
struct system {
	struct system *next;
	dev_t dev;
	int folder; /* somewhere on it */
};

struct place_batch {
	struct waiting *first;
	struct waiting **last;
	struct system *systems;
};

struct place_batch *
place_batch_new(struct err *e)
{
	struct place_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (void)err_sys(e, "batch"), NULL;
	b->last = &b->first;
	return b;
}

int
place_batch_touch(struct place_batch *b, int folder, struct err *e)
{
	struct system *s;
	struct stat st;

	if (fstat(folder, &st) == -1)
		return err_sys(e, "stat");
	for (s = b->systems; s != NULL; s = s->next)
		if (s->dev == st.st_dev)
			return 0;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_sys(e, "batch");
	s->dev = st.st_dev;
	s->folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder == -1) {
		free(s);
		return err_sys(e, "open folder");
	}
	s->next = b->systems;
	b->systems = s;
	return 0;
}

int
place_batch_add(struct place_batch *b, int folder, const char *path,
    const void *data, size_t len, struct file_meta m, struct err *e)
{
	size_t n = strlen(path) + 1;
	struct waiting *w = malloc(sizeof(*w) + n);

	if (w == NULL)
		return err_sys(e, "batch");
	w->next = NULL;
	memcpy(w->path, path, n);
	if (place_batch_touch(b, folder, e) == -1 ||
	    file_write_beside(folder, w->temp, path, data, len, m, e) == -1) {
		free(w);
		return -1;
	}
	*b->last = w;
	b->last = &w->next;
	return 0;
}

static int
sync_all(const struct place_batch *b, struct err *e)
{
	for (const struct system *s = b->systems; s != NULL; s = s->next)
		if (syncfs(s->folder) == -1)
			return err_sys(e, "syncfs");
	return 0;
}

/* Takes the first one off the list, with what was done to its temporary name:
 * moved to its place, or removed. */
static void
drop_first(struct place_batch *b)
{
	struct waiting *w = b->first;

	b->first = w->next;
	if (b->first == NULL)
		b->last = &b->first;
	free(w);
}

static int
move_first(struct place_batch *b, struct err *e)
{
	const struct waiting *w = b->first;
	const char *name;
	own_fd int folder = place_open(w->path, false, NULL, &name, e);

	if (folder == -1)
		return -1;
	if (renameat(folder, w->temp, folder, name) == -1)
		return err_sys(e, "rename to /%s", w->path);
	drop_first(b);
	return 0;
}

static void
forget_systems(struct place_batch *b)
{
	struct system *s;

	while ((s = b->systems) != NULL) {
		b->systems = s->next;
		(void)close(s->folder);
		free(s);
	}
}

int
place_batch_commit(struct place_batch *b, struct err *e)
{
	if (b->first != NULL && sync_all(b, e) == -1)
		return -1;
	while (b->first != NULL)
		if (move_first(b, e) == -1)
			return -1;
	if (sync_all(b, e) == -1)
		return -1;
	forget_systems(b);
	return 0;
}

void
place_batch_free(struct place_batch *b)
{
	struct err ignored;
	const char *name;

	if (b == NULL)
		return;
	while (b->first != NULL) {
		own_fd int folder =
		    place_open(b->first->path, false, NULL, &name, &ignored);

		if (folder != -1)
			(void)unlinkat(folder, b->first->temp, 0);
		drop_first(b);
	}
	forget_systems(b);
	free(b);
}
